"""What the lines of the score table say, in Chinese, by their keys; English stands where they are measured."""

from __future__ import annotations

from collections.abc import Mapping

TITLES_ZH: Mapping[str, str] = {
    "hotspots.precision": "重复检出热点中有真实烟羽对应的比例",
    "hotspots.recall": "两圈以上可见的排放源中已给出热点的比例",
    "hotspots.recall_recurrent": "两圈以上可见的排放源中已给出重复检出热点的比例",
    "hotspots.single_recall": "仅一圈可见的排放源中已给出热点的比例",
    "hotspots.per_source": "每个已检出排放源对应的热点数（含单次检出）",
    "hotspots.separate": "侧风向相距 40 m 的相邻排放源仍分为两处",
    "hotspots.overlap": "报告热点与真实热点的面积交并比",
    "hotspots.single_precision": "单次检出中有真实烟羽对应的比例",
    "hotspots.false": "每次任务的虚假热点数",
    "hotspots.false.": "其中位于干扰因素 {name} 作用处",
    "attribution.listed": "名录内来源的热点以该点位为最可能的解释",
    "attribution.top1": "真实来源为最可能的解释",
    "attribution.top3": "真实来源位于前三",
    "attribution.top1_of_three": "真实来源为最可能的解释（三次以上通过的热点）",
    "attribution.top3_of_three": "真实来源位于前三（同上热点）",
    "attribution.cone": "若取风向两侧各 30° 锥内最近的候选点位，即为正确",
    "attribution.set50": "真实来源位于 50 % 集合内",
    "attribution.set90": "真实来源位于 90 % 集合内",
    "attribution.unlisted": "名录外来源的热点首选“均非以上点位”",
    "attribution.false": "虚假热点首选了某个点位",
    "witness.": "由证据 {name} 增加的正确首选（百分点）",
    "none.auc": "“均非以上点位”作为检测器：ROC 曲线下面积",
    "none.brier": "“均非以上点位”作为检测器：布赖尔评分",
    "none.flagged": "名录外来源检出 80 % 时被误标的名录内来源",
    "none.next_door": "因其烟羽而检查了名录内点位的名录外来源",
    "source.position": "来源位置误差",
    "source.rate": "排放速率误差，|ln(估计值/真值)|",
    "source.area90": "真实来源位于 90 % 范围内",
    "leads.precision": "要求检查、帮扶或提醒且确有理由的线索",
    "leads.disposition": "其中处置建议正确",
    "leads.recall": "烟羽或许可问题可见的点位中已有处置线索的比例",
    "leads.recall_monitors": "监测、用电或治理记录显示问题的点位中已有处置线索的比例",
    "leads.visit_precision": "引发检查的事由本身（而非该点位的其他问题）确需检查",
    "leads.visits_lawful": "因许可范围内的烟羽而安排的检查",
    "leads.recall_all": "文件可显示的须处罚或帮扶点位中已有处置线索的比例",
    "leads.lawful_visited": "合法排放点位被安排检查且无其他事由的比例",
    "leads.look": "排查处确有名录外来源的比例",
    "leads.review": "核查点位确有记录或标记失实、或确有须处罚事项的比例",
    "leads.day": "真值含检查或帮扶事项的任务中至少一项处置正确的比例",
    "explanations.calibration": "各解释概率与实际比例之差（分十档）",
    "explanations.likeliest": "最可能的解释即为真实原因的线索比例",
    "lift.prevalence": "名录点位中确有须处罚事项的比例",
    "lift.found_5": "检查 5 % 点位时有所发现的比例",
    "lift.found_10": "检查 10 % 点位时有所发现的比例",
    "lift.found_20": "检查 20 % 点位时有所发现的比例",
    "lift.random_5": "检查 5 % 点位时的发现数与随机抽查之比",
    "lift.random_10": "检查 10 % 点位时的发现数与随机抽查之比",
    "lift.random_20": "检查 20 % 点位时的发现数与随机抽查之比",
    "lift.plan_5": "检查 5 % 点位时的发现数与按管理类别年度计划之比",
    "lift.plan_10": "检查 10 % 点位时的发现数与按管理类别年度计划之比",
    "lift.plan_20": "检查 20 % 点位时的发现数与按管理类别年度计划之比",
    "leads.false": "每次任务的虚假线索数",
    "leads.false.": "其中受干扰因素 {name} 影响",
    "monitors.precision": "{name}：判断正确的比例",
    "monitors.recall": "{name}：已发现的比例",
    "monitors.causes.faults": "设备故障被判为故障的比例",
    "monitors.causes.emissions": "真实超标与虚假标记被判为故障的比例",
    "activity.right": "有记录的分钟中生产或停产判断正确的比例",
    "activity.calibration": "所给概率与实际运行分钟比例之差（分十档）",
    "routes.twice": "被重复进入的点位",
    "routes.cap": "超出年度频次上限的检查",
    "routes.shift": "超出班次时长的路线",
    "routes.placed": "已排入路线的检查",
    "routes.distance": "里程与同站点参考路线之比",
    "mosaic.metres": "正射影像位置误差",
    "mosaic.pixels": "同上，以影像像素计",
    "photos.used": "已拼接的像片",
    "photos.heading": "像片航向误差",
}
"""A key that ends in a point is that of a family, whose last part is the name of a confounder, an option of
``simulate``; of monitors the middle part names the kind of anomaly, of a witness the last its kind."""

HEAD = {"en": ("measure", "what it says", "value", "n"), "zh": ("指标", "含义", "数值", "样本数")}
NOT_BUILT = {"en": "not built", "zh": "尚未实现"}


def title_zh(key: str, english: str) -> str:
    """The title of a measure in Chinese; of one that has none the English one.

    Examples
    --------
    >>> title_zh("leads.false.trucks", ""), title_zh("monitors.exceedance.recall", "")
    ('其中受干扰因素 trucks 影响', 'exceedance：已发现的比例')
    """
    if key in TITLES_ZH:
        return TITLES_ZH[key]
    room, *middle, last = key.split(".")
    family, name = (
        (f"{room}.{last}", ".".join(middle)) if room == "monitors" else (f"{key.rpartition('.')[0]}.", last)
    )
    return TITLES_ZH[family].format(name=name) if family in TITLES_ZH else english
