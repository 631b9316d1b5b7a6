"""Corpora of our shape in any size: goal tables of fictional counties, as records and as printed text.

Document ``n`` depends on the seed and on ``n`` alone, so that documents come one by one in flat memory and a larger
corpus begins with the smaller one. Text and record are made from one plan: what :func:`texts` prints is what
:func:`documents` holds, field for field and cell for cell (``tests/test_synthetic.py`` reads it back).

The shape is that of real forms: a document of a department's budget, more than half of whose characters stand outside
of goal tables; ten project tables of about eighteen indicators; tables that a page break cuts, some in mid-row; levels
printed once and inherited; amounts in 万元. Texts repeat as in real documents (share of distinct texts among so many,
drawn at random from sixteen real documents; the tests assert it for several seeds):

============  ===============  ===============
field         among 400        among all
============  ===============  ===============
metric name   0.89             0.77 (of 1,579)
description   0.88             0.86 (of 630)
target value  0.50             0.36 (of 1,579)
basis         0.24             0.20 (of 578)
============  ===============  ===============

One regulation is cited by 45 in 100 goal tables (25,000 tables at a million indicators), the others after a power law;
half of them are those of one county alone. The same number is spelled in several ways. All names are invented: the
counties have codes that no division has, and the serial numbers begin at 901, above those that are given in a year.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from extract import citations
from extract.issues import issue
from extract.normalize import field_text
from extract.prose import quoted
from extract.records import (
    Cell,
    Document,
    GoalTable,
    Ignored,
    Indicator,
    Issue,
    PageCoverage,
    PlanPoint,
    SourceRef,
)
from extract.understand import read_target
from kg.ids import check_character
from kg.registry import divisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from extract.records import Target

TABLES = 10
ROWS = (12, 24)
INDICATORS = TABLES * (ROWS[0] + ROWS[1]) // 2
YEARS = (2021, 2022, 2023, 2024)
POPULAR_SHARE = 0.45

_FIRST, _SECOND = "青云石松柏兰竹梅白金玉清长平和", "禾溪陵泉岭桥湾谷坪湖垣浦岗原川"
_BUREAUS = (
    *("教育局", "民政局", "财政局", "水务局", "林业局", "农业农村局", "卫生健康局", "应急管理局", "文化和旅游局"),
    *("交通运输局", "自然资源局", "生态环境局", "住房和城乡建设局", "商务局", "审计局", "统计局", "医疗保障局"),
    *("市场监督管理局", "退役军人事务局", "人力资源和社会保障局", "科学技术局", "司法局", "信访局", "体育局"),
    *("档案馆", "图书馆", "文化馆", "博物馆", "妇女联合会", "残疾人联合会", "红十字会", "供销合作社"),
    *("政务服务中心", "机关事务服务中心", "融媒体中心", "委员会办公室", "人民政府办公室", "总工会", "科学技术协会"),
    "疾病预防控制中心",
)
_WORKS = (
    *("河湖管护", "义务教育", "村级组织", "防汛抗旱", "护林防火", "公路养护", "文化惠民", "困难群众", "耕地保护"),
    *("校舍维修", "妇幼保健", "养老服务", "垃圾分类", "污水治理", "节水灌溉", "良种推广", "动物防疫", "科普宣传"),
    *("群众体育", "非遗保护", "古籍修复", "信访化解", "法律援助", "社区矫正", "职业培训", "就业援助", "人才引进"),
    *("优抚对象", "残疾康复", "电子政务", "数据归集", "网络安全", "食品抽检", "药品监管", "特种设备", "消防巡查"),
    *("应急演练", "地质灾害", "大气监测", "噪声治理", "绿地养护", "路灯维护", "公交运营", "桥梁检测", "农村饮水"),
    *("基层党建", "志愿服务", "经济普查"),
)
_PURPOSES = ("补助经费", "专项经费", "运行维护经费", "设备购置项目", "能力建设项目", "宣传活动经费", "改造提升项目")
_TOWNS = tuple(f"{a}{b}" for a in "东西南北上下前后" for b in "关庄营店屯坊")
_OBJECTS = (
    *("工作", "任务", "项目", "活动", "设施", "人员", "资料", "场所", "站点", "物资", "信息", "队伍", "档案", "课程"),
    *("线路", "样本", "系统", "平台", "家庭", "村庄", "社区", "单位", "窗口", "区域", "标识", "报告", "方案", "台账"),
    *("设备", "服务"),
)


class _Leaf(NamedTuple):
    level1: str
    level2: str
    measures: tuple[str, ...]
    common: tuple[str, ...]


_LEAVES = (
    _Leaf(
        "产出指标",
        "数量指标",
        ("数量", "次数", "个数", "人数", "覆盖面", "完成量", "面积", "场次"),
        ("培训人次", "补助人数", "活动次数", "设备数量"),
    ),
    _Leaf(
        "产出指标",
        "质量指标",
        ("合格率", "达标率", "准确率", "覆盖率", "完好率", "规范率", "完成率", "通过率"),
        ("验收合格率", "工作完成率", "资金使用合规率"),
    ),
    _Leaf(
        "产出指标",
        "时效指标",
        ("完成时间", "及时率", "拨付时间", "办结时间", "开展时间", "响应时间"),
        ("工作完成时间", "资金拨付及时率", "完成时限"),
    ),
    _Leaf(
        "产出指标",
        "成本指标",
        ("成本", "费用", "支出标准", "总费用", "单位成本", "控制数"),
        ("项目总成本", "补贴标准", "预算控制数"),
    ),
    _Leaf("效益指标", "经济效益指标", ("增收额", "节约率", "增长率", "产值", "利用率"), ("资金节约率", "经济效益")),
    _Leaf(
        "效益指标",
        "社会效益指标",
        ("知晓率", "影响力", "保障水平", "受益人数", "参与度", "提升程度"),
        ("群众知晓率", "社会影响", "受益群众"),
    ),
    _Leaf("效益指标", "生态效益指标", ("改善情况", "下降率", "绿化率", "保护率"), ("生态环境改善", "污染下降率")),
    _Leaf(
        "效益指标", "可持续影响指标", ("使用年限", "长效机制", "可持续性", "更新周期"), ("长期发挥作用", "机制健全性")
    ),
    _Leaf(
        "满意度指标",
        "服务对象满意度指标",
        ("满意度", "认可度", "好评率"),
        ("服务对象满意度", "群众满意度", "职工满意度"),
    ),
)
#: How many of eighteen rows are of each leaf, in this order, on average.
_SHARES = (4, 3, 2, 2, 1, 2, 1, 1, 2)
_COST, _ECONOMIC = 3, ("成本指标", "经济成本指标")

_COUNT_UNITS = ("人", "次", "个", "场", "项", "套", "户", "份", "公里", "平方米", "人次", "台", "万册")
_MONEY_UNITS = ("万元", "元/人", "元/次", "万元/年", "元/平方米")
_WORDS = ("提升", "明显提升", "优", "良", "有效保障", "逐步改善", "长期", "持续增强", "效果显著", "健全")
_DEADLINES = ("{m}月底前", "{y}年{m}月{d}日前", "{y}年{m}月底前", "{m}月{d}日前")
_SCHEDULES = ("按季度", "每月", "全年", "按季度拨付，12月底前全部完成")
_VAGUE = (
    *("年度工作安排", "部门年度计划", "年初预算安排", "问卷调查结果", "历年统计数据", "上级任务要求", "项目实施方案"),
    *("部门职责", "统计报表", "日常巡查记录", "采购合同约定", "电话回访记录"),
)
_DESCRIBED = (
    *("反映{0}情况", "{0}", "考核期内{0}", "{0}的实际情况", "本年度{0}与计划之比", "用于考核{0}", "按年度统计{0}"),
    *("{0}是否达到要求", "全县{0}", "实际{0}占应完成的比例", "{0}，按季度汇总后取平均", "反映并考核{0}的变化"),
)
_WIDE_CODES = (
    *("冀财预", "冀组发", "冀政办发", "冀教规", "冀民发", "冀水字", "冀林字", "冀农发", "冀卫发", "冀应急", "冀文旅字"),
    *("冀交规", "冀财社", "冀财农", "冀财教", "冀财行", "冀财建", "冀环发", "冀建发", "冀商字", "冀审发", "冀统字"),
    *("财预", "财社", "财农", "财教", "民发", "教财", "水财务", "国卫财务发", "人社部发", "农计财发"),
)
_LOCAL_CODES = ("政办发", "财字", "财预", "办发", "政字", "组字", "发", "教字", "民字", "水字", "农字", "应急")
_ACTS = ("加强", "规范", "推进", "做好", "完善", "深化", "落实", "改进")
_KINDS = ("管理办法", "实施细则", "工作方案", "暂行规定", "管理规范", "考核办法", "补助办法", "实施意见")
_BRACKETS = ("〔〕", "〔〕", "〔〕", "[]", "[]", "【】", "（）")
_ACCOUNTS = (
    *("一般公共服务支出", "行政运行", "一般行政管理事务", "机关服务", "事业运行", "基本养老保险缴费", "职业年金缴费"),
    *("行政单位医疗", "公务员医疗补助", "住房公积金", "购房补贴", "基本工资", "津贴补贴", "奖金", "办公费", "印刷费"),
    *("水费", "电费", "邮电费", "取暖费", "物业管理费", "差旅费", "维修（护）费", "租赁费", "会议费", "培训费"),
    *("劳务费", "委托业务费", "工会经费", "福利费", "公务用车运行维护费", "其他交通费用", "办公设备购置"),
)
_OUTSIDE = ("部门预算收支总表", "部门预算收入总表", "部门预算支出总表", "财政拨款收支总表", "一般公共预算支出表")
_OUTSIDE_ROWS = 88
#: How metric names repeat, as :func:`_rank` takes it.
_NAMES = (2.5, 0.18)
_HEADINGS = ("一级指标", "二级指标", "三级指标", "绩效指标描述", "指标值", "指标值确定依据")
_SAMPLE = "本文本由程序生成，地名、单位、文号和数据均为虚构。"


# ── texts by rank ─────────────────────────────────────────────────────────────────────────────────────────────


def _rank(chance: random.Random, head: float, tail: float) -> int:
    """Draw a rank from 0 after a power law: the larger ``head``, the flatter its front, ``tail`` its exponent."""
    return int(head * ((1.0 - chance.random()) ** (-1.0 / tail) - 1.0)) if tail else 0


def _spread(rank: int, *sizes: int) -> list[int]:
    """Give a place in each of several lists: neighbouring ranks lie far apart, and each combination comes once."""
    space = 1
    for size in sizes:
        space *= size
    number = rank * 2654435761 % space  # a prime that divides no size
    places = []
    for size in sizes:
        number, place = divmod(number, size)
        places.append(place)
    return places


def _metric(leaf: _Leaf, rank: int) -> str:
    """Name the metric of a rank: a few common ones in front, then combinations."""
    if rank < len(leaf.common):
        return leaf.common[rank]
    sizes = len(_OBJECTS), len(_WORKS), len(leaf.measures), len(_TOWNS) + 24
    thing, work, measure, town = _spread(rank - len(leaf.common), *sizes)
    front = f"{_TOWNS[town]}片区" if town < len(_TOWNS) else ""
    return f"{front}{_WORKS[work]}{_OBJECTS[thing] if town % 3 else ''}{leaf.measures[measure]}"


class _Regulation(NamedTuple):
    number: tuple[str, int, int] | None
    title: str | None

    def printed(self, brackets: str, titled: float) -> str:
        """Spell it; ``titled`` from 0 to 1 says whether with its title."""
        if self.number is None:
            return f"《{self.title}》"
        code, year, serial = self.number
        own = f"{code}{brackets[0]}{year}{brackets[1]}{serial}号"
        if titled < 0.7 or self.title is None:
            return own
        return f"《{self.title}》（{own}）" if titled < 0.9 else f"根据《{self.title}》{own}"


@lru_cache(maxsize=65536)
def _regulation(place: str, rank: int) -> _Regulation:
    """Give the regulation of a rank among those of a county, or with an empty place among those of all."""
    codes = [f"{place[0]}{code}" for code in _LOCAL_CODES] if place else _WIDE_CODES
    act, work, kind = _spread(rank + sum(map(ord, place)), len(_ACTS), len(_WORKS), len(_KINDS))
    title = f"关于{_ACTS[act]}{_WORKS[work]}工作的通知" if rank % 3 else f"{place}{_WORKS[work]}{_KINDS[kind]}"
    if rank % 7 == 5:  # one in seven has no number
        return _Regulation(None, f"{place}{_WORKS[work]}{_KINDS[kind]}")
    year, serial = 2010 + rank % 14, 901 + rank // len(codes)
    return _Regulation((codes[rank % len(codes)], year, serial), title)


#: The regulation that most tables cite, and one that few do, as ``kg citing`` takes them.
POPULAR = "{}〔{}〕{}号".format(*(_regulation("", 0).number or ()))


# ── readings, each once for a distinct text ───────────────────────────────────────────────────────────────────

_found = lru_cache(maxsize=65536)(citations.find)


@lru_cache(maxsize=65536)
def _field(printed: str) -> str:
    return field_text(printed) or ""


@lru_cache(maxsize=65536)
def _reading(target: str, names: tuple[str, ...], year: int) -> Target | None:
    return read_target(target, names, "万元", year)


# ── documents ─────────────────────────────────────────────────────────────────────────────────────────────────


class _Row(NamedTuple):
    """An indicator's row as printed; ``levels`` tells which of the two level cells are filled."""

    level1: str
    level2: str
    levels: tuple[bool, bool]
    level3: str
    description: str
    target: str
    basis: str


@cache
def counties() -> tuple[tuple[str, str], ...]:
    """Name the fictional counties: codes of Hebei that no division has, and names that none has."""
    known = divisions()
    names = {division.name for division in known.values()}
    codes = (str(code) for code in range(139100, 140000) if str(code) not in known)
    invented = (f"{a}{b}{end}" for end in "县区市旗" for a in _FIRST for b in _SECOND)
    return tuple(zip(codes, (name for name in invented if name not in names), strict=False))


def _rows(chance: random.Random, year: int, cited: Sequence[_Regulation]) -> list[_Row]:
    count = chance.randint(*ROWS)
    leaves = [*sorted(chance.choices(range(len(_LEAVES)), _SHARES, k=count - 1)), len(_LEAVES) - 1]
    modern = chance.random() < 0.15  # the form of 2021: costs are a level of their own
    if modern:
        leaves = [place for place in leaves if place == _COST] + [place for place in leaves if place != _COST]
    brackets = chance.choice(_BRACKETS)
    rows: list[_Row] = []
    seen: set[str] = set()
    before = ("", "")
    for place in leaves:
        leaf = _LEAVES[place]
        level1, level2 = _ECONOMIC if modern and place == _COST else leaf[:2]
        name = _metric(leaf, _rank(chance, *_NAMES))
        while name in seen:
            name = _metric(leaf, _rank(chance, *_NAMES))
        seen.add(name)
        levels = level1 != before[0], (level1, level2) != before
        before = level1, level2
        # Who names a metric as others do describes it as they do, mostly.
        style = len(name) if chance.random() < 0.75 else int(chance.random() * len(_DESCRIBED))
        described = _DESCRIBED[style % len(_DESCRIBED)].format(name).replace("情况情况", "情况")
        target, basis = _target(chance, place, year), _basis(chance, cited, brackets)
        rows.append(_Row(level1, level2, levels, name, described, target, basis))
    return rows


def _target(chance: random.Random, leaf: int, year: int) -> str:  # one case a kind of value
    dice = chance.random()
    gap = " " if chance.random() < 0.15 else ""  # layout
    if _LEAVES[leaf].level1 == "满意度指标":
        return "≥95%" if dice < 0.6 else f"≥{80 + int(20 * chance.random())}%"
    if leaf == 0:
        number = 1 + _rank(chance, 6, 0.8) % 9000
        sign = "≥" if dice < 0.8 else "" if dice < 0.95 else "＝"
        if dice > 0.99:
            return f"{number}-{2 * number}{gap}{chance.choice(_COUNT_UNITS)}"
        return f"{sign}{number}{gap}{chance.choice(_COUNT_UNITS)}"
    if leaf == _COST:
        if dice > 0.98:
            return f"平原村{100 + int(90 * dice)}元/人，山区村{200 + int(chance.random() * 50)}元/人"
        number = (1 + _rank(chance, 40, 0.9) % 90000) / chance.choice((1, 1, 10, 100))
        return f"≤{number:g}{gap}{chance.choice(_MONEY_UNITS)}" if number < 100000 else "≤90万元"
    if leaf == 2 and dice < 0.35:
        if dice < 0.1:
            return chance.choice(_SCHEDULES)
        return chance.choice(_DEADLINES).format(
            y=year, m=1 + int(12 * chance.random()), d=1 + int(28 * chance.random())
        )
    if leaf > _COST and dice < 0.5:
        return _WORDS[_rank(chance, 3, 1) % len(_WORDS)]
    if dice < 0.75:
        return chance.choice(("100%", "≥95%", "≥90%", "＝100%", "≥98%", "100%"))
    return f"≥{70 + int(30 * chance.random())}{'.5' if dice > 0.97 else ''}{gap}%"


def _basis(chance: random.Random, cited: Sequence[_Regulation], brackets: str) -> str:
    dice = chance.random()
    if dice < 0.17:
        return ""
    if not cited or dice < 0.55:
        return _VAGUE[_rank(chance, 2, 1.2) % len(_VAGUE)]
    if chance.random() < 0.1:  # spelled otherwise than in the rest of the table
        brackets = chance.choice(_BRACKETS)
    first = cited[_rank(chance, 1, 1.5) % len(cited)]
    titled = sum(map(ord, str(first))) % 10 / 10  # whether with its title is a habit, the same everywhere
    text = first.printed(brackets, titled)
    if dice > 0.93 and len(cited) > 1 and first is not cited[1]:
        return f"{text}、{cited[1].printed(brackets, 0)}"
    return text.replace("号", " 号") if dice > 0.9 else text


def _cited(chance: random.Random, county: str) -> list[_Regulation]:
    """Draw the regulations of one table: the popular one in its share of tables, up to three others."""
    found = [_regulation("", 0)] if chance.random() < POPULAR_SHARE else []
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        here = chance.random() < 0.5
        rank = _rank(chance, 12, 0.6)
        found.append(_regulation(county, rank % 400) if here else _regulation("", 1 + rank % 20000))
    return list(dict.fromkeys(found))


class _Printer:
    """The lines of a text as they are printed, with the counts that reading gives them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.grids = 0
        self.sizes = {"used": 0, "form": 0, "outside": 0}

    def paragraph(self, text: str) -> None:
        self.lines += (text, "")
        self.count("outside", text)

    def count(self, fate: str, *texts: str) -> None:
        for text in texts:
            self.sizes[fate] += len("".join(text.split()))

    def row(self, *cells: str) -> SourceRef:
        """Print a row of the grid; tells its place."""
        self.lines.append("\t".join(cells))
        self._rows += 1
        return SourceRef(self.grids, self._rows, line=len(self.lines))

    def grid(self) -> None:
        self.grids += 1
        self._rows = 0

    def end_grid(self) -> None:
        self.lines.append("")


class _Unit(NamedTuple):
    """Who publishes, for which year; ``office`` is the place among the departments of the county."""

    code: str
    county: str
    office: int
    year: int

    @property
    def department(self) -> str:
        return f"{self.county}{_BUREAUS[self.office]}"

    @property
    def department_code(self) -> str:
        return f"{101 + self.office}"


class _Plan(NamedTuple):
    text: str
    document: Document


def _document(seed: int, number: int) -> _Plan:
    """Make document ``number``: its text and its record."""
    place, within = divmod(number, len(_BUREAUS) * len(YEARS))
    office, at = divmod(within, len(YEARS))
    unit = _Unit(*counties()[place % len(counties())], office, YEARS[at])
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 - the same every time, nothing secret
    again = place // len(counties())  # beyond the counties there are, they come once more
    name = f"{unit.department}_{unit.year}{f'_{again}' if again else ''}.txt"
    printer = _Printer()
    printer.paragraph(f"# {unit.department} {unit.year} 年部门预算信息公开")
    printer.paragraph(_SAMPLE)
    for title in _OUTSIDE:
        _outside(printer, chance, title, unit)
    printer.paragraph("## 七、部门项目预算安排情况及绩效目标")
    tables, issues = [], []
    for order in range(1, TABLES + 1):
        # The same projects every year, by the place they have in their department.
        steady = random.Random(f"{seed}/{place}/{office}/{order}")  # noqa: S311
        table, found = _table(printer, chance, steady, order, unit)
        tables.append(table)
        issues += found
    printer.paragraph("## 八、其他说明")
    printer.paragraph("本部门无其他需要说明的情况。")
    text = "\n".join(printer.lines)
    sizes = printer.sizes
    coverage = PageCoverage(
        None,
        None,
        sum(sizes.values()),
        sizes["used"],
        (Ignored("form", sizes["form"]), Ignored("outside", sizes["outside"])),
        0,
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    return _Plan(
        text,
        Document(
            name,
            digest,
            unit.department,
            unit.department_code,
            unit.year,
            unit.code,
            tuple(tables),
            tuple(issues),
            (coverage,),
        ),
    )


def _outside(printer: _Printer, chance: random.Random, title: str, unit: _Unit) -> None:
    """Print a table that is no goal table: amounts by account."""
    for line in (title, f"{unit.department_code} {unit.department}", f"预算年度：{unit.year}", "单位：万元"):
        printer.paragraph(line)
    printer.grid()
    rows = [("序号", "科目编码", "科目名称", "合计", "基本支出", "项目支出")]
    for position in range(1, _OUTSIDE_ROWS + 1):
        first, second = chance.random() * 900, chance.random() * 90
        account = _ACCOUNTS[int(chance.random() * len(_ACCOUNTS))]
        code = f"{2010100 + int(chance.random() * 190000)}"
        rows.append((f"{position}", code, account, f"{first + second:.2f}", f"{first:.2f}", f"{second:.2f}"))
    for row in rows:
        printer.row(*row)
        printer.count("outside", *row)
    printer.end_grid()


def _project_code(unit: _Unit, order: int) -> str:
    first = f"{unit.code}{unit.year % 100:02d}P{unit.office:05d}{order:06d}"
    return first + (check_character(first) or "0")


def _table(
    printer: _Printer, chance: random.Random, steady: random.Random, order: int, unit: _Unit
) -> tuple[GoalTable, list[Issue]]:
    """Print a goal table and make its record."""
    work = steady.choice(_WORKS)
    front = f"{steady.choice(_TOWNS)}片区" if steady.random() < 0.5 else ""
    name = f"{front}{work}{steady.choice(_PURPOSES)}"
    cited = _cited(steady, unit.county)
    fiscal, other = f"{1 + chance.random() * 300:.2f}", f"{chance.random() * 20:.2f}" if order % 4 == 0 else ""
    total = f"{float(fiscal) + float(other or 0):.2f}"
    purpose = (
        f"用于{unit.county}{front}{work}及相关{chance.choice(_OBJECTS)}保障，预计惠及{int(9000 * chance.random())}人。"
    )
    if cited and chance.random() < 0.05:
        purpose = f"根据{cited[0].printed('〔〕', 0)}文件安排，{purpose}"
    goals = [
        f"{chance.choice(_ACTS)}{work}{chance.choice(_OBJECTS)}管理，按计划完成{int(90 * chance.random()) + 2}项任务"
        for _ in range(chance.choice((1, 1, 2, 3)))
    ]
    project = _project_code(unit, order)
    printer.paragraph(f"## {order}、{name}绩效目标表")
    printer.paragraph("单位：万元")
    printer.grid()
    cells: list[Cell] = []

    def put(role: str, printed: str, column: int, place: SourceRef) -> None:
        cells.append(Cell(role, printed, column, place))
        printer.count("used", printed)

    def label(*texts: str) -> list[str]:
        printer.count("form", *(f"<b>{text}</b>" for text in texts))
        return [f"<b>{text}</b>" for text in texts]

    heads = label("项目编码", "项目名称")
    source = printer.row(heads[0], project, "", heads[1], name, "", "")
    put("code", project, 2, source)
    put("name", name, 5, source)
    heads = label("预算规模及资金用途", "预算数", "其中：财政资金", "其他资金")
    at = printer.row(heads[0], heads[1], total, heads[2], fiscal, heads[3], other)
    put("total", total, 3, at)
    put("fiscal", fiscal, 5, at)
    if other:
        put("other", other, 7, at)
    put("purpose", purpose, 2, printer.row("", purpose, "", "", "", "", ""))
    plan = _spending(printer, put, total)
    numbered = " ".join(f"{position}.{goal}" for position, goal in enumerate(goals, 1))
    heads = label("绩效目标")
    put("goals", numbered, 2, printer.row(heads[0], numbered, "", "", "", "", ""))
    cells.append(plan[1])
    printer.row(*label(*_HEADINGS))
    indicators, issues = _indicators(printer, chance, _rows(chance, unit.year, cited), order, unit.year)
    printer.end_grid()
    own = [found for text in (purpose, *goals) for found in quoted(_found(text), text)]
    table = GoalTable(
        order=order,
        kind="project",
        code=project,
        name=name,
        unit=None,
        budget_total=total,
        budget_fiscal=fiscal,
        budget_other=other or None,
        money_unit="万元",
        purpose=purpose,
        plan=plan[0],
        goals=tuple(goals),
        indicators=tuple(indicators),
        source=source,
        scheme="mof2021" if any(row.level1 == _ECONOMIC[0] for row in indicators) else "mof2015",
        cells=tuple(cells),
        mentions=tuple(dict.fromkeys(own)),
    )
    return table, issues


def _spending(
    printer: _Printer, put: Callable[[str, str, int, SourceRef], None], total: str
) -> tuple[tuple[PlanPoint, ...], Cell]:
    """Print the spending plan; give its points, and the cell of its label, which records hold too."""
    heading = "<b>资金支出计划（%）</b>"
    printer.count("used", heading)
    months, columns = ("3", "6", "10", "12"), (2, 4, 5, 6)
    printed = [f"<b>{month} 月底</b>" for month in months]
    values = [f"{float(total) * share:.2f}" for share in (0.25, 0.5, 0.8, 1)]
    first = printer.row(heading, printed[0], "", *printed[1:], "")
    second = printer.row("", values[0], "", *values[1:], "")
    for column, by, value in zip(columns, printed, values, strict=True):
        put("plan.by", by, column, first)
        put("plan.value", value, column, second)
    points = tuple(PlanPoint(f"{month}月底", value) for month, value in zip(months, values, strict=True))
    return points, Cell("plan", heading, 1, first)


def _indicators(
    printer: _Printer, chance: random.Random, rows: Sequence[_Row], order: int, year: int
) -> tuple[list[Indicator], list[Issue]]:
    """Print the rows of a table, cut by the end of a page in four tables of ten; make their records."""
    cut = chance.randint(2, len(rows) - 1) if chance.random() < 0.4 else 0
    split = chance.random() < 0.6 and cut > 0  # the page ends in the middle of the row above
    found: list[Issue] = []
    indicators: list[Indicator] = []
    level1 = level2 = Cell("", "", 0, SourceRef(0, 0))
    for position, row in enumerate(rows, 1):
        if cut and position == cut + 1:
            found += _page_break(printer, indicators[-1] if split else None, order)
        texts = [row.level3, row.description, row.target, row.basis]
        kept = len(row.description) // 2
        halved = split and position == cut
        if halved:
            texts[1] = row.description[:kept]
        printed = [row.level1 if row.levels[0] else "", row.level2 if row.levels[1] else "", *texts]
        at = printer.row(*printed)
        if halved:
            texts[1] = f"{row.description[:kept]}\n{row.description[kept:]}"
        own = [
            Cell(role, text, column, at) for column, role, text in zip(range(3, 7), _ROLES, texts, strict=True) if text
        ]
        if row.levels[1]:
            level2 = Cell("level2", row.level2, 2, at)
        if row.levels[0]:
            level1 = Cell("level1", row.level1, 1, at)
        printer.count("used", *printed, row.description[kept:] if halved else "")
        front = [cell for cell, is_own in zip((level1, level2), row.levels, strict=True) if is_own]
        behind = [cell for cell, is_own in zip((level1, level2), row.levels, strict=True) if not is_own]
        indicators.append(_indicator(row, position, year, at, (*front, *own, *behind)))
    return indicators, found


_ROLES = ("level3", "description", "target", "basis")


def _indicator(row: _Row, position: int, year: int, at: SourceRef, cells: tuple[Cell, ...]) -> Indicator:
    target, basis = _field(row.target), _field(row.basis) or None
    return Indicator(
        row=position,
        level1=row.level1,
        level2=row.level2,
        level3=row.level3,
        description=row.description,
        target=target,
        basis=basis,
        weight=None,
        actual=None,
        reading=_reading(target, (row.level1, row.level2, row.level3), year),
        citations=_found(basis) if basis else (),
        source=at,
        cells=cells,
    )


def _page_break(printer: _Printer, cut: Indicator | None, order: int) -> list[Issue]:
    """End the page: the heading again, and the rest of the row that was cut; give the issues of reading it."""
    printer.end_grid()
    printer.grid()
    at = printer.row(*_HEADINGS)
    printer.count("form", *_HEADINGS)
    found = [replace(issue("header-repeated", "已忽略", quote="｜".join(_HEADINGS), source=at), order=order)]
    if cut is not None:
        rest = next(cell.printed for cell in cut.cells if cell.role == "description").partition("\n")[2]
        at = printer.row("", "", "", rest, "", "")
        done = "接在上一行之后：该行没有指标名称和指标值"
        found.append(replace(issue("row-joined", done, quote=rest, source=at), order=order, row=cut.row))
    return found


# ── the corpus ────────────────────────────────────────────────────────────────────────────────────────────────


def _plans(indicators: int, seed: int) -> Iterator[_Plan]:
    number = made = 0
    while made < indicators:
        plan = _document(seed, number)
        yield plan
        number += 1
        made += sum(len(table.indicators) for table in plan.document.tables)


def documents(indicators: int, seed: int = 0) -> Iterator[Document]:
    """Give whole documents until they hold at least so many indicators; none for none.

    >>> [document] = documents(1)
    >>> document.department, len(document.tables), document.fiscal_year
    ('青禾县教育局', 10, 2021)
    """
    for plan in _plans(indicators, seed):
        yield plan.document


def texts(indicators: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Give the names and the texts of the same documents.

    >>> [(name, text)] = texts(1)
    >>> name, text.count("绩效目标表")
    ('青禾县教育局_2021.txt', 10)
    """
    for plan in _plans(indicators, seed):
        yield plan.document.name, plan.text
