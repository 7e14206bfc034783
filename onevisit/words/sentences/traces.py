"""Sentences about traces."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- read.py ---
    "no_reader_recognises_it": ("no reader recognises it", "格式无法识别"),
    "read_as_format": ("read as {format}", "读取格式：{format}"),
    "read_as_format.why": ("recognised by its beginning", "依据文件开头识别"),
    "delimited_table": ("delimited table", "分隔符文本表"),
    "workbook": ("workbook", "电子表格"),
    "too_few_rows": (
        "{rows} usable rows; a trace needs {needed}",
        "可用数据仅 {rows} 行；一条走航记录至少需要 {needed} 行",
    ),
    "neither_place_nor_quantity": (
        "neither a position nor a measured quantity was recognised",
        "未识别出位置，也未识别出任何监测项目",
    ),
    "no_species_recognised": (
        "no measured species was recognised, only other quantities",
        "未识别出任何污染物，只有其他参数",
    ),
    "split_into_outings": ("split into {count} outings", "分为 {count} 次走航"),
    "split_into_outings.why": (
        "pauses longer than {limit_s:g} s; the longest is {longest_s:.0f} s",
        "间断超过 {limit_s:g} s；最长间断 {longest_s:.0f} s",
    ),
    "row_between_pauses": ("{rows:|row|rows} between two pauses", "两次间断之间仅有 {rows} 行"),
    # --- columns.py ---
    "columns_not_read": ("{count} columns not read", "{count} 列未读取"),
    "columns_not_read.why": (
        "headings that mean nothing here: {headings}{more}",
        "列名含义无法识别：{headings}{more}",
    ),
    "and_more_columns": (" and {count} more", "，另有 {count} 列"),
    # --- times.py ---
    "offset_of_the_heading_taken": ("times taken as UTC{hours:+g} h", "时间按 UTC{hours:+g} h 处理"),
    "offset_of_the_heading_taken.why": ("the heading {heading!r} says so", "列名“{heading}”如此注明"),
    "offset_in_stamps_believed": (
        "offset in the stamps believed, not the heading {heading!r}",
        "以时间数据自带的时差为准，不采用列名“{heading}”",
    ),
    "offset_in_stamps_believed.why": (
        "the stamps carry {stamps_h:+.1f} h, the heading says {heading_h:+.1f} h",
        "时间数据自带时差 {stamps_h:+.1f} h，列名注明 {heading_h:+.1f} h",
    ),
    "no_column_names_a_time": ("no column names a time", "没有时间列"),
    "time_of_day_only": (
        "the rows carry a time of day only ({first!r}) and nothing names the day; "
        "put the day into the file name (20241008_...)",
        "各行只有时刻（“{first}”），无处注明日期；请在文件名中写明日期（20241008_...）",
    ),
    "epoch_column_without_numbers": ("the epoch column holds no number", "时间戳列中没有数值"),
    # --- assemble.py ---
    "no_rows_below_the_headings": ("no rows below the headings", "列名以下没有数据行"),
    "rows_without_readable_time": (
        "{count} of {rows} rows have no readable time and cannot be placed",
        "{rows} 行中有 {count} 行时间无法识别，不能定位",
    ),
    "columns_left_out": ("{count} columns left out", "{count} 列未采用"),
    "columns_left_out.why": ("they hold no value: {headings}{more}", "这些列没有数值：{headings}{more}"),
    "column_out_of_range": (
        '{count} values of column "{heading}" flagged value_out_of_range',
        "“{heading}”列有 {count} 个数值标记为 value_out_of_range",
    ),
    "column_out_of_range.why": (
        "outside {low:g} to {high:g} {unit}; the median is {median:.4g}",
        "超出 {low:g} 至 {high:g} {unit}；中位数为 {median:.4g}",
    ),
    "column_kept_as_it_is": ('column "{heading}" kept as it is', "“{heading}”列保留原值"),
    "no_plausible_unit": (
        "no unit in the heading makes its values plausible",
        "列名未注明单位，按任何常用单位其数值均不合理",
    ),
    "unit_of_another_kind": (
        "its unit {unit} is {kind}, expected {expected}",
        "其单位 {unit} 为{kind}单位，应为{expected}单位",
    ),
    "a_mole_fraction": ("a mole fraction", "摩尔分数"),
    "a_mass_concentration": ("a mass concentration", "质量浓度"),
    "a_number_concentration": ("a number concentration", "数浓度"),
    "a_fraction": ("a fraction", "比例"),
    "a_temperature": ("a temperature", "温度"),
    "a_pressure": ("a pressure", "压力"),
    "a_speed": ("a speed", "速度"),
    "an_angle": ("an angle", "角度"),
    "a_length": ("a length", "长度"),
    "a_duration": ("a duration", "时长"),
    "a_voltage": ("a voltage", "电压"),
    "column_unit_believed": ('column "{heading}" believed to be in {unit}', "“{heading}”列的单位按 {unit} 处理"),
    "column_in_beaufort": (
        'column "{heading}" is in degrees of Beaufort: speeds are the middles of the degrees',
        "“{heading}”列为风力等级，按各级中值换算为风速",
    ),
    "plausible_in_unit": (
        "the heading gives no unit; the median {median:.4g} is plausible in it",
        "列名未注明单位；按该单位，中位数 {median:.4g} 合理",
    ),
    "plausible_for_species": (
        "{stated}; the median {median:.4g} is plausible for {species}",
        "{stated}；对{species}而言，中位数 {median:.4g} 合理",
    ),
    "no_unit_in_heading": ("the heading gives no unit", "列名未注明单位"),
    "unit_of_no_concentration": ("unit {unit} is not one of a concentration", "单位 {unit} 不是浓度单位"),
    "methane": ("methane", "甲烷"),
    "methane_in_dry_air": ("methane, dry air", "甲烷（干空气）"),
    "carbon_dioxide": ("carbon dioxide", "二氧化碳"),
    "carbon_dioxide_in_dry_air": ("carbon dioxide, dry air", "二氧化碳（干空气）"),
    "water_vapour": ("water vapour", "水汽"),
    "species_without_unit": (
        'no unit{why}; state it in mission.toml: [columns] "{heading}" = "{species} {unit}"',
        '无单位{why}；请在 mission.toml 中注明：[columns] "{heading}" = "{species} {unit}"',
    ),
    # --- conventions.py ---
    "unit_by_convention": (
        'column "{heading}" read in {unit}, by the national convention',
        "“{heading}”列按国家标准惯用单位 {unit} 读取",
    ),
    "unit_by_convention.why": (
        "its heading gives no unit in a table with Chinese headings (GB 3095-2012, HJ 212-2017), and the median "
        '{median:.4g} is plausible in it; if it is another: mission.toml, [columns] "{heading}" = "{species} ppb"',
        "中文表头未注明单位（依据 GB 3095-2012、HJ 212-2017），且按该单位中位数 {median:.4g} 合理；如为其他单位，"
        '请在 mission.toml 的 [columns] 中写入："{heading}" = "{species} ppb"',
    ),
    "convention_has_no_unit": (
        ", and the national convention has none for it",
        "，国家标准也没有其惯用单位",
    ),
    "convention_implausible": (
        " (by the national convention it were {unit}, in which the median {median:.4g} is implausible)",
        "（按国家标准惯用单位应为 {unit}，但按该单位中位数 {median:.4g} 不合理）",
    ),
    "plausible_by_convention": (
        "the heading gives no unit, this one is the convention of Chinese tables; the median {median:.4g} is "
        "plausible in it",
        "列名未注明单位，按中文表格惯用单位处理；按该单位，中位数 {median:.4g} 合理",
    ),
    # --- winds.py ---
    "wind_taken_over_ground": ("wind taken as wind over the ground", "风按相对地面的风处理"),
    "wind_taken_over_ground.why": (
        "{heading!r} does not say whether the vehicle's own motion was taken off; if it was not, put "
        '`wind_frame = "vehicle"` into mission.toml under [traces]',
        "“{heading}”未说明是否已扣除车辆自身运动；如未扣除，请在 mission.toml 的 [traces] 下写入 "
        '`wind_frame = "vehicle"`',
    ),
    "wind_taken_on_vehicle": ("wind taken as felt on the vehicle", "风按车上实测的相对风处理"),
    "wind_taken_on_vehicle.why": (
        "declared, or named so: {heading!r}",
        "已声明，或列名如此注明：“{heading}”",
    ),
    # --- plausibility.py ---
    "positions_taken_as_missing": ("{count} positions taken as missing", "{count} 个位置按缺失处理"),
    "position_of_zeros": ("0, 0; the first is data row {row}", "经纬度为 0, 0；首个在第 {row} 个数据行"),
    "position_beyond_the_earth": (
        "beyond ±180, ±90; the first is data row {row}",
        "经纬度超出 ±180, ±90；首个在第 {row} 个数据行",
    ),
    "no_usable_position": (
        "no usable position in {rows} rows (first: lon {lon:g}, lat {lat:g}); "
        "give the drive's GPX, KML or NMEA file beside it, or correct the columns",
        "{rows} 行中没有可用位置（首个：经度 {lon:g}，纬度 {lat:g}）；"
        "请一并提供本次走航的 GPX、KML 或 NMEA 文件，或更正位置列",
    ),
    "latitude_repeats_longitude": (
        "the latitude column repeats the longitude ({lon:g}) in {count} of {rows} rows, so the latitude is lost; "
        "export the file again, or give the drive's GPX file beside it",
        "{rows} 行中有 {count} 行纬度列与经度（{lon:g}）重复，纬度已丢失；"
        "请重新导出文件，或一并提供本次走航的 GPX 文件",
    ),
    "columns_swapped_back": ("latitude and longitude swapped back", "经度与纬度已对调还原"),
    "columns_swapped_back.why": (
        "the latitude column reaches {lat:g}, beyond ±90, the other stays within",
        "纬度列达到 {lat:g}，超出 ±90，另一列未超出",
    ),
    "positions_stuck": ("{count} positions flagged position_stuck", "{count} 个位置标记为 position_stuck"),
    "positions_stuck.why": (
        "they repeat for {seconds:g} s and more while the speed column is above {speed:g} m s-1",
        "速度列高于 {speed:g} m s-1，而位置重复不变达 {seconds:g} s 及以上",
    ),
    "channel_unit_believed": ("{channel} believed to be in {unit}", "{channel} 的单位按 {unit} 处理"),
    "unit_contradicted": (
        "the heading says {stated}, the median is {median:.4g}: {reason}",
        "列名注明单位为 {stated}，中位数为 {median:.4g}：{reason}",
    ),
    "background_in_unit": (
        "the heading says {stated}, the median {median:.4g} is the background of it in {unit}",
        "列名注明单位为 {stated}，而中位数 {median:.4g} 正是以 {unit} 计的背景值",
    ),
    "pnc_floor": (
        "the cleanest air on earth holds 1e7 particles per m³",
        "地球上最洁净的空气每立方米也有 1e7 个颗粒物",
    ),
    "pnc_ceiling": ("no street holds 1e8 particles per cm³", "任何道路环境每立方厘米都不会有 1e8 个颗粒物"),
    "co_mg_ceiling": (
        "100 mg m-3 of CO is deadly within hours; background is 0.2 mg m-3",
        "CO 达 100 mg m-3 时数小时内可致死；背景值为 0.2 mg m-3",
    ),
    "co_ug_floor": ("CO never falls below 50 µg m-3 outdoors", "室外 CO 从不低于 50 µg m-3"),
    "co_ppm_ceiling": (
        "40 ppm is the alarm level of a garage; background is 0.1 ppm",
        "40 ppm 为车库报警限值；背景值为 0.1 ppm",
    ),
    "co_ppb_floor": ("CO never falls below 40 ppb outdoors", "室外 CO 从不低于 40 ppb"),
    "ch4_floor": ("CH4 never falls below 1 800 ppb outdoors", "室外 CH4 从不低于 1 800 ppb"),
    "ch4_background": ("the background is 2 ppm", "背景值为 2 ppm"),
    "co2_floor": ("CO2 never falls below 380 000 ppb outdoors", "室外 CO2 从不低于 380 000 ppb"),
    "no2_ceiling": ("2 ppm of NO2 is far above any street", "2 ppm 的 NO2 远高于任何道路环境"),
    "so2_ceiling": ("2 ppm of SO2 smells strongly", "2 ppm 的 SO2 气味已很强烈"),
    "o3_ceiling": ("1 ppm of O3 is ten times any ambient record", "1 ppm 的 O3 是环境空气最高纪录的十倍"),
    "no2_floor": ("NO2 below 0.3 µg m-3 is ocean air", "NO2 低于 0.3 µg m-3 只见于海洋大气"),
    "so2_floor": ("SO2 below 0.1 µg m-3 is ocean air", "SO2 低于 0.1 µg m-3 只见于海洋大气"),
    "o3_floor": (
        "O3 below 0.5 µg m-3 over a whole drive is no outdoor air",
        "整次走航 O3 均低于 0.5 µg m-3，不可能是室外空气",
    ),
    "ox_floor": (
        "O3 and NO2 together below 1 µg m-3 is no outdoor air",
        "O3 与 NO2 之和低于 1 µg m-3，不可能是室外空气",
    ),
    "pm25_ceiling": ("5 mg m-3 of PM2.5 stops traffic", "PM2.5 达 5 mg m-3 时交通已中断"),
    "pm10_ceiling": ("20 mg m-3 of PM10 is a dust storm", "PM10 达 20 mg m-3 即为沙尘暴"),
    "pm25_floor": ("PM2.5 below 0.5 µg m-3 is polar air", "PM2.5 低于 0.5 µg m-3 只见于极地大气"),
    "pm10_floor": ("PM10 below 0.5 µg m-3 is polar air", "PM10 低于 0.5 µg m-3 只见于极地大气"),
    "bc_ceiling": ("200 µg m-3 of black carbon is inside a chimney", "黑碳达 200 µg m-3 只见于烟囱内"),
    "channel_out_of_range": (
        "{count} values of {channel} flagged value_out_of_range",
        "{channel} 有 {count} 个数值标记为 value_out_of_range",
    ),
    "channel_out_of_range.why": ("outside {low:g} to {high:g} {unit}", "超出 {low:g} 至 {high:g} {unit}"),
    "channel_stuck": ("{channel} flagged value_stuck", "{channel} 标记为 value_stuck"),
    "channel_stuck.why": ("{value:g} in all {rows} rows", "全部 {rows} 行均为 {value:g}"),
    "all_stamps_equal": (
        "all {rows} time stamps are equal ({time}), so nothing orders the rows in time; "
        "set the logger's clock or export the file again",
        "全部 {rows} 个时间相同（{time}），无法确定各行先后；请校准记录仪时钟，或重新导出文件",
    ),
    "rows_sorted_by_time": ("rows sorted by time", "各行已按时间排序"),
    "rows_sorted_by_time.why": (
        "{count} stamps are earlier than one before them (largest step back {back_s:.3f} s)",
        "{count} 个时间早于其前面的时间（最大回退 {back_s:.3f} s）",
    ),
    "repeated_rows_merged": ("{count} repeated rows merged", "{count} 个重复行已合并"),
    "repeated_rows_merged.why": ("same stamp and same values as the row before", "时间与数值均与前一行相同"),
    "equal_stamps_spread": (
        "{count} equal stamps spread evenly up to the next stamp",
        "{count} 个相同的时间已在到下一时间之间均匀分布",
    ),
    "equal_stamps_spread.why": (
        "several different rows carry one stamp (a clock coarser than the logger's rate)",
        "数行内容不同而时间相同（时钟分辨率低于记录频率）",
    ),
    # --- clocks.py ---
    "zone_taken": ("times taken as {zone}", "时间按 {zone} 处理"),
    "zone_declared": ("declared as time_zone", "已由 time_zone 声明"),
    "zone_by_overlap": (
        "overlaps {other} (UTC) by {as_zone:.0%} of the shorter as {zone}, by {as_utc:.0%} as UTC; "
        "{zone} is the civil zone of the place",
        "与 {other}（UTC）的重叠占较短记录的比例：按 {zone} 为 {as_zone:.0%}，按 UTC 为 {as_utc:.0%}；"
        "{zone} 为当地法定时区",
    ),
    "civil_zone_as_headed": (
        "civil zone of the place; the heading says local time",
        "当地法定时区；列名注明为当地时间",
    ),
    "civil_zone_as_allowed": (
        "civil zone of the place; not settled; allowed by unsettled_zone",
        "当地法定时区；时区未能确定，由 unsettled_zone 允许采用",
    ),
    "zone_answered": (
        "answered when asked; nothing in the mission settles it",
        "询问时由操作人员指定；任务数据无法确定",
    ),
    "zone_likeliest_by_place": (
        "the likeliest: the civil zone of the place; nothing in the mission settles it",
        "最可能的时区：当地法定时区；任务数据无法确定",
    ),
    "zone_likeliest_without_place": (
        "the likeliest: that of China; nothing in the mission settles it and no position says where it was",
        "最可能的时区：中国时区；任务数据无法确定，也没有位置说明所在地",
    ),
    "standard_time_taken": (
        "standard time taken where the clock was changed",
        "夏令时切换处按标准时间处理",
    ),
    "standard_time_taken.why": ("{count} stamps are double or impossible", "{count} 个时间重复或不存在"),
    "stated_offset_believed": (
        "offset {stated_h:+.1f} h of the stamps believed",
        "以时间数据自带的时差 {stated_h:+.1f} h 为准",
    ),
    "stated_offset_believed.why": (
        "but {zone} was at {civil_h:+.1f} h that day: if the clock was not changed for summer time "
        "the times are an hour off",
        "但当日 {zone} 的时差为 {civil_h:+.1f} h：如时钟未调整夏令时，则时间相差一小时",
    ),
    "offset_from_gnss": ("clock taken as UTC{hours:+.2f} h", "时钟按 UTC{hours:+.2f} h 处理"),
    "offset_from_gnss.why": (
        "clock minus GNSS time of day is {offset_s:.0f} s (median, spread {spread_s:.1f} s)",
        "时钟与 GNSS 时刻之差为 {offset_s:.0f} s（中位数，离散 {spread_s:.1f} s）",
    ),
    "zone_not_settled": (
        "times without a zone (first {first}), and nothing in the mission settles it; put "
        '`time_zone = "{example}"` (or "UTC", if the logger kept UTC) into mission.toml, or give --time-zone '
        "{example}",
        "时间未注明时区（首个 {first}），本任务的资料也无法确定时区；请在 mission.toml 中写入 "
        '`time_zone = "{example}"`（如记录仪采用 UTC，则写 "UTC"），或加参数 --time-zone {example}',
    ),
    "clock_moved": ("clock moved by {seconds:+.3f} s", "时钟调整 {seconds:+.3f} s"),
    "clock_moved.why": ("declared for {pattern!r} in mission.toml", "mission.toml 中已为“{pattern}”声明"),
    # --- outings.py ---
    "from_to": ("{first} to {last}", "{first} 至 {last}"),
    "no_positions_at_all": (
        "no positions ({span}); put the drive's GPX or NMEA file beside it",
        "没有位置（{span}）；请一并提供本次走航的 GPX 或 NMEA 文件",
    ),
    "no_positions_at_that_time": (
        "no positions of its own ({span}) and no other file overlaps it in time; nearest is {nearest} "
        "({apart_s:.0f} s away): check the clocks and the time zone{hint}",
        "自身没有位置（{span}），也没有时间与之重叠的其他文件；最接近的是 {nearest}"
        "（相差 {apart_s:.0f} s）：请核对时钟与时区{hint}",
    ),
    "would_overlap_if_moved": (
        '; moved by {hours:+d} h it would overlap: [traces.clock_offset_s] "{name}" = {seconds}',
        '；时钟调整 {hours:+d} h 后即可重叠：[traces.clock_offset_s] "{name}" = {seconds}',
    ),
    "positions_not_used": ("positions not used", "位置未采用"),
    "positions_not_used.why": (
        "those of {twin} cover the same time and were taken",
        "{twin} 的位置覆盖同一时段，已采用",
    ),
    # --- formats of positions and of analysers ---
    "kml_without_times": (
        "no position with a time ({count} lines and points without one); export the track as GPX, or as KML with "
        "times (gx:Track)",
        "没有带时间的位置（不带时间的线和点共 {count} 个）；请导出为 GPX，或导出为带时间的 KML（gx:Track）",
    ),
    "kml_points_left_out": (
        "{uneven} moments or places of tracks without their counterpart or a readable time, {untimed} lines and "
        "points without a time",
        "轨迹中有 {uneven} 个时间或位置缺少对应项或时间无法识别，另有 {untimed} 个线和点没有时间",
    ),
    "columns_of_format_missing": (
        "the columns {columns} are missing, which this format has; export the file again",
        "缺少该格式应有的列：{columns}；请重新导出文件",
    ),
    "pos_without_degrees": (
        "the solution is in {columns}, not in degrees; solve again with out-solformat = llh",
        "解算结果为 {columns}，不是经纬度；请设置 out-solformat = llh 重新解算",
    ),
    "pos_without_rows": ("no row with a time, a latitude and a longitude", "没有同时包含时间、纬度和经度的数据行"),
    "pos_rows_unreadable": (
        "{count} of {rows} rows have no readable time or place",
        "{rows} 行中有 {count} 行时间或位置无法识别",
    ),
    "gps_time_made_utc": ("GPS time made UTC", "GPS 时间已换算为 UTC"),
    "gps_time_made_utc.why": (
        "the heading says so; GPS time is {seconds} s ahead of UTC",
        "列名如此注明；GPS 时间比 UTC 快 {seconds} s",
    ),
    "carbon_12_only": ("{species} is that of carbon 12 alone", "{species} 仅为碳-12 的含量"),
    "carbon_12_only.why": (
        "the file has no dry value of carbon 13, which is 1.1 % of the gas",
        "文件中没有碳-13 的干值，其约占该气体的 1.1 %",
    ),
    "purpleair_channels_apart": (
        "{count} values of {species} flagged instrument_fault",
        "{count} 个 {species} 数值标记为 instrument_fault",
    ),
    "purpleair_channels_apart.why": (
        "channels A and B differ by more than 5 ug m-3 and 61 %",
        "A、B 两通道相差超过 5 ug m-3 且超过 61 %",
    ),
    # --- fills.py ---
    "fixes_of_track": ("{count} positions taken from {track}", "{count} 个位置取自 {track}"),
    "fixes_of_track.why": (
        "{lacking} of {rows} rows have no fix of their own; the track beside them covers {count} of these",
        "{rows} 行中有 {lacking} 行没有自身定位；同时段的轨迹文件覆盖其中 {count} 行",
    ),
    "fixes_of_track_for_dead": ("all positions taken from {track}", "全部位置取自 {track}"),
    "fixes_of_track_for_dead.why": (
        "its own fix is the same to the last digit in every row while the track drives; "
        "{count} of {rows} rows have a position",
        "自身定位各行完全相同，而轨迹在移动；{rows} 行中有 {count} 行有位置",
    ),
    "track_elsewhere": ("nothing taken from {track}", "未采用 {track}"),
    "track_elsewhere.why": (
        "where both have a fix they are {apart_m:.0f} m apart (median): another platform, or a clock that is off; "
        "{count} rows have no fix of their own",
        "两者均有定位时相距 {apart_m:.0f} m（中位数）：可能为另一平台，或时钟有偏差；{count} 行没有自身定位",
    ),
    "clock_moved_by_path": (
        "clock moved by {seconds:.0f} s ({hours:+.2f} h), onto that of {other}",
        "时钟已调整 {seconds:.0f} 秒（{hours:+.2f} 小时），与 {other} 一致",
    ),
    "clock_moved_by_path.why": (
        "both were at the same places in the same order: {percent:.0f} % of the places fit at this difference alone; "
        "declare clock_offset_s if another clock is right",
        "两台设备按相同次序经过相同地点：仅按此时差有 {percent:.0f}% 的地点吻合；"
        "如应以其他时钟为准，请声明 clock_offset_s",
    ),
    "wind_of_track": ("wind taken from {track}", "风取自 {track}"),
    "wind_of_track.why": (
        "the track beside it carries wind and the file has none",
        "同时段的轨迹文件带有风，而该文件没有风",
    ),
    # --- outings.py, positions ---
    "positions_only": (
        "positions only ({span}), and no instrument without positions of its own measured in that time; put the "
        "instrument's file beside it, or check the two clocks",
        "只有位置（{span}），而该时段内没有自身不带位置的仪器的监测数据；请一并提供仪器文件，或核对两者的时钟",
    ),
    "positions_joined": ("positions from {track}", "位置取自 {track}"),
    "positions_joined.why": (
        "interpolated in time over gaps up to {gap_s:g} s; {placed} of {rows} rows have a position",
        "按时间内插，间隔不超过 {gap_s:g} s；{rows} 行中有 {placed} 行有位置",
    ),
    "joined_by_time": ("joined by time onto {base}", "按时间并入 {base}"),
    "joined_by_time.why": (
        "interpolated over gaps up to {gap_s:g} s: {exact} of {moments} moments exact, {interpolated} interpolated, "
        "{missing} without a value; {outside} of its {rows} rows lie outside the time of the positions",
        "按时间内插，间隔不超过 {gap_s:g} s：{moments} 个时刻中 {exact} 个完全对应，{interpolated} 个为内插值，"
        "{missing} 个无数值；该文件 {rows} 行中有 {outside} 行在位置时段之外",
    ),
    # --- status.py ---
    "column_not_read_as_status": (
        'column "{heading}" not read as a status',
        "“{heading}”列未按状态列读取",
    ),
    "column_not_read_as_status.why": (
        "it holds {texts} different texts, a status has few",
        "该列有 {texts} 种不同内容，状态列只应有少数几种",
    ),
    "alarm_of_the_air": (
        'column "{heading}": "{text}" taken as an alarm of the air, not a fault',
        "“{heading}”列：“{text}”按空气浓度报警处理，不视为故障",
    ),
    "alarm_of_the_air.why": (
        "{channel} in its {rows} rows is beyond the {percentile:g}th percentile of the others",
        "{channel} 在其 {rows} 行中高于其余各行的第 {percentile:g} 百分位数",
    ),
    "rows_flagged_by_status": ("{count} rows flagged {flag}", "{count} 行标记为 {flag}"),
    "values_flagged_by_status": (
        "{count} values of {channels} flagged {flag}",
        "{channels} 有 {count} 个数值标记为 {flag}",
    ),
    "status_says": ('column "{heading}" says {texts}', "“{heading}”列内容为 {texts}"),
    "rows_after_calibration": (
        "{count} rows after calibration flagged calibration",
        "校准之后的 {count} 行标记为 calibration",
    ),
    "values_after_calibration": (
        "{count} values of {channels} after calibration flagged calibration",
        "{channels} 校准之后有 {count} 个数值标记为 calibration",
    ),
    "gas_stays_in_line": (
        'column "{heading}": gas stays in line and cell for purge_s = {purge_s:g} s after it is shut off',
        "“{heading}”列：校准气关闭后，purge_s = {purge_s:g} s 内仍残留于管路和气室",
    ),
    "status_codes_not_understood": ("status codes not understood: {texts}", "状态代码无法识别：{texts}"),
    "status_texts_not_understood": ("status texts not understood: {texts}", "状态文字无法识别：{texts}"),
    "taken_as_normal": (
        'column "{heading}"; the rows are taken as normal; if they are not: mission.toml, [traces.status_words]: '
        '"{example}" = "calibration", "fault" or "normal"',
        "“{heading}”列；这些行按正常处理；如不正常，请在 mission.toml 的 [traces.status_words] 中写入："
        '"{example}" = "calibration"、"fault" 或 "normal"',
    ),
    "status_not_believed": (
        'column "{heading}" not believed, no row flagged by it',
        "“{heading}”列不予采信，未据此标记任何行",
    ),
    "status_not_believed.why": (
        "all {rows} rows would be rejected: {texts}; if that is true, leave the file out",
        "否则全部 {rows} 行均须剔除：{texts}；如确实如此，请不要提交该文件",
    ),
    "text_in_rows": ("{text} ({rows} rows)", "{text}（{rows} 行）"),
    "and_more_texts": ("{texts} and {count} more", "{texts}，另有 {count} 种"),
}
