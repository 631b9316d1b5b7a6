"""The small fixed graph over which the answers of the catalogue are committed: invented documents of 青禾县."""

from __future__ import annotations

from dataclasses import replace

from extract.records import Citation, Document, Issue, PlanPoint, Target
from tests.sample_records import amount, document, goal_table, row, sample_documents

DEPARTMENT = "青禾县应急管理局"
DUTY_CODE = "99012323T000000200001"


def question_documents() -> tuple[Document, ...]:
    """Give the sample documents, and two years of a department in whose goals there is something to find."""
    deadline = Target(
        "11月底前", "date", "le", "11月底", date_from="2024-11-01", date_to="2024-11-30", year_derived=True
    )
    title = "关于下达河湖管护资金的通知"  # printed here alone
    spelled = Citation("云财农〔2021〕7号", title, "云财农", 2021, 7, "document", 2, 13, "云财农〔2021〕7号")
    some = replace(amount("ge", "6", "人"), normalized_value=None, normalized_unit=None)
    bought = (
        row(1, "产出/数量", "购置数量", amount("eq", "3", "台")),
        replace(row(2, "产出/数量", "巡护人数", some), description="巡护预警设备的人数"),
    )
    earlier = document(
        "应急/2023.txt",
        DEPARTMENT,
        2023,
        goal_table(1, "应急值守经费", DUTY_CODE, (row(1, "产出/数量", "值守人数", amount("ge", "8", "人")),)),
        goal_table(2, "2023年应急演练经费", None, (row(1, "产出/数量", "演练场次", amount("ge", "2", "场")),)),
        goal_table(3, "预警设备购置", None, bought),
    )
    duty = (
        row(1, "产出/数量", "值守人数", amount("eq", "10", "人"), ("值守值班制度要求", ())),
        row(2, "产出/成本", "补助标准", amount("le", "300", "元/人/月"), ("按云财农〔2021〕7号", (spelled,))),
        row(3, "产出/成本", "设备费", amount("ge", "6", "万元", ("60000", "元")), ("设备采购合同", ())),
        row(4, "产出/质量", "信息报送差错率", amount("ge", "5", "%"), ("年度工作计划", ())),
        replace(
            row(5, "满意度/服务对象满意度", "群众满意度", amount("ge", "85", "%")),
            description="满意人数/调查人数×100%",
        ),
        row(6, "产出/质量", "涉密", amount("ge", "95", "%")),
        row(7, "产出/时效", "补助发放时间", deadline, ("预算批复", ())),
        row(8, "满意度/服务对象满意度", "企业满意度评分", amount("ge", "9", "分")),
    )
    later = document(
        "应急/2024.txt",
        DEPARTMENT,
        2024,
        goal_table(
            1,
            "应急值守工作经费",
            DUTY_CODE,
            duty,
            budget_total="10.00",
            purpose="用于全县应急值守和信息报送工作，保障全年值守。",
            goals=("1.全县应急值守和信息报送工作", "提高应急响应速度"),
            plan=(PlanPoint("3月底", "2.50"), PlanPoint("6月底", None), PlanPoint("12月底", "10.00")),
        ),
        goal_table(
            2,
            "应急演练经费",
            None,
            (row(1, "产出/数量", "演练场次", amount("ge", "3", "场")),),
            goals=("2024年应急演练经费",),
            plan=(PlanPoint("12月底", "100%"),),
        ),
        goal_table(3, "防汛抢险经费", None, (row(1, "效益/社会效益", "抢险能力", "提升"),)),
        issues=(Issue("row-joined", "warning", "一行被分页截断", "已拼接", "请核对原件", "提升", 3, 1),),
    )
    return (*sample_documents(), earlier, later)
