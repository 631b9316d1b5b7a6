"""Goal tables of a fictional county in any number, to measure and to draw large graphs; the same every time."""

from __future__ import annotations

import random
from collections.abc import Iterator

from extract.records import Cell, Citation, Document, GoalTable, Indicator, SourceRef
from extract.targets import parse

BUREAUS = ("教育", "民政", "财政", "水务", "林业", "农业农村", "卫生健康", "应急管理", "文化旅游", "交通运输")
WORKS = ("村级组织", "河湖管护", "义务教育", "档案数字化", "防汛物资", "护林防火", "公路养护", "文化惠民", "困难群众")
KINDS = ("补助经费", "专项经费", "运行维护", "设备购置", "能力建设", "宣传活动")
METRICS = ("完成率", "覆盖率", "人数", "次数", "及时率", "满意度", "成本", "合格率", "知晓率", "场次", "面积")
LEVELS = (
    ("成本指标", "经济成本指标"),
    ("产出指标", "数量指标"),
    ("产出指标", "质量指标"),
    ("效益指标", "社会效益指标"),
)
UNITS = ("%", "人", "次", "万元", "个", "公里")

PROJECTS, INDICATORS, OWN, SHARED = 20, 8, 17, 2


def documents(nodes: int) -> Iterator[Document]:
    """Give documents whose full view has ``nodes`` nodes (a multiple of 200) and about three times as many edges.

    A document is one department with 20 projects of 8 indicators each; an indicator cites one to five documents.
    17 cited documents are the department's own, and for each department there are 2 that all cite, the first
    of them most: as in real goal tables, a few documents are cited everywhere and most in one place.
    """
    departments = nodes // (1 + PROJECTS + PROJECTS * INDICATORS + OWN + SHARED)
    common = [_regulation("云财规", number) for number in range(SHARED * departments)]
    popularity = [1 / (place + 1) for place in range(len(common))]
    for number in range(departments):
        chance = random.Random(number)  # noqa: S311 - the same numbers every time, nothing secret
        bureau = BUREAUS[number % len(BUREAUS)]
        own = [_regulation(f"青{bureau[:2]}字", number * OWN + step) for step in range(OWN)]
        # Every document is cited at least once; the rest of the citations fall as they do.
        due = [*own, *common[number * SHARED : (number + 1) * SHARED]]
        tables = []
        for order in range(1, PROJECTS + 1):
            rows = []
            for row in range(1, INDICATORS + 1):
                cited = [due.pop()] if due else []
                while len(cited) < chance.randint(1, 5):
                    everywhere = chance.random() < 0.2
                    cited += chance.choices(common, popularity) if everywhere else chance.choices(own)
                rows.append(_indicator(row, order, tuple(dict.fromkeys(cited)), chance))
            tables.append(_table(order, number, tuple(rows), chance))
        name, year = f"青禾县{bureau}局第{number + 1}分局", 2021 + number % 4
        yield Document(f"{name}_{year}.pdf", f"{number:064x}", name, None, year, "990123", tuple(tables), ())


def _regulation(code: str, number: int) -> Citation:
    year, serial = 2012 + number % 12, number // 12 + 1
    text = f"{code}〔{year}〕{serial}号"
    return Citation(text, None, code, year, serial, "document", 0, len(text), text)


def _indicator(row: int, table: int, cited: tuple[Citation, ...], chance: random.Random) -> Indicator:
    work, metric = chance.choice(WORKS), chance.choice(METRICS)
    target = f"≥{chance.randint(1, 100)}{chance.choice(UNITS)}"
    basis = "、".join(one.surface for one in cited)
    place = SourceRef(table=table, row=row + 4, page=table)
    cells = (Cell("target", target, 5, place), Cell("basis", basis, 6, place))
    words = f"反映{work}的{metric}情况，按年度统计"
    names = (*chance.choice(LEVELS), f"{work}{metric}", words)
    return Indicator(row, *names, target, basis, None, None, parse(target), cited, place, cells)


def _table(order: int, department: int, rows: tuple[Indicator, ...], chance: random.Random) -> GoalTable:
    name = f"{chance.choice(WORKS)}{chance.choice(KINDS)}"
    budget = (f"{chance.randint(1, 900)}.00", None, None, "万元")
    code = f"990123P{department:05d}{order:06d}"
    place = SourceRef(table=order, row=1, page=order)
    return GoalTable(order, "project", code, name, f"青禾县{name}中心", *budget, None, (), (), rows, place, "mof2015")
