"""Sentences about leads: what was seen, what speaks for and against it, what is asked and why; none is a verdict."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- onevisit/leads/weigh.py: the one sentence on a disposition ---
    "why_none": ("nothing is asked: {reason}", "暂不处置：{reason}"),
    "why_measure_again": ("measure again before anyone is told: {reason}", "先复测，暂不告知企业：{reason}"),
    "why_look": ("look around for a source that is on no list: {reason}", "排查名录外来源：{reason}"),
    "why_remind": ("a reminder settles it off site: {reason}", "非现场提醒即可：{reason}"),
    "why_help": (
        "more likely a fault than anything else, so help is offered: {reason}",
        "故障可能性最大，宜帮扶：{reason}",
    ),
    "why_help_asked": ("help was asked for: {reason}", "应诉求帮扶：{reason}"),
    "why_review": (
        "do not contact the firm; look through what is on record first: {reason}",
        "暂不联系企业，先核查在案资料：{reason}",
    ),
    "why_visit": ("worth a visit, approval to be obtained: {reason}", "拟入企检查（待批准）：{reason}"),
    "nothing_known": ("nothing points here", "无线索"),
    "of_hotspot": ("hotspot {id}: {what:listed}", "热点 {id}：{what:listed}"),
    "beside_open_visit": (
        "a visit is open at the site, so no help is offered beside it: {matter}",
        "该点位有未办结的检查事项，不另行帮扶：{matter}",
    ),
    "not_before_cleared": (
        "not before the duty officer has cleared it: {matter}",
        "经值班负责人解除后方可：{matter}",
    ),
    "emission_at_hotspot": (
        "{species:species} {value:rounded} {unit:unit} above background at hotspot {id}{others:others}",
        "热点 {id}：{species:species} 高出背景 {value:rounded} {unit:unit}{others:others}",
    ),
    "seen_for_site": (
        "{species:species} {value:error} {unit:unit} above a background of {background:rounded}{others:others}, seen "
        "in {seen} of {crossed} passes, p = {p:.2g}; {wind}; this site explains it with probability {share:.2f}",
        "{species:species} 高出背景（{background:rounded}）{value:error} {unit:unit}{others:others}，"
        "{crossed} 次通过中检出 {seen} 次，p = {p:.2g}；{wind}；该点位解释概率 {share:.2f}",
    ),
    "seen_for_unlisted": (
        "{species:species} {value:error} {unit:unit} above a background of {background:rounded}{others:others}, seen "
        "in {seen} of {crossed} passes, p = {p:.2g}; {wind}; a source on no list explains it with probability "
        "{share:.2f}",
        "{species:species} 高出背景（{background:rounded}）{value:error} {unit:unit}{others:others}，"
        "{crossed} 次通过中检出 {seen} 次，p = {p:.2g}；{wind}；名录外来源解释概率 {share:.2f}",
    ),
    "wind_unknown_here": ("wind unknown", "无风资料"),
    "wind_calm_here": ("calm ({speed:.1f} m/s)", "静风（{speed:.1f} m/s）"),
    "wind_here": ("wind from {from_deg:.0f}° at {speed:.1f} m/s", "风向 {from_deg:.0f}°，风速 {speed:.1f} m/s"),
    "site_in_no_register": (
        "this site is in no register of the mission; add it to registers/",
        "该点位不在本任务的任何名录中；请加入 registers/",
    ),
    "no_visit_before_position_checked": (
        "no visit is proposed before its coordinates are checked",
        "坐标核实前不建议入企检查",
    ),
    "no_visit_before_position_checked.why": (
        "position known to ± {sd_m:.0f} m, coordinate system {crs_source}; limit {limit_m:.0f} m",
        "点位坐标误差 ± {sd_m:.0f} m，坐标系{crs_source}；限值 {limit_m:.0f} m",
    ),
    # --- onevisit/leads/clues.py ---
    "too_unlikely": ("probability {p:.2f} is too small to act on", "概率 {p:.2f} 过低，暂不处置"),
    "seen_too_seldom": (
        "seen in {seen} of {crossed} passes, {needed} are needed",
        "{crossed} 次通过中仅检出 {seen} 次，至少需 {needed} 次",
    ),
    "chance_may_explain": (
        "seen in {seen} of {crossed} passes, which chance may explain",
        "{crossed} 次通过中检出 {seen} 次，但不能排除偶然",
    ),
    "seen_in_few": (
        "seen in {seen} of {crossed} passes, less than {share:.0%}",
        "{crossed} 次通过中检出 {seen} 次，低于 {share:.0%}",
    ),
    "only_exhaust": (
        "only tracers of exhaust rose, which passing vehicles emit too",
        "仅见尾气示踪物，过往车辆亦可造成",
    ),
    "no_wind_measured": ("no wind was measured, so there is no direction", "无风向资料，无法定向"),
    "calm_no_direction": ("calm ({speed:.1f} m/s), so there is no direction", "静风（{speed:.1f} m/s），无法定向"),
    "data_give_no_direction": ("the data support no direction", "资料不足以定向"),
    "register_leaves_places": (
        "the register leaves {count} places for the site, and it stands at the one that fits with probability "
        "{share:.2f} only: check the register first",
        "名录坐标存疑，该点位有 {count} 个可能位置，与检测相符的位置概率仅 {share:.2f}，须先核实名录坐标",
    ),
    "coordinates_too_coarse": (
        "the site's coordinates ({crs_source}) are good to ± {sd_m:.0f} m only: check the register first",
        "点位坐标（坐标系{crs_source}）误差约 ± {sd_m:.0f} m，须先核实名录坐标",
    ),
    "share_below_limit": ("probability {p} is below {limit:.2f}", "概率 {p} 低于 {limit:.2f}"),
    "neighbour_nearly_as_likely": (
        "another listed site is nearly as likely ({other:.2f} against {p:.2f})",
        "另有名录内点位概率相近（{other:.2f} 对 {p:.2f}）",
    ),
    "explained_by_site": (
        "seen in {seen} of {crossed} passes, and this site explains it with probability {p:.2f}",
        "{crossed} 次通过中检出 {seen} 次，该点位解释概率 {p:.2f}",
    ),
    "likely_beyond_permit": (
        "that it emits more than it may has probability {p:.2f}",
        "超出许可排放的概率 {p:.2f}",
    ),
    "lawfulness_unknown": (
        "lawfulness unknown: the registers state no limit for it, and no record speaks of it",
        "是否合法未知：名录未载明许可限值，亦无相关监测记录",
    ),
    "lawfulness_open": (
        "whether it is within the permit is open (beyond it with probability {p:.2f})",
        "是否在许可范围内尚不能判断（超出许可的概率 {p:.2f}）",
    ),
    "within_permit": (
        "by what is known it is more likely within the permit (beyond it with probability {p:.2f})",
        "就现有资料而言更可能在许可范围内（超出许可的概率 {p:.2f}）",
    ),
    "duty_officer_first": ("urgent: first inform the duty officer", "紧急：先报告值班负责人"),
    "duty_officer_first_no_drive": (
        "urgent: first inform the duty officer, no drive before it is cleared",
        "紧急：先报告值班负责人，解除前不得复测",
    ),
    # --- onevisit/leads/lawful.py ---
    "heard_rate": (
        "emitting {kg_h:rounded} kg/h (90 %: {low:rounded} to {high:rounded}), where {limit:rounded} kg/h are "
        "permitted",
        "排放速率 {kg_h:rounded} kg/h（90 %：{low:rounded} 至 {high:rounded}），许可 {limit:rounded} kg/h",
    ),
    "heard_exceedance": (
        "its own records show it at that time ({kind:word}, {id})",
        "同时段自动监测亦有显示（{kind:word}，{id}）",
    ),
    "heard_clean_records": (
        "its own records cover that time and show nothing beyond the limit",
        "同时段自动监测记录未见超限",
    ),
    "heard_stop_order": ("an order was in force then ({measure})", "当时处于管控期（{measure}）"),
    "heard_expired": ("the discharge permit had expired on {day}", "排污许可证已于 {day} 到期"),
    "heard_complaint": ("{count:|open complaint|open complaints} about it", "未办结投诉 {count} 件"),
    # --- onevisit/leads/places.py ---
    "explained_by_no_site": (
        "seen in {seen} of {crossed} passes, and a source on no list explains it with probability {p:.2f}",
        "{crossed} 次通过中检出 {seen} 次，名录外来源的概率 {p:.2f}",
    ),
    # --- onevisit/leads/records.py ---
    "record_says": (
        "{kind:word} at {point}, {span} ({id}){cause}",
        "{point} {kind:word}，{span}（编号 {id}）{cause}",
    ),
    "record_says_times": (
        "{kind:word} {n} times, the gravest at {point}, {span} ({id}){cause}",
        "{kind:word} {n} 次，最重一次为 {point}，{span}（编号 {id}）{cause}",
    ),
    "likeliest_cause": ("; likeliest: {cause:word} ({p:.2f})", "；最可能：{cause:word}（{p:.2f}）"),
    "faults_repeated": (
        "{device} at fault {n} times within a year, from {days} on each: help did not last",
        "{device} 一年内故障 {n} 次（{days} 起），帮扶未能根治",
    ),
    # --- onevisit/leads/registers.py ---
    "permit_expired": ("discharge permit expired on {day}", "排污许可证已于 {day} 到期"),
    "permit_expires": ("discharge permit expires on {day}", "排污许可证将于 {day} 到期"),
    "registration_missing": (
        "no permit and no registration in the registers: to be looked up on the national platform",
        "名录中无排污许可证或登记信息，须在国家平台核实",
    ),
    "credit_low": ("credit of environmental conduct: {label}", "环境信用：{label}"),
    "disclosure_late": ("disclosure of environmental information: {label}", "环境信息披露：{label}"),
    "order_in_force": (
        "order in force: {measure}, grade {grade}, until {until}",
        "管控令有效：{measure}，等级 {grade}，至 {until}",
    ),
    "order_unnamed": ("measure not stated", "未载明措施"),
    "until_lifted": ("it is lifted (no end stated)", "解除为止（未载明截止日期）"),
    "complaint_open": ("complaint of {day} not settled yet", "{day} 的投诉尚未办结"),
    "rectification_open": ("rectification not finished, due {day}", "整改未完成，期限 {day}"),
    "rectification_overdue": (
        "rectification overdue since {day}: proof is to be sent",
        "整改逾期（期限 {day}），须提交整改证明",
    ),
    "day_not_stated": ("on a day that is not stated", "日期未载明"),
    "exempt_from_checks": ("exempt from planned checks", "列入正面清单，免于计划性检查"),
    "asked_for": ("asked by {by}: {matter} (due {due})", "{by}提出：{matter}（期限 {due}）"),
    "asked_overdue": ("asked by {by}: {matter} (overdue since {due})", "{by}提出：{matter}（已逾期，期限 {due}）"),
    "somebody": ("somebody unnamed", "未载明单位"),
    "checked_often": (
        "checked {week} times within a week and {month} times within a month by all bodies: coordinate first",
        "各部门一周内检查 {week} 次、一月内 {month} 次，须先统筹",
    ),
    # --- onevisit/leads/standing.py ---
    "register_rows_of_unknown_sites": (
        "{kind}: {count:|row names|rows name} no listed site ({names}); add the site to a register, or correct the "
        "code",
        "{kind}：{count} 行未对应到名录内点位（{names}）；请补充点位或更正编码",
    ),
    "register_rows_of_several_sites": (
        "{kind}: {count:|row names|rows name} a company of several sites; given to none of them",
        "{kind}：{count} 行仅载明拥有多个点位的企业，未归入任何点位",
    ),
    "register_rows_of_several_sites.why": (
        "a permit code would tell the site",
        "载明排污许可证编号即可对应到点位",
    ),
    "register_rows_after_day": (
        "{kind}: {count:|row is|rows are} dated after {day} and not used",
        "{kind}：{count} 行日期晚于 {day}，未采用",
    ),
    "register_rows_after_day.why": (
        "the register is newer than the mission; what was known on its day counts",
        "登记表晚于本任务；以任务当日已知情况为准",
    ),
    "order_of_unknown_area": (
        "the order is for {area}, in which no listed site is known to lie; state district or park of the sites",
        "管控令针对 {area}，名录中无点位载明位于该区域；请补充点位的区县或园区",
    ),
    "orders_without_end": (
        "{count:|order|orders} without an end taken as in force until lifted",
        "{count} 条管控令未载明截止日期，按持续有效处理",
    ),
    "orders_without_end.why": ("no row states when it was lifted", "未见解除日期"),
    "grades_disagree": (
        "an order gives the site grade {other}, the register {stated}; both are kept",
        "管控令载明等级 {other}，名录为 {stated}；两者均保留",
    ),
    "grades_disagree.why": (
        "the order names the site, so it holds for it whatever the grade",
        "管控令已指明该点位，无论等级均适用",
    ),
}
