"""Sentences about monitor records."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- ingest/monitors/hj212.py ---
    "bytes_of_no_packet": (
        "{count} bytes from byte {start} belong to no packet (expected ##)",
        "自第 {start} 字节起有 {count} 个字节不属于任何数据包（应以 ## 开头）",
    ),
    "packet_incomplete": (
        "split message incomplete: parts {parts} of {total} came",
        "分包报文不完整：共 {total} 包，仅收到第 {parts} 包",
    ),
    "packet_data_not_closed": ("data area CP=&&...&& is not closed", "数据区 CP=&&...&& 未闭合"),
    "packet_sum_missing": ("CRC nothing is wrong, expected {expected:04X}", "缺少 CRC 校验码，应为 {expected:04X}"),
    "packet_sum_wrong": (
        "CRC {came} is wrong, expected {expected:04X}",
        "CRC 校验码 {came} 错误，应为 {expected:04X}",
    ),
    "packet_sum_modbus": (
        "CRC {came} is a Modbus sum, expected {expected:04X}",
        "CRC 校验码 {came} 是按 Modbus 算法计算的，应为 {expected:04X}",
    ),
    "packet_length_missing": (
        "no length stated, {came} bytes came",
        "未给出数据段长度，实际收到 {came} 字节",
    ),
    "packet_length_wrong": (
        "length {declared:04d} stated, {came} bytes came",
        "数据段长度标为 {declared:04d}，实际收到 {came} 字节",
    ),
    "packet_too_long": (
        "segment of {length} bytes is longer than {limit}",
        "数据段长 {length} 字节，超过 {limit} 字节",
    ),
    "packet_time_not_understood": (
        "DataTime {text!r} is no time (expected 14 or 17 digits)",
        "DataTime {text!r} 不是时间（应为 14 位或 17 位数字）",
    ),
    "packet_parts_odd": (
        "data area has {count} parts that are no field: {first!r}",
        "数据区有 {count} 处不是字段：{first!r}",
    ),
    "packet_header_lacks": ("header has no {name}", "包头缺少 {name}"),
    "packet_flag_no_number": (
        "Flag {text!r} is no number up to 255",
        "Flag {text!r} 不是 255 以内的数",
    ),
    "packet_parts_not_numbered": (
        "Flag says the message is split, but PNUM or PNO is missing",
        "Flag 表明报文分包，但缺少 PNUM 或 PNO",
    ),
    "packet_fields_behind_data": (
        "{names} stands behind CP=&&...&&, not before it; length and CRC are as sent",
        "{names} 位于 CP=&&...&& 之后，应在其前；数据段长度和 CRC 与报文一致",
    ),
    "packet_field_twice": (
        "{field} comes twice in one packet, with {before} and {kept}; {kept}, the later, is kept",
        "同一数据包中 {field} 出现两次，值为 {before} 和 {kept}；采用后者 {kept}",
    ),
    "packet_broken_over_lines": (
        "broken over lines by the log; without the line ends, length and CRC are right",
        "日志将数据包断成多行；去除换行后数据段长度和 CRC 均正确",
    ),
    "tolerance_not_known": (
        "tolerated {entry!r} is not understood; expected <MN>:WHAT, <MN> may be * for any device, WHAT is "
        "one of {known}",
        "无法识别的容许项 {entry!r}；应为“<MN>:类型”，<MN> 用 * 表示任意设备，类型为 {known} 之一",
    ),
    # --- ingest/monitors/frames.py ---
    "text_between_packets": (
        "{count} lines of text from byte {start} are no packet",
        "自第 {start} 字节起有 {count} 行文本，不是数据包",
    ),
    # --- ingest/monitors/parts.py ---
    "packet_part_twice": (
        "part {number} of {total} came again with other values; the later is kept",
        "第 {number} 包（共 {total} 包）再次收到且数值不同；采用后者",
    ),
    # --- ingest/monitors/read.py ---
    "packets_of_reset_clock": ("the clock of the device was reset", "设备时钟曾被复位"),
    "packets_of_times_to_come": ("DataTime is yet to come", "DataTime 晚于当前时间"),
    "packet_time_of_reset_clock": (
        "DataTime {day} is years away from the rest of the record",
        "DataTime {day} 与其余记录相差多年",
    ),
    "packet_time_to_come": ("DataTime {day} is yet to come", "DataTime {day} 晚于当前时间"),
    "packets_of_wrong_clock": (
        "{count} packets refused: {kind} (the first says {day}); no other time can be told from them: set the "
        "device's clock, and ask the platform for the hours that are missing",
        "{count} 个数据包未采用：{kind}（首个为 {day}）；无法由报文推知真实时间：请校准设备时钟，"
        "并向平台索取缺失时段的数据",
    ),
    "packets_noted": ("{count} packets used with a doubt", "{count} 个数据包已采用，但存在疑点"),
    "packets_noted.why": ("{mn}, the first: {note}", "设备 {mn}，首个：{note}"),
    "lines_between_packets": (
        "{count} lines between packets passed over",
        "已跳过数据包之间的 {count} 行文本",
    ),
    "lines_between_packets.why": (
        "text that a log writes of its own (stamps of receipt, prompts); no part of a packet is in them",
        "日志自身的文本（接收时间、提示符等），其中不含数据包内容",
    ),
    "packets_with_modbus_sum": ("Modbus sum", "CRC 按 Modbus 算法计算"),
    "packets_with_wrong_sum": ("CRC", "CRC 校验错误"),
    "packets_of_wrong_length": ("length", "数据段长度不符"),
    "packets_too_long": ("longer than", "数据段超长"),
    "packets_incomplete": ("incomplete", "分包不完整"),
    "packets_with_wrong_time": ("DataTime", "DataTime 无效"),
    "packets_of_loose_bytes": ("bytes belong to no packet", "字节不属于任何数据包"),
    "packets_damaged": (
        "{count} packets refused: {kind}; damaged on the way, or cut by the collector: take the log again, or ask "
        "the keeper of the device",
        "{count} 个数据包未采用：{kind}；可能在传输中损坏或被采集端截断：请重新导出日志，或询问设备运维人员",
    ),
    "packets_not_to_standard": (
        '{count} packets refused: {kind}; if the device is known for it, put `tolerated = ["<MN>:{defect}"]` under '
        "[monitors] in mission.toml",
        "{count} 个数据包未采用：{kind}；若该设备一贯如此，请在 mission.toml 的 [monitors] 下设置 "
        '`tolerated = ["<MN>:{defect}"]`',
    ),
    "packets_accepted": (
        "{count} packets accepted although not to the standard",
        "{count} 个数据包虽不符合标准，仍予采用",
    ),
    "packets_accepted.why": ("{mn}: {kind}", "设备 {mn}：{kind}"),
    "record_unreadable": ("cannot be read ({error})", "无法读取（{error}）"),
    "record_times_read_as": ("times read as {zone}", "时间按时区 {zone} 解读"),
    "record_times_read_as.why": (
        "the records name no zone; put `time_zone` under [monitors] in mission.toml if it was another",
        "记录未注明时区；若为其他时区，请在 mission.toml 的 [monitors] 下设置 `time_zone`",
    ),
    # --- ingest/monitors/tables.py ---
    "row_not_used": ("row not used: {reason}", "该行未采用：{reason}"),
    "more_rows_not_used": ("{count} more rows not used: {reason}", "另有 {count} 行未采用：{reason}"),
    "table_breaks_off": ("{error}; the rows above are used", "{error}；以上各行已采用"),
    "record_heading_missing": (
        "no heading row names a time and a quantity; the first row is {first_row!r}; expected {time} and {value}",
        "没有同时含时间和监测因子的表头行；第一行为 {first_row!r}；应有{time}和{value}",
    ),
    "row_time_not_understood": ("its time is not like 2024-10-01 08:00", "时间格式应如 2024-10-01 08:00"),
    "row_time_not_in_calendar": ("its time is not in the calendar", "时间在日历中不存在"),
    "mark_ends_before_start": ("its end is before its start", "结束时间早于开始时间"),
    # --- ingest/monitors/marks.py ---
    "mark_fits_no_series": (
        "mark {text!r} fits no series ({named})",
        "标记“{text}”与任何监测序列都不对应（{named}）",
    ),
    "mark_names_no_site": ("no site named", "未指明点位"),
    # --- ingest/monitors/collect.py ---
    "values_replaced": (
        "{count} values replaced by later ones of the same time",
        "{count} 个值被同一时间的后续值替换",
    ),
    "values_replaced.why": ("same point, quantity and time", "监控点、监测因子和时间均相同"),
    "rows_elsewhere_than_series": (
        "{count} rows name another position than their series",
        "{count} 行的位置与所属监测序列不同",
    ),
    "rows_elsewhere_than_series.why": (
        "the first position of a series is taken",
        "以监测序列的第一个位置为准",
    ),
    # --- ingest/monitors/positions.py ---
    "positions_read_as": ("{count} positions read as {crs}", "{count} 个位置按 {crs} 解读"),
    "positions_crs_declared": (
        "declared by a column or under [monitors]",
        "由数据列或 [monitors] 声明",
    ),
    "positions_crs_guessed": (
        "by their numbers: degrees outside of China are of one system, metres may carry their zone",
        "由数值判断：境外的经纬度只有一种坐标系，投影坐标可带有带号",
    ),
    "positions_crs_unknown": (
        'nothing says which system; GCJ-02 or BD-09 would be 0.3 to 1.2 km off: put `crs = "GCJ-02"` (or another) '
        "under [monitors] in mission.toml, or a column {column}",
        "未注明坐标系；若为 GCJ-02 或 BD-09，位置会偏 0.3 至 1.2 千米：请在 mission.toml 的 [monitors] 下设置 "
        '`crs = "GCJ-02"`（或其他坐标系），或增加“{column}”列',
    ),
    "position_not_used": ("position not used: {error}", "位置未采用：{error}"),
    "position_of_one_number": (
        "position not used: longitude {longitude!r}, latitude {latitude!r}; write both, of both ends of a path",
        "位置未采用：经度 {longitude!r}，纬度 {latitude!r}；经纬度须同时填写，开放光路的两端均须填写",
    ),
    "height_not_used": (
        "height not used: {text!r} is no number of metres above the ground",
        "高度未采用：{text!r} 不是离地高度（米）",
    ),
    # --- monitors/devices.py ---
    "device_rows_far_off": (
        "{count} rows of devices left out, the longest stretch without a gap of a year kept",
        "设备记录有 {count} 行未采用，保留间断不超过一年的最长时段",
    ),
    "device_rows_far_off.why": (
        "of {rows} rows they lie more than a year away from the others, as a clock that was reset writes them",
        "在 {rows} 行中，这些行与其余记录相隔一年以上，应为时钟被重置后写入",
    ),
    "energy_from_readings": (
        "energy of {device} taken as the difference of meter readings",
        "{device} 的电量按电表读数之差计算",
    ),
    "energy_from_readings.why": (
        "its {count} values never fall and are far larger than their steps",
        "其 {count} 个数值从不下降，且远大于相邻数值之差",
    ),
    "device_records_differ": (
        "{count} values of {device} contradict another record of it; the first record is used",
        "{device} 有 {count} 个数值与该设备的另一份记录矛盾，以第一份为准",
    ),
    "device_records_differ.why": (
        "two records of one device give different values for one time",
        "同一设备的两份记录在同一时间给出不同数值",
    ),
    "device_links_to_nothing": (
        "{count} links of devices lead to no device of the site and are passed over: {links}",
        "{count} 个设备关联指向本点位不存在的设备，未采用：{links}",
    ),
    "device_links_to_nothing.why": (
        "a treatment device without a link is taken as treating for all that produces there",
        "无关联的治污设备视为对应该处全部产污设备",
    ),
    "device_links_in_circle": (
        "{count} devices are linked in a circle: {devices}",
        "{count} 个设备的关联成环：{devices}",
    ),
    "device_links_in_circle.why": (
        "what leads back to a device tells nothing; the other links are followed",
        "回到设备自身的关联不含信息；其余关联照常采用",
    ),
    # --- monitors/stations.py ---
    "series_are_stations": (
        "{count} series taken as those of fixed points that measure the air: {points}",
        "{count} 个监测序列视为环境空气固定监测点：{points}",
    ),
    "station_has_path": ("the record has the two ends of an open path", "记录给出开放光路的两端位置"),
    "station_named_so": (
        "the name says so (a micro-station, a fence line, an ambient station)",
        "名称表明其为微型站、厂界点或环境空气站",
    ),
    "station_measures_air": (
        "weather is measured, or what only ambient air is held to",
        "监测气象要素，或只用于环境空气评价的因子",
    ),
    "station_has_place": (
        "the record has a place, no limit, and nothing of a flue or of waste water",
        "有位置、无限值，且没有烟气或废水因子",
    ),
    "station_without_place": (
        "measures the air, but nothing says where; add columns {lon} and {lat}, or both ends of a path",
        "监测环境空气，但未说明位置；请增加“{lon}”“{lat}”列，或光路两端的位置",
    ),
    "station_intervals_left_out": (
        "{count} series of {point} over longer intervals left out beside those of {averaging_s:g} s",
        "{point} 另有 {count} 个更长时段的序列未采用，采用 {averaging_s:g} 秒的序列",
    ),
    "station_intervals_left_out.why": (
        "they are means of the same air, which would count twice",
        "这些是同一空气的均值，采用会重复计算",
    ),
    "station_species_short": (
        "{species} not used: {count} values do not tell its noise and background",
        "{species} 未采用：仅 {count} 个数值，无法得出噪声和背景",
    ),
    "stations_gathered": (
        "{stations} fixed points that measure the air, from {series} series",
        "由 {series} 个监测序列得到 {stations} 个环境空气固定监测点",
    ),
    "series_without_air": (
        "other series: {outlet} of outlets, {water} of water, {device} of meters and devices, {nothing} with nothing "
        "measured, {nowhere} without a place",
        "其余序列：排放口 {outlet} 个，水质 {water} 个，用电和设备 {device} 个，无监测值 {nothing} 个，"
        "无位置 {nowhere} 个",
    ),
    # --- onevisit/leads/records.py ---
    "matters_of_records": (
        "{matters} matters for sites made of what records say",
        "由监测记录形成 {matters} 项待处理事项",
    ),
    "matters_of_records.why": (
        "of {anomalies} anomalies {quiet} are the ordinary course, {unlisted} are at no listed site, {old} ended "
        "more than {days} days before",
        "共 {anomalies} 条异常，其中属正常情况 {quiet} 条，不在名录点位 {unlisted} 条，结束已逾 {days} 天 {old} 条",
    ),
    # --- onevisit/cli/hj212.py ---
    "packets_unreadable": ("cannot be read: {error}", "无法读取：{error}"),
}
