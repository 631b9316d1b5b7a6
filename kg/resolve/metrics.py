"""Names of metrics whose words are the same: each of them beside the one that says it most plainly."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from kg.resolve.matches import Match, score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.resolve.facts import Facts, MetricName


def matches(facts: Facts) -> Iterator[Match]:
    """Yield a match for each metric that shares its words with others, except the name that says them most plainly.

    Such a match is of the metric and its candidate metric, so that its id stays when other names come and go.
    """
    for candidate, group in groupby(facts.metrics, key=lambda one: one.candidate):
        plainest, *others = sorted({one.iri: one for one in group}.values(), key=_plainness)
        for one in others:
            reason = one.reason or f"比较的词：{one.label.replace(' ', '、')}"
            value = score(float(one.score or "1"))
            yield Match("metric", "metric-words", value, one.iri, one.name, candidate, plainest.name, reason)


def _plainness(one: MetricName) -> tuple[float, int, str, str]:
    return -float(one.score or "1"), len(one.name), one.name, one.iri
