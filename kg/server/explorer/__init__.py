"""The explorer: pages made on the server, each with an address of its own that can be shared.

A page is a function in :data:`kg.server.explorer.pages.PAGES` and a template of its name. It reads the graph through
the listings that the commands use, so that a page and a command never differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from kg.export.network import visible
from kg.language import Language, in_english
from kg.messages import KgError
from kg.resolve import deciding
from kg.server.explorer.asking import Ask, NotFound
from kg.server.explorer.pages import PAGES
from kg.server.settings import Answer, plain
from kg.store_folder import StoreLocked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kg.store import Reader

_HTML: Final = "text/html; charset=utf-8"
_MOST_FIELDS: Final = 100


@dataclass(frozen=True, slots=True)
class _Links:
    """Makes addresses of pages in the language of the page."""

    language: Language

    def __call__(self, path: str, given: Mapping[str, object] | None = None, /, **parameters: object) -> str:
        every = {**(given or {}), **parameters}
        fields = {name: str(value) for name, value in every.items() if value is not None and value != ""}
        if self.language == "en":
            fields["lang"] = "en"
        return f"{path}?{urlencode(fields)}" if fields else path


def _told(text: str | None, language: Language) -> str | None:
    """Give a sentence of ours that the graph or a rule holds in Chinese in the language of the page."""
    return in_english(text) if text and language == "en" else text


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("kg.server.explorer", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["told"] = _told
    return environment


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever a template shows
    """Show nothing for None, and characters that turn the direction of a text as their code points."""
    if value is None:
        return ""
    return visible(value) if type(value) is str else value


def answer(reader: Reader, kept: dict[str, Any], path: str, query: str, *, edit: bool = False) -> Answer:
    """Answer the request for a page; ``kept`` holds what was computed from the reader's snapshot for other pages."""
    try:
        fields = parse_qsl(query, max_num_fields=_MOST_FIELDS)
    except ValueError:
        fields = []
    parameters = dict(fields)
    language: Language = "en" if parameters.pop("lang", "") == "en" else "zh"
    ask = Ask(reader, kept, parameters, language, edit)
    page = PAGES.get(path)
    if page is None:
        return _html(ask, path, "missing", {"message": ask.say("没有这一页")}, 404)
    try:
        made = page(ask)
        if isinstance(made, Answer):
            return made
        name, values = made
        return _html(ask, path, name, values, 200)
    except NotFound as problem:
        return _html(ask, path, "missing", {"message": str(problem)}, 404)


def decide(store: Path, query: str, *, edit: bool) -> Answer:
    """Keep a person's decision on a candidate, sent by the form beside it, and lead back to it."""
    given = dict(parse_qsl(query))
    if not edit:
        return plain(403, "网页上不能作决定；请用 kg serve --allow-edit 启动")
    if given.get("decision") not in {"accept", "reject", "undo"}:
        return plain(400, "决定要是 accept、reject 或 undo")
    candidate = given.get("id", "")
    try:
        deciding.decide(store, given["decision"], candidate, given.get("reason") or None)
    except StoreLocked as problem:
        return plain(503, str(problem))
    except KgError as problem:
        return plain(409, str(problem))
    language: Language = "en" if given.get("lang") == "en" else "zh"
    location = f"{_Links(language)('/candidates', state='all')}#{candidate}"
    return Answer(303, "text/plain; charset=utf-8", headers=(("Location", location),))


def _html(ask: Ask, path: str, name: str, values: Mapping[str, Any], status: int) -> Answer:
    links = _Links(ask.language)
    other: Language = "zh" if ask.language == "en" else "en"
    text = (
        _environment()
        .get_template(f"{name}.html")
        .render(
            _=ask.say,
            url=links,
            language=ask.language,
            here=path,
            other_address=_Links(other)(path, ask.parameters),
            turned=lambda number: links(path, {**ask.parameters, "page": number}),
            asked=ask.parameters,
            **values,
        )
    )
    return Answer(status, _HTML, text.encode("utf-8", "replace"))
