"""Sentences about stamps, clocks and days."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- ingest/text/times/stamps.py, dates.py, dateorder.py ---
    "time_column_empty": ("the time column is empty", "时间列为空"),
    "stamp_not_understood": (
        "time stamp {stamp!r} is not understood; expected 2024-10-08 09:05:03 or similar",
        "无法理解时间 {stamp!r}；应为 2024-10-08 09:05:03 或类似格式",
    ),
    "no_stamp_readable": (
        "no time stamp could be read; the first is {stamp!r}",
        "所有时间均无法读取；第一个为 {stamp!r}",
    ),
    "stamps_without_offset": (
        "stamps without an offset read as UTC among stamps with one",
        "部分时间带时区偏移，未带偏移的时间按 UTC 读取",
    ),
    "stamps_without_offset.why": ("{count} of {stamps} stamps", "{stamps} 个时间中有 {count} 个"),
    "offset_of_each_stamp": ("each stamp read with its own offset", "每个时间按其自身的时区偏移读取"),
    "offset_of_each_stamp.why": (
        "offsets [{offsets_h}] h in one file",
        "同一文件中的时区偏移有 {offsets_h}（小时）",
    ),
    "date_order_taken": ("dates read as {order}", "日期按 {order} 顺序读取（y 为年，m 为月，d 为日）"),
    "date_order_taken.why": (
        "first stamp {stamp!r} on the day {day} of the file",
        "第一个时间为 {stamp!r}，文件日期为 {day}",
    ),
    "day_and_month_alike": (
        'day and month of {stamp!r} cannot be told apart; put `date_order = "dmy"` or `date_order = "mdy"` '
        "into mission.toml under [traces]",
        '无法区分 {stamp!r} 中的日与月；请在 mission.toml 的 [traces] 中写入 `date_order = "dmy"` 或 '
        '`date_order = "mdy"`',
    ),
    "stamp_not_in_calendar": ("{stamp!r} is no moment of the calendar", "{stamp!r} 在日历中不存在"),
    "stamp_order_unknown": (
        "day, month and year of {stamp!r} cannot be told apart; write it as 2024-10-08",
        "无法区分 {stamp!r} 中的年、月、日；请写成 2024-10-08 的形式",
    ),
    "stamp_of_a_week": (
        "{stamp!r} names a week or a day of the year, which is not read; write it as 2024-10-08",
        "{stamp!r} 按周或年内日序表示，不能读取；请写成 2024-10-08 的形式",
    ),
    "stamp_is_a_span": (
        "{stamp!r} is a span of time; put its beginning into a column of its own",
        "{stamp!r} 是时间段；请将开始时间单独列为一列",
    ),
    "stamp_rounded": (
        "{stamp!r} was rounded by a spreadsheet and its last digits are lost; export the column again as text",
        "{stamp!r} 已被电子表格取整，末位数字丢失；请将该列设为文本后重新导出",
    ),
    "stamp_offset_impossible": ("the offset of {stamp!r} is of no zone", "{stamp!r} 的时差不属于任何时区"),
    "stamp_of_twelve_digits": (
        "{stamp!r} may be YYYYMMDDHHMM or YYMMDDHHMMSS; write it as 2024-10-08 09:05:03",
        "{stamp!r} 可能是“年月日时分”，也可能是“年（两位）月日时分秒”；请写成 2024-10-08 09:05:03 的形式",
    ),
    "stamps_are_day_numbers": ("times read as {kind}", "时间按{kind}读取"),
    "stamps_are_day_numbers.why": ("the first is {stamp!r}", "第一个为 {stamp!r}"),
    "days_since_1900": ("days since 1900, as spreadsheets count", "电子表格的日期序列值（1900 年起）"),
    "days_since_year_0": ("days since the year 0, as Matlab counts", "Matlab 的日期序列值（公元 0 年起）"),
    "stamps_coarse": (
        "times are coarse: they step by {step_s:.3g} s",
        "时间较粗：步长为 {step_s:.3g} s",
    ),
    "stamps_coarse.why": (
        "{rows} rows share {distinct} stamps; the number was stored with too few digits, export it with more",
        "{rows} 行只有 {distinct} 个不同时间；数值保存的位数不足，请用更多位数重新导出",
    ),
    "clock_of_twelve_hours": (
        "the clock counts twelve hours and nothing says AM or PM: after {before} comes {after}; export the times "
        "with 24 hours",
        "时钟为十二小时制，且未注明上午或下午：{before} 之后为 {after}；请按二十四小时制重新导出",
    ),
    "zone_in_letters": (
        "the zone {letters} of the stamps is that of several countries; put the zone into mission.toml: "
        'under [traces] `time_zone = "Asia/Shanghai"`',
        "时间后的时区缩写 {letters} 在多个国家含义不同；请在 mission.toml 的 [traces] 下写明时区："
        '`time_zone = "Asia/Shanghai"`',
    ),
    "zone_letters_are_local": (
        "zone {letters} in the stamps taken as that of the clock",
        "时间后的时区缩写 {letters} 按时钟所用时区处理",
    ),
    "zone_letters_are_local.why": (
        "its letters are those of several zones, so the declared time zone counts",
        "该缩写对应多个时区，以已声明的时区为准",
    ),
    "offset_of_few_stamps": (
        "only {count} of {stamps} stamps state an offset from UTC; write it behind all of them or none",
        "{stamps} 个时间中只有 {count} 个注明时区偏移；请全部注明或全部不注明",
    ),
    "date_orders_mixed": (
        "dates in two orders in one column: {stamps}; write all as 2024-10-08",
        "同一列的日期顺序不一致：{stamps}；请统一写成 2024-10-08 的形式",
    ),
    "date_order_possible": (
        "{stamp!r} as {day}: in another order days would be before 2005 or after today",
        "{stamp!r} 读作 {day}：按其他顺序，日期会早于 2005 年或晚于今天",
    ),
    "date_order_by_rows": (
        "{stamp!r} as {day}: in another order the rows would go back or leap over weeks",
        "{stamp!r} 读作 {day}：按其他顺序，各行时间会倒退或跳过数周",
    ),
    "date_order_of_maker": (
        "{stamp!r} as {day}: nothing in the file settles it, and its maker delivers dates so; if the day is another, "
        "put `date_order` (`dmy` or `mdy`) into mission.toml under [traces]",
        "{stamp!r} 读作 {day}：文件中没有其他依据，按仪器厂家的默认顺序读取；若日期不对，请在 "
        "mission.toml 的 [traces] 中写入 `date_order`（`dmy` 或 `mdy`）",
    ),
    "date_order_of_points": (
        'dates with points such as {stamp!r} begin with the day; if not, put `date_order = "ymd"` into mission.toml '
        "under [traces]",
        '用点分隔的日期（如 {stamp!r}）以日开头；若不然，请在 mission.toml 的 [traces] 中写入 `date_order = "ymd"`',
    ),
    "year_and_day_alike": (
        'year, month and day of {stamp!r} cannot be told apart; put `date_order = "ymd"`, `date_order = "dmy"` or '
        '`date_order = "mdy"` into mission.toml under [traces]',
        '无法区分 {stamp!r} 中的年、月、日；请在 mission.toml 的 [traces] 中写入 `date_order = "ymd"`、'
        '`date_order = "dmy"` 或 `date_order = "mdy"`',
    ),
    # --- ingest/traces/times.py ---
    "gps_time_taken": ("times taken as GPS time", "时间按 GPS 时处理"),
    "gps_time_taken.why": (
        "the heading {heading!r} says so; GPS time has no leap seconds and is ahead of UTC, by 18 s since 2017",
        "列名“{heading}”如此注明；GPS 时不含闰秒，2017 年起比 UTC 快 18 s",
    ),
    "gps_week_missing": (
        "{heading!r} counts seconds of a week and no column names the week; export the GPS week beside it",
        "“{heading}”为周内秒，但没有 GPS 周列；请同时导出 GPS 周",
    ),
    "double_hour_by_rows": (
        "{count} times of an hour that came twice told apart",
        "{count} 个时间处于重复的一小时（夏令时结束），已区分先后",
    ),
    "double_hour_by_rows.why": (
        "by the order of the rows, at the end of summer time",
        "依据夏令时结束时各行的先后顺序",
    ),
    # --- ingest/traces/days.py ---
    "days_impossible": (
        "the rows are of {first}, which can be no day of a drive: the clock was not set (or GPS weeks rolled over: "
        "1024 weeks later is {later}); put the seconds to add to its clock into mission.toml: "
        '[traces.clock_offset_s] "{name}" = SECONDS',
        "各行日期为 {first}，不可能是走航日期：时钟未校准（或 GPS 周翻转：加 1024 周为 {later}）；"
        '请在 mission.toml 中写明应加的秒数：[traces.clock_offset_s] "{name}" = 秒数',
    ),
    "rows_of_impossible_days": (
        "{count} of {rows} rows left out: they are of {first} to {last}, before the clock was set or after today",
        "{rows} 行中有 {count} 行未采用：日期为 {first} 至 {last}，早于时钟校准或晚于今天",
    ),
    "name_says_another_day": (
        "the rows are of {first}, the name of the file says {named}",
        "各行日期为 {first}，而文件名中的日期为 {named}",
    ),
    "name_says_another_day.why": (
        "the rows are believed; if their clock was wrong, put the seconds to add into mission.toml: "
        '[traces.clock_offset_s] "{name}" = SECONDS',
        '以各行日期为准；若时钟有误，请在 mission.toml 中写明应加的秒数：[traces.clock_offset_s] "{name}" = 秒数',
    ),
    "gps_weeks_added": (
        "{weeks} weeks added to the times: {first} is {moved}",
        "时间加 {weeks} 周：{first} 改为 {moved}",
    ),
    "rollover_by_name": (
        "the GPS week of the receiver rolled over; the name of the file says the day",
        "接收机的 GPS 周发生翻转；文件名注明了日期",
    ),
    "rollover_by_file": (
        "the GPS week of the receiver rolled over; then the times are those of {other}",
        "接收机的 GPS 周发生翻转；加上后与 {other} 的时间一致",
    ),
    # --- ingest/monitors/times.py, read.py, collect.py ---
    "record_hours_lost": (
        "column {column} holds days only and each has many rows of one point ({rows} rows, {days} days): the hour "
        "is not found; give its column the heading {hour} or {clock}",
        "第 {column} 列只有日期，同一监控点每天有多行（{rows} 行，{days} 天）：未找到小时；"
        "请将小时列命名为“{hour}”或“{clock}”",
    ),
    "row_time_impossible": (
        "its year is {year}, before 2005 or after today: the clock of the device was reset",
        "年份为 {year}，早于 2005 年或晚于今天：设备时钟曾被重置",
    ),
    "row_time_order_unknown": (
        "day and month of its time cannot be told apart; write it as 2024-10-01 08:00",
        "无法区分时间中的日与月；请写成 2024-10-01 08:00 的形式",
    ),
    "row_time_of_a_week": (
        "its time names a week or a day of the year; write it as 2024-10-01 08:00",
        "时间按周或年内日序表示；请写成 2024-10-01 08:00 的形式",
    ),
    "row_time_is_a_span": (
        "its time is a span; put its beginning into a column of its own, as 2024-10-01 08:00",
        "时间为时间段；请将开始时间单独列为一列，写成 2024-10-01 08:00 的形式",
    ),
    "row_time_zone_in_letters": (
        "its zone {letters} is that of several countries; write it as +08:00",
        "时区缩写 {letters} 在多个国家含义不同；请写成 +08:00 的形式",
    ),
    "row_time_rounded": (
        "its time was rounded by a spreadsheet; export the column again as text",
        "时间已被电子表格取整；请将该列设为文本后重新导出",
    ),
    "record_dates_doubtful": (
        "day and month of {stamp!r} cannot be told apart; write the dates as 2024-10-08, or put the first day into "
        "the name of the file (20241008_...)",
        "无法区分 {stamp!r} 中的日与月；请将日期写成 2024-10-08 的形式，或在文件名中写明首日（20241008_...）",
    ),
    "day_and_clock_joined": (
        "times made of column {day} (day) and column {clock} ({what})",
        "时间由第 {day} 列（日期）与第 {clock} 列（{what}）合成",
    ),
    "day_and_clock_joined.why": (
        "no column holds both; 24 is the midnight at the end of the day",
        "没有同时包含日期和时刻的列；24 时为当日结束的零点",
    ),
    "clock_of_row": ("clock", "时刻"),
    "span_of_row": ("beginning of a span", "时段起点"),
    "record_offsets_obeyed": ("the zones in the times are obeyed", "按时间所注时区读取"),
    "record_offsets_obeyed.why": ("{count} of {rows} rows name one", "{rows} 行中有 {count} 行注明时区"),
    "record_heading_obeyed": ("times taken as UTC{hours:+g} h", "时间按 UTC{hours:+g} h 处理"),
    "record_heading_obeyed.why": ("the heading says so", "列名如此注明"),
    "record_times_rounded": ("{count} times rounded to the minute", "{count} 个时间取整到分"),
    "record_times_rounded.why": (
        "all are within 5 s of a full minute, as numbers of a spreadsheet with few digits are",
        "均与整分相差不超过 5 s，系电子表格数值位数不足所致",
    ),
    "many_values_replaced": (
        "{count} of {values} values replaced by later ones of the same time: the times are probably not read whole",
        "{values} 个值中有 {count} 个被同一时间的后续值替换：时间可能未完整读取",
    ),
    "many_values_replaced.why": (
        "same point, quantity and time; is the hour in another column, or have several points one name?",
        "监控点、监测因子和时间均相同；请检查小时是否在其他列，或多个监控点是否同名",
    ),
    # --- ingest/registers/days.py ---
    "permit_end_not_read": (
        "the end of the permit is not read; write it as 2024-10-08",
        "许可证有效期未能读取；请写成 2024-10-08 的形式",
    ),
    "day_of_an_empty_cell": ("{text!r} is what an empty cell becomes", "{text!r} 系空单元格转换而来"),
    "permit_without_end": ("the permit has no end", "许可证长期有效"),
    "text_of_cell": ("the cell says {text!r}", "单元格内容为 {text!r}"),
    "visit_of_a_month_left_out": ("visit left out: no single day", "该次检查未计入：未注明具体日期"),
    "visit_of_a_month_left_out.why": (
        "{text!r} names no single day; write the day of the visit as 2024-10-08",
        "{text!r} 未注明具体日期；请将检查日期写成 2024-10-08 的形式",
    ),
    "visit_of_impossible_day_left_out": ("visit left out: impossible day", "该次检查未计入：日期不可能"),
    "visit_of_impossible_day_left_out.why": (
        "{text!r} is {day}, which is after today or before 1990; correct the day of the visit",
        "{text!r} 即 {day}，晚于今天或早于 1990 年；请更正检查日期",
    ),
}
