"""The SPARQL 1.1 Protocol (https://www.w3.org/TR/sparql11-protocol/), queries only: from a request to a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from kg.server.settings import Task, plain
from kg.server.sparql import SHORT, Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Parameters that ask for a change.
_CHANGES: Final = frozenset({"update", "using-graph-uri", "using-named-graph-uri"})
_READ_ONLY: Final = "这个服务只读，不接受更新；要改内容请用 kg build"
_DIRECT: Final = "application/sparql-query"
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 1000
#: What SPARQLWrapper calls the formats, which names them in the address as well as in the header.
_ALIASES: Final = {"turtle": "ttl", "n3": "ttl", "rdf+xml": "rdf", "json-ld": "jsonld"}


class Refused(Exception):
    """The request cannot be answered; ``answer`` says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = plain(status, message)


def task(method: str, query_string: bytes, headers: Mapping[str, str], body: bytes, endpoint: str) -> Task | None:
    """Read a request to the ``endpoint``; None for one without a query, which asks for the service description.

    Raises :class:`Refused`.
    """
    fields = _fields(query_string)
    if method == "POST":
        media, _, parameters = headers.get("content-type", "").partition(";")
        media = media.strip().lower()
        if media == _DIRECT:
            fields = [*fields, ("query", _text(body, parameters))]
        elif media == _FORM:
            fields = [*fields, *_fields(body)]
        elif media == "application/sparql-update":
            raise Refused(403, _READ_ONLY)
        else:
            raise Refused(415, f"POST的内容类型要是{_DIRECT}或{_FORM}，不是“{media}”")
    if _CHANGES & {name for name, _ in fields}:
        raise Refused(403, _READ_ONLY)
    queries = [value for name, value in fields if name == "query"]
    if not queries and method != "POST":
        return None
    if len(queries) != 1:
        raise Refused(400, f"要有一个query参数，收到{len(queries)}个")
    asked = Asked(
        queries[0],
        endpoint,
        tuple(value for name, value in fields if name == "default-graph-uri"),
        tuple(value for name, value in fields if name == "named-graph-uri"),
    )
    return Task("sparql", (asked, _accept(fields, headers)), long=True)


def _fields(data: bytes) -> list[tuple[str, str]]:
    try:
        text = data.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError:
        raise Refused(400, "参数要用UTF-8编码，并作百分号转义") from None
    except ValueError:
        raise Refused(400, f"参数超过{_MOST_FIELDS}个") from None


def _text(body: bytes, parameters: str) -> str:
    charset = parameters.partition("charset=")[2].strip().strip('"').lower()
    try:
        if charset in {"", "utf-8", "utf8"}:
            return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise Refused(400, "查询要用UTF-8编码")


def _accept(fields: list[tuple[str, str]], headers: Mapping[str, str]) -> str | None:
    """Give what the client takes: a link says it by ``format``, a program by its header."""
    wanted = [value for name, value in fields if name == "format"]
    if not wanted:
        return headers.get("accept")
    name = _ALIASES.get(wanted[0], wanted[0])
    if name not in SHORT:
        raise Refused(400, f"没有名为“{wanted[0]}”的格式；可用的有{'、'.join(SHORT)}")
    return SHORT[name]
