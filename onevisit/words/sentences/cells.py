"""Sentences about cells that are no plain numbers, and about files that are not what their name says."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- text/cells.py ---
    "cells_of_column": (
        "{count} cells of column {column} are no plain numbers",
        "{column} 列有 {count} 个单元格不是单纯的数值",
    ),
    "cells_of_kinds": ("{kinds}", "{kinds}"),
    "cells_below_detection": (
        "{count} below detection, taken as missing with that mark ({texts})",
        "{count} 个低于检出限，按缺测处理并作标记（{texts}）",
    ),
    "cells_above_range": (
        "{count} above the range, taken as missing with that mark ({texts})",
        "{count} 个超出量程，按缺测处理并作标记（{texts}）",
    ),
    "cells_that_are_marks": (
        "{count} say what was done instead of measuring, taken as marks ({texts})",
        "{count} 个为工况或维护标记，按标记处理（{texts}）",
    ),
    "cells_with_a_letter": (
        "{count} numbers with a mark behind them ({texts})",
        "{count} 个数值后带标记（{texts}）",
    ),
    "cells_with_a_unit": (
        "{count} numbers with their unit, read in the unit of the column ({texts})",
        "{count} 个数值后带单位，已按该列单位读取（{texts}）",
    ),
    "cells_written_otherwise": (
        "{count} numbers with separators, wide digits or powers, read as numbers ({texts})",
        "{count} 个数值含分隔符、全角数字或幂，已按数值读取（{texts}）",
    ),
    "cells_taken_as_missing": (
        "{count} fields of column {column} taken as missing",
        "{column} 列中有 {count} 个字段按缺测处理",
    ),
    "cells_lost": (
        "{reason}; the first are {texts}, {where}",
        "{reason}；前几个为 {texts}，位于{where}",
    ),
    "cells_are_error_codes": ("error codes", "为错误代码"),
    "cells_no_numbers": ("not numbers", "不是数值"),
    "comma_shown": (
        "{example} in the same column can be read in one way only",
        "同一列中的 {example} 只有一种读法",
    ),
    "comma_fits_beside": (
        "so they continue the numbers in the rows beside; otherwise they would jump by a factor of 1000",
        "这样与相邻各行的数值衔接；否则会相差 1000 倍",
    ),
    "comma_as_elsewhere": ("as the numbers of the other columns show", "依据其他列的数值写法"),
    "comma_as_usual": (
        "nothing in the file shows it, it is usual between these delimiters; if it is wrong, export the file with "
        "decimal points and without separators of thousands",
        "文件中没有其他依据，按该类分隔符的惯例处理；如不正确，请以小数点、不带千位分隔符的格式重新导出",
    ),
    # --- text/numbers.py ---
    "comma_of_column": (
        "the comma in {count} cells of column {column}, such as {example}, {meaning}",
        "{column} 列有 {count} 个单元格含逗号（如 {example}），{meaning}",
    ),
    "comma_is_decimal": ("is read as a decimal comma", "按小数点读取"),
    "comma_parts_thousands": ("is read as a separator of thousands", "按千位分隔符读取"),
    "data_row": ("data row {row}", "数据第 {row} 行"),
    # --- traces/assemble.py ---
    "unit_behind_numbers": ('column "{heading}" read in {unit}', "“{heading}”列按 {unit} 读取"),
    "unit_behind_numbers.why": (
        "its heading has no unit, its numbers have this one behind them",
        "列名未注明单位，其数值后均带此单位",
    ),
    # --- text/encodings.py ---
    "broken_lines_left_out": (
        "{count} broken lines left out: line {lines}{more}",
        "{count} 个损坏的行未采用：第 {lines} 行{more}",
    ),
    "broken_lines_left_out.why": (
        "a run of bytes 0xFF or 0x00 stands in them, as a write that broke off leaves it; the other lines are used",
        "其中有连续的 0xFF 或 0x00 字节（写入中断所致）；其余各行照常使用",
    ),
    "and_more_lines": (" and {count} more", "，另有 {count} 行"),
    # --- text/pages.py ---
    "page_read_as_table": (
        "{kind}: {tables:|table|tables} of {rows} rows in all",
        "{kind}：其中有 {tables} 个表格，共 {rows} 行",
    ),
    "page_read_as_table.why": (
        "recognised by its beginning, whatever its name; if rows are missing, save it as xlsx in Excel or WPS",
        "依据文件开头识别，与文件名无关；如有缺行，请用 Excel 或 WPS 打开后另存为 xlsx",
    ),
    "an_html_page": ("an HTML page", "HTML 网页"),
    "an_xml_spreadsheet": ("an XML spreadsheet (SpreadsheetML 2003)", "XML 电子表格（SpreadsheetML 2003）"),
    "page_without_table": (
        "is an HTML page without a table that can be read ({title}), although it is named {suffix}: perhaps the "
        "server sent a page of login or of an error instead of the file; log in and download it again, or open it in "
        "Excel or WPS and save it as xlsx",
        "是不含可读取表格的 HTML 网页（{title}），而文件名为 {suffix}：可能是服务器返回了登录页或错误页而不是文件；"
        "请登录后重新下载，或用 Excel、WPS 打开后另存为 xlsx",
    ),
    "file_is_something_else": (
        "is {kind}, although it is named {suffix}",
        "是{kind}，而文件名为 {suffix}",
    ),
    "a_pdf": (
        "a PDF, in which no table can be read; export the table as xlsx or CSV",
        "PDF 文件，无法读取其中的表格（请将表格导出为 xlsx 或 CSV）",
    ),
    "a_git_lfs_pointer": (
        "a pointer of Git LFS or git-annex and not the file itself; fetch the file (git lfs pull, git annex get)",
        "Git LFS 或 git-annex 的指针而不是文件本身（请用 git lfs pull 或 git annex get 取回文件）",
    ),
    "a_picture": (
        "a picture; export the table as xlsx or CSV",
        "图片（请将表格导出为 xlsx 或 CSV）",
    ),
    "an_archive": (
        "an archive and no workbook; unpack it and give the files in it",
        "压缩包而不是工作簿（请解压后提交其中的文件）",
    ),
    "a_database": (
        "an SQLite database; export the table as CSV",
        "SQLite 数据库（请将数据表导出为 CSV）",
    ),
    "a_document": (
        "a text document; save its table as xlsx or CSV",
        "文字文档（请将其中的表格另存为 xlsx 或 CSV）",
    ),
    "a_web_archive": (
        "a web archive (MHTML); open it in Excel or WPS and save it as xlsx",
        "单个文件网页（MHTML）（请用 Excel 或 WPS 打开后另存为 xlsx）",
    ),
    # --- traces/fullscale.py ---
    "channel_at_full_scale": (
        "{count} values of {channel} flagged value_out_of_range",
        "{channel} 有 {count} 个数值标记为 value_out_of_range",
    ),
    "channel_at_full_scale.why": (
        "{value:g}, row after row and the extreme of its column, is where a range ends, no measurement (the first is "
        "data row {row})",
        "{value:g} 连续重复且为该列极值，是量程的端点而非测量值（首个在第 {row} 个数据行）",
    ),
    "particle_sizes_exchanged": (
        "{fine} and {coarse} doubted, all their values flagged value_out_of_range: the columns are exchanged",
        "{fine} 与 {coarse} 存疑，其全部数值标记为 value_out_of_range：两列互换",
    ),
    "particle_sizes_exchanged.why": (
        "{fine} is above {coarse} in {count} of {rows} rows (median ratio {ratio:.2f}), but the coarser contains the "
        'finer; put both headings under [columns] in mission.toml, the first as "{coarse} {fine_unit}", the second '
        'as "{fine} {fine_unit}"',
        "{rows} 行中有 {count} 行 {fine} 高于 {coarse}（比值中位数 {ratio:.2f}），而粗粒径应包含细粒径；请在 "
        "mission.toml 的 "
        '[columns] 中写明两列：前者为 "{coarse} {fine_unit}"，后者为 "{fine} {fine_unit}"',
    ),
    # --- traces/validity.py ---
    "values_not_valid": ("{count} values of {name} taken as missing", "{name} 有 {count} 个数值按缺测处理"),
    "values_not_valid.why": (
        "outside what {attributes} of the variable allow: {low:g} to {high:g} (the first is {first:g})",
        "超出该变量 {attributes} 属性规定的范围 {low:g} 至 {high:g}（首个为 {first:g}）",
    ),
    "values_marked_missing": ("{count} values of {name} are missing", "{name} 有 {count} 个数值缺测"),
    "values_marked_missing.why": (
        "{attributes} of the variable says so of them: {codes}",
        "依据该变量的 {attributes} 属性：{codes}",
    ),
    # --- traces/vockinds.py ---
    "voc_kind_unknown": (
        'column "{heading}": kind of TVOC unknown',
        "“{heading}”列：TVOC 的仪器类型未知",
    ),
    "voc_kind_unknown.why": (
        "neither heading nor file name says PID, SPI-MS, PTR-MS or FID, which measure different things; compare "
        "it only with the same instrument, or put the kind into the file name (PID_20241008.csv)",
        "列名和文件名均未注明 PID、SPI-MS、PTR-MS 或 FID，各类仪器的测量对象不同；只能与同一仪器的结果比较，"
        "或在文件名中注明类型（PID_20241008.csv）",
    ),
    # --- monitors/tables.py ---
    "record_units_by_convention": (
        "units of columns without one taken by convention: {columns}",
        "列名未注明单位，按标准惯用单位读取：{columns}",
    ),
    # --- monitors/conventions.py ---
    "record_units_of_sources": (
        "HJ 212-2017, annex B; if they are others, write them behind the headings, as in NOx(mg/m3)",
        "依据 HJ 212-2017 附录 B；如为其他单位，请在列名后注明，如 NOx(mg/m3)",
    ),
    "record_units_of_air": (
        "the table is of ambient air, for it holds particles or ozone (GB 3095-2012); if they are others, write them "
        "behind the headings, as in SO2(mg/m3)",
        "表中有颗粒物或臭氧，为环境空气数据（依据 GB 3095-2012）；如为其他单位，请在列名后注明，如 SO2(mg/m3)",
    ),
    "record_unit_implausible": (
        "{name} left out: no unit is stated, by the national convention it were {unit}, and {count} values with a "
        "median of {median:.4g} cannot be in it; write the unit behind the heading, as in SO2(mg/m3)",
        "{name} 未采用：未注明单位，按国家标准惯用单位应为 {unit}，而 {count} 个数值的中位数为 {median:.4g}，"
        "不可能为该单位；请在列名后注明单位，如 SO2(mg/m3)",
    ),
    # --- monitors/values.py ---
    "record_at_full_scale": (
        "{count} values of {name} taken as missing and marked as beyond the upper limit",
        "{name} 有 {count} 个数值按缺测处理，并标记为超上限",
    ),
    "record_at_full_scale.why": (
        "{value:g}, time after time and the extreme of its series, is where a range ends, no measurement",
        "{value:g} 连续重复且为该序列极值，是量程的端点而非测量值",
    ),
}
