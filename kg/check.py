"""Is everything there that the store says it has: counts, names, links, journals."""

from __future__ import annotations

import contextlib
import fcntl
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from kg import ids, journal
from kg.messages import one_line, os_reason
from kg.store import Reader
from kg.store_folder import locked
from kg.version import rules_version
from ontology import term

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

#: The columns of the findings.
FIELDS: Final = ("finding", "document", "place", "message", "next")
_GRAPH: Final = f"{ids.BASE}graph/"
_DOCUMENT_GRAPH: Final = re.compile(re.escape(_GRAPH) + r"[0-9a-f]{16}")
_NODE: Final = f"{ids.BASE}id/"
#: What a document says of itself, and the property that is to occur so many times.
_COUNTS: Final = {
    "goalCount": ("hasGoal", "绩效目标表"),
    "indicatorCount": ("hasIndicator", "指标"),
    "issueCount": ("hasIssue", "读取问题"),
}
_AGAIN: Final = "请先 kg forget 这个文件，再 kg build 重新读入"
_REPAIR: Final = "请用 kg restore 恢复备份；没有备份请换一个文件夹重新运行 kg build"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; ``place`` is a named graph, a node, or a file of the folder."""

    finding: str
    document: str | None
    place: str | None
    message: str
    next: str


@dataclass(slots=True)
class Checked:
    """What was looked at and found. ``outdated`` documents were read by other rules, which is no fault."""

    documents: int = 0
    statements: int = 0
    outdated: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: str, message: str, step: str, document: str | None = None, place: str | None = None) -> None:
        """Note one thing."""
        self.findings.append(Finding(finding, document, place, message, step))

    def summary(self) -> str:
        """Say it in one line.

        >>> Checked(2, 3100).summary()
        '完好：2个文件、3,100条陈述'
        """
        old = f"；其中{self.outdated}个文件是另一版本的规则读的，kg build会重新读入" if self.outdated else ""
        counts = f"{self.documents}个文件、{self.statements:,}条陈述{old}"
        return f"发现{len(self.findings)}处问题：{counts}" if self.findings else f"完好：{counts}"


def check(path: Path) -> Checked:
    """Read the published content and the journals of a store through, and compare them with what they say.

    Memory is that of the largest document. The database is read in the order of its documents; what it keeps besides,
    for finding things in other orders, the engine checks whenever it reads there. Raises
    :class:`kg.store_folder.StoreError` when there is no store, it is of another layout or cannot be opened, or
    nothing is published; a database that cannot be read further is a finding.
    """
    checked = Checked()
    with Reader(path) as reader:
        try:
            _check_graphs(reader.store, checked)
        except (OSError, RuntimeError) as error:
            reason = os_reason(error) if isinstance(error, OSError) else one_line(str(error))
            checked.add("database-damaged", f"数据库读不下去：{reason}", _REPAIR, place=reader.snapshot.name)
        else:
            _check_originals(reader, checked)
            if not checked.findings:  # what is wrong with the graph is wrong with what is worked out from it
                _check_index(reader, checked)
    _check_folder(path, checked)
    return checked


# ------------------------------------------------------------------------------------------------------- the graph
def _check_graphs(store: ox.Store, checked: Checked) -> None:
    graphs = sorted(graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode))
    shared = {
        str(quad.subject)
        for name in (ids.VOCABULARY_GRAPH, ids.REGISTRY_GRAPH)
        for quad in _quads(store, name)
    }  # fmt: skip
    for name in (ids.VOCABULARY_GRAPH, ids.REGISTRY_GRAPH):
        if name not in graphs:
            checked.add("reference-missing", "没有词汇表或参照数据", "请运行 kg build，会自动补上", place=name)
    names: Counter[str] = Counter()
    for name in graphs:
        quads = _quads(store, name)
        checked.statements += len(quads)
        if _DOCUMENT_GRAPH.fullmatch(name):
            document = _check_document(name, quads, shared, checked)
            checked.documents += 1
            names.update([document] if document is not None else [])
        elif not name.startswith(_GRAPH):
            checked.add("graph-unknown", "不是本程序写入的图", _REPAIR, place=name)
    for document, count in sorted(names.items()):
        if count > 1:
            checked.add("document-twice", f"同名的文件有{count}份", _AGAIN, document)
    loose = len(store) - checked.statements
    if loose:
        checked.add("statements-loose", f"有{loose}条陈述不在任何图里", _REPAIR)


def _quads(store: ox.Store, graph: str) -> list[ox.Quad]:
    return list(store.quads_for_pattern(None, None, None, ox.NamedNode(graph)))


def _check_document(graph: str, quads: Sequence[ox.Quad], shared: set[str], checked: Checked) -> str | None:
    """Check the graph of one document; give its name, None where it does not say one."""
    values: dict[str, list[str]] = {}
    for quad in quads:
        values.setdefault(quad.predicate.value, []).append(getattr(quad.object, "value", ""))
    said = {name: values.get(term(name), []) for name in ("fileName", "sha256", "softwareVersion")}
    if any(len(found) != 1 for found in said.values()):
        checked.add("document-incomplete", "没有写明文件名、校验值和版本", _REPAIR, place=graph)
        return None
    [name], [sha256], [version] = said.values()
    if ids.graph(ids.document_id(name, sha256)) != graph:
        checked.add("hash-mismatch", "文件名和校验值与图的名称不符", _AGAIN, name, graph)
    checked.outdated += version != rules_version()
    for predicate, (counted, what) in _COUNTS.items():
        found, there = values.get(term(predicate), []), len(values.get(term(counted), ()))
        if found != [str(there)]:
            message = f"文件写明{what}{'、'.join(found) or '（无）'}，实有{there}"
            checked.add("count-mismatch", message, _AGAIN, name, graph)
    own = {str(quad.subject) for quad in quads}
    dangling = {
        quad.object.value
        for quad in quads
        if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(_NODE)
        and str(quad.object) not in own and str(quad.object) not in shared
    }  # fmt: skip
    for node in sorted(dangling):
        checked.add("node-dangling", "有陈述指向它，但没有关于它的陈述", _AGAIN, name, node)
    return name


def _check_index(reader: Reader, checked: Checked) -> None:
    """Compare the index of the snapshot with one made anew; a store of an older version has none."""
    from kg.index.checking import differences
    from kg.index.schema import FILE

    place = f"snapshots/{reader.snapshot.name}/{FILE}"
    for message in differences(reader):
        step = f"请删去仓库文件夹里的{FILE}，再运行一次 kg build，会由图谱重新做出"
        checked.add("index-differs", message, step, place=place)


# ------------------------------------------------------------------------------------------------------ the folder
def _check_originals(reader: Reader, checked: Checked) -> None:
    for graph, name in reader.corrected_graphs():
        file = f"originals/{graph.rsplit('/', 1)[-1]}.nq"
        if not (reader.path / file).is_file():
            checked.add("original-missing", "更正前的读取结果不见了", f"{_AGAIN}；更正会自动恢复", name, file)


def _check_folder(path: Path, checked: Checked) -> None:
    for file in sorted(path.glob("*.jsonl")):
        _, damaged = journal.entries(file)
        for line in damaged:
            message = f"第{line.line}行{line.reason}"
            step = "其余各行照常使用；请核对后改正或删去这一行"
            checked.add("journal-damaged", message, step, place=file.name)
    if (path / "DIRTY").exists():
        with contextlib.suppress(BlockingIOError), locked(path / "LOCK", fcntl.LOCK_SH | fcntl.LOCK_NB):
            message = "有已写入而未发布的内容（上一次运行中途停止）"
            checked.add("unpublished", message, "请再运行一次 kg build", place="DIRTY")


def rows(checked: Checked) -> Iterator[dict[str, object]]:
    """Yield the findings as rows of a table with :data:`FIELDS`."""
    yield from (asdict(finding) for finding in checked.findings)
