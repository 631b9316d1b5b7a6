"""The report as one HTML page: opens from disk, fetches nothing, runs no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from typing import Any, Final

from extract.normalize import decimal_text
from kg.language import page_template, translated
from kg.report.content import BASIS_KINDS, PEERS, Content, Goal, Peers, money
from kg.report.pictures import amounts, distribution, shares, steps
from kg.show import citation_text, place_text

_DEGREES: Final[Mapping[str, str]] = {"error": "较重", "warning": "一般", "info": "提示"}
#: At most so many projects are drawn, the largest; the table below the picture has all of them.
_BARS: Final = 20


def page(content: Content) -> str:
    """Write the page. Texts of documents are escaped, whatever they hold; pictures are SVG within the page.

    A department without goal tables gives a page that says so.
    """
    from jinja2 import Environment
    from markupsafe import Markup

    template = Environment(autoescape=True, trim_blocks=False, keep_trailing_newline=True).from_string(
        page_template(files("kg.report").joinpath("page.html").read_text("utf-8"))
    )
    drawn = Markup  # the pictures escape what they show themselves
    return template.render(
        content=replace(content, scope=translated(content.scope)),
        years="、".join(str(year) for year in sorted({goal.year for goal in content.goals if goal.year})),
        facts=[(translated(name), value) for name, value in facts(content)],
        budgets=drawn(_budgets(content)),
        goals=[{**_goal(goal), "steps": drawn(_steps(goal))} for goal in content.goals],
        basis=drawn(shares([(translated(BASIS_KINDS[kind]), count) for kind, count in content.basis])),
        regulations=content.regulations,
        peers=[
            {
                "metric": one.metric,
                "picture": drawn(distribution(one)),
                "words": translated(compared(one, content.scope)),
            }
            for one in content.peers
        ],
        enough=PEERS,
        findings=[
            {
                "severity": one.severity,
                "degree": translated(_DEGREES[one.severity]),
                "message": translated(one.message),
                "project": one.project or "",
                "row": one.row,
                "rule": one.rule.id,
                "place": translated(place_text(one.source)),
            }
            for one in content.findings
        ],
    )


def facts(content: Content) -> Iterator[tuple[str, str]]:
    """Yield the figures at the head of a report, as name and text."""
    yield "目标表", str(len(content.goals))
    yield "指标", str(content.indicators)
    if content.budget is not None:
        yield "预算数合计（万元）", plain(content.budget)
    cited = sum(count for kind, count in content.basis if kind not in ("vague", "none"))
    if content.indicators:
        yield "有文件依据的指标", f"{100 * cited / content.indicators:.0f}%"
    yield "所引文件", str(len(content.regulations))
    yield "疑点", str(len(content.findings))


def plain(number: Decimal) -> str:
    """Write a number without needless zeros.

    >>> plain(Decimal("20.50")), plain(Decimal("1E+2"))
    ('20.5', '100')
    """
    return f"{number.normalize():f}"


def compared(peers: Peers, scope: str) -> str:
    """Say in words what the picture of a distribution shows."""
    lower, median, upper = (plain(value) + peers.unit for value in peers.quartiles())
    own = "、".join(plain(value) + peers.unit for value in dict.fromkeys(peers.own))
    return f"本{scope}{own}；其他{len(peers.others)}个：中位数{median}，中间一半{lower}至{upper}"


def _budgets(content: Content) -> str:
    known = [
        (goal.project["name"] or translated("（无名称）"), amount)
        for goal in content.goals
        if goal.project["kind"] != "department"
        and (amount := money(goal.project["budget_total"], goal.project["money_unit"])) is not None
    ]
    return amounts(sorted(known, key=lambda one: -one[1])[:_BARS]) if len(known) > 1 else ""


def _steps(goal: Goal) -> str:
    """Draw the spending plan where it is in percent; amounts are drawn as shares of the budget."""
    values = [decimal_text((point["value"] or "").rstrip("%％")) for point in goal.project["plan"]]
    budget = decimal_text(goal.project["budget_total"])
    known = [None if value is None else Decimal(value) for value in values]
    last = next((value for value in reversed(known) if value is not None), None)
    if last is not None and (last > _WHOLE or (budget is not None and last == Decimal(budget))):
        if budget is None or not Decimal(budget):
            return ""
        known = [None if value is None else 100 * value / Decimal(budget) for value in known]
    return steps(known)


_WHOLE: Final = 100


def _goal(goal: Goal) -> dict[str, Any]:
    project = goal.project
    budget = money(project["budget_total"], project["money_unit"])
    summary = [f"指标{len(goal.indicators)}条"]
    if budget is not None:
        summary.append(f"预算{plain(budget)}万元")
    if goal.findings:
        summary.append(f"疑点{len(goal.findings)}处")
    return {
        "name": project["name"] or translated("（无名称）"),
        "summary": " · ".join(map(translated, summary)),
        "purpose": project["purpose"],
        "goals": project["goals"],
        "plan": [(point["by"], point["value"] or "") for point in project["plan"]],
        "rows": [
            {
                "row": row["row"],
                "levels": " / ".join(filter(None, (row["level1"], row["level2"]))),
                "metric": row["level3"] or "",
                "target": row["target"] or "",
                "basis": "；".join(map(citation_text, row["citations"])) or row["basis"] or "",
                "place": translated(place_text(row["source"])),
            }
            for row in goal.indicators
        ],
    }
