"""What kind of document a title names, and whether a text in 《》 names one at all."""

from __future__ import annotations

import re

from extract.records import CitationKind

# Marks behind a title that say its state or edition, not its kind: （试行）, （2023年修订）, (2023-2027年).
_EDITION = re.compile(r"[\[(<][^()\[\]<>]{0,30}[\])>]\s*$|(?:试行|暂行|修订|修正案?)(?:稿|版|本)?$")
# Party rules (党内法规) are documents, however they end; those whose names do not say 党 are listed by subject.
_PARTY = re.compile(
    "党(?!史)|干部(?:教育培训|人事|选拔|任用|考核)|信访工作条例|统一战线工作|宣传工作条例|政法工作条例|农村工作条例|"
    "机构编制工作条例|社会主义学院工作|地方委员会工作|巡视工作|问责条例|公文处理工作|厉行节约反对浪费|领导人员管理"
)
# 法 ends a law, but also 办法, 做法, 执法, 问卷调查法 and the other methods of evaluation.
_LAW = re.compile(
    "(?:(?<![办方做看想说手书疗语执司立普守用查析较判评样核])法|法典|宪法|条例|法律)(?:实施条例|实施细则)?$"
)
_CONTRACT = re.compile("(?:合同|协议|协议书|合同书|合约|备忘录|责任书|承诺书|意向书)$")
_REPORT = re.compile("(?:报告|报告书|建议书|研究报告|白皮书|蓝皮书|评估书)$")
_STANDARD = re.compile(
    "(?<!工作)(?<!服务)(?<!管理)(?<!行为)(?:规范|规程|技术标准|设计标准|质量标准|排放标准|技术要求|测量方法|测定方法)$"
)
_DOCUMENT = re.compile(
    "(?:办法|规定|细则|规则|准则|守则|章程|制度|方案|意见|通知|通报|通告|公告|公报|决定|决议|函|批复|回复|答复|"
    "请示|命令|令|规划|计划|"
    "纲要|要点|措施|举措|指引|指南|导则|目录|清单|标准|规范|规程|解释|预案|流程|政策|安排|部署|大纲|体系|公约|"
    "条约|宣言|议程|倡议书|"
    "工程|行动|任务|分工|名单|指标|手册|文件|书|表|指示|建议|提纲|程序|要求|办法与标准|规划图|图则|机制)$"
)
# In 《》 but no document to rest a target on: periodicals, books, plays, and what a project publishes.
_PUBLICATION = re.compile(
    "(?:年鉴|大事记|日报|晚报|晨报|时报|周报|月报|周刊|月刊|季刊|期刊|学刊|杂志|画册|画报|丛书|文集|选集|诗集|"
    "县志|市志|区志|镇志|村志|地方志|"
    "通志|简史|历史|党史|专报|快报|动态|通讯|月历|台历|挂历|图册|史话|读本|教材|绘本|宣传册|折页|简报|专刊|内参|"
    "信息|之歌|专题片|纪录片|宣传片|微电影|节目|栏目)$"
)
# Endings of rules: a rule stays a citation whatever is being done about it.
_RULE = re.compile("(?:办法|条例|规定|意见|通知|细则|规则|准则|章程|法|决定|批复|函|公告|标准|规范|规程)$")
# Beside one of these words any other title is a product or a periodical:
# 完成《青禾县水系规划》编制, 做好《常委会议纪要》.
_PUBLISHING = re.compile(
    "期刊|杂志|报刊|刊物|一书|编制|做好|编发|编报|完成|撰稿|上报|起草|出版|编印|编纂|编撰|编辑|编写|撰写|创作|拍摄|"
    "摄制|刊发|刊登|发行|印刷|书稿|册数|主题歌|专栏|演出|播出|栏目|上稿"
)
# A bare kind of document (《办法》, 《通知》) is the short form that an earlier 以下简称 introduced.
_BARE = re.compile(
    "(?:实施|管理|暂行|工作|若干|指导|试行|补充|具体)*(?:办法|条例|规定|意见|通知|方案|细则|规则|规划|计划|纲要|"
    "标准|规范|公告|决定|批复|函|"
    "合同|协议|报告|章程|纪要|制度|规程|指南|目录|清单|要点)$"
)


def title_kind(title: str) -> CitationKind:
    """Return the kind of document that a title names.

    >>> title_kind("工会法"), title_kind("中国共产党支部工作条例（试行）"), title_kind("某工程承包合同协议书")
    ('law', 'document', 'contract')
    >>> title_kind("地下工程防水技术规范"), title_kind("县委纪要"), title_kind("求是")
    ('standard', 'minutes', 'other')
    """
    bare = _without_edition(title)
    if bare.endswith("纪要"):
        return "minutes"
    if bare.endswith(("讲话", "重要讲话精神", "讲话精神")):
        return "speech"
    if _CONTRACT.search(bare):
        return "contract"
    if _REPORT.search(bare):
        return "report"
    if _LAW.search(bare):
        return "document" if _PARTY.search(bare) else "law"
    if _STANDARD.search(bare):
        return "standard"
    return "document" if _DOCUMENT.search(bare) else "other"


def names_document(title: str) -> bool:
    """Whether a title ends as documents do (办法, 条例, 通知, 合同 …), editions aside.

    >>> names_document("考核办法（试行）"), names_document("康养胜地")
    (True, False)
    """
    return title_kind(title) != "other"


def is_citable(title: str, before: str, after: str) -> bool:
    """Whether a text in 《》 is a citation, given some characters of its surroundings.

    Not one: a short form (《办法》), a periodical or book (《青禾年鉴》), and what is being written or printed
    (完成《康养胜地》出版册数).

    >>> is_citable("办法", "以下简称", ""), is_citable("青禾年鉴", "", "编印"), is_citable("求是", "", "")
    (False, False, True)
    """
    bare = _without_edition(title)
    if len(bare) < 2 or _BARE.match(bare) or re.search("(?:简称|下称|以下称|本)[:“]?$", before):  # noqa: PLR2004
        return False
    if _PUBLICATION.search(bare):
        return False
    return _RULE.search(bare) is not None or not (_PUBLISHING.search(after[:6]) or _PUBLISHING.search(before[-4:]))


def _without_edition(title: str) -> str:
    """Drop blanks and marks of state or edition at the end of a title."""
    bare = "".join(title.split())
    bare = bare.translate(str.maketrans("（）〔〕［］〈〉【】", "()[][]<>[]"))
    for _ in range(3):
        bare = _EDITION.sub("", bare)
    return bare
