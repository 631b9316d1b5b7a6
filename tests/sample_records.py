"""Records for tests of the graph: invented documents of 云川省澄江市青禾县."""

from __future__ import annotations

from extract.records import (
    Cell,
    Citation,
    Document,
    GoalTable,
    Ignored,
    Indicator,
    Issue,
    PageCoverage,
    PlanPoint,
    SourceRef,
    Target,
    TargetPart,
)

#: Printed as 云财农〔2021〕7号 in every spelling below.
NOTICE = Citation("云财农〔2021〕7号", None, "云财农", 2021, 7, "document", 0, 12, "云财农[2021]7号")
LAW = Citation(None, "云川省河湖管护条例", None, None, None, "law", 1, 10, "云川省河湖管护条例")


def full_document() -> Document:
    """Give a document in which every field of every record has a value somewhere."""
    place = SourceRef(table=2, row=5, page=3, sheet="表二", line=41)
    notice = Citation(
        "云财农〔2021〕7号",
        "关于下达河湖管护资金的通知",
        "云财农",
        2021,
        7,
        "document",
        14,
        26,
        "云财农【2021】7号",
    )
    series = "青禾县政府常务会议纪要"
    minutes = Citation(None, series, "青禾县政府", 2022, 9, "minutes", 0, 11, series, "第9期", "2022-03-01")
    reading = Target(
        text="巡护员300元/人，站长350元/人",
        kind="multiple",
        comparator="range",
        value="300.00",
        value_max="350.50",
        unit="元/人",
        normalized_value="300.00",
        normalized_max="350.50",
        normalized_unit="元",
        date_from="2024-01-01",
        date_to="2024-12-31",
        year_derived=True,
        parts=(
            TargetPart("巡护员", "ge", "300", "310", "元/人"),
            TargetPart("站长", "eq", "350", "360", "元/人"),
        ),
    )
    indicator = Indicator(
        row=1,
        level1="产出指标",
        level2="成本指标",
        level3="补助 标准",
        description="巡护员和站长的月补助",
        target="巡护员300元/人,站长350元/人",
        basis="《关于下达河湖管护资金的通知》云财农【2021】7号",
        weight="10.0",
        actual="300元",
        reading=reading,
        citations=(notice, minutes),
        source=place,
        cells=(
            Cell("target", "巡护员300元/人，\n站長350元/人", 5, place),
            Cell(
                "basis",
                "<b>《关于下达河湖管护资金的通知》</b>云财农【2021】7号",
                6,
                SourceRef(2, 5, 4, "表二", 60),
                "0.87",
            ),
        ),
        citations_from="description",
        mentions=(LAW,),
    )
    table = GoalTable(
        order=1,
        kind="project",
        code="99012324T000000100001",
        name="河湖管护补助",
        unit="青禾县水务局",
        budget_total="337.20",
        budget_fiscal="330.00",
        budget_other="7.20",
        money_unit="万元",
        purpose="用于河湖日常巡护",
        plan=(PlanPoint("3月底", "25%"), PlanPoint("6月底", None)),
        goals=("管好全县河湖", "按月发放补助"),
        indicators=(indicator,),
        source=SourceRef(2, 1, 3, "表二", 33),
        scheme="mof2015",
        cells=(Cell("purpose", "用于河湖日常巡護", 2, SourceRef(2, 2, 3, "表二", 35)),),
        mentions=(notice, LAW),
    )
    issue = Issue(
        code="row-joined",
        severity="warning",
        message="一行被分页截断",
        done="已拼接",
        next="请核对原件",
        quote="站长350",
        order=1,
        row=1,
        source=place,
    )
    page = PageCoverage(3, "表二", 90, 60, (Ignored("outside", 20), Ignored("form", 8)), 2)
    return Document(
        "水务/青禾县水务局2024.txt", "ab" * 32, "青禾县水务局", "305", 2024, "990123", (table,), (issue,), (page,)
    )


def row(
    number: int,
    levels: str,
    name: str,
    reading: Target | str,
    evidence: tuple[str | None, tuple[Citation, ...]] = (None, ()),
) -> Indicator:
    """Give an indicator; ``levels`` is ``"产出/数量"``, ``reading`` a target or the text of a qualitative one.

    ``evidence`` is the text of the basis and the citations in it.
    """
    basis, citations = evidence
    level1, _, level2 = levels.partition("/")
    target = Target(reading, "qualitative") if isinstance(reading, str) else reading
    place = SourceRef(table=1, row=number + 4, page=2)
    cells = (
        ("level3", name, 3),
        ("target", target.text, 4),
        ("basis", basis or "", 5),
    )
    return Indicator(
        row=number,
        level1=f"{level1}指标",
        level2=f"{level2}指标" if level2 else None,
        level3=name,
        description=None,
        target=target.text,
        basis=basis,
        weight=None,
        actual=None,
        reading=target,
        citations=citations,
        source=place,
        cells=tuple(Cell(role, printed, column, place) for role, printed, column in cells),
    )


def amount(comparator: str | None, value: str, unit: str | None, normalized: tuple[str, str] | None = None) -> Target:
    """Give a quantity; ``normalized`` is its value and unit where they differ from the printed ones."""
    signs = {"ge": "≥", "le": "≤", "gt": ">", "lt": "<", "eq": "=", None: ""}
    normalized_value, normalized_unit = normalized or (value, unit)
    return Target(
        text=f"{signs[comparator]}{value}{unit or ''}",
        kind="quantity",
        comparator=comparator,  # type: ignore[arg-type]  # the keys of signs
        value=value,
        unit=unit,
        normalized_value=normalized_value,
        normalized_unit=normalized_unit,
    )


def goal_table(order: int, name: str, code: str | None, rows: tuple[Indicator, ...], **other: object) -> GoalTable:
    """Give a project's goal table; ``other`` replaces any field."""
    fields: dict[str, object] = {
        "kind": "project",
        "unit": None,
        "budget_total": None,
        "budget_fiscal": None,
        "budget_other": None,
        "money_unit": "万元",
        "purpose": None,
        "plan": (),
        "goals": (),
        "source": SourceRef(table=order, row=1, page=order),
        "scheme": "mof2015",
        **other,
    }
    return GoalTable(order=order, name=name, code=code, indicators=rows, **fields)  # type: ignore[arg-type]


def document(name: str, department: str | None, year: int | None, *tables: GoalTable, **other: object) -> Document:
    """Give a document of 青禾县 (division 990123); ``other`` replaces any field."""
    fields: dict[str, object] = {
        "sha256": "c0" * 32,
        "department_code": None,
        "division_code": "990123",
        "issues": (),
        **other,
    }
    return Document(name=name, department=department, fiscal_year=year, tables=tables, **fields)  # type: ignore[arg-type]


def sample_documents() -> tuple[Document, ...]:
    """Give three documents of two departments and two years, over which the catalogue's answers are committed."""
    odd = Citation("云财农〔2021〕8号", None, "云财农", 2021, 8, "document", 0, 10, "云财农[2021]8号")
    measures = "青禾县护林防火办法"
    old = Citation("青政字〔2009〕3号", measures, "青政字", 2009, 3, "document", 0, 12, "青政字〔2009〕03号")
    titled = Citation(None, measures, None, None, None, "document", 1, 10, measures)
    notice = ("云财农[2021]7号", (NOTICE,))
    patrol = goal_table(
        1,
        "河湖管护补助",
        "99012323T000000100001",
        (
            row(1, "产出/数量", "巡护人数", amount("ge", "40", "人"), notice),
            row(2, "产出/质量", "巡护到位率", amount("ge", "95", "%"), notice),
            row(3, "产出/时效", "补助发放时间", "按时发放", notice),
            row(4, "产出/成本", "补助总额", amount("le", "5", "万元", ("50000", "元")), ("云财农[2021]8号", (odd,))),
            row(5, "效益/社会效益", "河湖环境", "明显改善"),
            row(6, "满意度/服务对象满意度", "群众满意度", amount("ge", "90", "%"), ("问卷调查", ())),
        ),
        budget_total="4.80",
        budget_fiscal="4.80",
        goals=("管好河湖",),
    )
    again = goal_table(
        1,
        "河湖管护补助",
        "99012323T000000100001",
        (
            row(1, "产出/数量", "巡护人数", amount("ge", "45", "人"), notice),
            row(2, "产出/成本", "补助总额", amount("le", "5.00", "万元", ("50000", "元")), notice),
            row(3, "满意度/服务对象满意度", "群众满意度", amount("ge", "100", "%")),
        ),
        budget_total="5.00",
    )
    forest = goal_table(
        1,
        "护林防火",
        "990123",
        (
            row(1, "成本/", "防火经费", amount("le", "12", "万元", ("120000", "元")), ("青政字〔2009〕03号", (old,))),
            row(2, "产出/数量", "巡护人数", amount("ge", "12", "人次"), ("《云川省河湖管护条例》", (LAW,))),
            row(3, "产出/质量", "巡护到位率", amount("ge", "95", "%"), notice),
            row(4, "产出/质量", "设施完好率", amount("ge", "95", "%"), ("《青禾县护林防火办法》", (titled,))),
            row(5, "效益/社会效益", "火情处置率", amount("ge", "95", "%")),
            row(6, "满意度/服务对象满意度", "群众满意度", amount("ge", "95", "%")),
        ),
        budget_total="15.00",
        scheme="mof2021",
    )
    monitoring = row(1, "投入管理/绩效管理", "绩效监控完成率", amount("eq", "100", "%"))
    whole = goal_table(2, "青禾县林业局", None, (monitoring,), kind="department", scheme="department")
    note = Issue("ocr-space", "info", "有多余空格", "已去掉", "无需处理")
    return (
        document("水务/2023.txt", "青禾县水务局", 2023, patrol, issues=(note,)),
        document("水务/2024.txt", "青禾县水务局", 2024, again),
        document("林业/2024.txt", "青禾县林业局", 2024, forest, whole, department_code="411"),
    )


def contract_document() -> Document:
    """Give a document that keeps the contract and has every kind of node, so that each promise can be broken in it."""

    def cells(number: int, **printed: str) -> tuple[Cell, ...]:
        place = SourceRef(table=3, row=number, page=4, sheet="表三", line=50 + number)
        read = "0.97" if number == 2 else None
        return tuple(Cell(role, text, column, place, read) for column, (role, text) in enumerate(printed.items(), 1))

    def indicator(number: int, reading: Target, name: str, **other: object) -> Indicator:
        basis = other.get("basis")
        printed = {
            "level1": "产出指标",
            "level2": "数量指标",
            "level3": name,
            "target": f"{reading.text[:1]} {reading.text[1:]}",
        }
        fields: dict[str, object] = {
            "level1": "产出指标",
            "level2": "数量指标",
            "description": None,
            "basis": None,
            "weight": None,
            "actual": None,
            "citations": (),
            "source": SourceRef(table=3, row=number, page=4, sheet="表三", line=50 + number),
            "cells": cells(number, **printed, **({"basis": str(basis)} if basis else {})),
            **other,
        }
        return Indicator(row=number, level3=name, target=reading.text, reading=reading, **fields)  # type: ignore[arg-type]

    text = "《河湖管护办法》（云财农[2021]7号）、河长会议纪要"
    notice = Citation("云财农〔2021〕7号", "河湖管护办法", "云财农", 2021, 7, "document", 9, 20, "云财农[2021]7号")
    minutes = Citation(None, "河长会议纪要", None, None, None, "minutes", 22, 28, "河长会议纪要", "第9期", "2022-03-01")
    measures = Citation("财预〔2015〕88号", None, "财预", 2015, 88, "document", 0, 11, "财预〔2015〕88号")
    span = Target("3-5次", "quantity", "range", "3", "5", "次", "3", "5", "次")
    several = Target(
        "巡护员300元/人，站长350元/人",
        "multiple",
        parts=(
            TargetPart("巡护员", None, "300", None, "元/人"),
            TargetPart("站长", "le", "350", None, "元"),
        ),
    )
    day = Target("10月底前", "date", "le", "10月底", date_from="2024-10-31", date_to="2024-10-31", year_derived=True)
    rows = (
        indicator(1, amount("ge", "95", "%"), "巡护到位率", description="巡护人员到岗比率", weight="10.0", actual="96%",
                  basis=text, citations=(notice, minutes), mentions=(LAW,)),
        indicator(2, span, "巡护 次数"),
        indicator(3, several, "补助标准"),
        indicator(4, day, "发放时间", citations=(LAW,), citations_from="description", description="云川省河湖管护条例"),
        indicator(5, Target("明显改善", "qualitative"), "河湖环境", basis="财预〔2015〕88号", citations=(measures,)),
        indicator(6, Target("≤5.0万元", "quantity", "le", "5.0", None, "万元", "50000", None, "元"), "补助总额"),
    )  # fmt: skip
    project = goal_table(
        1,
        "河湖管护补助",
        "99012324T000000100001",
        rows,
        unit="青禾县水务局",
        budget_total="12.50",
        budget_fiscal="12.00",
        budget_other="0.50",
        purpose="河湖日常巡护",
        plan=(PlanPoint("6月底", "50%"), PlanPoint("12月底", None)),
        goals=("管好全县河湖", "按月发放补助"),
        cells=cells(
            9, name="河湖管护补助", total="12.50", purpose="河湖日常巡護", goals="1.管好全县河湖 2.按月发放补助"
        ),
        mentions=(LAW,),
    )
    whole = goal_table(
        2,
        "青禾县水务局",
        None,
        (row(1, "投入管理/绩效管理", "监控完成率", amount("eq", "100", "%")),),
        kind="department",
        scheme="department",
    )
    note = Issue(
        "row-joined",
        "info",
        "被换页切开的行",
        "接在上一行之后",
        "请核对",
        "站长350",
        1,
        3,
        SourceRef(3, 3, 4, "表三", 53),
    )
    page = PageCoverage(4, "表三", 420, 380, (Ignored("outside", 30), Ignored("row-joined", 6)), 4)
    return document(
        "水务/约定.pdf",
        "青禾县水务局",
        2024,
        project,
        whole,
        department_code="305",
        issues=(note,),
        coverage=(page,),
    )
