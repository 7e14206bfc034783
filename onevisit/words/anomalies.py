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
}
"""Keys are ``record_<kind>`` and ``cause_<cause>``."""
