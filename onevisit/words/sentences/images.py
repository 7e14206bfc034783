"""Sentences about photos and videos."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- cameras.py ---
    "focal_unknown": (
        "no tag tells the focal length and camera '{model}' is not in the table; set focal_px, the focal "
        "length in pixels, under [photos] in mission.toml",
        "像片标签未给出焦距，相机表中也没有相机“{model}”；"
        "请在 mission.toml 的 [photos] 下设置 focal_px（焦距，像素）",
    ),
    "camera_without_model": ("no model", "无型号"),
    "focal_declared": ("declared", "声明值"),
    "focal_calibrated": ("maker's calibration", "厂家标定值"),
    "focal_calibrated_fisheye": ("maker's calibration (fisheye)", "厂家标定值（鱼眼镜头）"),
    "focal_of_focal_plane": ("exif focal plane", "EXIF 焦距与焦平面分辨率"),
    "focal_of_lens": ("exif focal length, camera table", "EXIF 焦距与相机表"),
    "focal_of_equivalent": ("exif 35 mm equivalent", "EXIF 35 mm 等效焦距"),
    "focal_of_camera_table": ("camera table", "相机表"),
    # --- control.py ---
    "control_unreadable": (
        "cannot be read as text ({error}); expected OpenDroneMap's gcp_list.txt",
        "无法作为文本读取（{error}）；应为 OpenDroneMap 的 gcp_list.txt",
    ),
    "control_without_crs": (
        "first line {line!r} names no coordinate system; expected e.g. EPSG:4544 or WGS84 UTM 48N",
        "首行 {line!r} 未写明坐标系；应写成如 EPSG:4544 或 WGS84 UTM 48N",
    ),
    "control_columns_missing": (
        "{count:|column|columns}, expected 6 or more: easting northing height column row photo [name] [check]",
        "只有 {count} 列，应不少于 6 列：东坐标、北坐标、高程、像片列号、像片行号、像片名 [点名] [check]",
    ),
    "control_number_expected": ("no number where one is expected ({error})", "应为数字处不是数字（{error}）"),
    "control_coordinate_not_finite": ("a coordinate is not finite", "坐标不是有限数值"),
    # --- elevation.py ---
    "raster_without_crs": (
        "has no coordinate system; assign one with gdal_edit.py -a_srs",
        "没有坐标系；请用 gdal_edit.py -a_srs 指定",
    ),
    "raster_unreadable": (
        "cannot be read as a raster ({error}); expected a GeoTIFF of heights",
        "无法作为栅格读取（{error}）；应为高程 GeoTIFF",
    ),
    "heights_in_unknown_unit": (
        "heights in {unit!r}; expected metres or feet",
        "高程单位为 {unit!r}；应为米或英尺",
    ),
    "no_heights_around_photos": (
        "has no heights around the photos; give one that covers the flight",
        "像片周围没有高程值；请提供覆盖航飞范围的高程模型",
    ),
    "elevation_elsewhere": (
        "does not cover the photos; give an elevation model of the flight's place",
        "未覆盖像片位置；请提供航飞地点的高程模型",
    ),
    "ground_of_elevation_model": ("ground taken from this elevation model", "地面高程取自该高程模型"),
    "ground_of_elevation_model.why": (
        "{columns} × {rows} cells of {cell:.3g} around the photos, heights {datum}",
        "像片周围 {columns} × {rows} 个格网，格网间距 {cell:.3g}，高程基准：{datum}",
    ),
    "heights_ellipsoidal": ("ellipsoid", "椭球面"),
    "heights_of_unknown_datum": ("unknown", "未知"),
    "heights_lifted_as_declared": ("brought to the WGS 84 ellipsoid", "已换算为 WGS 84 椭球高"),
    "heights_lifted_as_declared.why": (
        "declared geoid height of {geoid_height_m:+.2f} m (heights were {datum})",
        "声明的大地水准面高为 {geoid_height_m:+.2f} m（原高程基准：{datum}）",
    ),
    "heights_lifted_by_proj": (
        "brought to the WGS 84 ellipsoid by PROJ",
        "已由 PROJ 换算为 WGS 84 椭球高",
    ),
    "heights_lifted_by_proj.why": (
        "{datum}, {operation}: {shift_m:+.2f} m",
        "{datum}，{operation}：改正 {shift_m:+.2f} m",
    ),
    # --- exif.py ---
    "photo_unreadable": (
        "cannot be read ({error}); copy it again from the card",
        "无法读取（{error}）；请从存储卡重新拷贝",
    ),
    "photo_empty": ("is empty; copy it again from the card", "文件为空；请从存储卡重新拷贝"),
    "photo_of_unknown_format": (
        "is not a JPEG or TIFF (it begins with {beginning}); export it as one of these",
        "不是 JPEG 或 TIFF（文件开头为 {beginning}）；请导出为其中一种格式",
    ),
    "jpeg_damaged": (
        "JPEG is damaged at byte {byte}; copy it again from the card",
        "JPEG 在第 {byte} 字节处损坏；请从存储卡重新拷贝",
    ),
    "photo_without_size": (
        "{format} states no image size; copy it again from the card",
        "{format} 未写明影像尺寸；请从存储卡重新拷贝",
    ),
    "jpeg_cut_off": (
        "JPEG ends before its last pixel (no end marker); copy it again from the card",
        "JPEG 不完整（缺少结束标记，像素未写完）；请从存储卡重新拷贝",
    ),
    "no_jpeg": ("is not a JPEG; copy it again from the card", "不是 JPEG；请从存储卡重新拷贝"),
    "jpeg_damaged_before_pixels": (
        "JPEG is damaged before its pixels; copy it again from the card",
        "JPEG 在像素数据之前损坏；请从存储卡重新拷贝",
    ),
    "raw_photo": (
        "is a raw photo (DNG); use the JPEG of the same exposure, or export it as TIFF",
        "是原始格式像片（DNG）；请使用同一次曝光的 JPEG，或导出为 TIFF",
    ),
    # --- exposures.py ---
    "utc_tag_holds_gps_time": ("UTCAtExposure read as GPS time", "UTCAtExposure 按 GPS 时读取"),
    "utc_tag_holds_gps_time.why": (
        "known of DJI; GPS is ahead of UTC by 18 s since 2017",
        "大疆设备如此记录；2017 年起 GPS 时比 UTC 快 18 s",
    ),
    "photo_time_of_gps": ("taken from GPS time", "拍摄时间取自 GPS 时间"),
    "photo_without_clock": ("no DateTimeOriginal", "没有 DateTimeOriginal 标签"),
    "camera_clock_off": (
        "the camera's clock is off by more than {tolerance_s:g} s in any zone",
        "按任何时区计算，相机时钟偏差都超过 {tolerance_s:g} s",
    ),
    "photo_left_without_time": ("left without a time", "未确定拍摄时间"),
    "photo_left_without_time.why": (
        'no zone is known at the place; put `time_zone = "UTC+8"` under [photos] in mission.toml',
        '拍摄地点的时区未知；请在 mission.toml 的 [photos] 下写入 `time_zone = "UTC+8"`',
    ),
    "camera_clock_zone_of_place": (
        "camera clock read as {zone} (UTC{hours:+g} h)",
        "相机时钟按 {zone}（UTC{hours:+g} h）读取",
    ),
    "camera_clock_zone_of_place.why": (
        "the tags name no zone; it is the zone of the place",
        "标签未写明时区；采用拍摄地点的时区",
    ),
    "camera_clock_zone_of_gps": ("camera clock read as UTC{hours:+g} h", "相机时钟按 UTC{hours:+g} h 读取"),
    "camera_clock_zone_of_gps.why": (
        "GPS time agrees to within {tolerance_s:g} s",
        "与 GPS 时间相差不超过 {tolerance_s:g} s",
    ),
    # --- flir.py ---
    "flir_incomplete": (
        "FLIR data hold no raw image or no calibration; export it as radiometric JPEG",
        "FLIR 数据缺少原始影像或标定参数；请导出为带测温数据的 JPEG",
    ),
    "flir_without_fff": (
        "FLIR data do not begin with FFF; copy the photo again from the card",
        "FLIR 数据不以 FFF 开头；请从存储卡重新拷贝像片",
    ),
    "flir_cut_off": (
        "FLIR data are cut off; copy the photo again from the card",
        "FLIR 数据不完整；请从存储卡重新拷贝像片",
    ),
    "flir_image_size": (
        "FLIR raw image of {columns} × {rows} px; copy the photo again from the card",
        "FLIR 原始影像尺寸为 {columns} × {rows} px，不合理；请从存储卡重新拷贝像片",
    ),
    "flir_png_damaged": (
        "FLIR raw image (PNG) cannot be decoded; copy the photo again from the card",
        "FLIR 原始影像（PNG）无法解码；请从存储卡重新拷贝像片",
    ),
    "flir_image_cut_off": (
        "FLIR raw image is cut off; copy the photo again from the card",
        "FLIR 原始影像不完整；请从存储卡重新拷贝像片",
    ),
    "flir_calibration_cut_off": (
        "FLIR calibration is cut off; copy the photo again from the card",
        "FLIR 标定参数不完整；请从存储卡重新拷贝像片",
    ),
    "flir_calibration_implausible": (
        "FLIR calibration is not plausible; copy the photo again from the card",
        "FLIR 标定参数不合理；请从存储卡重新拷贝像片",
    ),
    # --- mrk.py ---
    "mrk_unreadable": ("cannot be read ({error})", "无法读取（{error}）"),
    "mrk_line_without_exposure": (
        "is no exposure; expected number, time, Lat, Lon, Ellh",
        "不是曝光记录；应含序号、时间、Lat、Lon、Ellh",
    ),
    "mrk_without_exposure": (
        "holds no exposure; the positions of the photos' own tags are used",
        "没有曝光记录；采用像片自身标签中的位置",
    ),
    "mrk_exposure_not_used": ("exposure of the MRK file not used", "未采用 MRK 文件中的曝光记录"),
    "mrk_exposure_not_used.why": (
        "{file} number {number} is {distance_m:.0f} m from the photo's own position",
        "{file} 第 {number} 号记录距像片自身位置 {distance_m:.0f} m",
    ),
    "mrk_used": (
        "position and time of {count:|photo|photos} taken from it",
        "{count} 张像片的位置和时间取自该文件",
    ),
    "mrk_used.why": (
        "numbers of photos and exposures agree, and so do their positions",
        "像片与曝光记录的序号一致，位置也一致",
    ),
    # --- poses.py ---
    "photo_without_position": (
        "photo has no GPS position; add it to the EXIF tags, or leave the photo out",
        "像片没有 GPS 位置；请在 EXIF 标签中补充，或不使用该像片",
    ),
    "photo_position_impossible": (
        "position {lat:g}, {lon:g} is not on the earth; correct its GPS tags",
        "位置（纬度 {lat:g}，经度 {lon:g}）超出经纬度范围；请更正 GPS 标签",
    ),
    "exif_position_believed": ("position of the EXIF tags believed", "采用 EXIF 标签中的位置"),
    "exif_position_believed.why": (
        "the XMP position is {distance_m:.0f} m away from it",
        "XMP 位置与其相距 {distance_m:.0f} m",
    ),
    # --- read.py ---
    "photo_not_decoded": (
        "cannot be decoded ({error}); copy it again from the card",
        "无法解码（{error}）；请从存储卡重新拷贝",
    ),
    "pixels_not_decoded": (
        "pixels cannot be decoded; copy it again from the card",
        "像素无法解码；请从存储卡重新拷贝",
    ),
    "pixels_of_unknown_type": (
        "pixels are {type}, expected 8 or 16 bit or float32; export it again",
        "像素类型为 {type}，应为 8 位、16 位或 float32；请重新导出",
    ),
    "photo_focal": (
        "focal length {focal_px:.0f} px ± {sd_px:.0f} px from {source}",
        "焦距 {focal_px:.0f} px ± {sd_px:.0f} px，依据：{source}",
    ),
    "camera_of_photo": ("camera {model}, {columns} × {rows} px", "相机 {model}，{columns} × {rows} px"),
    "camera_without_name": (
        "camera without a name, {columns} × {rows} px",
        "相机型号不明，{columns} × {rows} px",
    ),
    # --- srt.py ---
    "subtitles_unreadable": ("cannot be read ({error})", "无法读取（{error}）"),
    "subtitles_without_any_position": (
        "{count:|subtitle|subtitles}, none with a position; switch on video captions in the app",
        "{count} 条字幕均无位置；请在飞行 App 中开启视频字幕",
    ),
    "subtitles_without_position": (
        "{count:|subtitle|subtitles} without a position",
        "{count} 条字幕没有位置",
    ),
    "latitude_read_first": ("latitude read before longitude", "按先纬度后经度读取"),
    "latitude_read_first.why": (
        "the third value is in metres, as enterprise drones write it",
        "第三个数值以米为单位，行业级无人机如此记录",
    ),
    "subtitle_clock_zone_of_place": ("clock read as {zone}", "时钟按 {zone} 读取"),
    "subtitle_clock_zone_of_place.why": (
        "the subtitles name no zone; it is the zone of the place",
        "字幕未写明时区；采用拍摄地点的时区",
    ),
    # --- thermal.py ---
    "thermal_counts_kept": (
        "raw counts, used only as anomaly relative to the flight",
        "原始计数值，仅用作相对于本次航飞的异常",
    ),
    "dji_tool_missing": (
        "DJI R-JPEG: its calibration is not published and the maker's tool dji_irp is not on the PATH",
        "大疆 R-JPEG：标定参数未公开，PATH 中也没有厂家工具 dji_irp",
    ),
    "tiff_scale_unknown": (
        "16-bit TIFF of a maker without a known scale",
        "16 位 TIFF，该厂家的温度换算系数未知",
    ),
    "thermal_picture_only": (
        "only the picture of temperatures, no values",
        "只有温度图像，没有温度值",
    ),
    "thermal_picture_only.why": ("no radiometric data in the file", "文件中没有辐射测温数据"),
    "thermal_in_celsius": ("temperatures in degrees Celsius", "温度，单位为摄氏度"),
    "calibration_in_file": ("calibration in the file", "依据文件中的标定参数"),
    "dji_tool_asked": ("maker's tool dji_irp", "由厂家工具 dji_irp 换算"),
    "radiometric_tiff": ("radiometric TIFF", "带测温数据的 TIFF"),
    "thermal_without_values": (
        "is a picture of temperatures without their values; export it as radiometric JPEG",
        "只是温度图像，没有温度值；请导出为带测温数据的 JPEG",
    ),
    "thermal_counts_do_not_fill": (
        "{bytes} bytes of raw counts do not fill {columns} × {rows} px",
        "原始计数值共 {bytes} 字节，与 {columns} × {rows} px 不符",
    ),
    "dji_tool_gone": ("dji_irp is no longer on the PATH", "PATH 中已找不到 dji_irp"),
    "dji_tool_not_run": ("dji_irp cannot be run ({error})", "dji_irp 无法运行（{error}）"),
    "dji_tool_failed": (
        "dji_irp failed (code {status}: {message})",
        "dji_irp 运行失败（代码 {status}：{message}）",
    ),
    "dji_tool_silent": ("no message", "无提示信息"),
    "dji_tool_values_do_not_fill": (
        "dji_irp gave {values} values for {columns} × {rows} px",
        "dji_irp 给出 {values} 个数值，与 {columns} × {rows} px 不符",
    ),
    "thermal_tiff_of_several_bands": (
        "is not a TIFF with one band; export it as radiometric TIFF",
        "不是单波段 TIFF；请导出为带测温数据的 TIFF",
    ),
    "thermal_median_implausible": (
        "median of {median:.0f} is no temperature in °C; export it as radiometric TIFF in °C",
        "中位数 {median:.0f} 不可能是摄氏温度；请导出为以 °C 为单位的测温 TIFF",
    ),
    # --- video.py ---
    "video_without_subtitles": (
        "no subtitles (.SRT) of the same name; copy them from the card",
        "没有同名字幕（.SRT）；请从存储卡拷贝",
    ),
    "subtitles_without_video": (
        "no video of the same name; copy it from the card",
        "没有同名视频；请从存储卡拷贝",
    ),
    "video_before_telemetry": (
        "is {seconds:.1f} s long, before its telemetry begins; are the subtitles of this video?",
        "时长 {seconds:.1f} s，遥测数据尚未开始；请确认字幕是否属于该视频",
    ),
    "video_frames_taken": (
        "{count:|frame|frames} taken, one every {spacing_m:g} m of way",
        "抽取 {count} 帧，航程每 {spacing_m:g} m 一帧",
    ),
    "video_frames_taken.why": (
        "{subtitles:|subtitle|subtitles} with positions, {seconds:.0f} s of {columns} × {rows} px",
        "{subtitles} 条字幕有位置，视频时长 {seconds:.0f} s，{columns} × {rows} px",
    ),
    "video_focal": (
        "focal length {focal_px:.0f} px ± {sd_px:.0f} px",
        "焦距 {focal_px:.0f} px ± {sd_px:.0f} px",
    ),
    "focal_of_subtitles": (
        "35 mm equivalent of {focal_mm:g} mm in the subtitles, for the width of the picture",
        "字幕中的 35 mm 等效焦距 {focal_mm:g} mm，按画面宽度换算",
    ),
    "video_looks_down": ("camera taken to look straight down", "视为相机垂直向下拍摄"),
    "video_looks_down.why": ("the subtitles state no gimbal angles", "字幕未给出云台角度"),
    "video_not_decoded": (
        "cannot be decoded; copy the video again from the card",
        "无法解码；请从存储卡重新拷贝视频",
    ),
    "video_unreadable": (
        "cannot be read as a video; copy it again from the card",
        "无法作为视频读取；请从存储卡重新拷贝",
    ),
    "video_focal_unknown": (
        "subtitles state no focal length; set focal_px, that of the video in pixels, under [photos] in mission.toml",
        "字幕未给出焦距；请在 mission.toml 的 [photos] 下将 focal_px 设为视频焦距（像素）",
    ),
}
