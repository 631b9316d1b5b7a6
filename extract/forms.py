"""Forms as data: which heading means which field. The words stand in ``forms.toml``."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from extract.grid import GridRow
from extract.normalize import bare_key, header_key, remembered


@dataclass(frozen=True, slots=True)
class Forms:
    """The words of ``forms.toml`` turned round: header key → role.

    ``headings`` are those of several lists together, ``column_word`` is any of the column patterns.
    """

    columns: Mapping[str, str]
    column_patterns: tuple[tuple[str, re.Pattern[str]], ...]
    column_word: re.Pattern[str]
    sub_columns: tuple[tuple[str, re.Pattern[str]], ...]
    weak_columns: Mapping[str, str]
    goal_columns: Mapping[str, str]
    summary_columns: Mapping[str, str]
    labels: Mapping[str, str]
    sections: Mapping[str, str]
    headings: Mapping[str, str]
    inner_headings: frozenset[str]
    department_labels: frozenset[str]
    other_headings: frozenset[str]
    level1: frozenset[str]
    level2: frozenset[str]
    patterns: Mapping[str, re.Pattern[str]]


def _turned(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Turn role → words into word → role; a word under two roles of one table is an error of the data file."""
    roles: dict[str, str] = {}
    for role, words in table.items():
        for word in words:
            key = header_key(word)
            if roles.setdefault(key, role) != role:
                raise ValueError(f"forms.toml: “{word}” 同时属于 {roles[key]} 与 {role}，请删去一处")
    return roles


@functools.cache
def forms() -> Forms:
    """Load the data file once.

    >>> forms().columns["指标值确定依据"], forms().labels["项目编码"]
    ('basis', 'code')
    """
    data = tomllib.loads(files("extract").joinpath("forms.toml").read_text(encoding="utf-8"))
    columns, weak, summary, labels, sections = (
        _turned(data[name]) for name in ("columns", "weak_columns", "summary_columns", "labels", "sections")
    )
    return Forms(
        columns=columns,
        column_patterns=tuple((role, re.compile(text)) for role, text in data["column_patterns"].items()),
        column_word=re.compile("|".join(f"(?:{text})" for text in data["column_patterns"].values())),
        sub_columns=tuple((role, re.compile(text)) for role, text in data["sub_columns"].items()),
        weak_columns=weak,
        goal_columns=_turned(data["goal_columns"]),
        summary_columns=summary,
        labels=labels,
        sections=sections,
        headings=columns | weak | summary | labels | sections,
        inner_headings=frozenset(header_key(word) for words in data["inner_headings"].values() for word in words),
        department_labels=frozenset(header_key(word) for word in data["department_labels"]["words"]),
        other_headings=frozenset(header_key(word) for word in data["other_headings"]["words"]),
        level1=frozenset(header_key(word) for word in data["levels"]["level1"]),
        level2=frozenset(header_key(word) for word in data["levels"]["level2"]),
        patterns={name: re.compile(text) for name, text in data["patterns"].items()},
    )


def role_of(words: Mapping[str, str], printed: str) -> str | None:
    """Look a printed heading up: whole first, then without its bracketed remark, then without its number.

    >>> role_of(forms().columns, "指标值（包含数字及文字描述）"), role_of(forms().columns, "甲")
    ('target', None)
    >>> role_of(forms().sections, "年度绩效目标2")
    'goal'
    """
    key = header_key(printed)
    role = words.get(key)
    if role is None and not key.isalpha():  # most are letters alone
        bare = bare_key(key)
        role = words.get(bare) or words.get(bare.rstrip("0123456789"))
    return role


#: A heading is short: a longer text is no heading, whatever words it contains.
_HEADING_LENGTH = 16


#: A header of indicators has both.
_ESSENTIAL = frozenset({"level3", "target"})


@remembered
def heading_role(printed: str) -> str:
    """Look a heading of a column up in the lists, then by what it contains; one that nothing knows is ``other``.

    >>> heading_role("年度指标值"), heading_role("学历系数")
    ('target', 'other')
    """
    known, key = forms(), header_key(printed)
    role = role_of(known.columns, printed)
    may_contain = role is None and len(key) <= _HEADING_LENGTH and known.column_word.search(key)
    if may_contain and role_of(known.weak_columns, printed) is None:
        role = next(role for role, pattern in known.column_patterns if pattern.search(key))
    return role or "other"


def is_known_heading(printed: str) -> bool:
    """Tell whether a heading is known, also where its role is taken by another column of the same header.

    >>> is_known_heading("得分"), is_known_heading("年度系数")
    (True, False)
    """
    return heading_role(printed) != "other" or role_of(forms().weak_columns, printed) is not None


@remembered
def is_heading(printed: str) -> bool:
    """Tell whether a cell is a heading or a label of any kind that forms print.

    >>> is_heading("项目名称"), is_heading("其中："), is_heading("路灯维护")
    (True, True, False)
    """
    known = forms()
    return role_of(known.headings, printed) is not None or bare_key(header_key(printed)) in known.other_headings


def column_roles(cells: Sequence[str]) -> Mapping[int, str] | None:
    """Map the columns of a header row to roles, or ``None`` when the row is no header of indicators.

    A header names its metric column and its value column. A role that stands twice is kept at its first
    place; a heading that nothing knows gets the role ``"other"``.

    >>> column_roles(["一级指标", "二级指标", "三级指标", "", "指标值"])
    {0: 'level1', 1: 'level2', 2: 'level3', 4: 'target'}
    >>> column_roles(["产出指标", "数量指标", "培训人数", "", "≥95%"]) is None
    True
    """
    return _column_roles(tuple(cells))


@remembered
def _column_roles(cells: tuple[str, ...]) -> Mapping[int, str] | None:
    roles: dict[int, str] = {}
    first: dict[str, int] = {}
    for column, cell in enumerate(cells):
        if key := header_key(cell):
            role = heading_role(cell)
            roles[column] = role if role == "other" or role not in roles.values() else "other"
            first.setdefault(bare_key(key), column)
    if not {*roles.values(), *map(forms().weak_columns.get, first)} >= _ESSENTIAL:
        return None  # as in most rows
    for word, weak in forms().weak_columns.items():  # in their order: 指标内容 names the metric rather than 绩效指标
        at = first.get(word)
        if at is not None and weak not in roles.values() and roles[at] in ("other", "description"):
            roles[at] = weak
    for column, role in roles.items():
        words = (role_of(forms().weak_columns, cells[column]), role_of(forms().sections, cells[column]))
        if role == "other" and (words[0] == "level3" or words[1] == "side"):
            roles[column] = "side"  # the heading of the whole block, printed down its side
    return roles if set(roles.values()) >= _ESSENTIAL else None


_YEAR = re.compile(r"(?:19|20)\d{2}年?度?")


def with_subheadings(roles: Mapping[int, str], header: GridRow, below: GridRow) -> dict[int, str] | None:
    """Part a merged heading by the headings in the row below it, or ``None`` when that row holds none.

    ``指标值`` over ``前年 | 上年 | 预计当年实现值``: the last is the target, the others are values of other periods. Of
    headings that are years the latest is. ``绩效指标值`` over ``指标符号 | 指标值 | 计量单位``: their own roles. A row
    below a header without merged headings is no row of headings.

    >>> from extract.grid import Span
    >>> from extract.records import SourceRef
    >>> place = SourceRef(1, 1)
    >>> header = GridRow(("三级指标", "指标值", "", ""), place, (Span(1, 1, 3),))
    >>> with_subheadings({0: "level3", 1: "target"}, header, GridRow(("", "前年", "上年", "当年"), place))
    {0: 'level3', 1: 'period_value', 2: 'other', 3: 'target'}
    """
    parents = {
        column: span.column
        for span in header.spans
        if span.columns > 1 and span.column in roles
        for column in range(span.column, span.column + span.columns)
    }
    cells = {column: header_key(cell) for column, cell in enumerate(below.cells) if header_key(cell)}
    if not cells or not set(cells) <= set(parents) or any(len(key) > _HEADING_LENGTH for key in cells.values()):
        return None
    latest = max((key for key in cells.values() if _YEAR.fullmatch(key)), default=None)
    found: dict[int, str] = {}
    for column, key in cells.items():
        parent = roles[parents[column]]
        role: str | None
        if _YEAR.fullmatch(key):
            role = "target" if key == latest else "period_value"
        else:
            role = forms().columns.get(key)
            role = role or next((role for role, pattern in forms().sub_columns if pattern.search(key)), None)
        if role is None:
            return None
        role = role if parent == "target" else parent
        found[column] = role if role not in found.values() else "other"
    kept = {column: role for column, role in roles.items() if column not in {parents[c] for c in cells}}
    return dict(sorted({**kept, **found}.items()))


@remembered
def is_level_name(printed: str, level: int | None = None) -> bool:
    """Tell whether a cell holds the name of an indicator level that forms print: of that level, or of any.

    >>> is_level_name("产出指标", 1), is_level_name("预算和财务管理", 1), is_level_name("数量指标")
    (True, False, True)
    """
    key = header_key(printed)
    return (level != 2 and key in forms().level1) or (level != 1 and key in forms().level2)  # noqa: PLR2004


def money_unit_of(headings: Iterable[str]) -> str | None:
    """Find the unit of amounts that a heading or a label prints in brackets: ``项目金额（万元）`` → ``万元``.

    >>> money_unit_of(["项目名称", "项目金额（万元）"]), money_unit_of([])
    ('万元', None)
    """
    units = (forms().patterns["label_unit"].search(header_key(heading)) for heading in headings)
    return next((unit.group("unit") for unit in units if unit), None)
