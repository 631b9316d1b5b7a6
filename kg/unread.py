"""A file that could not be read, as an issue in a named graph of its own."""

from __future__ import annotations

from kg import ids
from kg.literals import integer, string
from kg.store import failure_graph
from ontology import concept, term

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def unread_nquads(name: str, reason: str, next_step: str) -> str:
    r"""Write that the file ``name`` could not be read, with the reason and what to do, as N-Quads.

    The node that carries the name is no source document: no content is known, so no list of documents has it.

    >>> unread_nquads("甲.txt", "文件是空的", "请重新下载").count("\n")
    9
    """
    key = f"unread-{ids.digest(name)}"
    file, issue = ids.source_document(key), ids.issue(key, 1)
    statements = (
        (file, term("fileName"), string(name)),
        (file, term("hasIssue"), f"<{issue}>"),
        (issue, _TYPE, f"<{term('ReadingIssue')}>"),
        (issue, term("order"), integer(1)),
        (issue, term("issueCode"), string("unreadable")),
        (issue, term("severity"), f"<{concept('severity', 'error')}>"),
        (issue, term("message"), string(reason)),
        (issue, term("actionTaken"), string("没有读入；先前读入的内容（如有）保留")),
        (issue, term("nextStep"), string(next_step)),
    )
    graph = failure_graph(name)
    return "".join(f"<{subject}> <{predicate}> {value} <{graph}> .\n" for subject, predicate, value in statements)
