"""One self-contained HTML page: the network, its layout and a script that draws it; nothing is fetched."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import zlib
from importlib.resources import files
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kg.export.layout import layout
from kg.export.network import DARK_COLOURS, NODE_COLOURS
from ontology import SCHEMES, resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.export.network import EdgeKind, Network, NodeKind

Words = tuple[str, str]

VIEW_TITLES: dict[str, Words] = {
    "full": ("绩效目标图谱", "Performance goal graph"),
    "citations": ("项目与引用文件", "Projects and the documents they cite"),
    "projects": ("依据相同文件的项目", "Projects that share documents"),
}
KIND_NAMES: dict[NodeKind, Words] = {
    "department": ("部门", "Department"),
    "project": ("项目", "Project"),
    "indicator": ("指标", "Indicator"),
    "regulation": ("文件", "Document cited"),
}
#: For each kind of edge: what the far end is, seen from the source and from the target; whether weights count.
LINK_NAMES: dict[EdgeKind, tuple[Words, Words, bool]] = {
    "has_project": (("项目", "Projects"), ("所属部门", "Department"), False),
    "has_indicator": (("指标", "Indicators"), ("所属项目", "Project"), False),
    "based_on": (("依据文件", "Based on"), ("作为依据的指标", "Indicators based on it"), False),
    "mentions": (("文中提到的文件", "Mentions"), ("文中提到它的", "Mentioned by"), False),
    "cites": (("引用文件（指标数）", "Cites (indicators)"), ("引用它的项目（指标数）", "Cited by (indicators)"), True),
    "shares": (("共同依据的项目（文件数）", "Shares documents with"), ("共同依据的项目", "Shares with"), True),
}
#: Facts in the order in which they are shown; a fact without a name here is not shown on the page.
FIELD_NAMES: dict[str, Words] = {
    "code": ("编码", "Code"),
    "number": ("文号", "Number"),
    "title": ("标题", "Title"),
    "spellings": ("印作", "Printed as"),
    "degree": ("相连的节点", "Degree"),
    "community": ("社群", "Community"),
    "betweenness": ("中介中心性", "Betweenness"),
    "bridges": ("割边数", "Bridges"),
    "regulation_kind": ("类别", "Kind"),
    "issuer_code": ("发文代字", "Issuer code"),
    "year": ("年份", "Year"),
    "serial": ("顺序号", "Serial"),
    "unit_name": ("实施单位", "Unit"),
    "department": ("部门", "Department"),
    "fiscal_years": ("预算年度", "Fiscal years"),
    "budget_total": ("预算总额", "Budget"),
    "money_unit": ("金额单位", "Money unit"),
    "level1": ("一级指标", "Level 1"),
    "level2": ("二级指标", "Level 2"),
    "description": ("指标描述", "Description"),
    "target": ("指标值", "Target"),
    "target_kind": ("指标值类型", "Kind of target"),
    "comparator": ("比较符", "Comparator"),
    "value": ("数值", "Value"),
    "value_max": ("上限", "Upper value"),
    "unit": ("计量单位", "Unit of measure"),
    "basis": ("依据", "Basis"),
    "indicator_weight": ("权重", "Weight"),
    "actual": ("实际完成值", "Actual"),
    "printed_name": ("指标名称印作", "Metric as printed"),
    "printed_description": ("指标描述印作", "Description as printed"),
    "printed_target": ("指标值印作", "Target as printed"),
    "printed_basis": ("依据印作", "Basis as printed"),
    "document": ("来源文件", "Source file"),
    "sheet": ("工作表", "Sheet"),
    "page": ("页码", "Page"),
    "line": ("文本行号", "Line of text"),
    "table": ("第几张表", "Printed table"),
    "row": ("表内第几行", "Row in the table"),
}
#: Facts whose values are codes of a scheme of the vocabulary, which has their names.
_CODED = {"regulation_kind": "citation-kind", "comparator": "comparator", "target_kind": "target-kind"}
_SCRIPTS = ("page_graph.js", "page_scene.js", "page_panel.js", "page.js")
#: Above this many characters the data are compressed: half the graphs of one county stay plain text to look into.
_PLAIN_MOST = 600_000
#: Inside a script element the HTML parser reads ``<``; U+2028 and U+2029 end a line in older JavaScript.
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def page(net: Network, view: str) -> Iterator[str]:
    """Write the page, in parts.

    >>> from kg.export.network import Node, network
    >>> text = "".join(page(network([Node("a", "project", "</script>")], []), "full"))
    >>> text.count("</script>")
    2
    """
    style = _source("page.css").replace("{{dots}}", _kind_colours())
    script = "".join(_source(name) for name in _SCRIPTS)
    data, encoding = _embedded(_data(net, view)), "json"
    if len(data) > _PLAIN_MOST:
        data, encoding = base64.b64encode(zlib.compress(data.encode("utf-8", "replace"), 9)).decode(), "deflate"
    parts = {
        "policy": f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'",
        "title": html.escape(VIEW_TITLES[view][0] + " · 绩溯"),
        "style": style,
        "encoding": encoding,
        "data": data,
        "script": script,
    }
    for piece in _source("page.html").split("{{"):
        name, found, rest = piece.partition("}}")
        yield parts[name] + rest if found else piece


def _kind_colours() -> str:
    """Write the colours of the kinds as rules: the picture and the dots beside names take them from there."""
    light = "".join(f"--kind-{place}: {colour};" for place, colour in enumerate(NODE_COLOURS.values()))
    dark = "".join(f"--kind-{place}: {colour};" for place, colour in enumerate(DARK_COLOURS.values()))
    dots = "\n".join(
        f'.dot[data-kind="{place}"] {{ background: var(--kind-{place}); }}' for place in range(len(NODE_COLOURS))
    )
    return f':root {{ {light} }}\n:root[data-theme="dark"] {{ {dark} }}\n{dots}'


def _source(name: str) -> str:
    return files("kg.export").joinpath(name).read_text(encoding="utf-8")


def _embedded(data: object) -> str:
    """Write JSON that may stand inside a script element; a decimal is its text."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str).translate(_ESCAPES)


def _hash(text: str) -> str:
    """Give the source expression of Content Security Policy level 2 that allows exactly this inline text."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _value_names() -> dict[str, dict[str, Words]]:
    """Look up the names of coded values in the vocabulary: fact → code → Chinese and English name."""
    names: dict[str, dict[str, str]] = {}
    for triple in ox.parse(resource("kinds.ttl"), ox.RdfFormat.TURTLE):
        if triple.predicate.value.endswith("#prefLabel") and isinstance(triple.object, ox.Literal):
            names.setdefault(str(triple.subject), {})[triple.object.language or ""] = triple.object.value
    found: dict[str, dict[str, Words]] = {}
    for field, scheme in _CODED.items():
        start = f"<{SCHEMES}{scheme}/"
        found[field] = {
            subject.removeprefix(start).removesuffix(">"): (labels["zh"], labels["en"])
            for subject, labels in sorted(names.items())
            if subject.startswith(start)
        }
    return found


class _Texts:
    """Texts by number: each is written once, however many nodes have it; 0 is the empty text."""

    def __init__(self) -> None:
        self.all: dict[str, int] = {"": 0}

    def number(self, value: object) -> int:
        return self.all.setdefault("" if value is None else str(value), len(self.all))


def _data(net: Network, view: str) -> dict[str, object]:
    """Collect what the script reads: columns instead of objects, which are a third of the size and read faster."""
    placed = layout(net)
    texts = _Texts()
    kinds: list[NodeKind] = list(NODE_COLOURS)
    links: list[EdgeKind] = list(LINK_NAMES)
    columns = []
    start = 0
    for kind in kinds:
        members = [node for node in net.nodes if node.kind == kind]
        end = start + len(members)
        facts = {name: None for node in members for name in node.facts}
        columns.append(
            {
                "label": [texts.number(node.label) for node in members],
                "x": [round(x) for x in placed.x[start:end]],
                "y": [round(y) for y in placed.y[start:end]],
                "r": placed.radius[start:end],
                "facts": {name: [texts.number(node.facts.get(name)) for node in members] for name in facts},
            }
        )
        start = end
    number = {node.key: index for index, node in enumerate(net.nodes)}
    edges = sorted(
        (number[edge.source], number[edge.target], links.index(edge.kind), edge.weight) for edge in net.edges
    )
    return {
        "title": [f"{name} · {brand}" for name, brand in zip(VIEW_TITLES[view], ("绩溯", "Jisu"), strict=True)],
        "directed": net.directed,
        "kinds": [
            {
                "name": KIND_NAMES[kind],
                "leftOut": net.left_out.get(kind, 0),
            }
            for kind in kinds
        ],
        "links": [
            {"name": name, "back": back, "counted": counted, "holds": kind == "has_indicator"}
            for kind, (name, back, counted) in LINK_NAMES.items()
        ],
        "fields": FIELD_NAMES,
        "values": _value_names(),
        "columns": columns,
        "edges": [list(column) for column in zip(*edges, strict=True)] or [[], [], [], []],
        "texts": list(texts.all),
    }
