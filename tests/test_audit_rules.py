"""Every rule of the audit on its own cases: what must fire fires, what must not does not, on two engines."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from kg.audit import Finding, Rule, audit, rules
from kg.quads import document_nquads
from kg.select import Select, select_oxigraph
from tests.audit_cases import Case, read_case

CASES = [
    (rule, kind, text) for rule in rules() for kind in ("fires", "passes", "ignores") for text in getattr(rule, kind)
]


def case_id(value: object) -> str | None:
    return value.id if isinstance(value, Rule) else str(value)[:60]


def test_all_cases_are_there() -> None:
    assert len(rules()) == 34
    assert len(CASES) == 173


def loaded(case: Case) -> Select:
    store = ox.Store()
    store.load("".join(document_nquads(one) for one in case.documents), ox.RdfFormat.N_QUADS)
    return select_oxigraph(store)


def places(findings: list[Finding], severity: str | None) -> tuple[str, int | None, int | None, str | None]:
    (finding,) = findings
    return finding.document, finding.order, finding.row, severity and finding.severity


@pytest.mark.parametrize(("rule", "kind", "text"), CASES, ids=case_id)
def test_case(rule: Rule, kind: str, text: str) -> None:
    case = read_case(text)
    report = audit(loaded(case), [rule])
    (count,) = report.counts
    if kind != "fires":
        assert [finding.message for finding in report.findings] == []
        assert (count.passed > 0) == (kind == "passes")
        assert not case.marked
        return
    assert count.flagged == len(report.findings) >= 1
    for finding in report.findings:
        assert finding.rule is rule
        assert finding.evidence or rule.id == "R03"
        assert "疑似" in finding.message
        assert "违规" not in finding.message
        assert "{" not in finding.message
        assert finding.source is not None or finding.order is None
    for document, order, row, severity in case.marked:
        here = [one for one in report.findings if (one.document, one.order, one.row) == (document, order, row)]
        assert [one.severity for one in here] == [severity or here[0].severity]
    marked = {(document, order, row) for document, order, row, _ in case.marked}
    assert not marked or {(one.document, one.order, one.row) for one in report.findings} == marked
