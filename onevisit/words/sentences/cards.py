"""Memory cards and mission folders, what is known of the instrument, and the first lines on the screen."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, str]] = {
    # --- onevisit/mission.py ---
    "mission_is_no_folder": (
        "{path} is not a folder; a mission is a folder with {folders}, or a memory card as it comes",
        "{path} 不是文件夹；任务应为含 {folders} 的文件夹，或未经整理的存储卡",
    ),
    "folder_holds_no_mission": (
        "{path} holds no mission: no file in it is a logger file, a photo, a site list, a monitor record or a street "
        "network; found {found}. A file that is one all the same is taken as such in one of the folders {folders}",
        "{path} 中没有任务数据：其中没有走航数据文件、照片、点位名录、监测记录或路网；实际为 {found}。"
        "若确有此类文件，请放入 {folders} 中的相应文件夹，即按该类读取",
    ),
    "empty_folder": ("an empty folder", "空文件夹"),
    "folder_not_readable": (
        "this folder cannot be opened: {error}; what is in it is not used",
        "无法打开该文件夹：{error}；其中内容未采用",
    ),
    "no_kind_of_input": (
        "not used, no reader takes it: {cause}",
        "未采用，没有可读取它的读取器：{cause}",
    ),
    "files_passed_over": (
        "passed over, with {count:|file or folder|files and folders} of this kind",
        "跳过此类文件或文件夹共 {count} 个",
    ),
    "files_passed_over.why": (
        "hidden, of the system, small copies that cameras make, or results of an earlier run: {names}",
        "隐藏文件、系统文件、相机生成的缩略副本，或以往运行的结果：{names}",
    ),
    "sorted_by_content": (
        "{count:|file|files} taken for {kind} by content",
        "按内容识别为{kind}，共 {count} 个文件",
    ),
    "kind_traces": ("traces of drives and flights", "走航或飞行数据"),
    "kind_images": ("photos and what belongs to a flight", "照片及飞行附属文件"),
    "kind_registers": ("lists of sites", "点位名录"),
    "kind_monitors": ("monitor records", "监测记录"),
    "kind_roads": ("street networks", "路网"),
    # --- ingest/kinds.py ---
    "sorted_as_flight_file": (
        "a video, its subtitles or the marks of exposures",
        "视频、其字幕或曝光时刻文件",
    ),
    "sorted_by_camera_tags": ("a picture with tags of a camera", "带相机标签的图片"),
    "picture_without_camera_tags": (
        "a picture without tags of a camera: a screenshot, or an edited copy; an elevation model is used where "
        "mission.toml names it as dem under [imagery]",
        "没有相机标签的图片：截图或编辑后的副本；若为高程模型，请在 mission.toml 的 [imagery] 下以 dem 指明",
    ),
    "sorted_by_packets": ("packets of HJ 212", "含 HJ 212 报文"),
    "sorted_by_osm": ("an extract of OpenStreetMap", "OpenStreetMap 摘录"),
    "sorted_by_road_tags": ("lines with tags of roads", "带道路标签的线"),
    "lines_without_tags": (
        "lines without a tag of roads (highway, fclass, maxspeed, oneway); lines in the folder roads/ are taken for "
        "streets",
        "线要素没有道路标签（highway、fclass、maxspeed、oneway）；放入 roads/ 文件夹即按道路读取",
    ),
    "sorted_by_features": ("points or areas in GeoJSON", "GeoJSON 点或面"),
    "sorted_by_format": ("the format {format}", "格式为 {format}"),
    "sorted_by_track": (
        "columns of time, of a species, and of positions that move",
        "含时间列、监测因子列和移动的位置",
    ),
    "sorted_by_points": (
        "a monitoring point, device or site is named beside times and values",
        "时间和数值旁注有监控点、设备或单位",
    ),
    "sorted_by_names": ("names or codes of sites", "含单位名称或编码"),
    "sorted_by_species": ("columns of time and of a species", "含时间列和监测因子列"),
    "sorted_by_positions": ("columns of time and of positions", "含时间列和位置列"),
    "sorted_by_headings": ("headings of a time and of quantities", "列名含时间和监测量"),
    # --- onevisit/cards/card.py ---
    "out_of_drive_root": (
        "the folder is the root of a drive, which is never written to",
        "该文件夹是驱动器的根目录，程序从不写入",
    ),
    "out_of_card": (
        "the folder is on a memory card or stick, which is never written to",
        "该文件夹位于存储卡或移动盘，程序从不写入",
    ),
    "out_of_read_only": ("the folder beside it cannot be written", "无法在该文件夹旁写入"),
    "files_gone": (
        "{gone} of {count} files are no longer there, the first {first}: was the card pulled out? Put it back and "
        "run the same command; what was done is kept",
        "{count} 个文件中有 {gone} 个已不存在，首个为 {first}：存储卡是否被拔出？请重新插入并再次运行同一命令；"
        "已完成的部分予以保留",
    ),
    "results_elsewhere": ("results go to {out}: {why}", "结果写入 {out}：{why}"),
    # --- onevisit/reading.py ---
    "several_days_together": (
        "{count} parts with a night or longer between them are processed together",
        "{count} 段测量之间相隔一夜或更久，合并处理",
    ),
    "several_days_together.why": (
        "measurements of {days}; for a report of each, put the files of each day into a folder of its own",
        "测量日期为 {days}；如需分日报告，请将各日文件分别放入单独的文件夹",
    ),
    # --- onevisit/cli/process.py ---
    "which_zone": (
        "The times in {item} carry no time zone. Which zone did the clock keep (Enter takes the likeliest)?",
        "{item} 中的时间未注明时区。记录时钟采用哪个时区（直接回车采用最可能的时区）？",
    ),
    "zone_not_known": (
        "{answer} is no time zone; {taken} is taken. --time-zone gives another",
        "{answer} 不是时区；采用 {taken}。可用 --time-zone 另行指定",
    ),
    # --- onevisit/handover/first_screen.py ---
    "first_urgent": ("URGENT: {todo} {values}", "紧急：{todo}{values}"),
    "first_losses": (
        "not used: {files:|file|files} as a whole, {places:|group of rows or items|groups of rows or items} of other "
        "files, {others:|other thing|other things}",
        "未采用：整个文件 {files} 个；其他文件中的行或条目 {places} 组；其他 {others} 项",
    ),
    "first_zone": (
        "times without a zone are taken as {zone} in {count:|file|files} ({why}); --time-zone ZONE gives another",
        "{count} 个文件的时间未注明时区，按 {zone} 处理（{why}）；可用 --time-zone 另行指定",
    ),
    "first_decision": ("please note, {item}: {what} ({why})", "请注意，{item}：{what}（{why}）"),
    # --- onevisit/cards/recipe.py ---
    "recipe_head": (
        "Recipe of {name}: what was believed there. Lines without # are declared wherever this recipe is used:\n"
        "onevisit process FOLDER --recipe THIS_FILE. A mission.toml in the folder wins over it.",
        "{name} 的配方：当次采信的全部内容。不带 # 的行在使用本配方时即为声明：\n"
        "onevisit process 文件夹 --recipe 本文件。文件夹内的 mission.toml 优先于本配方。",
    ),
    "recipe_zone": (
        "Zone of times that carry none: a name, UTC, or +08:00.",
        "未注明时区的时间所用时区：时区名、UTC 或 +08:00。",
    ),
    "recipe_grid": (
        "Coordinate system of the grid, in metres. Without it: the 3-degree zone of CGCS2000 or UTM of the place.",
        "网格坐标系，单位为米。不写则取当地 CGCS2000 三度带或 UTM 带。",
    ),
    "recipe_columns": (
        "Columns: heading as it stands in the file = quantity and unit. Units that were guessed are declared here;\n"
        "correct them if the logger's manual says otherwise. What headings stated themselves is a comment.",
        "数据列：文件中的列名 = 物理量和单位。推断的单位在此声明，若与仪器手册不符请更正；\n"
        "列名自身已注明的单位以注释列出。",
    ),
    "recipe_wind": (
        'Wind: "ground" if the vehicle\'s own motion was taken off, "vehicle" if not.',
        '风：已扣除车辆自身运动写 "ground"，未扣除写 "vehicle"。',
    ),
    "recipe_vehicle": (
        "Delay from inlet to analyser in seconds, where it was measured; height of the inlet above the ground.",
        "进样口至分析仪的延迟（秒，经测定时填写）；进样口离地高度。",
    ),
    "recipe_instrument": (
        "The instrument, for what leads say of its calibration. The files name: {seen}.",
        "仪器信息，用于线索中的校准说明。文件中注明的仪器：{seen}。",
    ),
    "recipe_registers": (
        "Coordinate system of site lists that state none: WGS84, GCJ-02, BD-09, or EPSG:4544 and the like.",
        "名录未注明坐标系时采用：WGS84、GCJ-02、BD-09 或 EPSG:4544 等。",
    ),
    "recipe_all": (
        "All that was believed, with the evidence ({count:|decision|decisions}):",
        "采信的全部内容及依据（{count} 项）：",
    ),
    # --- onevisit/cards/instrument.py ---
    "calibration_unknown": (
        "calibration of the instrument unknown: mission.toml has no [instrument] with last_calibration",
        "仪器校准情况未知：mission.toml 中没有带 last_calibration 的 [instrument]",
    ),
    "calibrated_on": (
        "instrument calibrated on {day}, {days:|day|days} before ({instrument})",
        "仪器于 {day} 校准，距测量 {days} 天（{instrument}）",
    ),
    "calibrated_after": (
        "calibration before the measurement unknown: last_calibration is {day}, after it ({instrument})",
        "测量前的校准情况未知：last_calibration 为 {day}，晚于测量（{instrument}）",
    ),
    "instrument_unnamed": ("maker and serial number not given", "未注明厂商和序列号"),
}
