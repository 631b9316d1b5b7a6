"""Two languages from one catalogue: the program speaks Chinese, ``languages/en.po`` gives each sentence its English.

Sentences stay in the code as they are, in Chinese. Where text leaves for a person it passes :func:`translated`, which
gives it back unchanged unless English is spoken: then it is looked up in the catalogue, first as it stands, then as one
of the sentences with places to fill in (``第{}行``, an f-string there). What stands in such a place is translated in
turn, so that a reason inside a message is English too; names in quotation marks stay as they are printed.

Nothing is loaded for Chinese. The catalogue is a GNU gettext PO file; ``tests/test_language.py`` holds it against the
code.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from string import Formatter
from typing import IO, TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast, get_args

if TYPE_CHECKING:
    from polib import POEntry

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
#: Locales that say nothing of a language.
_SILENT: Final = frozenset({"", "C", "POSIX"})
#: What only Chinese text has: characters, and the punctuation between them.
_CHINESE: Final = re.compile("[\u3400-\u9fff]")
_WIDE: Final = re.compile("[\u3001-\u301b\u3400-\u9fff\uff01-\uff5e]")
#: A text that is a name: nothing in it is ours. The last is the name of a file.
_NAME: Final = re.compile(r"“[^“”]*”|《[^《》]*》|'[^']*'|[^\s，；：、“”（）]+\.[A-Za-z]{2,5}(?![A-Za-z])")
#: A sentence that begins with a place and has fewer characters of its own is taken only where all that fills it is
#: understood too, …
_WEAK: Final = 3
#: … or where nothing joined stands in its places.
_SHORT: Final = 4
#: What stands before a number or after it: ``第{}``, ``表{}`` alone, ``{}个``.
_BEFORE_NUMBER: Final = re.compile("第 ?$|目标$|\n[表行]$")
_AFTER_NUMBER: Final = "个张条行页处份列层位栏格次"
#: What takes the place of the marks that join sentences and their parts, the strongest first.
_MARKS: Final = {"；": "; ", "。": ". ", "：": ": ", "，": ", ", "、": ", ", " ": " ", "·": "·"}
#: These join what must be understood whole: names have them too.
_WHOLE: Final = frozenset("、 ·")
_QUOTATIONS: Final = frozenset({"“”", "《》"})
_OPENING, _CLOSING = "“《（(", "”》）)"
#: ``新增2``, ``1,200个节点``: a word and a number.
_COUNTED: Final = re.compile(r"(?P<word>\D+?)(?P<number>[0-9][0-9,.]*)")
_COUNTING: Final = re.compile(r"(?P<number>[0-9][0-9,.]*)(?P<word>\D+)")
_COMMAND: Final = re.compile("(?P<who>kg[ a-z]*)：(?P<what>.+)", re.DOTALL)
#: What joins the parts of a text, and how many of it a text of ours has at most: the work grows with them.
_JOINT: Final = re.compile("[；。：，、（第]")
_MOST: Final = 60
_BRACKETED: Final = re.compile("(?P<text>.+?)（(?P<inner>[^（）]+)）")

_spoken: Language = "zh"


def spoken() -> Language:
    """Give the language that is spoken: Chinese, until :func:`speaking` says otherwise."""
    return _spoken


def wanted(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Tell which language is asked for: ``--lang`` wherever it stands, else ``KG_LANG``, else the locale.

    The locale is the first that is set of ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` (POSIX); one that is no language
    (``C``, ``POSIX``) gives Chinese, as does none, and every language but Chinese gives English.

    >>> wanted(["rows", "--lang", "en"], {}), wanted(["--lang=zh"], {"LANG": "en_GB.UTF-8"}), wanted([], {})
    ('en', 'zh', 'zh')
    >>> wanted([], {"LC_ALL": "C.UTF-8", "LANG": "en_GB.UTF-8"}), wanted([], {"LANG": "fr_FR"})
    ('zh', 'en')
    """
    given = ""
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--lang" and place + 1 < len(arguments):
            given = arguments[place + 1]
        elif argument.startswith("--lang="):
            given = argument.removeprefix("--lang=")
    if given in LANGUAGES:
        return given
    names = ("KG_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    name = next((environment[name] for name in names if environment.get(name)), "")
    name = re.split(r"[.@]", name)[0]
    return "zh" if name in _SILENT or re.match(r"(?i)(zh|chinese)(?![a-z])", name) else "en"


@contextmanager
def speaking(arguments: Sequence[str]) -> Iterator[None]:
    """Speak the language that is wanted; in English everything on standard error is translated on its way."""
    global _spoken  # noqa: PLW0603 - a program speaks one language at a time
    before, stderr = _spoken, sys.stderr
    _spoken = wanted(arguments, os.environ)
    if _spoken != "zh":
        sys.stderr = cast("Any", _Translating(stderr))
    try:
        yield
    finally:
        _spoken, sys.stderr = before, stderr


class _Translating:
    """A stream of text for people: its lines are translated as they are written."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text in the language that is spoken."""
        self._stream.write("".join(translated(line) for line in text.splitlines(keepends=True)))
        return len(text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)


def translated(text: str) -> str:
    """Give a text of ours in the language that is spoken; what the catalogue does not have stays as it is.

    White space around it stays too. Texts from documents do not belong here: they are shown as printed.

    >>> translated("文件不存在")
    '文件不存在'
    """
    return text if _spoken == "zh" or not _WIDE.search(text) else in_english(text)


@lru_cache(maxsize=20_000)
def in_english(text: str) -> str:
    """Give the English of a text of ours, as far as the catalogue has it.

    >>> in_english("文件不存在"), in_english("“甲.txt”第3行不是UTF-8"), in_english("甲")
    ('the file does not exist', '“甲.txt”: line 3 is not UTF-8', '甲')
    """
    bare = text.strip()
    found = _known().get(bare)
    if found is None and (not _WIDE.search(bare) or _NAME.fullmatch(bare) or len(_JOINT.findall(bare)) > _MOST):
        return text
    if found is None:
        ways = (_plain_marks, _speaker, _more, _filled, _counted, _bracketed, _joined)
        found = next((told for way in ways if (told := way(bare)) is not None), bare)
    start = text.index(bare)
    return text[:start] + found + text[start + len(bare) :]


@cache
def _known() -> Mapping[str, str]:
    """Give the sentences of the catalogue that have no places to fill in: Chinese → English."""
    return {_plain(entry.msgid): _plain(entry.msgstr) for entry in catalogue() if not _fields(entry.msgid)}


@cache
def english() -> Mapping[str, str]:
    """Give the words of the explorer's pages: Chinese → English; what stands in braces is filled in.

    >>> english()["部门"]
    'Department'
    """
    return {entry.msgid: entry.msgstr for entry in catalogue("page")}


def say(language: Language, chinese: str, /, **values: object) -> str:
    """Say something on a page of the explorer, each of whose readers has a language of their own.

    Words that the catalogue does not have stay as they are.

    >>> say("en", "第{page}页", page=3), say("zh", "第{page}页", page=3), say("en", "甲")
    ('page 3', '第3页', '甲')
    """
    words = english().get(chinese, chinese) if language == "en" else chinese
    return words.format(**values) if values else words


@cache
def catalogue(context: str | None = None) -> Sequence[POEntry]:
    """Read the catalogue: the entries of a context that have a translation; those of commands have none."""
    from importlib.resources import files

    import polib

    text = files("kg").joinpath("languages/en.po").read_text("utf-8")
    return [entry for entry in polib.pofile(text) if entry.msgctxt == context and entry.msgstr]


class _Sentence(NamedTuple):
    """A sentence with places to fill in; ``piece`` is its longest fixed part, ``own`` all of them.

    It is ``open`` where it begins with a place, and has the flag ``names`` in the catalogue where only names of others
    fill it; ``runs`` tells how many places stand side by side in each group of the pattern.
    """

    pattern: re.Pattern[str]
    runs: tuple[int, ...]
    piece: str
    english: str
    own: str
    open: bool
    names: bool

    def admits(self, match: re.Match[str]) -> bool:
        """Tell whether what would fill the places can: no further sentence, and before a short one nothing joined."""
        held = "" if "；" in self.own else "；"
        held += "、，：" if self.open and len(_CHINESE.findall(self.own)) < _SHORT else ""
        for place in range(1, len(self.runs) + 1):
            around, given = _around(match, place), match[place]
            if around in _QUOTATIONS:
                continue
            joined = around != "（）" and any(len(_parted(given, mark)) > 1 for mark in held)
            if joined or re.search("^[^（]*）|（[^）]*$", given):
                return False
        return True

    def filled(self, match: re.Match[str]) -> str | None:
        """Give the English of a match; None where what fills a weak sentence is not understood."""
        weak = self.open and len(_CHINESE.findall(self.own)) < _WEAK
        given: list[str] = []
        for place, run in enumerate(self.runs, 1):
            if self.names or (run == 1 and _around(match, place) in _QUOTATIONS):
                given.append(match[place])
                continue
            told = [_part(one) for one in _shared(match[place], run)]
            if weak and any(map(_ours, told)):
                return None
            given += told
        return self.english.format(*given)


@cache
def _sentences() -> Sequence[_Sentence]:
    """Give the sentences with places to fill in: those with a fixed beginning first, and those that say most."""
    found = []
    for entry in catalogue():
        fields = _fields(entry.msgid)
        if fields and not any(fields):  # places with names are filled in by whoever says it
            literals = [literal for literal, *_ in Formatter().parse(entry.msgid)]
            own = "".join(literals)
            sentence = _Sentence(
                *pattern_of(entry.msgid),
                max(literals, key=len),
                entry.msgstr,
                own,
                not literals[0],
                "names" in entry.flags,
            )
            found.append(((not literals[0], -len(own)), sentence))
    return [sentence for _, sentence in sorted(found, key=lambda one: one[0])]


def pattern_of(template: str) -> tuple[re.Pattern[str], tuple[int, ...]]:
    """Make the pattern that a filled-in sentence matches, with a group for the places between two fixed parts.

    >>> pattern, runs = pattern_of("“{}”第{}行{}{}")
    >>> pattern.fullmatch("“甲”第3行没有值").groups(), runs
    (('甲', '3', '没有值'), (1, 1, 2))
    """
    parts = [(literal, field is not None) for literal, field, *_ in Formatter().parse(template)]
    pattern, runs = "", []
    for number, (literal, place) in enumerate(parts):
        pattern += re.escape(literal)
        if not place:
            continue
        after = parts[number + 1][0] if number + 1 < len(parts) else ""
        if _BEFORE_NUMBER.search(literal if number else f"\n{literal}") or after[:1] in {*_AFTER_NUMBER}:
            pattern += "([0-9][0-9,.、]*)"
            runs.append(1)
        elif number and not literal and parts[number - 1][1]:
            runs[-1] += 1
        else:
            pattern += "(.*?)"
            runs.append(1)
    return re.compile(pattern, re.DOTALL), tuple(runs)


def _fields(template: str) -> list[str]:
    return [field for _, field, *_ in Formatter().parse(template) if field is not None]


def _plain(template: str) -> str:
    return template.replace("{{", "{").replace("}}", "}")


def _plain_marks(text: str) -> str | None:
    """Give a text without words of ours, such as a list of formats, with the marks of English."""
    if _CHINESE.search(text):
        return None
    for mark, ascii_mark in _MARKS.items():
        text = text.replace(mark, ascii_mark)
    return text.rstrip()


def _speaker(text: str) -> str | None:
    """Translate what a command says: ``kg：……``."""
    match = _COMMAND.fullmatch(text)
    return None if match is None else f"{match['who']}: {in_english(match['what'])}"


def _filled(text: str) -> str | None:
    for sentence in _sentences():
        if sentence.piece in text:
            for pattern in (sentence.pattern, _greedy(sentence.pattern)):
                match = pattern.fullmatch(text)
                found = sentence.filled(match) if match is not None and sentence.admits(match) else None
                if found is not None:
                    return found
    return None


@cache
def _greedy(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Give the pattern whose places take as much as they can."""
    return re.compile(pattern.pattern.replace("(.*?)", "(.*)"), re.DOTALL)


def _around(match: re.Match[str], place: int) -> str:
    """Give the two characters that a place stands between."""
    return match.string[: match.start(place)][-1:] + match.string[match.end(place) :][:1]


def _shared(text: str, run: int) -> list[str]:
    """Share a text out among places that stand side by side: what is known at its ends, then at a mark or a number."""
    if run == 1:
        return [text]
    if not _ours(in_english(text)):  # all of it is one thing
        return [text, *[""] * (run - 1)]
    known = _known()
    end = next((end for end in range(len(text), 0, -1) if text[:end] in known), 0)
    if end:
        return [text[:end], *_shared(text[end:], run - 1)]
    start = next((start for start in range(len(text)) if text[start:] in known), len(text))
    if start < len(text):
        return [*_shared(text[:start], run - 1), text[start:]]
    match = re.search("[“《（，：；]", text) or re.search("[0-9]", text)
    start = match.start() if match else len(text)
    return [text[:start], *_shared(text[start:], run - 1)]


def _part(text: str) -> str:
    """Translate a part of a text; a single character in it is a name."""
    return text if len(text) == 1 else in_english(text)


def _ours(text: str) -> bool:
    """Tell whether there is Chinese besides names in quotation marks."""
    return _CHINESE.search(_NAME.sub("", text)) is not None


def _counted(text: str) -> str | None:
    for pattern, order in ((_COUNTED, "{word} {number}"), (_COUNTING, "{number} {word}")):
        match = pattern.fullmatch(text)
        word = None if match is None else _known().get(match["word"])
        if match is not None and word is not None:
            return order.format(word=word, number=match["number"])
    return None


def _joined(text: str) -> str | None:
    """Translate the parts of a text that is joined by marks; None where none of them is ours."""
    for mark, ascii_mark in _MARKS.items():
        parts = _parted(text, mark)
        if len(parts) == 1:
            continue
        # What stands before a colon is a label, or whom or what the rest is about.
        parts = [parts[0], mark.join(parts[1:])] if mark == "：" else _grouped(parts, mark)
        told = [_part(part) for part in parts]
        changed = [one != part for one, part in zip(told, parts, strict=True)]
        known = all(done or not _ours(part) for done, part in zip(changed, parts, strict=True))
        if any(changed) and (known or mark not in _WHOLE):
            joined = ascii_mark.join(told)
            return joined if mark == "：" else joined.rstrip()
    return None


def _grouped(parts: Sequence[str], mark: str) -> list[str]:
    """Put parts together again that the catalogue has as one sentence."""
    grouped, start = [], 0
    while start < len(parts):
        ends = range(len(parts), start + 1, -1)
        whole = (end for end in ends if (one := mark.join(parts[start:end])) in _known() or _filled(one))
        end = next(whole, start + 1)
        grouped.append(mark.join(parts[start:end]))
        start = end
    return grouped


def _parted(text: str, mark: str) -> list[str]:
    """Split at a mark that stands outside quotation marks and brackets."""
    if mark not in text:
        return [text]
    parts, depth = [""], 0
    for char in text:
        depth = max(0, depth + (char in _OPENING) - (char in _CLOSING))
        if char == mark and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _bracketed(text: str) -> str | None:
    match = _BRACKETED.fullmatch(text)
    if match is None:
        return None
    told, inner = in_english(match["text"]), in_english(match["inner"])
    return f"{told} ({inner})" if told != match["text"] or inner != match["inner"] else None


def _more(text: str) -> str | None:
    """Translate a list that ends in 等."""
    bare = text.removesuffix("等")
    told = bare if bare == text else in_english(bare)
    return None if told == bare else f"{told} {_known()['等']}"


#: Text of a page between tags and statements of its template: ``>……<`` and what ``{{ … }}`` fills in.
_PAGE_TEXT: Final = re.compile(
    r"(?s)<style>.*?</style>|<script.*?</script>|\{%.*?%\}|<[^>]*>|(?P<text>(?:\{\{.*?\}\}|[^<{])+)"
)
_EXPRESSION: Final = re.compile(r"(?s)\{\{.*?\}\}")


def page_sentences(source: str) -> Iterator[str]:
    """Yield the sentences of ours in a Jinja template, with ``{}`` for each expression.

    >>> list(page_sentences("<h1>{{ name }}的{{ x }}目标</h1><p>A</p>"))
    ['{}的{}目标']
    """
    for match in _PAGE_TEXT.finditer(source):
        text = (match["text"] or "").strip()
        if _CHINESE.search(_EXPRESSION.sub("", text)):
            yield _EXPRESSION.sub("{}", text)


def page_template(source: str) -> str:
    """Give the source of a Jinja template in the language that is spoken, expressions as they are."""
    if _spoken == "zh":
        return source
    known = {entry.msgid: entry.msgstr for entry in catalogue()}

    def told(match: re.Match[str]) -> str:
        text = match["text"]
        if text is None or not _CHINESE.search(text):
            return match[0].replace('<html lang="zh-CN">', '<html lang="en">')
        bare = text.strip()
        words = known.get(_EXPRESSION.sub("{}", bare))
        if words is None:
            return match[0]
        start = text.index(bare)
        words = words.format(*_EXPRESSION.findall(bare))
        return text[:start] + words[:1].upper() + words[1:] + text[start + len(bare) :]

    return _PAGE_TEXT.sub(told, source)
