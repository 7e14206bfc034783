"""Sentences about headings as people write them, and about columns that qualify others."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- text/sections.py, text/lines.py ---
    "headings_repeated": (
        "{count:|heading row|heading rows} among the rows passed over (line {lines})",
        "跳过数据中间重复的表头 {count} 处（第 {lines} 行）",
    ),
    "headings_repeated.why": ("they repeat the headings above", "与上方表头相同"),
    "headings_change": (
        "from line {line} on the headings {headings} hold",
        "自第 {line} 行起按新表头读取：{headings}",
    ),
    "headings_change.why": ("line {line} is another heading row", "第 {line} 行是另一个表头"),
    "headings_without_time": (
        "the headings change here to {headings}, and none names a time: the rows from here on are not used; "
        "save this table as a file of its own with a column of times",
        "此处表头变为 {headings}，其中没有时间列，此后各行未采用；请将该表另存为单独文件并补上时间列",
    ),
    "rows_of_summary": (
        "{count:|row|rows} of summaries passed over (line {lines})",
        "跳过统计行 {count} 行（第 {lines} 行）",
    ),
    "rows_of_summary.why": ("{text!r} stands in it", "其中有“{text}”"),
    "rows_of_footer": (
        "{count:|row|rows} of remarks passed over (line {lines})",
        "跳过表尾说明 {count} 行（第 {lines} 行）",
    ),
    "rows_of_footer.why": ("it begins with {text!r} and has no time", "以“{text}”开头且没有时间"),
    # --- traces/epochs.py ---
    "epoch_used_alone": (
        "times taken of the column {epoch!r}, seconds since 1970",
        "时间采用“{epoch}”列（1970 年以来的秒数）",
    ),
    "epoch_used_alone.why": ("the column {stamp!r} cannot be read to test it", "“{stamp}”列无法读取，未能核对"),
    "epoch_and_stamps_agree": (
        "times taken of the column {epoch!r}, seconds since 1970",
        "时间采用“{epoch}”列（1970 年以来的秒数）",
    ),
    "epoch_and_stamps_agree.why": ("the column {stamp!r} says the same", "与“{stamp}”列一致"),
    "epoch_and_local_stamps": (
        "times taken of the column {epoch!r}, seconds since 1970",
        "时间采用“{epoch}”列（1970 年以来的秒数）",
    ),
    "epoch_and_local_stamps.why": (
        "the column {stamp!r} is {hours:+g} h from it, a local time",
        "“{stamp}”列与其相差 {hours:+g} 小时，为当地时间",
    ),
    "epoch_and_stamps_differ": (
        "times taken of the column {epoch!r}, although the column {stamp!r} says another time; "
        "if that one is right, delete the column {epoch!r}",
        "时间采用“{epoch}”列，但与“{stamp}”列不一致；若后者正确，请删除“{epoch}”列",
    ),
    "epoch_and_stamps_differ.why": (
        "the stamps are {seconds:+.0f} s from the seconds since 1970",
        "两列相差 {seconds:+.0f} s",
    ),
    # --- traces/qualified.py, monitors/columns.py ---
    "counter_left_out": ("column {heading!r} left out: it counts rows", "“{heading}”列是行号，未采用"),
    "counter_left_out.why": (
        "whole numbers, each one more than the one before, and no unit in the heading",
        "均为逐行加一的整数，且列名没有单位",
    ),
    "unit_of_a_column": (
        "column {heading!r} read in {unit}; {lost:|value|values} in a unit of another kind missing",
        "“{heading}”列按 {unit} 读取；单位不同类的 {lost} 个值按缺测处理",
    ),
    "unit_of_a_column.why": ("the column {column!r} says {texts}", "“{column}”列写明 {texts}"),
    "unit_column_not_used": ("column of units {heading!r} not used", "单位列“{heading}”未采用"),
    "unit_column_not_used.why": (
        "no column of values stands before it, or {texts} is no unit",
        "其前没有数值列，或 {texts} 不是单位",
    ),
    "angle_of_three_columns": (
        "{axis} read of degrees, minutes and seconds in columns of their own",
        "{axis} 由度、分、秒三列合成",
    ),
    "angle_of_three_columns.why": ("so say their headings", "列名如此注明"),
    "sides_of_zero": (
        "{count} of {rows} positions are west or south",
        "{rows} 个位置中有 {count} 个为西经或南纬",
    ),
    "sides_of_zero.why": ("the column {heading!r} says so", "“{heading}”列如此注明"),
    "sides_in_doubt": (
        "{count:|position|positions} taken as missing",
        "{count} 个位置按缺测处理",
    ),
    "sides_in_doubt.why": (
        "the column {heading!r} says neither side, or the opposite of the sign of the number",
        "“{heading}”列未注明方向，或与数值的正负号相反",
    ),
    "sides_not_understood": ("column {heading!r} not read as a hemisphere", "“{heading}”列未按半球读取"),
    "sides_not_understood.why": ("{texts} is neither E, W, N nor S", "{texts} 不是东、西、南、北"),
    "positions_without_fix": (
        "{count} of {rows} positions taken as missing",
        "{rows} 个位置中有 {count} 个按缺测处理",
    ),
    "positions_without_fix.why": (
        "the column {heading!r} says {texts}: no fix",
        "“{heading}”列为 {texts}：未定位",
    ),
    "fixes_not_understood": (
        "column {heading!r} not read as the state of fixes",
        "“{heading}”列未按定位状态读取",
    ),
    "fixes_not_understood.why": ("{texts} says neither fix nor no fix", "{texts} 未说明是否定位"),
    "platforms_told_apart": (
        "rows of {count} vehicles or devices told apart: {names}",
        "按 {count} 个车辆或设备分开：{names}",
    ),
    "platforms_told_apart.why": ("the column {heading!r} names them", "“{heading}”列如此注明"),
    "platform_codes_rounded": (
        "codes of vehicles or devices are rounded ({example}): if the file is of several, they cannot be told apart",
        "车辆或设备编号已被四舍五入（{example}）：若文件含多个设备，则无法区分",
    ),
    "platform_codes_rounded.why": (
        "a spreadsheet turned the column {heading!r} into numbers; format it as text and export again",
        "电子表格已将“{heading}”列转为数值；请将该列设为文本格式后重新导出",
    ),
    # --- traces/speeds.py ---
    "speed_of_positions_believed": (
        "speed read in {unit}, not in {stated}",
        "速度按 {unit} 读取，而不是 {stated}",
    ),
    "speed_of_positions_believed.why": (
        "the median of the file is {speed:.1f}, that between the positions {fixes:.1f} m/s",
        "文件中的中位数为 {speed:.1f}，由位置算得 {fixes:.1f} m/s",
    ),
    "speed_not_that_of_positions": (
        "speed is not that of the positions, in no unit; kept in {stated}",
        "速度与位置不符，换任何单位都不符；仍按 {stated} 处理",
    ),
    "speed_not_that_of_positions.why": (
        "the median of the file is {speed:.1f}, that between the positions {fixes:.1f} m/s: "
        "name the unit in the heading",
        "文件中的中位数为 {speed:.1f}，由位置算得 {fixes:.1f} m/s：请在列名中注明单位",
    ),
    # --- monitors/tables.py ---
    "row_unit_differs": (
        "its unit {unit} is another than that of the rows above ({above}) and cannot be converted; "
        "write one unit in all rows of a quantity",
        "单位 {unit} 与上方各行（{above}）不同且无法换算；同一监测因子各行请使用同一单位",
    ),
    "row_device_rounded": (
        "its device number (MN) has become a number and lost its last digits; "
        "format the column as text and export again",
        "设备编号（MN）已变为数值并丢失末位；请将该列设为文本格式后重新导出",
    ),
    # --- registers/listings.py ---
    "code_rounded": ("code not used: a spreadsheet has rounded it", "编码未采用：已被电子表格四舍五入"),
    "code_lost_digits": (
        "{code} has lost its last digits; format the column as text and export again",
        "{code} 已丢失末位；请将该列设为文本格式后重新导出",
    ),
    "row_code_rounded": (
        "the row names its site by a code alone, and {code} has lost its last digits in a spreadsheet; "
        "format the column as text and export again",
        "该行只以编码指明单位，而 {code} 已被电子表格丢失末位；请将该列设为文本格式后重新导出",
    ),
}
