"""What a document says of itself: the department, its code, and the budget's year."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from extract.forms import forms
from extract.grid import Block, Grid, Paragraph
from extract.normalize import field_text, header_key, remembered, row_keys

# "2024年部门预算", "2024年度单位预算公开", "绩效自评表(2023年度)", "预算年度:2024": the year of the budget, not any
# year of the text.
_YEAR = re.compile(
    r"预算年度:?((?:19|20)\d{2})|绩效[一-鿿]{0,12}表\(((?:19|20)\d{2})年度?\)|((?:19|20)\d{2})年?度?[一-鿿]{0,24}?(?:部门|单位|项目|财政)?(?:预算|支出|绩效目标)"
)
# "(2026年度)" below a title.
_YEAR_LINE = re.compile(r"\(?((?:19|20)\d{2})年度\)?")
_CHINESE_YEAR = re.compile(r"([二两][〇○零Oo0][〇○零一二三四五六七八九]{2})年")
_DIGITS = str.maketrans("〇○零Oo一二两三四五六七八九", "000001223456789")
# "113 开发区党群工作部", "201区委办": the head line over each table of a Hebei form, before 预算年度.
_HEAD = re.compile(r"(\d{3,6})([一-鿿][一-鿿（）()·、]{1,39})")
# "中国共产党某市委员会办公室2024年部门预算"
_TITLE = re.compile(
    r"^(?!第[一二三四五六七八九十]+部分|纳入|其中)(?:关于)?([一-鿿（）()]{2,40}?)((?:19|20)\d{2})年?度?(?:部门|单位|项目支出|整体支出|市级|区级|县级)*(?:预算|绩效)"
)
# "2026年青禾县民政局部门预算"
_YEAR_TITLE = re.compile(r"^(?:19|20)\d{2}年?度?([一-鿿()]{3,40}?)(?:部门|单位)预算(?:公开.{0,4}|说明)?$")
# A line of the cover that holds nothing but the name of an organ: "2026年度 / 青禾县档案馆 / 部门预算".
_ORGAN = re.compile(
    r"(?![与和及的])[一-鿿()]{2,38}(?:局|委员会|办公室|厅|部|中心|院|政府|会|站|所|校|馆|处|队|街道|镇|乡|署|总社|本级|委)"
    r"(?:\(.{2,8}\))?"
)
_COVER_LINES = 12
# "单位名称:青禾县审计局 单位:元": both stand in one line over a table.
_MONEY_UNIT = re.compile(r"(?:金额)?单位:(?:人民币)?(?:万元|元|千元|亿元)$")
# "231_青禾县审计局": the code of a department in front of its name.
_CODE_AND_NAME = re.compile(r"(\d{3,6})[-_ ]?([一-鿿].+)")
_REMARK = re.compile(r"\((?:汇总|本级汇总|含下属.{0,6})\)$")
#: A line this near above 预算年度 is the head line with code and name of the unit.
_HEAD_DISTANCE = 3


def _lines(blocks: tuple[Block, ...]) -> Iterator[str]:
    """Give every printed line as (header key): paragraphs whole, rows cell by cell."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield header_key(block.text)
        else:
            for row in block.rows:
                yield from filter(None, row_keys(row.cells))


def fiscal_year(blocks: tuple[Block, ...]) -> int | None:
    """Find the year of the budget: the one that headings name most often.

    >>> fiscal_year((Paragraph("某局2024年部门预算"), Paragraph("2023年决算")))
    2024
    >>> fiscal_year(()) is None
    True
    """
    votes: Counter[str] = Counter()
    previous = ""
    for line in _lines(blocks):
        if len(line) > 60:  # noqa: PLR2004 - prose: it speaks of other years too
            previous = ""
            continue
        for year, count in _years(line):
            votes[year] += count
        if previous == "预算年度" and re.fullmatch(r"(?:19|20)\d{2}年?", line):
            votes[line[:4]] += 3
        previous = line
    return int(max(votes, key=lambda year: (votes[year], year))) if votes else None


@remembered
def _years(line: str) -> tuple[tuple[str, int], ...]:
    """Give the years that a line names, each with its votes."""
    found = [(match[1] or match[2] or match[3], 3 if match[1] else 1) for match in _YEAR.finditer(line)]
    alone = _YEAR_LINE.fullmatch(line)
    if alone:
        found.append((alone.group(1), 1))
    chinese = _CHINESE_YEAR.search(line)
    if chinese:
        found.append((chinese.group(1).translate(_DIGITS), 1))
    return tuple(found)


@remembered
def _titled(line: str) -> str | None:
    """Give the organ that a title names."""
    title = _TITLE.match(line) or _YEAR_TITLE.match(line)
    return title.group(1) if title else None


def department(blocks: tuple[Block, ...]) -> tuple[str | None, str | None]:
    """Find the name and the code of the department: labels first, then head lines, then the title.

    >>> department((Paragraph("部门名称：青禾县档案馆"),))
    ('青禾县档案馆', None)
    >>> department((Paragraph("113 青禾县档案馆"), Paragraph("预算年度：2024")))
    ('青禾县档案馆', '113')
    """
    named: Counter[str] = Counter()
    headed: Counter[tuple[str, str]] = Counter()
    covered = Counter(_cover(blocks))
    titled: Counter[str] = Counter()
    supervised: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    recent: list[str] = []
    previous: int | None = None
    for block in blocks:
        if isinstance(block, Grid):
            lines = [key for row in block.rows for key in row_keys(row.cells) if key]
            codes.update(_unit_codes(block, named))
            for label, printed in _labelled(block):
                both = _CODE_AND_NAME.fullmatch(printed)
                organ = both.group(2) if both else printed
                if _ORGAN.fullmatch(organ):
                    (supervised if label.startswith("主管") else named)[organ] += 1
        else:
            lines = [_MONEY_UNIT.sub("", header_key(field_text(block.text) or ""))]
        for line in lines:
            label, separator, name = line.partition(":")
            if separator and name and forms().labels.get(label) == "department":
                named[name] += 1
            if line.startswith("预算年度"):
                heads = (_HEAD.fullmatch(text) for text in recent[-_HEAD_DISTANCE:])
                headed.update((match.group(2), match.group(1)) for match in heads if match)
            title = _titled(line)
            if title is not None:
                titled[title] += 1
            if isinstance(block, Paragraph) and block.line is not None and block.line - 1 == previous and recent:
                recent[-1] += line  # a name that the page has broken into two lines
            else:
                recent.append(line)
            previous = block.line if isinstance(block, Paragraph) else None
    if not named and headed:
        code = Counter(code for _, code in headed.elements()).most_common(1)[0][0]
        names = Counter({name: count for (name, known), count in headed.items() if known == code})
        return names.most_common(1)[0][0], code
    for votes in (named, covered, titled, supervised):
        if votes:
            return _without_remarks(votes).most_common(1)[0][0], codes.most_common(1)[0][0] if codes else None
    return None, None


def _without_remarks(votes: Counter[str]) -> Counter[str]:
    """Put names together that differ in a remark such as (汇总)."""
    bare: Counter[str] = Counter()
    for name, count in votes.items():
        bare[_REMARK.sub("", name)] += count
    return bare


def _labelled(grid: Grid) -> Iterator[tuple[str, str]]:
    """Give the labels of departments with what stands beside them."""
    for row in grid.rows:
        keys = filter(None, row_keys(row.cells))
        for label, name in itertools.pairwise(keys):
            if forms().labels.get(label) == "department" and name not in forms().labels:
                yield label, name


def _cover(blocks: tuple[Block, ...]) -> Iterator[str]:
    """Give the names of organs on the cover, where 预算 stands near."""
    lines = [header_key(block.text) for block in blocks[:_COVER_LINES] if isinstance(block, Paragraph)]
    for index, line in enumerate(lines):
        near = lines[max(0, index - 2) : index + 4]
        if not any("预算" in other for other in near):
            continue
        following = lines[index + 1] if index + 1 < len(lines) else ""
        if _ORGAN.fullmatch(line):
            yield line
        elif _ORGAN.fullmatch(line + following) and not _ORGAN.fullmatch(following):
            yield line + following  # a long name in two lines


def _unit_codes(grid: Grid, named: Counter[str]) -> Iterator[str]:
    """Give unit codes that stand beside the department's own name in budget tables."""
    for row in grid.rows:
        for code, name in itertools.pairwise(row_keys(row.cells)):
            if name in named and re.fullmatch(r"\d{3,6}", code):
                yield code


def division_code(project_codes: list[str]) -> str | None:
    """Take the fiscal division from project codes: their first six digits, when most agree.

    >>> division_code(["13051124P00053210003C", "13051123P00034610018A"]), division_code([])
    ('130511', None)
    """
    divisions = Counter(code[:6] for code in project_codes if re.match(r"\d{8}", code))
    return divisions.most_common(1)[0][0] if divisions else None
