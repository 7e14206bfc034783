"""What monitor records can show, and what can have made it, in English and Chinese; merged into ``STRINGS``."""

from __future__ import annotations

from collections.abc import Mapping

ANOMALY_WORDS: Mapping[str, tuple[str, str]] = {
    # --- kinds of `monitors.schema.Anomaly` -----------------------------------------------------------------------
    "record_exceedance": ("Above the limit", "超过限值"),
    "record_marked_exceedance": ("Above the limit, and marked", "超过限值，已作标记"),
    "record_near_limit": ("Close below the limit for long", "长时间紧贴限值"),
    "record_constant": ("Value that does not change", "数值恒定不变"),
    "record_frozen_pair": ("Two quantities that move as one", "两项指标同步不变"),
    "record_negative": ("Below zero", "出现负值"),
    "record_zero": ("Zero where it cannot be", "不应为零而为零"),
    "record_step": ("Step of the level", "水平突变"),
    "record_drift": ("Slow drift of the level", "水平缓慢漂移"),
    "record_noise_collapse": ("Scatter that is gone", "波动消失"),
    "record_spike": ("Single values far off", "个别数值突跳"),
    "record_periodicity": ("Repeats in a strict rhythm", "按固定周期重复"),
    "record_missing": ("Hours without a value", "时段缺数"),
    "record_late": ("Came late", "数据迟报"),
    "record_ammonia_above_total_nitrogen": ("Ammonia nitrogen above total nitrogen", "氨氮高于总氮"),
    "record_oxygen_dilution": ("Oxygen that thins the gas", "含氧量偏高（疑似稀释）"),
    "record_converted_differs": ("Converted value does not follow from the measured", "折算值与实测值不符"),
    "record_flow_zero": ("No flow, but a concentration", "流量为零而有浓度"),
    "record_stop_marked_but_running": ("Marked as stopped, but running", "标记停运而实际运行"),
    "record_mark_contradicted": ("Mark that other records contradict", "标记与其他记录矛盾"),
    "record_marks_over_limit": ("More marked hours than a year allows", "年度标记时长超限"),
    "record_marks_outside_industry": ("Marks in an industry without marking rules", "非标记规则行业使用标记"),
    "record_calibration_in_work_hours": ("Calibration in working hours", "生产时段校准"),
    "record_substituted": ("Replaced by rule", "按规则替代的数据"),
    "record_check_failed": ("Standard check failed", "标样核查不合格"),
    "record_treatment_off": ("Production without treatment", "生产时治污设施未运行"),
    "record_idle_treatment": ("Treatment runs idle", "治污设施空转"),
    "record_production_in_stop": ("Production during a stop order", "停限产期间生产"),
    "record_meter_offline": ("Meter silent", "电表离线"),
    # --- causes ---------------------------------------------------------------------------------------------------
    "cause_emission": ("the site emitted so", "确有排放"),
    "cause_tampering": ("the record or its mark was made so", "记录或标记失实"),
    "cause_fault": ("the instrument is at fault", "仪器故障"),
    "cause_maintenance": ("calibration or repair", "校准或维护"),
    "cause_operation": ("ordinary operation", "正常工况"),
    "cause_transmission": ("lost on the way", "传输丢失"),
    # --- what was compared, by kind -------------------------------------------------------------------------------
    "says_exceedance": (
        "highest {highest} {unit} against {limit} ({compared}), {intervals} × {interval}",
        "最高 {highest} {unit}，限值 {limit}（{compared}），共 {intervals} 个{interval}值",
    ),
    "says_marked_exceedance": (
        "highest {highest} {unit} against {limit} ({compared}), {intervals} × {interval}",
        "最高 {highest} {unit}，限值 {limit}（{compared}），共 {intervals} 个{interval}值",
    ),
    "says_near_limit": (
        "{intervals} values from {lowest_share} of the limit {limit} {unit} on, too many for their spread",
        "{intervals} 个数值位于限值 {limit} {unit} 的 {lowest_share} 倍以上，与其离散程度不符",
    ),
    "says_constant": (
        "{value} {unit} in {intervals} intervals, at a resolution of {resolution} and a cycle of {cycle} intervals",
        "连续 {intervals} 个时段均为 {value} {unit}，分辨率 {resolution}，测量周期 {cycle} 个时段",
    ),
    "says_frozen_pair": (
        "{ratio} times {pair} in {intervals} intervals",
        "{intervals} 个时段内恒为 {pair} 的 {ratio} 倍",
    ),
    "says_negative": (
        "down to {lowest} {unit} where {usual} is usual, {intervals} intervals",
        "最低 {lowest} {unit}，通常为 {usual}，共 {intervals} 个时段",
    ),
    "says_zero": (
        "zero in {intervals} intervals where {usual} {unit} is usual",
        "连续 {intervals} 个时段为零，通常为 {usual} {unit}",
    ),
    "says_step": ("{times} times the level before", "为此前水平的 {times} 倍"),
    "says_drift": ("{times} times the level before, little by little", "逐渐变为此前水平的 {times} 倍"),
    "says_noise_collapse": ("scatter {times_less} times smaller than before", "波动缩小为此前的 1/{times_less}"),
    "alone_spike": ("{value} {unit}, far off what is usual", "{value} {unit}，远离常见值"),
    "says_spike": ("{value} {unit} beside {beside}", "{value} {unit}，前后为 {beside}"),
    "says_periodicity": ("{share} of its variance in one rhythm", "{share} 的方差来自同一周期"),
    "says_missing": ("{intervals} intervals without a value", "缺 {intervals} 个时段"),
    "says_late": ("came {hours} h late", "迟报 {hours} 小时"),
    "says_ammonia_above_total_nitrogen": (
        "ammonia nitrogen {ammonia} {unit}, total nitrogen {total}",
        "氨氮 {ammonia} {unit}，总氮 {total}",
    ),
    "says_oxygen_dilution": (
        "oxygen {oxygen} % where {usual} % is usual: values at reference oxygen {factor} times higher",
        "含氧量 {oxygen} %，通常为 {usual} %：折算系数为平常的 {factor} 倍",
    ),
    "says_converted_differs": (
        "stated {stated} {unit}, {recomputed} by oxygen of {oxygen} % at a reference of {reference_oxygen} %",
        "折算值 {stated} {unit}；按含氧量 {oxygen} %、基准 {reference_oxygen} % 应为 {recomputed}",
    ),
    "says_flow_zero": (
        "no flow in {intervals} intervals where {usual} {unit} is usual",
        "{intervals} 个时段流量为零，通常为 {usual} {unit}",
    ),
    "says_stop_marked_but_running": ("ran with probability {running}", "运行概率 {running}"),
    "says_mark_contradicted": (
        "{intervals} intervals in {quantities} quantities; at such times the plant ran at high load in {high_load}",
        "涉及 {quantities} 项指标、{intervals} 个时段；其中高负荷运行占 {high_load}",
    ),
    "says_marks_over_limit": (
        "{hours} h in {year}, {allowed} h allowed",
        "{year} 年已标记 {hours} 小时，允许 {allowed} 小时",
    ),
    "says_marks_outside_industry": ("{hours} h at industry {industry}", "行业代码 {industry}，标记 {hours} 小时"),
    "says_calibration_in_work_hours": (
        "{hours} h between {work_from} and {work_until} o’clock",
        "{work_from} 时至 {work_until} 时之间 {hours} 小时",
    ),
    "says_substituted": (
        "{value} {unit} in {intervals} intervals, the largest of {window_h} h before",
        "连续 {intervals} 个时段为 {value} {unit}，即此前 {window_h} 小时的最大值",
    ),
    "says_check_failed": (
        "{value} {unit} for a standard of {level} ± {tolerance}",
        "标样 {level} ± {tolerance}，测得 {value} {unit}",
    ),
    "says_treatment_off": (
        "{hours} h at {power} {unit} where {usual} is usual, while production ran",
        "生产期间治污设施功率 {power} {unit}（通常 {usual}），持续 {hours} 小时",
    ),
    "says_idle_treatment": (
        "{hours} h at {share} of its own running power of {usual} {unit}",
        "持续 {hours} 小时，功率仅为自身运行功率（{usual} {unit}）的 {share}",
    ),
    "says_production_in_stop": ("{hours} h during {measure} ({order})", "{measure}期间生产 {hours} 小时（{order}）"),
    "says_meter_offline": (
        "{hours} h {how}; devices linked to it ran for {partner_hours} h of them",
        "{hours} 小时{how}；期间关联设备运行 {partner_hours} 小时",
    ),
    "said_corrected": ("at reference oxygen", "折算值"),
    "said_measured": ("as measured", "实测值"),
    "said_hour": ("hour", "小时"),
    "said_day": ("day", "日"),
    "said_minute": ("minute", "分钟"),
    "said_zero": ("at zero", "读数为零"),
    "said_stuck": ("at one value", "读数不变"),
    "said_missing": ("without a value", "无读数"),
    # --- what else speaks in it -----------------------------------------------------------------------------------
    "rival_air_leak": ("air leaks in", "漏风"),
    "rival_zero_drift": ("the zero has drifted", "零点漂移"),
    "rival_stop": ("the plant stood", "停产"),
    "rival_steered_close_to_limit": ("the plant is steered close to its limit", "按限值附近控制运行"),
    "rival_meter_at_zero": ("the meter is dead", "电表失效"),
    "rival_switched_off_at_the_mains": ("switched off at the mains", "总闸断电"),
    "rival_link_not_stated": ("the link of the devices is assumed", "设备关联为推定"),
    "rival_outlet_unchanged": ("the outlet measured no more than before", "排放口浓度未升高"),
    "rival_state_only_declared": ("the state is declared, not measured", "运行状态为申报值"),
    "rival_order_without_end": ("the order states no end", "指令未注明截止日期"),
    "rival_device_never_changes": ("the device never changes", "设备功率从不变化"),
}
"""Keys are ``record_<kind>``, ``cause_<cause>``, ``says_<kind>``, ``said_<code of a value>`` and ``rival_<code>``."""
