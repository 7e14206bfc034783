"""Sentences about bytes, tables, cells and logger formats."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- text/sources.py ---
    "file_empty": ("the file is empty", "文件为空"),
    "file_too_large": (
        "{size_mb:.0f} MB; files up to {limit_mb:.0f} MB are read; split it",
        "文件大小为 {size_mb:.0f} MB，最大可读取 {limit_mb:.0f} MB；请拆分后重试",
    ),
    "file_not_readable": ("cannot be read: {error}", "无法读取：{error}"),
    "gzip_damaged": (
        "not a readable gzip file ({error}); copy it again from the logger",
        "gzip 文件无法读取（{error}）；请从记录仪重新拷贝",
    ),
    "gzip_bomb": (
        "unpacks to more than {limit_mb:.0f} MB from {size_mb:.2f} MB; refused as a likely bomb",
        "压缩后为 {size_mb:.2f} MB，解压后超过 {limit_mb:.0f} MB，疑似压缩炸弹，不予读取",
    ),
    # --- text/encodings.py ---
    "text_read_as": ("text read as {encoding}", "文本按 {encoding} 编码读取"),
    "bytes_not_decoded": (
        "not valid UTF-8; {count} bytes did not decode",
        "不是有效的 UTF-8 编码；有 {count} 个字节无法解码",
    ),
    "all_bytes_decoded": ("not valid UTF-8; decodes without loss", "不是有效的 UTF-8 编码；按此编码可完整解码"),
    "binary_not_text": (
        "binary, not text; expected a table, GPX, NMEA or a known logger format",
        "是二进制文件，不是文本；应为数据表、GPX、NMEA 或已知的记录仪格式",
    ),
    "zero_bytes_removed": ("zero bytes removed", "已去除零字节"),
    "zero_bytes_removed.why": ("{count} zero bytes in a text file", "文本文件中有 {count} 个零字节"),
    "line_too_long": (
        "a line longer than {limit_mb:g} MB; the file is damaged or not a table",
        "有一行超过 {limit_mb:g} MB；文件已损坏或不是数据表",
    ),
    # --- text/sheets.py ---
    "office_file_not_readable": ("cannot be read ({error})", "无法读取（{error}）"),
    "office_file_too_large": (
        "has {size_bytes} bytes, more than the {limit_bytes} allowed; split it",
        "文件大小为 {size_bytes} 字节，超过允许的 {limit_bytes} 字节；请拆分后重试",
    ),
    "office_file_empty": ("is empty; export it again", "文件为空；请重新导出"),
    "encoding_unknown": (
        "is neither UTF-8 nor GB 18030 (byte {byte}); save it as CSV UTF-8",
        "既不是 UTF-8 编码，也不是 GB 18030 编码（第 {byte} 字节，从 0 起计）；请另存为 CSV UTF-8",
    ),
    "table_read_as": ("read as {encoding}", "按 {encoding} 编码读取"),
    "table_read_as.why": ("its bytes are not UTF-8", "其字节不是 UTF-8 编码"),
    "csv_damaged": ("{error}; export it again", "CSV 内容有误（{error}）；请重新导出"),
    "workbook_not_readable": (
        "is no workbook that can be read ({error}); save it again as xlsx or CSV",
        "不是可读取的工作簿（{error}）；请重新另存为 xlsx 或 CSV",
    ),
    "workbook_damaged": (
        "not a readable workbook ({error}); save it again as xlsx or CSV",
        "工作簿无法读取（{error}）；请重新另存为 xlsx 或 CSV",
    ),
    "workbook_bomb": (
        "unpacks to {unpacked_mb:.0f} MB from {size_mb:.2f} MB; refused as a likely bomb; save it as CSV",
        "压缩后为 {size_mb:.2f} MB，解压后为 {unpacked_mb:.0f} MB，疑似压缩炸弹，不予读取；请另存为 CSV",
    ),
    # --- extents.py ---
    "workbook_cell_far_away": (
        "one cell stands in row {rows} or column {columns}, far from all others, so that the sheet would be read as "
        "more than {limit} cells; delete the rows and columns behind the table and save it again, or save it as CSV",
        "有单元格位于第 {rows} 行或第 {columns} 列，远离其他数据，整张工作表将按超过 {limit} 个单元格读取；"
        "请删除数据表以外的行和列后重新保存，或另存为 CSV",
    ),
    # --- text/tables.py ---
    "headings_empty": (
        "{count} of {columns} column headings are empty, so nothing says what the numbers are; "
        "copy the headings from another file of the same instrument",
        "{columns} 个列标题中有 {count} 个为空，无法判断数值的含义；请从同一仪器的其他文件复制列标题",
    ),
    "no_heading_row": (
        "no reader recognises it, and no line names a time and a measured quantity; it begins {beginning!r}. "
        "Name the columns in mission.toml under [columns], or ask for a reader of this format",
        "没有读取程序能识别该文件，也没有一行同时写明时间和监测项目；文件开头为 {beginning!r}。"
        "请在 mission.toml 的 [columns] 中写明各列含义，或申请增加对该格式的支持",
    ),
    "decimal_comma": ("numbers read with a decimal comma", "数值按逗号小数点读取"),
    "decimal_comma.why": ("fields such as {example!r}", "存在如 {example!r} 的字段"),
    "rows_not_readable": (
        "the rows below the headings cannot be read as a table",
        "列标题以下的各行无法按数据表读取",
    ),
    "column_spelled": ('column {column} "{heading}" read as {kind}', "第 {column} 列“{heading}”按{kind}读取"),
    "column_spelled.why": ("fields such as {example!r}", "存在如 {example!r} 的字段"),
    # --- text/spelled.py ---
    "degrees_minutes_seconds": ("degrees, minutes and seconds", "度分秒"),
    "compass_points": ("points of the compass", "方位"),
    # --- units.py ---
    "units_of_two_kinds": (
        "{unit} ({kind}) does not convert to {target} ({target_kind})",
        "{unit}（{kind}）不能换算为 {target}（{target_kind}）",
    ),
    "kind_mole_fraction": ("mole fraction", "摩尔分数"),
    "kind_mass_concentration": ("mass concentration", "质量浓度"),
    "kind_number_concentration": ("number concentration", "数浓度"),
    "kind_speed": ("speed", "速度"),
    "kind_angle": ("angle", "角度"),
    "kind_temperature": ("temperature", "温度"),
    "kind_pressure": ("pressure", "压力"),
    "kind_length": ("length", "长度"),
    "kind_fraction": ("fraction", "比例"),
    "kind_duration": ("duration", "时长"),
    "kind_voltage": ("voltage", "电压"),
    # --- traces/formats/aircasting.py ---
    "preamble_without_units": (
        "the preamble does not name a quantity and a unit for every column",
        "文件头没有为每一列写明监测项目和单位",
    ),
    # --- traces/formats/cftrajectory.py ---
    "netcdf_gzipped": (
        "gzipped netCDF is not read; unpack it (netCDF compresses inside)",
        "不读取 gzip 压缩的 netCDF；请先解压（netCDF 自带内部压缩）",
    ),
    "netcdf_too_large": (
        "states {size_mb:.0f} MB of variables; up to {limit_mb:.0f} MB are read; split it",
        "声明的变量共 {size_mb:.0f} MB，最大可读取 {limit_mb:.0f} MB；请拆分后重试",
    ),
    "netcdf_not_readable": ("not a readable netCDF file ({error})", "netCDF 文件无法读取（{error}）"),
    "netcdf_without_time": (
        "no time variable with units such as 'seconds since 2024-01-01' along one dimension",
        "没有沿单一维度、单位形如 'seconds since 2024-01-01' 的时间变量",
    ),
    "netcdf_variables_unread": ("{count} variables not read", "有 {count} 个变量未读取"),
    "netcdf_variables_unread.why": ("{names}", "{names}"),
    # --- traces/formats/cpc3007.py ---
    "no_start_date": (
        "no Start Date in the preamble, so the times of day have no day",
        "文件头没有 Start Date，只有时刻而没有日期",
    ),
    "start_date_impossible": ("Start Date {date!r} is not month/day/year", "Start Date {date!r} 不是“月/日/年”"),
    # --- traces/formats/dusttrak.py ---
    "aerosol_as_pm25": ("AEROSOL read as PM2.5", "AEROSOL 列按 PM2.5 读取"),
    "aerosol_as_pm25.why": (
        'the file does not say which inlet was fitted; if another was, put `AEROSOL = "pm10 mg m-3"` into '
        "mission.toml under [columns]",
        '文件未写明所装的切割器；如为其他切割器，请在 mission.toml 的 [columns] 中写入 `AEROSOL = "pm10 mg m-3"`',
    ),
    # --- traces/formats/gmap.py ---
    "gmap_without_data": ("<<<DATA>>> not found in the first 64 kB", "前 64 kB 中未找到 <<<DATA>>>"),
    # --- traces/formats/gpx.py ---
    "gpx_without_track": (
        "no track point (trkpt); waypoints and routes have no times to join by",
        "没有轨迹点（trkpt）；航点和路线没有可用于匹配的时间",
    ),
    "gpx_without_times": (
        "{count} track points without times; export the track with times",
        "{count} 个轨迹点均没有时间；请导出带时间的轨迹",
    ),
    "track_points_untimed": (
        "{count} track points without a readable time",
        "有 {count} 个轨迹点没有可读取的时间",
    ),
    "xml_unsafe": (
        "unsafe XML refused ({error}); GPX needs no DTD or entities",
        "XML 不安全，不予读取（{error}）；GPX 不需要 DTD 或实体",
    ),
    "xml_not_readable": ("not readable XML: {error}", "XML 无法读取：{error}"),
    "xml_breaks_off": (
        "the XML breaks off ({error}); {count} points before it are used",
        "XML 中断（{error}）；使用中断之前的 {count} 个点",
    ),
    # --- traces/formats/icartt.py ---
    "icartt_header_damaged": ("the ICARTT header cannot be read ({error})", "ICARTT 文件头无法读取（{error}）"),
    "icartt_header_wrong": (
        "the header states {lines} lines and {variables} variables, which does not agree with the file",
        "文件头声明有 {lines} 行、{variables} 个变量，与文件内容不符",
    ),
    "icartt_without_rows": ("no rows below the header", "文件头以下没有数据行"),
    "icartt_rows_damaged": ("{count} rows that are not {numbers} numbers", "有 {count} 行不是 {numbers} 个数值"),
    "icartt_variables_unread": ("{count} variables not read", "有 {count} 个变量未读取"),
    "icartt_variables_unread.why": ("{names}", "{names}"),
    # --- traces/formats/licor.py ---
    "licor_without_headings": ("no DATAH row with the names of the columns", "没有写明列名的 DATAH 行"),
    "licor_faults": ("{count} rows flagged instrument_fault", "{count} 行标记为 instrument_fault"),
    "licor_faults.why": ("DIAG is not 0", "DIAG 不为 0"),
    # --- traces/formats/nmea.py ---
    "nmea_without_fixes": (
        "no GGA or RMC sentence with a right checksum ({wrong} wrong); expected an NMEA log",
        "没有校验和正确的 GGA 或 RMC 语句（{wrong} 条错误）；应为 NMEA 日志",
    ),
    "nmea_checksums_wrong": (
        "{count} sentences with a wrong checksum are not used",
        "{count} 条校验和错误的语句不予使用",
    ),
    "nmea_lines_passed_over": ("{count} lines passed over", "跳过 {count} 行"),
    "nmea_lines_passed_over.why": ("neither GGA nor RMC", "既不是 GGA，也不是 RMC"),
    "nmea_without_day": (
        "no RMC sentence names the day; log RMC too, or put the day into the file name (20241008_...)",
        "没有写明日期的 RMC 语句；请同时记录 RMC，或在文件名中写明日期（20241008_...）",
    ),
    "nmea_day_of_name": ("day {day} taken from the file name", "日期 {day} 取自文件名"),
    "nmea_day_of_name.why": ("the log has no RMC sentence", "日志中没有 RMC 语句"),
    # --- traces/formats/picarro.py ---
    "picarro_faults": ("{count} rows flagged instrument_fault", "{count} 行标记为 instrument_fault"),
    "picarro_faults.why": ("cavity pressure off its set point, or zero", "腔室压力偏离设定值，或为零"),
    "zeros_not_measured": ("0.0 taken as not measured", "0.0 按未测量处理"),
    "zeros_not_measured.why": ("rows with exactly zero: {rows}", "恰为零的行数：{rows}"),
    "repeats_not_measured": ("repeated values set to missing", "重复值按缺测处理"),
    "repeats_not_measured.why": (
        "the analyser measures one gas at a time (species [{modes}]); {count} repeated values",
        "分析仪每次只测一种气体（species 为 {modes}）；有 {count} 个重复值",
    ),
    # --- traces/formats/sniffer4d.py ---
    "co_no2_exchanged": ("columns CO and NO2 exchanged", "CO 列与 NO2 列互换"),
    "co_no2_exchanged.why": (
        "median under CO mg/m3 is {co_mg_m3:.3g} and under NO2 ug/m3 {no2_ug_m3:.3g}: each is the other's range",
        "“CO mg/m3”列的中位数为 {co_mg_m3:.3g}，“NO2 ug/m3”列的中位数为 {no2_ug_m3:.3g}：各自落在对方的范围内",
    ),
    "co_no2_exchanged_in_ppm": (
        "columns CO and NO2 exchanged and both believed to be in ppm",
        "CO 列与 NO2 列互换，且两列单位均认定为 ppm",
    ),
    "co_no2_exchanged_in_ppm.why": (
        "median under CO mg/m3 is {co_mg_m3:.3g} and under NO2 ug/m3 {no2_ug_m3:.3g}: "
        "outdoors CO never falls below {cleanest_ppm:g} ppm, and NO2 in ppm under CO explains both",
        "“CO mg/m3”列的中位数为 {co_mg_m3:.3g}，“NO2 ug/m3”列的中位数为 {no2_ug_m3:.3g}："
        "室外 CO 不会低于 {cleanest_ppm:g} ppm，若 CO 列下实为以 ppm 计的 NO2，则两者均可解释",
    ),
    # --- traces/formats/workbook.py ---
    "workbook_locked_or_damaged": (
        "not a readable workbook ({error}); save it again as .xlsx without a password",
        "工作簿无法读取（{error}）；请取消密码后重新另存为 .xlsx",
    ),
    "workbook_without_sheets": (
        "no sheet holds a table of a time and a measured quantity (it has no sheets)",
        "没有工作表包含时间和监测项目的数据表（工作簿中没有工作表）",
    ),
    "no_sheet_with_table": (
        "no sheet holds a table of a time and a measured quantity ({reasons})",
        "没有工作表包含时间和监测项目的数据表（{reasons}）",
    ),
    "sheet_refused": ("sheet {sheet}: {reason}", "工作表“{sheet}”：{reason}"),
    "sheet_refused_too": ("{before}; sheet {sheet}: {reason}", "{before}；工作表“{sheet}”：{reason}"),
    "more_sheets_refused": ("{before}; and {count:|more sheet|more sheets}", "{before}；另有 {count} 个工作表"),
    "sheet_not_readable": ("cannot be read: {error}", "无法读取：{error}"),
    "sheet_read": ("sheet {sheet} read", "读取工作表“{sheet}”"),
    "sheet_empty": ("is empty", "为空"),
    "sheet_with_table": (
        "it holds a table; the file has {count} sheets or tables",
        "含数据表；文件共有 {count} 个工作表或表格",
    ),
    "only_sheet_with_table": ("it holds a table; others: none", "含数据表；没有其余工作表"),
    "sheet_is_a_copy": ("sheet {sheet} left out", "工作表“{sheet}”未采用"),
    "sheet_is_a_copy.why": ("it repeats sheet {of}, value by value", "与工作表“{of}”的数值完全相同"),
    "sheet_is_derived": ("sheet {sheet} left out", "工作表“{sheet}”未采用"),
    "sheet_is_derived.why": (
        "at its times it holds what sheet {of} said last, in fewer columns",
        "其数值为工作表“{of}”在同一时刻的最近值，且列数更少",
    ),
    "sheet_not_read": ("sheet or table {sheet} not read", "工作表或表格“{sheet}”未读取"),
}
