"""Sentences about what monitor records say."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- monitors/grouping.py ---
    "record_site_codes_differ": (
        "records and registers give several credit codes for permit {permit_code}; the permit code was taken",
        "监测数据与名录对排污许可证 {permit_code} 给出多个统一社会信用代码；以排污许可证编号为准",
    ),
    "record_site_codes_differ.why": ("{codes}", "代码：{codes}"),
    # --- monitors/activity.py ---
    "activity_of_sites": (
        "when {sites:|site|sites} ran was told from their records",
        "已由监测记录判断 {sites} 个点位的运行时段",
    ),
    "activity_of_sites.why": (
        "the records of {silent} more tell nothing of it",
        "另有 {silent} 个点位的记录无法判断",
    ),
    # --- monitors/heard.py ---
    "records_asked": (
        "records of {sites:|site|sites} asked by all rules",
        "已用全部规则检查 {sites} 个点位的监测数据",
    ),
    "records_asked.why": (
        "{series} series, {limited} of them with a limit; {found:|anomaly|anomalies}: {kinds}",
        "共 {series} 个序列，其中 {limited} 个注明限值；发现异常 {found} 项：{kinds}",
    ),
    "series_not_judged": (
        "{count} series not judged by any rule",
        "{count} 个序列未能用任何规则检查",
    ),
    "series_not_judged.why": ("{reasons}", "原因：{reasons}"),
    "series_there_twice": ("{count} there twice", "重复 {count} 个"),
    "series_empty": ("{count} without a row", "无数据行 {count} 个"),
    "series_of_moments": (
        "{count} of readings of moments (means of minutes, hours or days are judged)",
        "实时值序列 {count} 个（仅检查分钟、小时或日均值）",
    ),
    "series_without_quantity": ("{count} without a known quantity", "无已知监测因子 {count} 个"),
    "records_odd": (
        "odd rows in records counted; their sites stay in the lists",
        "监测数据中的异常行已计数；点位保留",
    ),
    "records_odd.why": ("{what}", "内容：{what}"),
    "values_of_one_slot": (
        "{count} values differ from another one of the same slot (the later was taken)",
        "同一时段出现不同数值 {count} 个（采用后者）",
    ),
    "rows_of_another_clock": (
        "{count} rows lie years apart from the record (a clock that began anew)",
        "{count} 行与主体记录相隔数年（时钟曾复位）",
    ),
    "series_with_stamps_off_the_slot": (
        "{count} series have stamps within their hour, day or minute, not at its start",
        "{count} 个序列的时间戳不在时段起点",
    ),
    "hours_of_marks_not_understood": (
        "{count} values bear a mark whose words are not known",
        "{count} 个数值带有未知含义的标记",
    ),
    "hours_of_checks_above_limit": (
        "{count} values of a calibration lie above the limit (those of its standard)",
        "校准期间高于限值的数值 {count} 个（为标准物质的数值）",
    ),
    "quantities_of_unknown_code": ("{count} quantities have an unknown code", "编码未知的监测因子 {count} 个"),
    "values_in_which_records_differ": (
        "{count} values differ between two records of one point (both were judged)",
        "同一监测点的两份记录有 {count} 个数值不一致（均已检查）",
    ),
    "marks_until_the_end_of_the_record": (
        "{count} records end under a mark that was never taken back",
        "{count} 份记录直至末尾仍处于标记状态",
    ),
    # --- kinds of anomaly ---
    "kind_none": ("none", "无"),
    "kind_exceedance": ("{count:|exceedance|exceedances}", "超标 {count} 项"),
    "kind_marked_exceedance": (
        "{count:|marked exceedance|marked exceedances}",
        "带标记的超标 {count} 项",
    ),
    "kind_near_limit": ("{count} near the limit", "贴限排放 {count} 项"),
    "kind_constant": ("{count:|constant run|constant runs}", "恒值 {count} 项"),
    "kind_frozen_pair": ("{count:|quantity|quantities} in step with another", "多因子同步不变或成比例 {count} 项"),
    "kind_negative": ("{count:|negative run|negative runs}", "负值 {count} 项"),
    "kind_zero": ("{count:|run of zeros|runs of zeros}", "零值 {count} 项"),
    "kind_step": ("{count:|step|steps}", "突变 {count} 项"),
    "kind_drift": ("{count:|drift|drifts}", "漂移 {count} 项"),
    "kind_noise_collapse": ("{count:|collapse of noise|collapses of noise}", "波动骤减 {count} 项"),
    "kind_spike": ("{count:|spike|spikes}", "尖峰 {count} 项"),
    "kind_periodicity": ("{count:|periodicity|periodicities}", "周期性波动 {count} 项"),
    "kind_missing": ("{count:|gap|gaps}", "缺失 {count} 项"),
    "kind_late": ("{count:|late upload|late uploads}", "迟传 {count} 项"),
    "kind_ammonia_above_total_nitrogen": (
        "{count:|run|runs} of ammonia above total nitrogen",
        "氨氮高于总氮 {count} 项",
    ),
    "kind_oxygen_dilution": ("{count:|dilution|dilutions} by oxygen", "氧含量偏高（稀释）{count} 项"),
    "kind_converted_differs": (
        "{count:|converted value|converted values} not as recomputed",
        "折算值与重算结果不符 {count} 项",
    ),
    "kind_flow_zero": ("{count:|zero flow|zero flows} with concentration", "流量为零而有浓度 {count} 项"),
    "kind_stop_marked_but_running": ("{count:|marked stop|marked stops} while running", "标停未停 {count} 项"),
    "kind_mark_contradicted": ("{count:|mark|marks} contradicted", "标记与实际不符 {count} 项"),
    "kind_marks_over_limit": (
        "{count:|year|years} with more marked hours than allowed",
        "年标记时数超限 {count} 项",
    ),
    "kind_marks_outside_industry": (
        "{count:|record|records} marked outside the industries of the rule",
        "非适用行业使用标记 {count} 项",
    ),
    "kind_calibration_in_work_hours": (
        "{count:|calibration|calibrations} in working hours",
        "工作时段校准 {count} 项",
    ),
    "kind_substituted": ("{count:|substituted run|substituted runs}", "替代数据 {count} 项"),
    "kind_check_failed": ("{count:|failed check|failed checks}", "标样核查不合格 {count} 项"),
    "kind_treatment_off": ("{count} with treatment off", "治污设施未开启 {count} 项"),
    "kind_idle_treatment": ("{count} with idle treatment", "治污设施空转 {count} 项"),
    "kind_production_in_stop": ("{count} with production during an order", "停限产期间生产 {count} 项"),
    "kind_meter_offline": ("{count:|meter|meters} off-line", "电表离线 {count} 项"),
}
