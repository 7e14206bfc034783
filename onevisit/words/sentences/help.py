"""Sentences of the help that a firm is offered: the likely fault, what it checks first, what proves it mended."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- onevisit/visits/help.py ---
    "fault_stuck": (
        "the analyser, its sampling or its logger repeats an old value",
        "分析仪、采样系统或数采仪重复输出旧值",
    ),
    "fault_zero": ("the zero of the analyser is off, or no sample reaches it", "分析仪零点偏移，或样品未进入仪器"),
    "fault_high": (
        "the analyser reads too high or jumps: interference, a wrong range, a contaminated sample",
        "分析仪读数偏高或突跳：可能存在干扰、量程设置不当或样品受污染",
    ),
    "fault_drift": ("the analyser drifts away from its calibration", "分析仪偏离校准"),
    "fault_nitrogens": (
        "one of the two analysers of nitrogen is off: a part cannot be more than the whole",
        "氨氮与总氮分析仪之一异常：分量不可能大于总量",
    ),
    "fault_flow": ("the flow meter has stopped", "流量计停止工作"),
    "fault_meter": ("the meter or its line is down, or reads the wrong device", "电表或其线路中断，或接错设备"),
    "fault_line": ("the logger or its line is down", "数采仪或传输线路中断"),
    "fault_asked": ("none was seen; this is what was asked for", "未见故障；系企业或园区诉求"),
    "check_stuck": (
        "pump, filter and valve of the sampling line; the display of the analyser beside the value on the platform; "
        "then restart the logger",
        "先查采样泵、滤芯与阀门；比对仪表显示值与平台数值；再重启数采仪",
    ),
    "check_zero": (
        "whether sample arrives; reagents and blank; then a zero calibration",
        "先查是否进样、试剂与空白；再做零点校准",
    ),
    "check_high": (
        "range and units as set; reagents, cell and oxygen sensor; a sample by hand at the same hour",
        "先查量程与单位设置；试剂、比色池与氧传感器；同时段手工取样比对",
    ),
    "check_drift": (
        "a standard check with a fresh standard; then calibrate and check again",
        "先用新配标样核查；再校准并复核",
    ),
    "check_nitrogens": (
        "digestion of total nitrogen, then both analysers with one and the same sample",
        "先查总氮消解；再用同一水样核查两台分析仪",
    ),
    "check_flow": ("probe, level and power of the flow meter", "先查流量计探头、液位与供电"),
    "check_meter": (
        "power and line of the meter, and to which device it is joined",
        "先查电表供电与线路，并核对所接设备",
    ),
    "check_line": (
        "power, clock and network of the logger; then have the hours sent again",
        "先查数采仪供电、时钟与网络；再补传缺失时段",
    ),
    "check_asked": ("what the firm itself would like to know, by telephone", "电话了解企业具体诉求"),
    "proof_stuck": (
        "hourly values of two days that scatter again, and a standard check that is passed",
        "连续两日小时值恢复正常波动，且标样核查合格",
    ),
    "proof_zero": (
        "the record of the zero calibration, and a standard check that is passed",
        "零点校准记录及合格的标样核查",
    ),
    "proof_high": (
        "the comparison with the sample by hand, within what the standard allows",
        "手工比对结果符合规范要求",
    ),
    "proof_drift": ("two standard checks in a row that are passed", "连续两次标样核查合格"),
    "proof_nitrogens": (
        "a check of both analysers with one sample that is passed, and ammonia below the total for two days",
        "两台分析仪同样品核查合格，且连续两日氨氮低于总氮",
    ),
    "proof_flow": ("flow that follows production for two days", "连续两日流量与生产相符"),
    "proof_meter": (
        "two days of readings without a gap that follow production",
        "连续两日无缺数且与生产相符的用电记录",
    ),
    "proof_line": ("the missing hours on the platform, marked as sent later", "平台补齐缺失时段并注明补传"),
    "proof_asked": ("an answer in writing", "书面答复"),
}
