"""Documents named without 《》: …关于…的通知, 青禾县公务接待管理办法, 工会法, 某某在某会上的讲话."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from extract.citations.characters import HAN
from extract.citations.kinds import names_document, title_kind
from extract.citations.laws import laws
from extract.citations.organs import ORGAN_END, PLACE_START
from extract.citations.titles import Title

# How a title with 关于 ends. With 的 any of these; without it only compound words that are nothing else.
_ABOUT_END = re.compile(
    "的(?:补充|紧急|预)?(?:通知|通报|通告|公告|意见|实施意见|若干意见|指导意见|函|复函|批复|答复|回复|报告|请示|"
    "决定|决议|方案|实施方案|工作方案|"
    "规定|若干规定|暂行规定|办法|实施办法|暂行办法|解释|规划|要点|若干措施|措施|命令)"
    "|(?:实施意见|若干意见|指导意见|实施方案|工作方案|行动方案|若干措施|管理办法|实施办法|暂行办法|实施细则|"
    "若干规定|补充通知)"
)
# What may follow the end of a title in running text; another Han character means that the phrase goes on
# (关于预算的意见和建议).
_FOLLOWS = re.compile(
    rf"$|[^{HAN}]|要求|精神|文件|规定|等|中|执行|安排|的|以?及|确定|部署|提出|明确|开展|落实|组织|实施|制定|发放|标准"
)
_EDITION = re.compile(r"[\[(](?:试行|暂行|修订|\d{4}年?(?:修订|修正|版)[^\])]{0,4})[\])]")
# Titles stay within a sentence; commas and 、 occur inside.
_SENTENCE = re.compile(r"[。;\n!?\t|]|\s{2}")
_LONGEST = 120
# 印发《…》的通知: the document is what stands in 《》.
_CARRIES = re.compile("(?:印发|转发|公布|发布|下发|批转|颁布|修订印发)(?:[新]修订的)?\\s*$")
# Verbs in front of a title or name that are no part of it.
_LEAD = re.compile(
    # These cite wherever they stand; 落实, 执行 and the like only where the clause begins (澄江市落实河长制方案).
    ".*(?:根据|依据|按照|依照|遵照|参照|参考|详见|参见|以及|国标|国家标准|行业标准|行标)"
    "|^(?:为了?|并|要|应|须|需|认真|深入|严格|全面|切实|继续|坚决|联合|共同|制度)*(?:执行|落实|贯彻|符合|遵守|"
    "遵循|学习|结合|满足|达到|违反|印发|"
    "下发|转发|按)+了?"
    r"|^(?:和|与|及|\d{1,2}\s?[.、]?\s?(?!年|月|\d))"
)
# What is being produced or asked for is no basis: 提出关于…的意见, 制定…方案, 征求意见.
_MAKES = re.compile(
    "(?:提出|征求|听取|反馈|收集|制定|制订|拟订|拟定|起草|草拟|研究|编制|编写|修订|修改|完善|出台|审核|审议|"
    "撰写|形成|报送|上报|提交|签订|建立|健全|"
    "提供|做好|负责|参与|组织|开展|完成|召开|准备|论证|推动|推进|督促|指导|协助|召集|进行|明确|确定|加强|督查|"
    "汇总|梳理)"
)


def unquoted_titles(folded: str, quoted: list[Title]) -> list[Title]:
    """Find documents named without marks, in the order of the text; ``quoted`` are the titles in marks.

    >>> text = "根据澄江市民政局关于提高低保标准的通知，工作计划"
    >>> [text[t.start:t.end] for t in unquoted_titles(text, [])]
    ['澄江市民政局关于提高低保标准的通知']
    """
    spans = [(title.outer_start, title.outer_end) for title in quoted]
    found = [*_about(folded, spans)]
    spans = _merged(spans, found)
    found += _implementing(folded)
    found += _free(_merged(spans, found), _names(folded))
    spans = _merged(spans, found)
    found += _free(spans, laws(folded))
    spans = _merged(spans, found)
    found += _free(spans, _speeches(folded))
    return sorted((Title(a, b, a, b, quoted=False) for a, b in found), key=lambda title: title.start)


def _merged(spans: list[tuple[int, int]], more: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted([*spans, *more])


def _free(spans: list[tuple[int, int]], candidates: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the candidates that overlap none of the (sorted) spans."""
    starts = [start for start, _ in spans]
    free = []
    for start, end in candidates:
        near = spans[max(0, bisect_left(starts, start) - 3) : bisect_left(starts, end)]
        if all(not (a < end and start < b) for a, b in near):
            free.append((start, end))
    return free


def _about(folded: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans of …关于…的通知, the issuer included."""
    if "关于" not in folded:
        return
    ends = [match.span() for match in _ABOUT_END.finditer(folded)]
    stops = [m.start() for m in _SENTENCE.finditer(folded)]
    starts, done = [start for start, _ in ends], 0
    span_starts = [start for start, _ in spans]
    for match in re.finditer("关于", folded):
        at = match.start()
        before = bisect_right(span_starts, at) - 1
        if at < done or (before >= 0 and spans[before][1] > at):
            continue
        end = _about_end(folded, at, ends, starts, stops)
        if not end:
            continue
        index = bisect_left(span_starts, at)
        within = [span for span in spans[index : index + 6] if span[0] < end]
        if any(_CARRIES.search(folded[at : s[0]]) for s in within) or any(s[1] > end for s in within):
            continue
        if _cut(folded, at, end) or (
            folded[at - 1] in ")》" and at and re.search("(?:规定|办法|意见|措施)$", folded[at:end])
        ):
            continue
        start = _about_start(folded, at, max(done, spans[before][1] if before >= 0 else 0))
        if start is not None:
            edition = _EDITION.match(folded, end)
            done = edition.end() if edition else end
            yield start, done


def _cut(folded: str, at: int, end: int) -> bool:
    """Whether a title is the rest of one in marks: 公厅关于…的通知》, or <关于…意见>, or holds half of one."""
    text = folded[at:end]
    return (
        folded[max(0, at - 1) : at] == "<"
        or folded[end : end + 3].lstrip(" >").startswith("》")
        or text.count("<") != text.count(">")
        or text.count("《") != text.count("》")
    )


def _about_end(folded: str, at: int, ends: list[tuple[int, int]], starts: list[int], stops: list[int]) -> int | None:
    """Offset behind the 的通知 (意见, 函 …) that closes the title with 关于 at ``at``."""
    stop = bisect_right(stops, at)
    limit = min(at + _LONGEST, stops[stop] if stop < len(stops) else len(folded))
    index = bisect_left(starts, at + 4)
    while index < len(ends) and ends[index][1] <= limit:
        end = ends[index][1]
        # …意见的通知: the last of a chain closes the title.
        while index + 1 < len(ends) and ends[index + 1][0] <= end <= ends[index + 1][1] <= limit:
            index += 1
            end = ends[index][1]
        if _FOLLOWS.match(folded, end):
            return end
        index += 1
    return None


def _about_start(folded: str, at: int, floor: int) -> int | None:
    """Offset at which the issuer in front of 关于 begins; ``at`` if none does; None if no title is meant."""
    start = at
    while True:
        begin = start
        while begin > floor and at - begin < 40 and re.match(rf"[{HAN}0-9]", folded[begin - 1]):  # noqa: PLR2004
            begin -= 1
        piece = folded[begin:start]
        lead = _LEAD.match(piece)
        name = piece[lead.end() :] if lead else piece
        if re.search("(?:提出|征求|听取|反馈|收集|审批|审核|批准|报送|上级|有关部门|相关部门|各级)(?:了|部门)?$", name):
            return None
        bare = re.sub(r"(?:等[\d十]{0,3}个?(?:部门|部委|单位|厅局)?|\d{0,2}个?部门|联合)$", "", name)
        if not ORGAN_END.search(bare):
            return start
        start = begin + len(piece) - len(name)
        # 省委组织部、省财政厅关于…; 民政部 财政部关于…; 等 5 部门关于….
        if lead or start <= floor or folded[start - 1] not in "、 " or not _organ_at(folded, start - 1, floor):
            return start
        start -= 1


def _organ_at(folded: str, end: int, floor: int) -> bool:
    return re.search(rf"[{HAN}]{{2,12}}$", folded[max(floor, end - 12) : end]) is not None and (
        ORGAN_END.search(folded[max(floor, end - 12) : end]) is not None
    )


# A clause that may be a name: Han, figures, quotes, dashes, and short parentheses.
_CLAUSE = re.compile(rf"[{HAN}0-9“”·+-](?:[{HAN}0-9“”·+ -]|\([^()]{{1,14}}\)){{2,80}}")
_STRONG_END = "办法|条例|细则|规程|规则|准则|规定|章程|纪要"
_WEAK_END = "方案|意见|通知|规划|通告|公告|决定|批复|纲要"
# Unquoted, these are a document only with its number behind them (环境空气质量标准（GB 3095-2026）).
_NUMBERED_END = "标准|规范|技术要求|导则|指南|措施|政策|目录"
# The end of a name, with 试行, and what may hang on behind it (…办法执行, …办法要求).
_NAME_END = re.compile(
    rf"(?P<kind>{_STRONG_END}|{_WEAK_END}|{_NUMBERED_END})(?P<edition>\((?:试行|暂行|\d{{4}}年?(?:修订|修正|"
    rf"版)[^()]{{0,4}})\))?"
    r"(?P<tail>\s?(?:等?(?:文件|相关|有关)?(?:的)?(?:要求|规定|精神|标准)?(?:执行|发放|开展|实施|确定|组织实施|"
    r"落实)?(?:文件)?|第?\d{1,3}[期次号]))\s*(?:\(|$)"
)
# Words that make no name: 相关规定, 年度实施方案, 会议纪要, 上级文件通知, 领导意见, 项目管理办法.
_GENERIC = re.compile(
    "年度|年|月|本级|本年|本|我[市县区省局单位部门校]?|各[级项类]?|相关|有关|上级|上述|国家|法律|法规|政策|文件|"
    "领导|专家|群众|会议|工作|项目|"
    "实施|管理|具体|内部|制度|资金|专项|财务|预算|单位|部门|考核|评价|绩效|活动|培训|宣传|整改|应急|施工|设计|"
    "采购|招标|建设|指导|处理|审核|审批|"
    "反馈|初步|修改|合理化|若干|暂行|规章|使用|补助|补贴|经费|支出|标准|规范|技术|质量|服务|验收|行业|总体|暂定|"
    "基本|统一|其他|等|及|和|与|的|"
    "规定|办法|条例|意见|方案|通知|纪要|要求|决定|公告|规划|批复|细则|规则|规程|准则|章程|纲要|通告|评审|评估|"
    "论证|任务|计划|安排|目标|指标|专题|战略|部署|发展|总体|全面|重点|推进|精简|"
    "下达|上报|申报|印发|执行|按|依|项|公司|企业|学校|中心|机关|人员|第|[0-9〇一二三四五六七八九十]|[“”()·+ -]"
)
# The organ that issued it says nothing about the document (县委办通知, 财政局规定).
_ORGAN_PREFIX = re.compile("(?:委|局|部|厅|署|办|院|会(?!议))(?:办公[厅室]|办)?|政府(?:办公[厅室]|办)?")
_LISTED = re.compile(r"[;、,\n]|(?:^|\s)\d{1,2}[.、]")

# Stands for every character of a number, so that names end before it and are seen to be followed by it.
MASK = "\x00"
_NUMBER_FOLLOWS = re.compile(rf"\s?[(\[:]?[{HAN} ]{{0,16}}{MASK}")
# 云川省实施《中华人民共和国工会法》办法 is a local regulation, not the law that it implements.
_IMPLEMENTS = re.compile("(?:实施|贯彻|执行)《[^《》]{2,40}》(?:的?若干)?(?:办法|细则|规定|条例|意见)")


def _names(folded: str) -> list[tuple[int, int]]:
    """Find names that end as documents do: begun by a place or organ, led in by 根据, or in a bare list."""
    found: list[tuple[int, int]] = []
    bare_list = len(folded) < 400 and all(_listable(item) for item in _LISTED.split(folded))  # noqa: PLR2004
    for clause in _CLAUSE.finditer(folded):
        text = clause[0]
        ending = _NAME_END.search(text)
        if (
            not ending
            or folded[clause.end() : clause.end() + 1] in {"》", ">"}
            or folded[clause.start() - 1 : clause.start()] == "<"
        ):
            continue
        name_end = ending.end("edition") if ending["edition"] else ending.end("kind")
        head = text[: ending.end("kind")]
        lead = _LEAD.match(head)
        begin = lead.end() if lead else 0
        while begin < len(head) and head[begin] in " ”-":
            begin += 1
        name = head[begin:]
        # A proper name has no 的 (准备召开会议的方案) and does not say "all kinds of" (有关规定, 各项制度规定).
        if not _specific(name, ending["kind"]) or re.search("的|有关|相关|各项|各类|一系列|上述", name):
            continue
        placed = PLACE_START.match(re.sub(r"^\d{4}年(?:度)?", "", name)) is not None
        if _MAKES.match(name) or (_MAKES.search(name[:8]) and not (placed or lead)):
            continue
        strong = ending["kind"] in _STRONG_END.split("|")
        numbered = not ending["tail"].strip() and _numbered(folded, clause.start() + name_end)
        if numbered or (placed and ending["kind"] not in _NUMBERED_END.split("|")) or (strong and (lead or bare_list)):
            found.append((clause.start() + begin, clause.start() + name_end))
    return found


def _specific(name: str, kind: str) -> bool:
    """Whether a name says more than generic words do (two characters at least)."""
    body = name[: -len(kind)]
    head = 0 if kind == "纪要" else max((m.end() for m in _ORGAN_PREFIX.finditer(body)), default=0)
    return len(_GENERIC.sub("", body[head:])) > 1


def _implementing(folded: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of local regulations named after the law that they implement."""
    for match in _IMPLEMENTS.finditer(folded):
        clause = re.search(rf"[{HAN}]*$", folded[max(0, match.start() - 16) : match.start()])
        head = clause[0] if clause else ""
        lead = _LEAD.match(head)
        head = head[lead.end() :] if lead else head
        if PLACE_START.match(head):
            yield match.start() - len(head), match.end()


def _listable(item: str) -> bool:
    """Whether an item of a list is a name, a number, or a title, so that the whole text is a list of bases."""
    bare = re.sub(r"[\s。.]+$", "", item).strip()
    ended = bare.endswith((MASK, "号", "》", ")", "文", "文件")) or names_document(bare)
    return not bare or (ended and len(bare) < _LONGEST)


def _numbered(folded: str, end: int) -> bool:
    """Whether a document number in parentheses follows the name at once."""
    return _NUMBER_FOLLOWS.match(folded, end) is not None


# A speech: the speaker, and the occasion. 总书记 and the like may stand between.
_SPEECH = re.compile(
    rf"(?:习近平(?:总书记|主席|同志)?|(?<![{HAN}])[{HAN}]{{2,3}}(?:书记|省长|市长|县长|区长|主席|总理|部长|厅长|"
    rf"局长|同志))"
    r"在[^。;;\n《》]{2,60}?(?:讲话|重要讲话)"
)


def _speeches(folded: str) -> list[tuple[int, int]]:
    return [match.span() for match in _SPEECH.finditer(folded) if title_kind(match[0]) == "speech"]
