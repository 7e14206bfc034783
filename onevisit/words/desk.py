"""Words of what the desk works with: help, dossiers, the summary of districts and parks; merged into ``STRINGS``."""

from __future__ import annotations

from collections.abc import Mapping

DESK_WORDS: Mapping[str, tuple[str, str]] = {
    # --- help: `onevisit.handover.data.help` ---
    "offered": ("Help", "帮扶"),
    "offered_intro": (
        "Where a fault explains the records best, the firm is helped off site. A sheet for each firm is in sheets/, "
        "all of them in help.xlsx.",
        "记录最可能由故障造成的点位，以非现场方式帮扶。每家企业一张帮扶单，见 sheets/；汇总见 help.xlsx。",
    ),
    "no_help": ("Nobody is offered help.", "无帮扶事项。"),
    "help_sheet": ("Help sheet", "帮扶单"),
    "help_help": ("No.", "序号"),
    "help_site_id": ("Site", "点位编码"),
    "help_name": ("Name", "名称"),
    "help_permit_code": ("Permit code", "排污许可证编号"),
    "help_seen": ("Seen", "发现情况"),
    "help_likely_fault": ("Likely fault", "可能故障"),
    "help_check_first": ("Check first", "企业先查"),
    "help_proof": ("Proves it mended", "修复证明"),
    "help_due": ("By", "期限"),
    "help_reason": ("Why", "理由"),
    "help_answered": ("Answer", "反馈"),
    "help_navigate": ("Navigate", "导航"),
    "help_others": ("Reminders that go along", "一并提醒"),
    "help_foot": (
        "A lead, not a conclusion: nobody is blamed, and nobody enters for it.",
        "本单仅为线索，不作为认定结论；不因此入企检查。",
    ),
    # --- places without a site ---
    "place_near": ("Place near {street}", "{street}附近"),
    "place_at": ("Place at {lon}, {lat}", "{lon}, {lat} 处"),
    "place_areas": (
        "source within {half} ha with 50 %, within {most} ha with 90 %",
        "来源 50 % 可能范围 {half} 公顷，90 % 可能范围 {most} 公顷",
    ),
    # --- districts and parks: `onevisit.handover.data.summary` ---
    "by_area": ("Districts and parks", "区县与园区"),
    "by_area_intro": (
        "Listed sites, what is proposed for them today, and what is asked by others. The same is in summary.csv.",
        "名录点位、今日处置建议及各方诉求。数据见 summary.csv。",
    ),
    "by_area_none": ("No register states a district or a park.", "名录未载明区县或园区。"),
    "area_name": ("District · park", "区县 · 园区"),
    "area_all": ("all", "合计"),
    "area_unknown": ("district not stated", "未载明区县"),
    "area_sites": ("Sites", "点位"),
    "area_leads": ("Leads", "线索"),
    "area_urgent": ("Urgent", "紧急"),
    "area_measure_again": ("Measure again", "复测"),
    "area_look": ("Look", "排查"),
    "area_remind": ("Remind", "提醒"),
    "area_help": ("Help", "帮扶"),
    "area_review": ("Review", "核查"),
    "area_visit": ("Visit", "检查"),
    "area_asked": ("Asked by firms and parks", "企业与园区诉求"),
    "area_asked_by_sections": ("Asked by sections", "科室提出"),
    "area_complaints": ("Open complaints", "未结投诉"),
    "area_rectifications": ("Open rectifications", "未结整改"),
    # --- dossiers: `onevisit.handover.data.dossiers` ---
    "dossiers": ("Dossiers", "一企一档"),
    "dossiers_intro": (
        "All that is known of a site, its doubt and its sources. Those of sites with a step to take are below; all "
        "are in sites/.",
        "点位全部已知情况、存疑之处与来源。下列为有处置建议的点位，全部档案见 sites/。",
    ),
    "no_dossiers": ("No site has a step to take; all dossiers are in sites/.", "无处置建议；全部档案见 sites/。"),
    "dossiers_unshown": ("{n} more are in sites/.", "另有 {n} 份见 sites/。"),
    "d_site": ("Site", "点位"),
    "d_place": ("Position", "坐标"),
    "d_place_line": (
        "{lon}, {lat} ± {sd} m ({crs}, {source}), probability {p}",
        "{lon}, {lat} ± {sd} m（{crs}，{source}），概率 {p}",
    ),
    "d_permit": ("Permit", "排污许可"),
    "d_permit_line": ("{cls}, valid until {until}: {species}", "{cls}，有效期至 {until}：{species}"),
    "d_permitted": ("Permitted", "许可量"),
    "d_permitted_line": ("{species} {kg_h} kg/h, {t_a} t/a", "{species} {kg_h} kg/h，{t_a} t/a"),
    "d_unlimited": ("the registers state no limit", "名录未载明许可量"),
    "d_grades": ("Credit, grade, disclosure", "信用、绩效、披露"),
    "d_visits": ("Visits", "检查记录"),
    "d_visits_line": ("{used} daily visits this year (cap {cap})", "本年度日常检查 {used} 次（上限 {cap}）"),
    "d_orders": ("Orders", "管控令"),
    "d_cases": ("Complaints, rectifications", "投诉、整改"),
    "d_asked": ("Asked", "诉求与事项"),
    "d_records": ("Records", "监测记录"),
    "d_hotspots": ("Hotspots", "热点"),
    "d_legal": ("Rules that may apply", "可能相关的规定"),
    "d_unchecked": ("to be checked by the legal section", "须经法规部门核对"),
    "d_sources": ("Sources", "来源"),
    "d_nothing": ("nothing known", "无资料"),
    "declared": ("declared", "已声明"),
    "guessed": ("guessed", "推测"),
    "unknown": ("unknown", "未知"),
}
