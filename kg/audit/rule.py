"""The rules of the audit: one file a rule in ``kg/audit/checks``, found by its place.

A file opens with comment lines that say everything about the rule; a line that begins with two more blanks goes on
with the one before::

    # @id R05
    # @name 三级指标照抄上级名称 | Metric name copies its class
    # @severity warning
    # @criterion 完整性：规范完整性
    # @origin 填报人
    # @source 财预〔2015〕88号
    # @checks 三级指标与所属的一级、二级指标同名。
    # @why 看不出考核什么，无法评价。
    # @exception 表式没有三级指标栏。
    # @message 三级指标“{evidence}”与所属指标同名，疑似照抄
    # @fires 产出/数量 | 数量指标 | ≥1人
    # @passes 产出/数量 | 培训人数 | ≥1人

``criterion`` is a part of the review of goals (完整性 相关性 适当性 可行性) and, after a colon, its item.
``fires``, ``passes`` and ``ignores`` are its cases (how they are written is told in ``tests/audit_cases.py``): what the
rule has to remark on, what it finds right, and what it does not judge. There is at least one of each of the first two.

In a ``.rq`` file a SPARQL 1.1 SELECT follows, of which ``$graph`` is the graph of one document, and ``$name`` the
word list of that name (``words.toml``) as a regular expression. It has one solution for each thing that was looked
at, with ``?verdict`` (``"flagged"``, ``"passed"``, ``"excluded"``), ``?order`` and ``?row`` as far as they apply,
``?evidence``, if need be ``?severity`` and ``?origin``, and whatever else the message names.

A ``.py`` file has the function ``check(document: Facts) -> Iterator[Verdict]``, or for a rule that compares documents
``check_all(select: Select, documents: Sequence[Listed]) -> Iterator[Verdict]``.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from kg.audit.verdict import ORIGINS, SEVERITIES
from kg.audit.words import word_lists
from kg.literals import query_string
from kg.messages import KgError

#: The four parts of the review of goals (绩效目标审核), as 财预〔2015〕88号 names them.
CRITERIA: Final = ("完整性", "相关性", "适当性", "可行性")
_SINGLE: Final = (
    "id", "name", "severity", "criterion", "origin", "source", "checks", "why", "exception", "message",
)  # fmt: skip
_REPEATED: Final = ("fires", "passes", "ignores")
_LINE: Final = re.compile(r"# @(?P<key>\S+)(?:\s+(?P<value>.*))?")
_MORE: Final = re.compile(r"#   +(?P<value>.*)")
_ID: Final = re.compile(r"[RX][0-9]{2}")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_TOKEN: Final = re.compile(r"\$(\w+)")
#: What the message of every rule can name without the check giving it.
_GIVEN: Final = frozenset({"evidence"})


class RuleError(KgError):
    """A rule file cannot be used as it stands."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``text`` is the whole file, ``check`` and ``check_all`` the function of a rule in Python."""

    id: str
    name: str
    en: str
    severity: str
    criterion: str
    origin: str
    source: str
    checks: str
    why: str
    exception: str
    message: str
    fires: tuple[str, ...]
    passes: tuple[str, ...]
    ignores: tuple[str, ...]
    file: str
    text: str
    check: Callable[..., Iterator[Any]] | None = None
    check_all: Callable[..., Iterator[Any]] | None = None

    def query(self, graph: str) -> str:
        """Give the SPARQL of the rule for one document; ``graph`` is an IRI in angle brackets."""
        return _TOKEN.sub(lambda token: graph if token[1] == "graph" else _pattern(token[1]), self.text)


@cache
def _pattern(name: str) -> str:
    return query_string(word_lists()[name])


def parse_rule(text: str, file: str) -> Rule:
    """Read a rule file.

    Raises :class:`RuleError`, with the file and the line, for a header line with an unknown or a repeated key or
    without a value, a missing key, an id that is not the file's name, and a message that does not say 疑似.
    """
    single: dict[str, tuple[int, str]] = {}
    repeated: dict[str, list[str]] = {key: [] for key in _REPEATED}
    for line, key, value in _header(text, file):
        if key not in _SINGLE and key not in _REPEATED:
            raise _wrong(file, line, f"不认识“@{key}”", f"可用的有{'、'.join((*_SINGLE, *_REPEATED))}")
        if not value:
            raise _wrong(file, line, f"“@{key}”后面没有内容", "请补上")
        if key in _REPEATED:
            repeated[key].append(value)
        elif key in single:
            raise _wrong(file, line, f"“@{key}”写了两次（第{single[key][0]}行已有）", "请删去一处")
        else:
            single[key] = (line, value)
    for key in (*_SINGLE, "fires", "passes"):
        if not (single.get(key) or repeated.get(key)):
            raise _wrong(file, 1, f"缺少“@{key}”", "请补上；写法见kg.audit.rule")
    _look_at_values(single, text, file)
    name, _, en = (part.strip() for part in single["name"][1].partition("|"))
    fields = {key: single[key][1] for key in _SINGLE if key != "name"}
    lists = {key: tuple(values) for key, values in repeated.items()}
    return Rule(name=name, en=en, file=file, text=text, **fields, **lists)  # type: ignore[arg-type]


def _header(text: str, file: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, key and value of each entry; the header ends at the first line that is no comment."""
    entry: tuple[int, str, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        found, more = _LINE.fullmatch(line), _MORE.fullmatch(line)
        if found is not None:
            if entry is not None:
                yield entry
            entry = (number, found["key"], (found["value"] or "").strip())
        elif more is not None and entry is not None:
            entry = (entry[0], entry[1], entry[2] + more["value"].strip())
        elif line.startswith("#"):
            raise _wrong(file, number, f"这一行说明读不懂：{line!r}", "每行以“# @关键词 内容”开头，续行以“#   ”开头")
        else:
            break
    if entry is not None:
        yield entry


def _look_at_values(single: Mapping[str, tuple[int, str]], text: str, file: str) -> None:
    stem = file.rsplit(".", 1)[0]
    line, value = single["id"]
    if value != stem or not _ID.fullmatch(value):
        raise _wrong(file, line, f"编号{value!r}与文件名不同，或不是R01、X31的样子", "请让两者一致")
    for key, allowed in (("severity", tuple(SEVERITIES)), ("origin", ORIGINS)):
        line, value = single[key]
        if value not in allowed:
            raise _wrong(file, line, f"“@{key}”不能是{value!r}", f"可用的有{'、'.join(allowed)}")
    line, value = single["criterion"]
    if value.partition("：")[0] not in CRITERIA:
        raise _wrong(file, line, f"审核内容{value!r}不在四项之中", f"请以{'、'.join(CRITERIA)}之一开头")
    line, value = single["name"]
    if "|" not in value:
        raise _wrong(file, line, "名称没有英文", "请写成“中文 | English”")
    line, value = single["message"]
    if "疑似" not in value or "违规" in value:
        raise _wrong(file, line, "提示语没有“疑似”，或者说了“违规”", "规则只提出疑点，是否成立由审核人判断")
    if file.endswith(".rq"):
        _look_at_query(value, line, text, file)


def _look_at_query(message: str, line: int, text: str, file: str) -> None:
    body = "\n".join("" if row.startswith("#") else row for row in text.splitlines())
    for name in _PLACEHOLDER.findall(message):
        if name not in _GIVEN and f"?{name}" not in body:
            raise _wrong(file, line, f"提示语里的{{{name}}}在查询中没有同名的变量", "请在SELECT中给出")
    for number, row in enumerate(body.splitlines(), 1):
        for name in _TOKEN.findall(row):
            if name != "graph" and name not in word_lists():
                raise _wrong(file, number, f"没有词表“{name}”", f"words.toml中的词表有{'、'.join(word_lists())}")
    for need in ("$graph", "?verdict"):
        if need not in body:
            raise _wrong(file, 1, f"查询里没有{need}", "写法见kg.audit.rule")


def _wrong(file: str, line: int, what: str, next_step: str) -> RuleError:
    return RuleError(f"规则文件{file}第{line}行：{what}", next_step)


def read_rules(texts: Iterable[tuple[str, str]]) -> list[Rule]:
    """Read rule files given as pairs of name and text, by id; raises :class:`RuleError` as :func:`parse_rule` does.

    Two files with one id are refused too.
    """
    rules: dict[str, Rule] = {}
    for file, text in sorted(texts):
        rule = parse_rule(text, file)
        other = rules.setdefault(rule.id, rule)
        if other is not rule:
            line = text[: text.index("# @id")].count("\n") + 1
            raise _wrong(file, line, f"编号{rule.id}已由{other.file}使用", "请换一个编号")
    return sorted(rules.values(), key=lambda rule: rule.id)


@cache
def rules() -> tuple[Rule, ...]:
    """Give all rules of the audit, by id; those in Python with their function.

    >>> [rule.name for rule in rules() if rule.id == "R05"]
    ['三级指标照抄上级名称']
    """
    folder = files("kg.audit").joinpath("checks")
    texts = [
        (entry.name, entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if re.fullmatch(r"[A-Z].*\.(rq|py)", entry.name)
    ]
    return tuple(_with_function(rule) for rule in read_rules(texts))


def _with_function(rule: Rule) -> Rule:
    if rule.file.endswith(".rq"):
        return rule
    from dataclasses import replace

    module = importlib.import_module(f"kg.audit.checks.{rule.id}")
    check, check_all = getattr(module, "check", None), getattr(module, "check_all", None)
    if (check is None) == (check_all is None):
        raise _wrong(rule.file, 1, "要有check和check_all两个函数中的一个", "写法见kg.audit.rule")
    return replace(rule, check=check, check_all=check_all)


def chosen(names: Iterable[str]) -> list[Rule]:
    """Give the rules with these ids, in any case; no names give all. Raises :class:`RuleError` for an unknown one."""
    wanted = {name.upper() for name in names}
    known = {rule.id: rule for rule in rules()}
    unknown = sorted(wanted - set(known))
    if unknown:
        raise RuleError(f"没有规则{'、'.join(unknown)}", "用kg audit --list可以看到全部规则")
    return [rule for name, rule in known.items() if not wanted or name in wanted]
