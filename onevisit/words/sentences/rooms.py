"""Sentences about tracks, fusion, leads, visits and the job."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- tracks/corrections.py ---
    "species_corrected": ("{species} corrected for {effect}", "{species} 已作{effect}修正"),
    "species_corrected.why": (
        "{count} of {rows} rows, by a median factor of {factor:.3g}",
        "{rows} 行中修正 {count} 行，修正系数中位数为 {factor:.3g}",
    ),
    "species_not_corrected": ("{species} not corrected for {effect}", "{species} 未作{effect}修正"),
    "species_not_corrected.why": ("the trace has no {needed}", "走航数据中没有 {needed}"),
    "filter_loading": ("filter loading", "滤膜负载"),
    "humidity_uptake": ("humidity", "湿度"),
    # --- tracks/positions.py ---
    "positions_doubted": ("positions doubted and flagged", "存疑定位已标记"),
    "positions_doubted.why": ("{doubts} of {rows} rows", "共 {rows} 行，其中{doubts}"),
    "positions_jump": ("{count} jumps", "跳变 {count} 行"),
    "positions_frozen": ("{count} frozen", "定位停滞 {count} 行"),
    "positions_missing": ("{count} missing", "缺失 {count} 行"),
    "positions_rounded": (
        "positions taken as rounded to {step_m:.0f} m",
        "按经纬度已取整至 {step_m:.0f} m 处理",
    ),
    "positions_rounded.why": (
        "every longitude and latitude has no more decimals than that",
        "全部经纬度的小数位数均不超过该精度",
    ),
    "rows_in_depot_flagged": ("rows in a depot flagged, not used", "停车场内的数据行已标记，不予采用"),
    "rows_in_depot_flagged.why": ("{count} of {rows} rows", "{rows} 行中有 {count} 行"),
    "fixes_scatter": ("fixes taken as good to {sd_m:.1f} m", "卫星定位误差取 {sd_m:.1f} m"),
    "fixes_scatter.why": (
        "second differences of fixes scatter by that; {usual_m:g} m is usual",
        "由定位点二阶差分的离散程度得出；通常为 {usual_m:g} m",
    ),
    # --- tracks/sparse.py ---
    "own_speed_kept": (
        "speed and heading of {count} of {rows} rows taken from the file's own columns",
        "{rows} 行中 {count} 行的速度和航向采用文件自带的列",
    ),
    "own_speed_kept.why": (
        "fixes are {step_s:g} s apart, too far to tell the motion of a moment; the way between them agrees with the "
        "columns",
        "定位间隔 {step_s:g} s，不足以得出瞬时运动；定位点间的路程与该列一致",
    ),
    "own_speed_not_kept": (
        "speed taken from the positions, not from the file's own column",
        "速度由位置计算，不采用文件自带的速度列",
    ),
    "own_speed_not_kept.why": (
        "by the column the platform drove {ratio:.2g} times the way between its fixes; 0.5 to 3 is possible",
        "按该列，平台行驶路程为定位点间路程的 {ratio:.2g} 倍；合理范围为 0.5 至 3",
    ),
    # --- tracks/frozen.py ---
    "values_frozen": (
        "{count} values of {species} flagged value_stuck",
        "{species} 有 {count} 个数值标记为 value_stuck（读数停滞）",
    ),
    "values_frozen.why": (
        "it repeats to the last digit for {seconds:g} s and more",
        "读数连续 {seconds:g} s 及以上完全不变",
    ),
    # --- tracks/lag/align.py ---
    "response_time_corrected": (
        "response time of {response_s:g} s corrected: {species}",
        "已按 {response_s:g} s 修正仪器响应时间：{species}",
    ),
    "response_time_corrected.why": ("given in the settings", "由参数设置给出"),
    "inlet_lag_given": ("inlet lag of {lag_s:g} s applied: {species}", "已按 {lag_s:g} s 修正进气滞后：{species}"),
    "inlet_lag_given.why": ("given in settings or file", "由参数设置或数据文件给出"),
    "inlet_lag_unknown": (
        "inlet lag not known, none applied (standard deviation {sd_s:g} s); give lag_s: {species}",
        "进气滞后未知，未作修正（标准差 {sd_s:g} s），请设置 lag_s：{species}",
    ),
    "inlet_lag_assumed": (
        "inlet lag not known, {lag_s:g} ± {sd_s:g} s assumed; give lag_s: {species}",
        "进气滞后未知，暂取 {lag_s:g} ± {sd_s:g} s，请设置 lag_s：{species}",
    ),
    "inlet_lag_none_seen": ("no inlet lag applied, none is seen: {species}", "未见进气滞后，不作修正：{species}"),
    "inlet_lag_estimated": (
        "inlet lag estimated as {lag_s:g} ± {sd_s:g} s and applied: {species}",
        "进气滞后估算为 {lag_s:g} ± {sd_s:g} s，已修正：{species}",
    ),
    "no_meetings_for_lag": (
        "no places that were passed in opposite directions and saw a plume",
        "没有往返双向经过且检出烟羽的位置",
    ),
    "meetings_for_lag": (
        "{places} places passed in opposite directions: best score {score:.1f}, as high by chance: {chance:.0%}; "
        "weighed with published lags",
        "往返双向经过的位置 {places} 处：最高得分 {score:.1f}，偶然达到该得分的概率 {chance:.0%}；"
        "已结合文献中的滞后时间加权",
    ),
    # --- tracks/wind.py ---
    "apparent_wind_turned": (
        "apparent wind turned round: head wind was positive",
        "视风方向已反转：原数据以迎风为正",
    ),
    "apparent_wind_turned.why": (
        "it grows by {slope:.2f} m s-1 per m s-1 of driving; −1 was expected",
        "车速每增加 1 m/s，视风增加 {slope:.2f} m/s；应为 −1 m/s",
    ),
    "true_wind_computed": ("true wind computed from the apparent wind", "已由视风计算真风"),
    "true_wind_computed.why": ("no true wind was given", "数据中没有真风"),
    "implausible_wind_flagged": ("implausible wind flagged", "不合理的风速已标记"),
    "implausible_wind_flagged.why": (
        "{count} of {rows} rows above {limit:g} m s-1",
        "{rows} 行中有 {count} 行高于 {limit:g} m/s",
    ),
    # --- tracks/background.py ---
    "no_background": ("no background for {species}", "{species} 无背景值"),
    "no_background.why": ("no usable value", "无可用数值"),
    # --- tracks/exhaust.py ---
    "vehicle_exhaust_flagged": ("vehicle exhaust flagged", "机动车尾气已标记"),
    "vehicle_exhaust_flagged.why": (
        "{count} of {rows} rows: joint spikes of {tracers}",
        "{rows} 行中有 {count} 行：{tracers} 同时出现尖峰",
    ),
    # --- tracks/segments/medians.py ---
    "segments_from_streets": (
        "{segments} road segments of about {length_m:g} m from the street network",
        "由路网划分路段 {segments} 段，每段约 {length_m:g} m",
    ),
    "segments_from_tracks": (
        "{segments} road segments of about {length_m:g} m made from the tracks",
        "由走航轨迹生成路段 {segments} 段，每段约 {length_m:g} m",
    ),
    "no_street_network": ("no street network was given", "未提供路网"),
    "rows_on_streets": (
        "{count} of {moving} moving rows are on a street within {distance_m:g} m",
        "行驶中的 {moving} 行数据有 {count} 行位于道路 {distance_m:g} m 范围内",
    ),
    # --- onevisit/segments.py ---
    "segments_not_mapped": ("medians of road segments are not mapped", "不绘制路段中位数图"),
    "segments_not_mapped.why": (
        "{streets}; {again} of {segments} segments of the tracks were passed twice or more",
        "{streets}；轨迹路段 {segments} 段中有 {again} 段通过两次及以上",
    ),
    # --- onevisit/leads/urgent.py ---
    "acute_level_exceeded": (
        "urgent: {species} {value:.3g} {unit} against a level of {level:g} {unit}; inform the duty officer, leave "
        "upwind",
        "紧急：{species} {value:.3g} {unit}，对照限值 {level:g} {unit}；报告值班负责人，向上风向撤离",
    ),
    "acute_level_exceeded.why": ("{source}", "{source}"),
    "no_acute_levels": ("nothing is called urgent", "不提示紧急"),
    "no_acute_levels.why": (
        "[acute.levels] of the profile is empty",
        "参数方案的 [acute.levels] 为空",
    ),
    "acute_level_not_compared": (
        "{species} is not held against its acute level",
        "{species} 未与急性危害浓度比较",
    ),
    "acute_level_not_compared.why": (
        "its unit, {unit}, is no concentration of it",
        "其单位 {unit} 不是该物质的浓度单位",
    ),
    # --- fusion/hotspots ---
    "places_found": (
        "{crossings} crossings of plumes: {recurrent} places where they recur beyond chance, {single} seen clearly "
        "once; {vehicles} places with tracers of exhaust alone and {weak} weak ones are not shown",
        "穿越烟羽 {crossings} 次：重复检出且非偶然的地点 {recurrent} 处，单次明确检出 {single} 处；"
        "仅见尾气示踪物的 {vehicles} 处、信号弱的 {weak} 处不列出",
    ),
    "places_found.why": (
        "plumes of all species and loggers that a vehicle meets at one moment are one crossing; crossings that one "
        "source could have made are one place",
        "同一车辆同一时刻遇到的各监测因子、各仪器的烟羽计为一次穿越；同一来源可能造成的穿越计为一处地点",
    ),
    "hotspots_found": (
        "{recurrent} recurrent hotspots, {single} single sightings",
        "重复检出的热点 {recurrent} 处，单次检出 {single} 处",
    ),
    "passes_tested": (
        "{passes} passes scored, {cells} cells crossed by two or more, {surrogates} surrogates",
        "评分通过 {passes} 次，两次及以上通过的网格 {cells} 个，替代数据 {surrogates} 组",
    ),
    "passes_tested_nowhere_twice": (
        "{passes} passes scored, {cells} cells crossed by two or more, {surrogates} surrogates; no place was crossed "
        "twice, so nothing can recur",
        "评分通过 {passes} 次，两次及以上通过的网格 {cells} 个，替代数据 {surrogates} 组；"
        "没有位置被通过两次，无法判断是否重复检出",
    ),
    "no_hotspots_sought": ("no hotspots sought", "未作热点分析"),
    "no_hotspots_sought.why": (
        "no pass has enough cells of different value",
        "没有一次通过具有足够多数值不同的网格",
    ),
    "pass_of_few_cells": (
        "{cells} cells, fewer than {minimum}: no background to stand out from",
        "仅 {cells} 个网格，少于 {minimum} 个：没有可供比较的背景",
    ),
    "pass_of_equal_cells": (
        "all cells have the same value: nothing can stand out",
        "全部网格数值相同：无从比较高低",
    ),
    "candidate_high_in_no_pass": (
        "passes agree, but none is high there by itself",
        "各次通过结果一致，但单独看均未偏高",
    ),
    "sighting_is_exhaust": (
        "seen once, {tracers} and {last_tracer} together: the exhaust of a vehicle explains it",
        "仅检出一次，且 {tracers} 与 {last_tracer} 同时升高：可由机动车尾气解释",
    ),
    # --- fusion/attribution/joint ---
    "joint_wind_spikes": ("wind that no air makes left out", "风速异常尖峰已剔除"),
    "joint_wind_spikes.why": (
        "{count} {count:|row|rows} far above all others of the mast",
        "该测风点有 {count} 行风速远高于其余各行",
    ),
    "joint_nothing_met": ("nothing to locate a source from", "没有可用于定位排放源的观测"),
    "joint_nothing_met.why": (
        "in none of {blocks} {blocks:|block|blocks} was there a wind with a direction and a value above background",
        "共 {blocks} 个时段，均无有风向的风或高于本底的数值",
    ),
    "joint_station_nowhere": (
        "has no position; give lon and lat, or the two ends of its path",
        "没有位置；请给出经纬度，或光路两端的经纬度",
    ),
    "joint_masts_disagree": (
        "masts disagree; the one that the plumes follow is taken",
        "各测风点风向不一致，采用与烟羽相符者",
    ),
    "joint_masts_disagree.why": (
        "more than 25° apart in the median: {masts}",
        "风向差的中位数超过 25°：{masts}",
    ),
    "joint_calm_blocks": ("times without a wind direction left out", "无风向的时段未予采用"),
    "joint_calm_blocks.why": (
        "{count} {count:|block|blocks} with no wind, or below 0.5 m/s in the mean",
        "{count} 个时段无测风数据或平均风速低于 0.5 m/s",
    ),
    "joint_vane_mirrored": (
        "a component of the wind taken as of the wrong sign, and the vane turned by {turn}°",
        "按一个风分量符号相反处理，并将风向标转 {turn}°",
    ),
    "joint_vane_mirrored.why": (
        "the plumes fit that better than the wind as it says, by {odds:.1f} in log-odds",
        "与原记录相比，烟羽更符合该处理（对数几率高 {odds:.1f}）",
    ),
    "joint_vane_turned": (
        "the vane taken as turned by {turn}° (counter-clockwise)",
        "按风向标偏转 {turn}°（逆时针）处理",
    ),
    "joint_vane_turned.why": (
        "the plumes fit that better than the wind as it says, by {odds:.1f} in log-odds",
        "与原记录相比，烟羽更符合该处理（对数几率高 {odds:.1f}）",
    ),
    # --- fusion/attribution/attribute.py ---
    "wind_borrowed": ("wind taken from {track}", "风取自 {track}"),
    "wind_borrowed.why": (
        "it has no anemometer, and the other logger was in the same vehicle at the same time",
        "该设备没有风速仪，另一记录仪同时在同一车上",
    ),
    "wind_borrowed_afar": ("wind taken from {track}, which was elsewhere", "风取自 {track}（不在同一车上）"),
    "wind_borrowed_afar.why": (
        "it has no anemometer; the other logger ran at the same time",
        "该设备没有风速仪，另一记录仪同时在运行",
    ),
    "wind_unknown": ("wind is unknown: its passes have no direction", "风向未知：各次通过均无法定向"),
    "wind_unknown.why": (
        "it has no anemometer, and no logger with one ran at the same time",
        "该设备没有风速仪，同一时间也没有带风速仪的记录仪",
    ),
    "vane_turned": ("its wind vane stands {deg:+.0f}° off", "风向标偏转 {deg:+.0f}°"),
    "vane_turned.why": (
        "±{sd_deg:.0f}°, by the plumes at {plumes:.0f} places; clockwise is positive; allowed for in attribution",
        "±{sd_deg:.0f}°，依据 {plumes:.0f} 处烟羽；顺时针为正；归因时已计入",
    ),
    "attributed_in_calm": ("attributed without a wind direction", "归因未用风向"),
    "attributed_in_calm.why": ("calm in every pass that saw it", "检出该热点的各次通过均为静风"),
    "attributed_without_wind": ("attributed without a wind direction", "归因未用风向"),
    "attributed_without_wind.why": (
        "the wind is unknown or calm in every pass that saw it",
        "检出该热点的各次通过均无风资料或为静风",
    ),
    "attribution_names_no_sites": ("attribution names no sites", "归因未涉及具体点位"),
    "attribution_names_no_sites.why": (
        "no register was given; unlisted source or background only",
        "未提供名录；仅考虑名录外来源或背景",
    ),
    # --- ingest/schema.py ---
    "crs_declared": ("declared", "已声明"),
    "crs_guessed": ("guessed", "为推测"),
    "crs_unknown": ("unknown", "未知"),
    # --- onevisit/visits/plan.py ---
    "yearly_cap_reached": (
        "{visits} daily visits registered this year, the cap is {cap}; its daily inspection waits, and what is on "
        "the list is settled off site",
        "本年度已登记日常检查 {visits} 次，上限为 {cap} 次；日常检查顺延，清单事项以非现场方式处置",
    ),
    "daily_matters_wait": (
        "entered for its case only; daily matters wait: {matters}",
        "仅就个案入企，日常检查事项顺延：{matters}",
    ),
    "daily_matters_wait.why": (
        "{visits} daily visits registered this year, the cap is {cap}",
        "本年度已登记日常检查 {visits} 次，上限为 {cap} 次",
    ),
    "no_yearly_cap": (
        "NO YEARLY CAP IS CONFIGURED: no visit was held back; set yearly_cap under [visits] in mission.toml from the "
        "published list",
        "未配置年度检查频次上限：本次未作频次限制；请按公布的频次在 mission.toml 的 [visits] 下设置 yearly_cap",
    ),
    "no_yearly_cap.why": (
        "{visits} visits proposed, {counted} of them would count against a cap",
        "拟入企检查 {visits} 次，其中 {counted} 次应计入频次上限",
    ),
    # --- onevisit/visits/regions.py ---
    "track_without_usable_position": (
        "no row has a usable position; add a GPX or NMEA file of the same time to traces/",
        "没有一行具有可用定位；请将同一时段的 GPX 或 NMEA 文件放入 traces/",
    ),
    "grid_crs": ("grid CRS {crs} ({name})", "网格坐标系 {crs}（{name}）"),
    "grid_crs_declared": ("declared", "已声明"),
    "grid_crs_chosen": (
        "chosen from median position {lon:.4f}, {lat:.4f} of {positions}",
        "按 {positions} 个位置的经纬度中位数 {lon:.4f}，{lat:.4f} 选定",
    ),
    "regions_split": (
        "{count} regions with a grid of their own, more than {gap_km:g} km apart",
        "分为 {count} 个区域，各用独立网格，相距超过 {gap_km:g} km",
    ),
    "regions_split.why": ("{regions}", "各区域：{regions}"),
    "region_of": (
        "{grid}: {traces:|trace|traces} and {photos:|photo|photos} near {lon:.3f} {lat:.3f}",
        "{grid}（{lon:.3f} {lat:.3f} 附近，走航数据 {traces} 份，照片 {photos} 张）",
    ),
    "times_shown_in_zone": ("shown in {zone}", "按 {zone} 时区显示"),
    "times_shown_in_zone.why": ("zone of the place, {lon:.4f}, {lat:.4f}", "所在地时区，经纬度 {lon:.4f}，{lat:.4f}"),
    "site_out_of_reach": (
        "at {lon:.5f}, {lat:.5f}, {distance_km:.1f} km from the nearest measurement, beyond the reach of "
        "{reach_km:g} km; if it should be near, check its coordinates",
        "位于 {lon:.5f}，{lat:.5f}，距最近测量位置 {distance_km:.1f} km，超出 {reach_km:g} km 范围；"
        "若应在附近，请核实坐标",
    ),
    # --- onevisit/visits/routes.py ---
    "routes_from_depot": ("routes start and end at the depot", "路线由出发地往返"),
    "routes_from_depot.why": (
        "depot {lon:.5f}, {lat:.5f} of the profile",
        "出发地坐标为参数方案所设的 {lon:.5f}，{lat:.5f}",
    ),
    "routes_without_depot": (
        "routes start at their first stop and end at their last: the way there and back is not counted",
        "路线自首站起、至末站止：往返路程未计入",
    ),
    "routes_without_depot.why": (
        "no depot is known; set depot = [lon, lat] under [teams] in mission.toml",
        "出发地未知；请在 mission.toml 的 [teams] 下设置 depot = [lon, lat]",
    ),
    "distances_on_streets": (
        "distances are shortest times on the street network, without turn restrictions",
        "按路网最短用时计算路程，未考虑转向限制",
    ),
    "distances_on_streets.why": (
        "{vertices} vertices; {speed_km_h:g} km/h where a street has no maxspeed",
        "路网节点 {vertices} 个；未标限速（maxspeed）的道路按 {speed_km_h:g} km/h 计",
    ),
    "distances_are_straight": (
        "distances are straight lines times {factor:g}, at {speed_km_h:g} km/h",
        "按直线距离乘以 {factor:g} 计算路程，车速取 {speed_km_h:g} km/h",
    ),
    "distances_are_straight.why": (
        "no street network in roads/ (GeoJSON lines)",
        "roads/ 中没有路网（GeoJSON 线）",
    ),
    "site_without_street": (
        "{name} has no street within {distance_m:g} m that is connected to the others, so it is on no route: give "
        "the position of its gate, or a larger street network",
        "{name} 在 {distance_m:g} m 范围内没有与其他点位连通的道路，未列入路线：请提供大门坐标，或范围更大的路网",
    ),
    "visit_longer_than_shift": (
        "{name} alone takes {hours:.1f} h, longer than the shift of {shift_h:g} h",
        "仅 {name} 一处即需 {hours:.1f} h，超过每班 {shift_h:g} h",
    ),
    "visit_left_over": (
        "{name} ({hours:.1f} h) does not fit into {teams} teams' shifts of {shift_h:g} h; plan it for another day, "
        "or set teams or shift_h under [teams] in mission.toml",
        "{name}（{hours:.1f} h）无法排入 {teams} 个检查组每班 {shift_h:g} h 的行程；"
        "请改日安排，或在 [teams] 下调整 teams 或 shift_h",
    ),
    # --- onevisit/reading.py ---
    "rejected_by_hand": ("rejected by hand: {comment}", "人工剔除：{comment}"),
    # --- onevisit/job.py ---
    "nothing_to_process": (
        "{path} holds nothing to process: no trace with positions, no photo that can be placed",
        "{path} 中没有可处理的数据：没有带定位的走航数据，也没有可定位的照片",
    ),
    "planned_for_day": ("planned for {day}", "安排在 {day}"),
    "day_asked_for": (
        "asked for with --day; last measured on {measured}",
        "由 --day 指定；最后一次测量为 {measured}",
    ),
    "day_before_measurement": (
        "--day {day} is before the last measurement, {measured}; give that day or a later one",
        "--day {day} 早于最后一次测量（{measured}）；请给出当日或之后的日期",
    ),
    "planned_for_day.why": ("the day after the last measurement, {measured}", "最后一次测量（{measured}）的次日"),
    # --- onevisit/store.py ---
    "stored_by_another_program": ("made again", "重新生成"),
    "stored_by_another_program.why": (
        "the program or a library has changed since it was stored",
        "存储之后程序或依赖库已变更",
    ),
    "stored_entry_not_believed": ("not believed, made again", "不予采信，重新生成"),
    "stored_entry_not_kept": ("not kept, the next run makes it again", "未能保存，下次运行重新生成"),
    "store_not_kept": ("not kept, the next run does all again", "未能保存，下次运行全部重做"),
    "store_not_used": ("not used, all stages are done", "未使用，各阶段全部重做"),
    "store_held_by_another_run": (
        "another run holds the store of this folder of results",
        "该结果文件夹的存储正被另一次运行占用",
    ),
    "store_not_writable": ("it cannot be written: {error}", "无法写入：{error}"),
    "system_says": ("{error}", "系统提示：{error}"),
    "stored_file_gone": ("{file} is no longer there", "{file} 已不存在"),
    "stored_file_changed": ("{file} is not as it was written", "{file} 在写入之后已被改动"),
    "entry_of_another_format": ("it is of another format", "格式不符"),
    "entry_cut_off_or_changed": ("it is cut off or was changed", "内容不完整或已被改动"),
    "entry_not_readable": ("it cannot be read: {error}", "无法读取：{error}"),
    "entry_names_other_code": (
        "it cannot be read: {name} is nothing that a stage makes",
        "无法读取：{name} 不是任何阶段的产物",
    ),
    "entry_holds_no_result": ("it holds no result of a stage", "其中没有任何阶段的结果"),
    # --- onevisit/cli/trace.py ---
    "no_trace_in_files": ("no trace in these files", "这些文件中没有走航数据"),
    # --- onevisit/cli/quantify.py ---
    "file_is_no_trace": ("{file} is no trace", "{file} 不是走航数据"),
    # --- truth and profile ---
    "not_a_truth": (
        'is not a truth; expected the truth.json that "onevisit simulate" wrote',
        "不是真值文件；应为 onevisit simulate 写出的 truth.json",
    ),
    "no_folder_of_results": (
        'is not a folder; give the OUT of "onevisit process MISSION -o OUT"',
        "不是文件夹；请给出 onevisit process MISSION -o OUT 的输出文件夹 OUT",
    ),
    "result_not_json": ("cannot be read as JSON ({error})", "无法按 JSON 读取（{error}）"),
    "crs_of_profile": ("{origin}: crs: {cause}", "{origin}：坐标系 crs：{cause}"),
}
