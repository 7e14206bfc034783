"""Every word of the report and the sheets, once, in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.errors import SettingError
from ingest.settings import SettingLine
from ingest.species import SPECIES
from onevisit.words.anomalies import ANOMALY_WORDS
from onevisit.words.redrives import REDRIVE_WORDS
from onevisit.words.sources import SOURCES_ZH
from onevisit.words.witnesses import WITNESS_WORDS

LANGUAGES = ("en", "zh")

STRINGS: dict[str, tuple[str, str]] = {
    # --- head -----------------------------------------------------------------------------------------------------
    "html_lang": ("en", "zh-CN"),
    "kicker": ("Off-site supervision · mission report", "非现场监管 · 任务报告"),
    "lead_only": (
        "Everything here is a lead, never a conclusion. It says where to look and what else could explain what was "
        "measured; only an approved inspection by certified officers establishes a fact.",
        "本报告仅为线索，不作为认定结论。报告说明何处值得核查、还有哪些其他可能；事实须由持证执法人员经批准现场检查认定。",
    ),
    "contents": ("Contents", "目录"),
    "print": ("Print", "打印"),
    "summary": ("Summary", "概要"),
    "doubts": ("What is doubtful", "存疑事项"),
    "no_doubts": (
        "Nothing was found doubtful beyond the uncertainties given below.",
        "除下文所列不确定度外，无其他存疑事项。",
    ),
    # --- summary --------------------------------------------------------------------------------------------------
    "outings": ("outings measured", "航次"),
    "rows": ("rows", "行数据"),
    "photos": ("photos in mosaics", "像片（已拼接）"),
    "hotspots": ("Hotspots", "热点"),
    "hotspots_n": ("hotspots", "热点"),
    "recurring": ("met again, beyond chance", "重复检出，非偶然"),
    "visits_n": ("visits proposed", "拟入企检查"),
    "routes_n": ("routes", "检查路线"),
    "rejects_n": ("items rejected", "剔除项"),
    "sites_n": ("listed sites in reach", "范围内名录点位"),
    "line_measured": (
        "{rows} in {outings} over {km} km, {hours} of measuring.",
        "{outings}，{rows}，行程 {km} km，测量 {hours}。",
    ),
    "hours": ("{h} h {m:02d} min", "{h} 小时 {m:02d} 分钟"),
    "minutes": ("{m} min", "{m} 分钟"),
    "line_flown": ("{photos}, {used} of them in mosaics.", "{photos}，其中 {used} 张已拼接。"),
    "n_rows": ("{n} row|{n} rows", "{n} 行数据"),
    "n_outings": ("{n} outing|{n} outings", "{n} 个航次"),
    "n_photos": ("{n} photo|{n} photos", "像片 {n} 张"),
    "n_hotspots": ("{n} hotspot|{n} hotspots", "热点 {n} 处"),
    "line_found": (
        "{hotspots} above the background; met again beyond chance: {recurring}. Sites proposed for one combined "
        "visit: {visits}; to be measured again: {again}; to be settled off site: {settle}.",
        "发现{hotspots}，其中 {recurring} 处重复检出且非偶然。"
        "拟开展一次综合检查的点位 {visits} 个，须复测 {again} 个，可非现场处置 {settle} 个。",
    ),
    "line_first": (
        "The clearest of them is {id}: {species}, {value} {unit} above background in {seen} of {crossed} passes, at "
        "{lon}, {lat} ± {sd} m.",
        "其中最明确的是 {id}：{species}，{crossed} 次通过中 {seen} 次检出，高出背景 {value} {unit}，"
        "位于 {lon}, {lat} ± {sd} m。",
    ),
    "line_best": (
        "The strongest lead, {name}, asks for “{disposition}”: {reason}.",
        "最强线索为{name}，建议“{disposition}”：{reason}。",
    ),
    "line_no_drive": (
        "No drive was measured, so hotspots were not sought.",
        "本任务无走航测量数据，未作热点分析。",
    ),
    "line_nothing": (
        "No hotspot stands out from the background with the significance that the profile asks for.",
        "按参数方案的显著性要求，未发现高出背景的热点。",
    ),
    "urgent": ("Urgent", "紧急"),
    "urgent_do": (
        "Inform the duty officer now and leave upwind; do not drive there again until it is cleared.",
        "立即报告值班负责人，向上风向撤离；解除前不得前往复测。",
    ),
    "urgent_value": (
        "{place}: {species} {value} {unit} against {level} {unit} ({averaging}; {source}), {time}",
        "{place}：{species} {value} {unit}，对照 {level} {unit}（{averaging}；{source}），{time}",
    ),
    "urgent_place": ("{id} at {lon}, {lat}", "{id}（{lon}, {lat}）"),
    "urgent_no_place": ("At {lon}, {lat}", "{lon}, {lat} 处"),
    "doubt_acute": (
        "No acute levels are set, so nothing is called urgent, whatever was measured.",
        "未设定急性危害浓度，无论测值多高均不提示紧急。",
    ),
    "doubt_single": (
        "Met once, or not beyond chance: to be measured again before anything else, never a reason to enter: {ids}.",
        "仅检出一次，或不能排除偶然：须先行复测，不作为入企理由：{ids}。",
    ),
    "doubt_exhaust": (
        "Only tracers of exhaust rose, which passing vehicles emit too: to be measured again, never a reason to "
        "enter: {ids}.",
        "仅见尾气示踪物，过往车辆亦可造成：须先行复测，不作为入企理由：{ids}。",
    ),
    "doubt_calm": (
        "Calm, so sites are ranked without a direction: {ids}.",
        "静风，点位排序未用风向：{ids}。",
    ),
    "doubt_wind_unknown": (
        "The wind is unknown, so sites are ranked without a direction: {ids}.",
        "无风资料，点位排序未用风向：{ids}。",
    ),
    "doubt_none": (
        "More likely explained by no listed site (a source on no list, traffic, background) than by any one of them: "
        "{ids}.",
        "名录外来源、交通或背景的可能性大于任一名录内点位：{ids}。",
    ),
    "doubt_gate": (
        "The gate is not known, so the visit leads to the site's reference point: {ids}.",
        "无大门坐标，导航至点位参考点：{ids}。",
    ),
    "doubt_place": (
        "The register leaves several places for the site; the visit leads to the one that fits the measurements: "
        "{ids}.",
        "名录坐标存疑，点位有多个可能位置；导航至与检测相符的位置：{ids}。",
    ),
    "doubt_cap": (
        "No yearly cap of visits is configured: none was held back.",
        "未配置年度检查频次上限：本次未作频次限制。",
    ),
    "doubt_rejects": (
        "Not used, each with its reason in the table of rejects: {n}.",
        "未被采用的项目（原因见剔除记录）：{n} 项。",
    ),
    "doubt_wind_none": ("No trace carries wind: no hotspot has a direction.", "全部航次均无风资料：热点均无法定向。"),
    # --- map ------------------------------------------------------------------------------------------------------
    "map": ("Map", "地图"),
    "map_hint": (
        "Drag to move, Ctrl and wheel to zoom. North is up; both axes are metres of {crs}.",
        "拖动平移，Ctrl + 滚轮缩放。上为北；坐标单位为米，{crs}。",
    ),
    "segments_note": (
        "Road segments of about {m} m have the colour of the median over drive passes of the mean enhancement of "
        "each: a pass counts once, however long it stood there. All are in segments.geojson, with 95 % intervals.",
        "路段每段约 {m} m，颜色表示各次通过平均增量的中位数；每次通过只计一次，与停留时间无关。"
        "全部路段及其 95 % 区间见 segments.geojson。",
    ),
    "map_of": ("Map {name}", "地图 {name}"),
    "layer_mosaic": ("Mosaic", "正射影像"),
    "layer_findings": ("Findings", "影像发现"),
    "layer_track": ("Enhancement", "增量"),
    "layer_segments": ("Road segments", "路段"),
    "layer_hotspots": ("Hotspots", "热点"),
    "layer_sites": ("Sites", "点位"),
    "layer_routes": ("Routes", "路线"),
    "layer_areas": ("Where a source could be", "来源可能范围"),
    "layer_roads": ("Streets", "道路"),
    "species": ("Species", "监测因子"),
    "above_background": ("above background", "高出背景"),
    "zoom_in": ("Zoom in", "放大"),
    "zoom_out": ("Zoom out", "缩小"),
    "whole": ("Whole map", "全图"),
    "no_script": (
        "The map and the readings under the pointer need JavaScript; everything else on this page does not.",
        "地图与读数提示需要 JavaScript，其余内容不受影响。",
    ),
    "easting": ("easting, m", "东坐标，m"),
    "northing": ("northing, m", "北坐标，m"),
    "show_on_map": ("Show on the map", "在地图上查看"),
    # --- hotspots -------------------------------------------------------------------------------------------------
    "hotspot_intro": (
        "A hotspot is one place: everything that one source could have made there, in all species. Beside each stand "
        "all candidates, and what is left for none of them.",
        "一处热点即一个地点：同一来源可能造成的全部检出，含各监测因子。每处均列出全部候选点位，以及名单外的可能。",
    ),
    "why_intro": (
        "Its picture shows why: passes that met a plume there are solid with a dot at the peak, those that met none "
        "dashed with a square; the pale sectors lead upwind from each peak, two standard deviations of the wind to "
        "either side; squares are sites, larger where likelier.",
        "配图说明依据：实线与圆点为检出烟羽的通过（圆点为峰值处），虚线与方框为未检出的通过；浅色扇形自峰值指向上风向，"
        "两侧各为风向的两倍标准差；方块为点位，越大可能性越高。",
    ),
    "source_at": (
        "source at {lon}, {lat} ± {sd} m by the passes alone, emitting {rate} {unit} (90 %: {low} to {high})",
        "仅据走航推算：来源位于 {lon}, {lat} ± {sd} m，排放速率 {rate} {unit}（90 %：{low} 至 {high}）",
    ),
    "why_alt": ("Map of passes, wind and candidate sites of {id}", "{id} 的通过、风向与候选点位图"),
    "enhancement": ("Enhancement", "增量"),
    "background": ("Background", "背景浓度"),
    "seen": ("Seen", "检出"),
    "seen_of": ("in {seen} of {crossed} passes", "{crossed} 次通过中 {seen} 次"),
    "chance": ("By chance alone", "偶然出现"),
    "chance_p": ("p {p} on this map", "本图上 p {p}"),
    "chance_one": ("cannot be told from one pass", "仅一次通过，无法判断"),
    "card_single": (
        "Met on one pass. Drive there again before anything else is asked; it never asks for a visit.",
        "仅一次通过检出。须先行复测，不作为入企检查的理由。",
    ),
    "card_chance": (
        "Met on {seen} passes, which chance may explain. Drive there again before anything else is asked; it never "
        "asks for a visit.",
        "{seen} 次通过检出，但不能排除偶然。须先行复测，不作为入企检查的理由。",
    ),
    "card_exhaust": (
        "Only tracers of exhaust rose, which passing vehicles emit too. Drive there again before anything else is "
        "asked; it never asks for a visit.",
        "仅见尾气示踪物，过往车辆亦可造成。须复测，不作为入企检查的理由。",
    ),
    "wind": ("Wind", "风"),
    "wind_from": ("from {deg}° at {speed} m s⁻¹", "风向 {deg}°，{speed} m s⁻¹"),
    "wind_calm": ("calm, {speed} m s⁻¹: no direction", "静风，{speed} m s⁻¹，无法定向"),
    "wind_none": ("not measured", "无资料"),
    "when": ("When", "时间"),
    "plumes_apart": ("Plumes that are no place", "未列为热点的烟羽"),
    "plumes_intro": (
        "Met above the noise of the instrument and set apart, by reason: {counts}. The strongest of them are below, "
        "all plumes in plumes.geojson.",
        "高于仪器噪声、但未列为热点的检出，按原因计：{counts}。下列为其中最强者，全部烟羽见 plumes.geojson。",
    ),
    "apart_n": ("{reason} ({n})", "{reason}（{n} 次）"),
    "apart_exhaust": ("a passing vehicle's exhaust", "过往车辆尾气"),
    "apart_standing": ("exhaust while the own vehicle stood", "停车时的尾气"),
    "apart_water": ("water vapour", "水汽"),
    "apart_no_position": ("without a position", "无定位"),
    "apart_weak": ("not agreed by passes, nor clear alone", "未重复检出且单次不明确"),
    "with_others": (", with {others}", "，同时检出 {others}"),
    "and": (" and ", "、"),
    "comma": (", ", "、"),
    "plume_maximum": ("Above background", "高于背景"),
    "plume_width": ("Along the way", "沿途宽度"),
    "plume_place": ("Place", "位置"),
    "snr": ("Over the noise", "信噪比"),
    "outing": ("Outing", "航次"),
    "position": ("Strongest cell", "最强网格"),
    "area": ("Area", "面积"),
    "single": ("met once", "单次检出"),
    "chance_may": ("chance may explain it", "不能排除偶然"),
    "recurs": ("met again, beyond chance", "重复检出，非偶然"),
    "explained_by": ("What could explain it", "可能来源"),
    "not_weighed": ("Sites were not weighed for this hotspot.", "该热点未作溯源。"),
    "more_sites": ("{n} further listed sites", "其余 {n} 个名录点位"),
    "bearing": ("source direction {bearing}° ± {width}°", "来源方位 {bearing}° ± {width}°"),
    "no_bearing": ("no direction", "无方位"),
    "upwind_from": ("{distance} m, {bearing}°", "{distance} m，{bearing}°"),
    "this_site": ("this site", "该点位"),
    "other_listed_sites": ("other listed sites", "名录内其他点位"),
    "unlisted_source": ("a source on no list", "名录外来源"),
    "background_or_traffic": ("background or traffic", "背景或交通"),
    "instrument_fault": ("instrument fault", "仪器故障"),
    "none_of_these": ("None of these", "均非以上点位"),
    # --- leads, visits, routes ------------------------------------------------------------------------------------
    "leads": ("Leads", "线索"),
    "lead_intro": (
        "One line a site: what speaks for looking at it, every rival explanation, and the least intrusive step that "
        "settles it.",
        "每个点位一行：线索依据、其他可能解释，以及足以厘清的最小干预措施。",
    ),
    "no_leads": ("No listed site is pointed at.", "无线索指向名录内点位。"),
    "weak_leads": ("Too weak to act on", "暂不处置的弱线索"),
    "site": ("Site", "点位"),
    "disposition": ("Proposed", "处置建议"),
    "reasons": ("Reasons", "理由"),
    "explanations": ("Explanations", "各解释概率"),
    "none": ("nothing", "暂不处置"),
    "measure_again": ("measure again", "复测"),
    "remind": ("remind", "提醒"),
    "help": ("help", "帮扶"),
    "visit": ("visit", "现场检查"),
    "routes": ("Visits and routes", "检查与路线"),
    "route_intro": (
        "Each site is entered once, for everything on its list. Every visit needs the approval of the head of the "
        "enforcing body and two certified officers; names and approval numbers are left blank on purpose.",
        "每个点位只进一次门，一次查多事。每次检查均须执法机构负责人批准、两名以上持证人员实施；人员与批准文号有意留空。",
    ),
    "no_routes": ("No visit is proposed, so there is no route.", "未建议入企检查，故无路线。"),
    "route_line": (
        "{stops} stops · {km} km · {driving} driving · {start} to {end}",
        "{stops} 站 · {km} km · 行车 {driving} · {start} 至 {end}",
    ),
    "straight": ("straight lines with a detour factor", "直线距离乘绕行系数"),
    "on_roads": ("along the street network", "按路网计算"),
    "stop": ("Stop", "序号"),
    "arrive": ("Arrive", "到达"),
    "leave": ("Leave", "离开"),
    "kind": ("Kind", "类别"),
    "daily": ("daily", "日常检查"),
    "special": ("special", "专项检查"),
    "case": ("case", "个案检查"),
    "counts": ("counts against the cap", "计入年度频次"),
    "counts_not": ("not counted against the cap", "不计入年度频次"),
    "this_year": ("{used} of {cap} this year", "本年度 {used}/{cap} 次"),
    "this_year_open": ("{used} this year, no cap set", "本年度 {used} 次，未设上限"),
    "matters": ("To check", "检查事项"),
    "navigate": ("Navigate", "导航"),
    "not_gate": ("reference point, gate unknown", "参考点，大门未知"),
    "approval": ("Approval no.", "批准文号"),
    "officers": ("Officers (2 or more, certified)", "执法人员（两名以上，持证）"),
    "team": ("team {n}", "第 {n} 组"),
    "unplanned": ("Proposed, but on no route", "已建议但未排入路线"),
    # --- traces, mosaics ------------------------------------------------------------------------------------------
    "traces": ("Traces", "走航数据"),
    "trace_intro": (
        "Each bar spans the lowest and highest value of its slice of time, so that no peak is lost; the line is the "
        "background. Below, rows that no estimate uses, by reason. Triangles are plumes.",
        "竖条为各时段最小值至最大值，峰值不丢失；细线为背景浓度。下方为未参与计算的数据行及其原因，三角为烟羽穿越。",
    ),
    "no_traces": ("The mission holds no usable trace.", "本任务无可用走航数据。"),
    "value_range": ("value", "数值"),
    "plumes": ("plumes", "烟羽"),
    "passes": ("passes", "次通过"),
    "flagged": ("flagged", "标记"),
    "flag_position": ("position missing or wrong", "无定位或定位异常"),
    "flag_value": ("no value, fault or out of range", "无值、故障或超量程"),
    "flag_exhaust": ("exhaust or depot", "尾气或驻车"),
    "flag_mark": ("calibration or removed by hand", "校准或人工剔除"),
    "detection_limit": ("detection limit", "检出限"),
    "mosaics": ("Mosaics", "正射影像"),
    "no_mosaics": ("The mission holds no usable flight.", "本任务无可用航拍。"),
    "mosaic_facts": ("{used} of {photos} photos", "像片 {used}/{photos} 张"),
    "gsd": ("ground pixel {gsd} cm", "地面分辨率 {gsd} cm"),
    "mismatch": ("mismatch {m} m", "接边误差 {m} m"),
    "position_error": ("position error {m} m", "定位误差 {m} m"),
    "mosaic_findings": ("What the mosaics show", "影像发现"),
    "findings_sought": ("{kind} sought on {ha} ha: {n} found.", "在 {ha} 公顷内查找{kind}：发现 {n} 处。"),
    "findings_intro": (
        "Sought by colour or temperature alone. A finding, and ground where one was sought and not seen, weighs on "
        "who explains a hotspot. All are in findings.geojson.",
        "仅按颜色或温度查找。发现及查找后未见均参与溯源。全部见 findings.geojson。",
    ),
    "finding_bare_soil": ("Bare soil", "裸土"),
    "finding_hot_surface": ("Hot surfaces", "高温表面"),
    "finding_kind": ("Shown", "类型"),
    "finding_contrast": ("Off the other ground by", "与其余地面之差"),
    "finding_confidence": ("Confidence", "置信度"),
    "finding_photo": ("Photo", "像片"),
    # --- records --------------------------------------------------------------------------------------------------
    "records": ("How this came about", "过程记录"),
    "decisions": ("Decisions", "判断记录"),
    "decision_intro": (
        "What was believed, guessed or repaired, and on what evidence.",
        "采信、推断或修正了什么，依据为何。",
    ),
    "item": ("Item", "对象"),
    "decision": ("Decision", "判断"),
    "evidence": ("Evidence", "依据"),
    "rejects": ("Rejects", "剔除记录"),
    "reject_intro": ("What was not used, where the trouble is, and what to try.", "未采用的内容、问题所在与建议。"),
    "where": ("Where", "位置"),
    "reason": ("Reason", "原因"),
    "stages": ("Stages", "处理阶段"),
    "stage": ("Stage", "阶段"),
    "taken": ("In", "输入"),
    "given": ("Out", "输出"),
    "rejected": ("Rejected", "剔除"),
    "skipped": ("unchanged, skipped", "未变，跳过"),
    "thresholds": ("Settings", "参数方案"),
    "threshold_intro": (
        "Profile “{name}”: what differs from the default, with its unit and source. None is law.",
        "参数方案“{name}”：与默认不同的参数及其单位、来源。均非法定限值。",
    ),
    "all_default": ("All settings are the defaults.", "全部采用默认参数方案。"),
    "name": ("Name", "名称"),
    "value": ("Value", "取值"),
    "unit": ("Unit", "单位"),
    "source": ("Source", "来源"),
    "nothing": ("Nothing.", "无。"),
    "footer": (
        "Made by onevisit {version} (code {code}) from the files named in manifest.json. Times are {zone}.",
        "由 onevisit {version}（代码 {code}）依据 manifest.json 所列文件生成。时间为 {zone}。",
    ),
    # --- sheets ---------------------------------------------------------------------------------------------------
    "sheet": ("Task sheet", "检查任务单"),
    "address": ("Address", "地址"),
    "coordinates": ("Position", "坐标"),
    "result": ("Result", "检查结果"),
    "scan_in": ("Scanned in", "扫码进入"),
    "scan_out": ("Scanned out", "扫码离开"),
    "findings": ("Findings, photos, re-measurement", "检查发现、照片、复测"),
    "permit": ("Permit code", "排污许可证编号"),
    "last_visit": ("Last visit", "最近检查"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    # --- what the records say -------------------------------------------------------------------------------------
    "recorded": ("What the records say", "监测记录"),
    "recorded_intro": (
        "Anomalies of monitors, power and treatment records, each with what can have made it. A record is a lead, "
        "never a verdict: the analyser may be at fault, the mark may be right. The grey boxes are the times of the "
        "anomalies, the broken line is the limit that the record states, the stripes below are marks. All are in "
        "anomalies.geojson.",
        "自动监测、用电与治污设施记录中的异常，逐条列出可能的原因。记录仅为线索，不作为认定结论：可能是仪器故障，"
        "标记也可能属实。灰色区段为异常时段，虚线为记录所载限值，下方条带为标记。全部异常见 anomalies.geojson。",
    ),
    "no_records": (
        "The mission has no records of monitors, power or treatment.",
        "本任务无自动监测、用电或治污设施记录。",
    ),
    "recorded_unshown": (
        "Records of {n} more sites say something; all are in anomalies.geojson.",
        "另有 {n} 个点位的记录存在异常，全部见 anomalies.geojson。",
    ),
    "nothing_recorded": (
        "The records were asked by every rule; nothing in them asks for an explanation.",
        "全部记录已按各规则检查，未发现需说明的异常。",
    ),
    "record_more": ("Besides: {listed}.", "另有：{listed}。"),
    "record_times": ("{kind} ({n})", "{kind}（{n}）"),
    "record_matter": ("{kind} at {point}, {span} ({id}){cause}", "{point} {kind}，{span}（{id}）{cause}"),
    "record_matter_times": (
        "{kind} {n} times, the gravest at {point}, {span} ({id}){cause}",
        "{kind} {n} 次，最重一次为 {point}，{span}（{id}）{cause}",
    ),
    "record_cause": ("; likeliest: {cause} ({p})", "；最可能：{cause}（{p}）"),
    "record_figures": ("Compared", "比对"),
    "causes": ("What can have made it", "可能的原因"),
    "rivals": ("What also speaks in it", "其他解释"),
    "quantity": ("Quantity", "指标"),
    "anomaly": ("Anomaly", "异常"),
    "anomalies_n": ("anomalies in records", "记录异常"),
    "limit": ("limit", "限值"),
    "marked_as": ("marked “{text}”", "标记为“{text}”"),
    "ran_then": ("ran at {time}: {p}", "{time} 运行概率 {p}"),
    "record_then": ("records: {listed}", "记录：{listed}"),
    **ANOMALY_WORDS,
    **REDRIVE_WORDS,
    **WITNESS_WORDS,
}


class Words:
    """The words of one language.

    Raises
    ------
    SettingError
        If the language is neither ``en`` nor ``zh``.

    Examples
    --------
    >>> Words("zh")("visits_n"), Words("en")("this_year", used=1, cap=2)
    ('拟入企检查', '1 of 2 this year')
    """

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise SettingError(f"language {lang!r}; expected one of {', '.join(LANGUAGES)}")
        self.lang = lang
        self._column = LANGUAGES.index(lang)

    def __call__(self, key: str, **values: object) -> str:
        """The words of ``key``, with ``values`` put into their places."""
        text = STRINGS[key][self._column]
        return text.format(**values) if values else text

    def count(self, key: str, number: int) -> str:
        """A number with its noun, singular or plural.

        Examples
        --------
        >>> Words("en").count("n_outings", 1), Words("en").count("n_rows", 3342), Words("zh").count("n_rows", 1)
        ('1 outing', '3,342 rows', '1 行数据')
        """
        forms = STRINGS[key][self._column].split("|")
        return forms[0 if number == 1 else -1].format(n=f"{number:,}")

    def source(self, room: str, line: SettingLine) -> str:
        """Where the value of a setting comes from."""
        key = f"{room}.{line.name}" if room else line.name
        return line.source if self.lang == "en" else SOURCES_ZH.get(key, line.source)

    def species(self, name: str) -> str:
        """A species as it is printed; what is no slug of the table is printed as it came."""
        species = SPECIES.get(name)
        return (species.printed_en, species.printed_zh)[self._column] if species else name

    def others(self, names: Sequence[str]) -> str:
        """What rose with a leading species, to stand behind it; empty where nothing did.

        Examples
        --------
        >>> Words("en").others(["tvoc", "xylene", "co"]), Words("zh").others(["co"]), Words("en").others([])
        (', with TVOC, xylenes and CO', '，同时检出 CO', '')
        """
        if not names:
            return ""
        *first, last = [self.species(name) for name in names]
        listed = self("and").join([self("comma").join(first), last]) if first else last
        return self("with_others", others=listed)
