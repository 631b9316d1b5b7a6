"""Every issue that reading can report: its code, severity, what happened and what to do next, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from extract.records import Issue, Severity, SourceRef

_COMPARE = "请与原件核对该处"
_INSTALL = "请运行pip install 'jisu-kg[ocr]'后重新读入，由OCR识别；或改用原始电子文件"
_SEND = "若为新的表式，请在extract/forms.toml中补充该词"


@dataclass(frozen=True, slots=True)
class _Kind:
    severity: Severity
    message: str
    next: str


#: code → severity, message (``{}`` takes what is particular), next step
CATALOGUE: dict[str, _Kind] = {
    "encoding-mixed": _Kind("warning", "第{}行不是UTF-8", "请把文件统一存为UTF-8后重新读入"),
    "encoding-lost": _Kind("error", "第{}行的编码无法识别", "请把文件统一存为UTF-8后重新读入"),
    "page-damaged": _Kind("error", "第{}页已损坏，无法打开", "请重新下载，或用PDF阅读器另存后再试"),
    "page-scanned": _Kind("error", "第{}页是扫描图像或转成曲线的文字，没有文字层", _INSTALL),
    "page-text-broken": _Kind("error", "第{}页的文字层是乱码（字体缺少文字对照表）", _INSTALL),
    "page-picture": _Kind("warning", "第{}页提到绩效目标，表格可能在图片里", _INSTALL),
    "page-ocr": _Kind("warning", "第{}页没有可用的文字层，文字由OCR识别", "请与原件核对"),
    "page-without-text": _Kind("warning", "第{}页是图像，OCR没有认出文字", "若该页有内容，请改用原始电子文件"),
    "cell-unsure": _Kind("warning", "OCR对该单元格没有把握（置信度{}）", _COMPARE),
    "file-unterminated": _Kind("warning", "PDF文件缺少结尾标记", "请核对页数，必要时重新下载"),
    "hidden-content": _Kind("info", "{}是隐藏的", "若其中有绩效目标，请取消隐藏后重新读入"),
    "formula-unsaved": _Kind("warning", "{}个公式没有保存计算结果", "请用办公软件打开，保存后重新读入"),
    "no-goal-table": _Kind("warning", "文中没有找到绩效目标表", "请确认该文件确实公开了绩效目标；" + _SEND),
    "table-without-rows": _Kind("warning", "绩效目标表“{}”没有指标行", _COMPARE),
    "table-without-name": _Kind("warning", "绩效目标表没有项目名称", _COMPARE),
    "table-resumed": _Kind("info", "表格被页眉页脚文字隔开后继续", _COMPARE),
    "table-ended": _Kind("info", "绩效目标表后紧接着另一张表", _COMPARE),
    "line-broken": _Kind("warning", "单元格内的换行切断了一行", _COMPARE),
    "header-repeated": _Kind("info", "换页后重复的表头", "无需处理"),
    "levels-only": _Kind("info", "只有指标级次、没有指标名称和指标值的行", "无需处理"),
    "heading-row": _Kind("info", "表内的栏目标题行", "无需处理"),
    "note-row": _Kind("info", "表下注释", "无需处理"),
    "subtotal-row": _Kind("info", "汇总表中的单位合计行", "无需处理"),
    "project-repeated": _Kind("info", "换页后重复的项目栏", "无需处理"),
    "row-joined": _Kind("info", "被换页切开的行", _COMPARE),
    "cell-repeated": _Kind("warning", "换页后重复了单元格的末尾文字", _COMPARE),
    "second-value": _Kind("warning", "同一指标名称下还有一个指标值", _COMPARE),
    "header-missing": _Kind("warning", "指标各行之上没有列标题", _COMPARE),
    "column-empty": _Kind("warning", "表头多出空列", _COMPARE),
    "columns-remapped": _Kind("info", "换页后列数不同", _COMPARE),
    "column-unknown": _Kind("warning", "不认识的列标题“{}”", _SEND),
    "columns-shifted": _Kind("warning", "该行的单元格相对表头右移", _COMPARE),
    "plan-doubled": _Kind("warning", "资金支出计划被识别了两遍", _COMPARE),
    "plan-shifted": _Kind("warning", "资金支出计划的数值与时点列没有对齐", _COMPARE),
    "level-shifted": _Kind("warning", "二级指标落在一级指标列", _COMPARE),
    "level-behind-break": _Kind("warning", "一级指标的合并单元格跨页，名称印在后一页", _COMPARE),
    "label-shifted": _Kind("warning", "栏目名称与内容错行", _COMPARE),
    "cell-unread": _Kind("warning", "没有对应字段的单元格", _SEND),
    "text-lost": _Kind("warning", "单元格的文字没有读出", _COMPARE),
    "goals-unread": _Kind(
        "warning", "这一页印有指标级次的名称，但没有读出绩效目标表", "请与原件核对该页；若是新的表式，请报告给开发者"
    ),
    "amount-unread": _Kind("warning", "金额“{}”不是一个数", _COMPARE),
}


def issue(
    code: str,
    done: str,
    about: str | int | None = None,
    *,
    quote: str | None = None,
    order: int | None = None,
    row: int | None = None,
    source: SourceRef | None = None,
) -> Issue:
    """Make the issue ``code``; ``done`` says what reading did about it, ``about`` fills its message.

    Raises :class:`KeyError` for a code that the table does not hold.

    >>> issue("header-repeated", "已忽略").severity
    'info'
    """
    kind = CATALOGUE[code]
    message = kind.message.format(about) if about is not None else kind.message
    return Issue(code, kind.severity, message, done, kind.next, quote, order, row, source)
