"""Two years of one unit: projects that came, went or changed their name, and what moved in those that stayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from kg.ids import normalized_name
from kg.listings import PREFIXES, Filters, Listed, documents, projects, rows
from kg.literals import canonical_decimal, query_string
from kg.messages import KgError
from kg.names import unknown
from kg.pairing import Pair, Pairing, Table, pair_rows, pair_tables, plain_name
from kg.polarity import polarity
from kg.select import number, text

if TYPE_CHECKING:
    from kg.select import Select

#: The fields of a change, in the order of the columns.
FIELDS: Final = (
    "change", "old_order", "new_order", "code", "project", "old_row", "new_row", "metric", "old", "new", "direction",
    "difference", "score", "evidence",
)  # fmt: skip
#: What one unit of the head of a table is in yuan.
YUAN: Final[Mapping[str, int]] = {"元": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}
_BUDGETS: Final = (("budget_total", "预算数"), ("budget_fiscal", "财政资金"), ("budget_other", "其他资金"))
# What the rows of a document list leave out: the normalized value, and the day that a deadline ends on.
_READINGS: Final = f"""{PREFIXES}
PREFIX qudt: <http://qudt.org/schema/qudt/>
SELECT ?order ?row ?value ?upper ?unit ?day WHERE {{
  GRAPH ?graph {{
    ?document jisu:fileName $name ; jisu:hasGoal ?goal .
    ?goal jisu:order ?order ; jisu:hasIndicator ?indicator .
    ?indicator jisu:rowOrder ?row ; jisu:hasTarget ?target .
    OPTIONAL {{ ?target qudt:numericValue ?value }}
    OPTIONAL {{ ?target jisu:normalizedUpper ?upper }}
    OPTIONAL {{ ?target jisu:normalizedUnit ?unit }}
    OPTIONAL {{ ?target jisu:dateTo ?day }}
  }}
}}"""


class NoSuchDocument(KgError):
    """The store has no document of that name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What two documents have in common and what not.

    ``old`` and ``new`` are the documents as :func:`kg.listings.documents` lists them, ``pairing`` the goal tables that
    belong together, ``changes`` one dict a change with :data:`FIELDS`.
    """

    old: Listed
    new: Listed
    pairing: Pairing
    changes: list[Listed]

    def summary(self) -> str:
        """Say in one line how much changed.

        Renamed projects are among those that stayed.
        """
        counted = {name: sum(change["change"] == name for change in self.changes) for name in ("改名项目", "指标值")}
        ways = [change["direction"] for change in self.changes if change["change"] == "指标值"]
        return (
            f"{_called(self.old)} → {_called(self.new)}：延续{len(self.pairing.pairs)}个项目"
            f"（改名{counted['改名项目']}），新增{len(self.pairing.new)}，消失{len(self.pairing.gone)}；"
            f"指标值变动{counted['指标值']}处（更好{ways.count('更好')}、更差{ways.count('更差')}）"
        )

    def doubts(self) -> Iterator[str]:
        """Yield what should be looked at before the changes are believed."""
        if self.old["document"] == self.new["document"]:
            yield "两次给出的是同一份文件"
        if self.old["department"] != self.new["department"]:
            names = (one["department"] or "（未读出）" for one in (self.old, self.new))
            yield f"两份文件的部门不同：{'、'.join(names)}"
        years = (self.old["fiscal_year"], self.new["fiscal_year"])
        if None not in years and years[0] > years[1]:
            yield f"前一份的年度（{years[0]}）晚于后一份（{years[1]}），请核对先后"


def _called(document: Listed) -> str:
    year = document["fiscal_year"]
    return f"{document['document']}（{year}年）" if year is not None else str(document["document"])


def difference(select: Select, old: str, new: str) -> Difference:
    """Compare two documents of the store by their names.

    Raises :class:`NoSuchDocument`, with the nearest names, when the store does not have one of them. Two documents
    without goal tables have no changes.
    """
    listed = {one["document"]: one for one in documents(select)}
    for name in (old, new):
        if name not in listed:
            raise NoSuchDocument(*unknown("文件", name, listed, "kg documents"))
    before, after = (_tables(select, listed[name]) for name in (old, new))
    pairing = pair_tables(before, after)
    changes = [_project("新增项目", None, table) for table in pairing.new]
    changes += [_project("消失项目", table, None) for table in pairing.gone]
    years = (listed[old]["fiscal_year"], listed[new]["fiscal_year"])
    for pair in sorted(pairing.pairs, key=lambda pair: int(pair.new.goal["order"])):
        changes += _within(pair, years)
    return Difference(listed[old], listed[new], pairing, changes)


def _tables(select: Select, document: Listed) -> list[Table]:
    """Read the goal tables with their rows, to which the fields of :data:`_READINGS` are added."""
    only = Filters(document=document["document"])
    readings = {
        (number(one, "order"), number(one, "row")): {
            name: text(one, name) for name in ("value", "upper", "unit", "day")
        }
        for one in select(_READINGS.replace("$name", query_string(document["document"])))
    }
    nothing = dict.fromkeys(("value", "upper", "unit", "day"))
    found: dict[int, list[Listed]] = {}
    for row in rows(select, only):
        found.setdefault(row["order"], []).append({**row, "read": readings.get((row["order"], row["row"]), nothing)})
    return [Table(goal, found.get(goal["order"], [])) for goal in projects(select, only)]


def _change(what: str, old: Table | None, new: Table | None, /, **fields: object) -> Listed:
    table = new or old
    filled: Listed = dict.fromkeys(FIELDS)
    filled["change"] = what
    filled["old_order"] = None if old is None else old.goal["order"]
    filled["new_order"] = None if new is None else new.goal["order"]
    if table is not None:
        filled["code"], filled["project"] = table.goal["code"], table.goal["name"]
    return filled | fields


def _project(what: str, old: Table | None, new: Table | None) -> Listed:
    money = [None if table is None else _printed(table, "budget_total") for table in (old, new)]
    return _change(what, old, new, old=money[0], new=money[1])


def _within(pair: Pair, years: tuple[int | None, int | None]) -> Iterator[Listed]:
    """Yield what changed in a project that stayed."""
    old, new = pair.old, pair.new
    if plain_name(old.goal["name"]) != plain_name(new.goal["name"]):
        names = {"old": old.goal["name"], "new": new.goal["name"]}
        yield _change("改名项目", old, new, **names, score=f"{pair.score:.2f}", evidence=pair.evidence)
    yield from _money(old, new)
    lines = pair_rows(old.rows, new.rows)
    for row in lines.new:
        yield _change("新增指标", old, new, new_row=row["row"], metric=row["level3"], new=row["target"])
    for row in lines.gone:
        yield _change("取消指标", old, new, old_row=row["row"], metric=row["level3"], old=row["target"])
    for line in lines.pairs:
        place = {"old_row": line.old["row"], "new_row": line.new["row"], "metric": line.new["level3"]}
        if plain_name(line.old["level3"]) != plain_name(line.new["level3"]):
            names = {"old": line.old["level3"], "new": line.new["level3"], "evidence": line.evidence}
            yield _change("改名指标", old, new, **place, **names, score=f"{line.score:.2f}")
        moved = _moved(line.old, line.new, years)
        if moved is not None:
            targets = {"old": line.old["target"], "new": line.new["target"]}
            yield _change("指标值", old, new, **place, **targets, **moved)
        grounds = _grounds(line.old, line.new)
        if grounds is not None:
            texts = {"old": line.old["basis"], "new": line.new["basis"], "evidence": grounds}
            yield _change("依据", old, new, **place, **texts)


# ------------------------------------------------------------------------------------------------------------ money
def _printed(table: Table, field: str) -> str | None:
    amount = table.goal[field]
    return None if amount is None else f"{amount}{table.goal['money_unit'] or ''}"


def _yuan(table: Table, field: str) -> Decimal | None:
    amount, unit = table.goal[field], table.goal["money_unit"]
    return None if amount is None or unit not in YUAN else Decimal(amount) * YUAN[unit]


def _money(old: Table, new: Table) -> Iterator[Listed]:
    """Yield the change of the budget; of its parts where the whole is not printed or stayed the same."""
    for field, name in _BUDGETS:
        printed = _printed(old, field), _printed(new, field)
        amounts = _yuan(old, field), _yuan(new, field)
        fields: dict[str, object] = {"old": printed[0], "new": printed[1], "metric": name}
        if amounts[0] is not None and amounts[1] is not None:
            by = amounts[1] - amounts[0]
            if by == 0:
                continue
            share = f"（{by / amounts[0]:+.1%}）" if amounts[0] else ""
            fields |= {"difference": _plain(by), "evidence": f"相差{_plain(by)}元{share}"}
            yield _change("预算", old, new, **fields, direction="增加" if by > 0 else "减少")
            return
        if printed[0] != printed[1]:
            reason = "只有一份印出" if None in printed else "金额单位不明，不能比较"
            yield _change("预算", old, new, **fields, direction="变化", evidence=reason)
            return


# ---------------------------------------------------------------------------------------------------------- targets
def _moved(old: Listed, new: Listed, years: tuple[int | None, int | None]) -> dict[str, object] | None:
    """Tell how a target moved, None when it stayed; better and worse only where it is known which is which."""
    if normalized_name(old["target"] or "") == normalized_name(new["target"] or ""):
        return None
    if {old["kind"], new["kind"]} == {"date"}:
        return _moved_in_time(old, new, years)
    if {old["kind"], new["kind"]} == {"quantity"}:
        return _moved_in_number(old, new)
    kinds = "由定量改为定性" if _numeric(old) and new["kind"] == "qualitative" else None
    kinds = "由定性改为定量" if _numeric(new) and old["kind"] == "qualitative" else kinds
    return {"direction": "变化", "evidence": kinds}


def _numeric(row: Listed) -> bool:
    return row["kind"] in {"quantity", "date", "multiple"}


def _moved_in_number(old: Listed, new: Listed) -> dict[str, object] | None:
    """Tell how a number moved, None when it did not; numbers of two units are not compared."""
    one, other = old["read"], new["read"]
    if None in (one["value"], other["value"]) or one["unit"] != other["unit"]:
        return {"direction": "变化", "evidence": "单位不同，不能比较"}
    if (one["upper"] is None) != (other["upper"] is None):
        return {"direction": "变化", "evidence": "一边是区间"}
    ends = [Decimal(other[end]) - Decimal(one[end]) for end in ("value", "upper") if one[end] is not None]
    signs = {old["comparator"], new["comparator"]}
    if not any(ends):
        return {"direction": "变化", "difference": "0", "evidence": "只有比较符不同"} if len(signs) > 1 else None
    by = f"{_plain(ends[0])}{'个百分点' if one['unit'] == '%' else one['unit'] or ''}"
    found: dict[str, object] = {"direction": "变化", "difference": _plain(ends[0]), "evidence": f"相差{by}"}
    way = polarity(new["level3"], signs)
    if way == polarity(old["level3"], signs) and way is not None and (min(ends) >= 0 or max(ends) <= 0):
        found["direction"] = "更好" if (max(ends) > 0) == (way == "higher") else "更差"
    return found


def _moved_in_time(old: Listed, new: Listed, years: tuple[int | None, int | None]) -> dict[str, object] | None:
    """Tell how a deadline moved within its fiscal year: earlier is better where it is a deadline."""
    days = [_within_year(row["read"]["day"], year) for row, year in zip((old, new), years, strict=True)]
    if days[0] is None or days[1] is None:
        return {"direction": "变化"}
    if days[0] == days[1]:
        return None
    deadline = "le" in {old["comparator"], new["comparator"]}
    earlier = days[1] < days[0]
    direction = ("更好" if earlier else "更差") if deadline else "变化"
    return {"direction": direction, "evidence": "提前" if earlier else "推后"}


def _within_year(day: str | None, year: int | None) -> tuple[int, str] | None:
    """Give a day as years after the fiscal year, and month and day.

    >>> _within_year("2024-10-31", 2024)
    (0, '10-31')
    """
    if day is None or year is None or not day[:4].isdigit():
        return None
    return int(day[:4]) - year, day[5:]


# ------------------------------------------------------------------------------------------------------------ bases
def _cited(row: Listed) -> set[str]:
    return {citation["number"] or f"《{citation['title']}》" for citation in row["citations"]}


def _grounds(old: Listed, new: Listed) -> str | None:
    """Say how the basis of a row changed, None when it did not; years alone make no other basis."""
    before, after = _cited(old), _cited(new)
    said = [f"新增引用{'、'.join(sorted(after - before))}"] if after - before else []
    said += [f"不再引用{'、'.join(sorted(before - after))}"] if before - after else []
    if said:
        return "；".join(said)
    if before or plain_name(old["basis"]) == plain_name(new["basis"]):
        return None
    return "补上了依据" if not old["basis"] else "不再写依据" if not new["basis"] else "依据的文字改变"


def _plain(value: Decimal) -> str:
    plain = f"{value:f}"
    return canonical_decimal(plain) or plain
