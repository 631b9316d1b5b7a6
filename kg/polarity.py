"""Which way a target has to move to promise more: what the comparator says, and what the words of the metric say.

Neither is trusted against the other: a growth rate with ``≤`` or a cost with ``≥`` has no known polarity. The words are
those of the query ``opposite-comparators``, which finds such contradictions (a test keeps the two together).
"""

from __future__ import annotations

import re
from typing import Final, Literal

Polarity = Literal["higher", "lower"]

#: Must match 差错率, 群众投诉件数, 安全事故起数; what is done about them (:data:`HANDLED`) turns the sense round.
BAD: Final = re.compile("差错|错误|失误|投诉|事故|泄密|故障|不合格|违规|违纪|损失|超标|流失|发案")
#: Must match 投诉处理率, 事故隐患整改率, 故障率下降幅度. A metric of that sort is judged by its comparator alone.
HANDLED: Final = re.compile("处置|处理|办结|化解|整改|修复|下降|降低|减少|控制|排查|查处|回复|响应")
#: Must match 满意度, 合格率, 覆盖面; must not be asked about names with a negation (:data:`_NEGATED`).
GOOD: Final = re.compile("满意|合格|覆盖|完成|达标|增长|提高|提升|利用|到位|普及|知晓|参与|及时|准确|完好|优良")
#: Must match 未完成数, 不合格率, 完成时限: words of :data:`GOOD` do not tell the sense there.
_NEGATED: Final = re.compile("不|未|误差|控制|时间|时限|期限")
#: Must match 运行成本, 印刷费用: the less the better. Must not match what is paid out to people (:data:`_PAID_OUT`).
_COST: Final = re.compile("成本|费用|支出|开支|造价|单价|费$")
#: Must match 补贴标准, 救助金额, 人均工资: whether more is better depends on who is asked.
_PAID_OUT: Final = re.compile("补助|补贴|救助|奖励|奖补|津贴|报酬|工资|待遇|保障标准|生活费")


def said_by_words(metric: str) -> Polarity | None:
    """Tell what the name of a metric says; None when it says nothing or both.

    >>> said_by_words("群众满意度"), said_by_words("差错率"), said_by_words("投诉处理率"), said_by_words("运行成本")
    ('higher', 'lower', None, 'lower')
    """
    if HANDLED.search(metric) or _PAID_OUT.search(metric):
        return None
    if BAD.search(metric):
        return "lower"
    good, cost = GOOD.search(metric) and not _NEGATED.search(metric), _COST.search(metric)
    if good and cost:
        return None
    return "higher" if good else "lower" if cost else None


def polarity(metric: str | None, comparators: set[str | None]) -> Polarity | None:
    """Tell which way promises more; ``comparators`` are those of the values compared (``ge``, ``le`` …, or None).

    None where nothing says so, where comparator and words contradict one another, and for upper limits of what is
    paid out to people.

    >>> polarity("巡护人数", {"ge", None}), polarity("新媒体关注量增长率", {"le"}), polarity("补贴标准", {"le"})
    ('higher', None, None)
    """
    name = metric or ""
    words = said_by_words(name)
    signs: set[Polarity] = set()
    if comparators & {"ge", "gt"}:
        signs.add("higher")
    if comparators & {"le", "lt"} and not _PAID_OUT.search(name):
        signs.add("lower")
    said = signs | ({words} if words else set())
    return said.pop() if len(said) == 1 else None
