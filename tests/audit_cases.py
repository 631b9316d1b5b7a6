"""Cases of audit rules, as they stand in the rules' files: a line becomes records, records a graph.

A case is one or more goal tables in short hand; its parts are divided by `` || ``:

* ``一级/二级 | 三级指标 | 指标值 | 依据 | 描述``: a row; what is left out at the end is blank. The row that the rule
  has to remark on has ``!`` before it, or ``!E``, ``!W``, ``!I`` where the severity counts. Where no row of a
  case that must fire is marked, any remark will do.
* ``键=值; 键=值``: what stands above the rows. ``表=名称`` begins another goal table, ``文件=名称`` another document;
  further keys are 年度 部门 编码 预算 (``0.8万元``) 财政 其他 用途 目标 (divided by ``/``) 计划 (``3月底:25%,6月底:``)
  计划表头 体系 (``mof2021``) 表类.

Targets and citations are read by the same code as those of documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extract import citations, targets
from extract.prose import mentions
from extract.records import Cell, Document, GoalTable, Indicator, PlanPoint, SourceRef

_SEVERITIES = {"": None, "E": "error", "W": "warning", "I": "info"}
_ROW = re.compile(r"(?P<mark>!(?P<severity>[EWI]?)\s+)?(?P<levels>[^|=]*/[^|=]*)\|(?P<rest>.*)")


@dataclass
class Case:
    """The documents of a case, and where the rule has to remark something: document, order, row, severity."""

    documents: list[Document] = field(default_factory=list)
    marked: set[tuple[str, int, int, str | None]] = field(default_factory=set)


@dataclass
class _Draft:
    name: str
    head: dict[str, str] = field(default_factory=dict)
    tables: list[tuple[dict[str, str], list[tuple[str, ...]]]] = field(default_factory=list)


def read_case(text: str) -> Case:
    """Make the records of one case. Raises ValueError for a part that is neither a row nor a head."""
    case = Case()
    drafts: list[_Draft] = []
    for part in text.split("||"):
        row = _ROW.fullmatch(part.strip())
        if row is None:
            _head(part.strip(), drafts)
            continue
        if not drafts:
            drafts.append(_Draft("甲.txt"))
        if not drafts[-1].tables:
            drafts[-1].tables.append(({}, []))
        rows = drafts[-1].tables[-1][1]
        rows.append((row["levels"].strip(), *(cell.strip() for cell in row["rest"].split("|"))))
        if row["mark"]:
            severity = _SEVERITIES[row["severity"]]
            case.marked.add((drafts[-1].name, len(drafts[-1].tables), len(rows), severity))
    case.documents = [_document(draft) for draft in drafts]
    return case


def _head(part: str, drafts: list[_Draft]) -> None:
    for pair in part.split(";"):
        key, equals, value = (piece.strip() for piece in pair.partition("="))
        if not equals:
            raise ValueError(f"case part {part!r} is neither a row nor a head")
        if key == "文件" or not drafts:
            drafts.append(_Draft(f"{value if key == '文件' else '甲'}.txt"))
        if key in ("年度", "部门"):
            drafts[-1].head[key] = value
        elif key != "文件":
            if key == "表" or not drafts[-1].tables:
                drafts[-1].tables.append(({}, []))
            drafts[-1].tables[-1][0][key] = value


def _document(draft: _Draft) -> Document:
    year = int(draft.head.get("年度", "2024"))
    tables = tuple(_table(order, head, rows, year) for order, (head, rows) in enumerate(draft.tables, 1))
    department = draft.head.get("部门", "青禾县档案馆")
    return Document(draft.name, f"{len(draft.name):064x}", department, None, year, "990123", tables, ())


def _table(order: int, head: dict[str, str], rows: list[tuple[str, ...]], year: int) -> GoalTable:
    amount = re.fullmatch(r"([0-9.]+)(\D+)", head.get("预算", ""))
    unit = amount[2] if amount else "万元"
    place = SourceRef(order, 1, page=order)
    heading = head.get("计划表头")
    purpose = head.get("用途")
    found = mentions([purpose]).get(purpose, ()) if purpose else ()
    points = [point.partition(":") for point in head.get("计划", "").split(",") if point]
    return GoalTable(
        order=order,
        kind=head.get("表类", "project"),  # type: ignore[arg-type]
        code=head.get("编码"),
        name=head.get("表"),
        unit=None,
        budget_total=amount[1] if amount else None,
        budget_fiscal=head.get("财政"),
        budget_other=head.get("其他"),
        money_unit=unit,
        purpose=purpose,
        plan=tuple(PlanPoint(by, value or None) for by, _, value in points),
        goals=tuple(head["目标"].split("/")) if "目标" in head else (),
        indicators=tuple(_indicator(number, row, year, unit) for number, row in enumerate(rows, 1)),
        source=place,
        scheme=head.get("体系", "mof2015"),
        cells=(Cell("plan", heading, 1, place),) if heading else (),
        mentions=found,
    )


def _indicator(number: int, row: tuple[str, ...], year: int, money_unit: str) -> Indicator:
    levels, name, target, basis, description = (*row, "", "", "", "")[:5]
    level1, _, level2 = levels.partition("/")
    money = money_unit if re.search("成本|经费|费用|金额", levels + name) else None
    reading = targets.parse(target, fiscal_year=year, money_unit=money) if target else None
    return Indicator(
        row=number,
        level1=f"{level1}指标" if level1 else None,
        level2=f"{level2}指标" if level2 else None,
        level3=name or None,
        description=description or None,
        target=target or None,
        basis=basis or None,
        weight=None,
        actual=None,
        reading=reading,
        citations=citations.find(basis) if basis else (),
        source=SourceRef(1, number + 5),
    )
