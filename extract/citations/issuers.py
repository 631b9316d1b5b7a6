"""Walking left from a bracketed year, from 令 or 公告, to the issuer that stands in front."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract.citations.characters import HAN
from extract.citations.organs import (
    JURISDICTIONS,
    NATIONAL,
    ORGAN_END,
    PROVINCES,
    is_code,
    ministry_suffix,
)

# A code has hardly more than ten characters (湘工信人工智能 has seven); a series or an organ may be long.
CODE_REACH = 14
NAME_REACH = 32

# Prose that ends where a code begins: 关于印发|邢财社, 按照|中发, 的通知|惠民发, 办公厅|国办发, 财政部|财预.
# None of these words occurs inside a code; 规划, 管理, 建设, 教育 do (沪规划资源) and are left out.
_PROSE = re.compile(
    "根据|依据|按照|依照|遵照|参照|参考|符合|遵循|印发|转发|批转|下发|颁发|发布|公布|执行|落实|贯彻|结合|详见|"
    "参见|的通知|"
    "通知|办法|条例|规定|意见|方案|文件|细则|要求|精神|下达|拨付|报告|纲要|决定|公告|以及|关于|实施|按|的|由|见|"
    "与|及|"
    "人民政府|省政府|市政府|县政府|区政府|办公[厅室]|委员会|组织部|宣传部|统战部|[财教民司水][政育法利](?:厅|局|部)|"
    "国务院(?!令)|国家发展改革委|[省市县区]委(?!办|组|宣|编|政|农|党|老|网|统|改|直|督)|领导小组|来文"
)
# Words that a code may glue to, but that a code may also contain in part: they end prose only before a full code.
_GLUE = re.compile(
    "(?:资金|经费|项目|补助|标准|收入|支出|费用|人员|单位|年度|安排|发放|预算|绩效|目标|指标|政策|工作|开展|"
    "省级|市级|县级|中央|"
    "上级|本级|财政|批准|批复|明确|附件|费|[号文于以从对和为在是将因等并如自经其原该我各元厅局部署]|依)$"
)
# Runs that number other things: forms, contracts, court cases, permits (表（2024）第3号, 京民终（2020）12号).
_NO_CODE = re.compile(
    "(?:表|附件|附|图|编号|合同|项目|批次|序号|编码|代码|单号|票号|发票|证|证书|标段|房间|地块|期|页|卷|册|条|"
    "款|计划|采购|招标|"
    "竞价|订单|许可|备案|登记|执照|资格|牌照|工单|账户|账号|课题|专利|案|年度|名称|金额|合计|保函|[许证]字|准字|"
    "处罚|罚|罚决|栋|楼|款|包|第|年|月|日|其中|以上|以下|"
    "通知|办法|条例|规定|意见|方案|文件|细则|要求|精神|下达|拨付|报告|根据|依据|按照|关于|印发|[的由见及和与按于])$"
    "|[民刑行商知](?:初|终|再|申|监|辖)|执(?:异|恢|复|保)|破(?:申|终)|仲裁|劳人仲|行罚"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A run of Han characters that ends before a number: its characters, their offsets, and where it broke.

    ``breaks`` are the indices (into ``text``) before which a blank or a line break stood; ``bounded`` says
    that the run ended at something that is not Han, and was not cut off by the reach.
    """

    text: str
    offsets: tuple[int, ...]
    breaks: tuple[int, ...]
    bounded: bool


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer in front of a number: the name or code, and the offset at which it begins."""

    name: str
    start: int


_IS_HAN = re.compile(f"[{HAN}]")


def is_han(char: str) -> bool:
    """Whether a character is Han."""
    return _IS_HAN.match(char) is not None


def han_run(folded: str, end: int, floor: int, reach: int) -> Run:
    """Collect the run of Han that ends at ``end``, at most ``reach`` characters, not going below ``floor``.

    A single blank or line break inside it is passed over (a code broken by the layout) and remembered; a tab,
    a wider gap and every other character end the run.
    """
    chars: list[str] = []
    offsets: list[int] = []
    breaks: list[int] = []
    at = end - 1
    for _ in range(6):
        if at >= floor and folded[at] in " \n":
            at -= 1
    while at >= floor and len(chars) < reach:
        if is_han(folded[at]):
            chars.append(folded[at])
            offsets.append(at)
            at -= 1
            continue
        # " \n" is one line break (a blank before it, or CR LF); two blanks or an empty line are a gap.
        step = 2 if folded[max(floor, at - 1) : at + 1] == " \n" else 1
        if not chars or folded[at] not in " \n" or at - step < floor or not is_han(folded[at - step]):
            break
        breaks.append(len(chars))
        at -= step
    bounded = at < floor or not is_han(folded[at])
    size = len(chars)
    return Run("".join(reversed(chars)), tuple(reversed(offsets)), tuple(sorted(size - n for n in breaks)), bounded)


def code_before(folded: str, end: int, floor: int) -> Issuer | None:
    """Find the code (机关代字) that ends at ``end``; None where no code stands there.

    >>> code_before("依据市民发[2019]258号", 5, 0)
    Issuer(name='市民发', start=2)
    >>> code_before("见表(2024)第3号", 2, 0) is None
    True
    """
    run = han_run(folded, end, floor, CODE_REACH)
    text, start = run.text, _after_prose(run.text)
    start = _after_break(run, start)
    start = _after_glue(text, start, bounded=run.bounded or start > 0)
    code = text[start:]
    if _NO_CODE.search(code) or (len(code) < 2 and code != "法"):  # noqa: PLR2004 - 法 alone is the Supreme Court's
        return None
    return Issuer(code, run.offsets[start])


def strict_code_before(folded: str, end: int, floor: int) -> Issuer | None:
    """Like :func:`code_before`, but only a code that the grammar reads and that ends in a document type.

    For years without brackets (冀教财函2019年155号), where a lenient reading would take prose for a code.
    """
    issuer = code_before(folded, end, floor)
    return issuer if issuer and is_code(issuer.name) and issuer.name[-1] in "发字函办规通传明电" else None


def _after_prose(text: str) -> int:
    """Index behind the last prose word of a run, or behind a leading conjunction."""
    start = 1 if len(text) > 2 and text[0] in "和及与或并" and is_code(text[1:]) else 0  # noqa: PLR2004
    for match in _PROSE.finditer(text):
        # A single character left over is the end of a code that holds the word, unless it is 法.
        if match.end() < len(text) - 1 or text[match.end() :] == "法":
            start = max(start, match.end())
        elif match.end() == len(text):
            return start
    return start


def _after_break(run: Run, start: int) -> int:
    """Index behind the last line break or blank that ends prose; one inside a code is passed over.

    办公厅 国办发 ends prose, 冀组⏎发 does not: what follows the break must be a code by itself, and what
    stands before it must not be the beginning of one (邢 财社).
    """
    for at in reversed(run.breaks):
        before, after = run.text[start:at], run.text[at:]
        begins = before[:1] in JURISDICTIONS and len(before) <= 3 and is_code(before + after)  # noqa: PLR2004
        if at > start and is_code(after) and not begins:
            return at
    return start


def _after_glue(text: str, start: int, *, bounded: bool) -> int:
    """Index at which a full code begins inside a run that prose glued to it."""
    rest = text[start:]
    codes = [i for i in range(1, len(rest) - 1) if is_code(rest[i:])]
    glued = [i for i in codes if _GLUE.search(rest[:i]) and not is_code(rest)]
    if glued:
        return start + glued[-1]
    if is_code(rest) and len(rest) <= 9:  # noqa: PLR2004 - the longest codes in use have nine characters
        return start
    province = [i for i in codes if rest[i] in PROVINCES and not rest.startswith(NATIONAL)]
    if province:
        return start + province[0]
    if codes and (not bounded or len(rest) > 9):  # noqa: PLR2004
        return start + codes[0]
    return start


# What may precede an organ's name in front of 令 or 公告 but is no part of it.
_ORGAN_LEAD = re.compile(
    ".*(?:根据|依据|按照|依照|遵照|参照|印发|转发|发布|公布|执行|落实|贯彻|符合|违反|以及|[的由见及]|通知|办法|"
    "条例|意见|规定|方案|决定)"
    "|^(?:[和与或按年第号日月]|经|以)"
)
# The last characters of organs' names, to leave early: a text may hold 令 a million times.
_ORGAN_LAST = frozenset("府部委局署院会厅办室处科组心司队行席团统央")
_REPUBLIC = "中华人民共和国"


def organ_before(folded: str, end: int, floor: int) -> Issuer | None:
    """Find the organ whose name ends at ``end``, without a leading 中华人民共和国; None if no organ does.

    ``start`` is where the name begins as printed, 中华人民共和国 included.

    >>> organ_before("依据中华人民共和国交通运输部令", 14, 0)
    Issuer(name='交通运输部', start=2)
    >>> organ_before("有关事项的公告", 5, 0) is None
    True
    """
    if folded[max(floor, end - 6) : end].rstrip(" \n")[-1:] not in _ORGAN_LAST:
        return None
    run = han_run(folded, end, floor, NAME_REACH)
    text = run.text
    name = ministry_suffix(text)
    start = len(text) - len(name)
    if not name:
        start = 0
        for at in reversed(run.breaks):
            if len(text) - at > 2 and ORGAN_END.search(text[at:]):  # noqa: PLR2004 - 政府 after a break is a rest
                start = at
                break
        lead = _ORGAN_LEAD.match(text, start) if start == 0 else None
        start = lead.end() if lead else start
        name = text[start:].removeprefix(_REPUBLIC)
        if len(name) < 2 or not ORGAN_END.search(name):  # noqa: PLR2004 - 市委 has two characters
            return None
    if name == "主席" and text[:start].endswith("国家"):
        start -= 2
    if text[:start].endswith(_REPUBLIC):
        start -= len(_REPUBLIC)
    return Issuer(name, run.offsets[start])
