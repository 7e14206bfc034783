"""Sentences about mosaics, photos on the ground and what they show."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- imagery/phrases.py ---
    "first_and_more": ("{first}; {more}", "{first}；另有：{more}"),
    "kind_rgb": ("rgb", "可见光"),
    "kind_thermal": ("thermal", "热红外"),
    "kind_multispectral": ("multispectral", "多光谱"),
    # --- imagery/process.py ---
    "flight_without_photos": (
        "no photos: expected JPEG or TIFF files with GPS tags in images/",
        "没有像片：images/ 中应有带 GPS 信息的 JPEG 或 TIFF 文件",
    ),
    "photo_of_another_kind": (
        "{kind} photo among {usual} photos; give it a folder of its own",
        "{usual}像片中混有{kind}像片；请将其单独放入一个文件夹",
    ),
    "photo_without_focal_length": (
        "no focal length: not in the tags, the camera is not in the table; set focal_px, in "
        "pixels, under [photos] in mission.toml",
        "焦距未知：像片信息中没有焦距，相机参数表中也没有该相机；"
        "请在 mission.toml 的 [photos] 下设置 focal_px（像素）",
    ),
    "photo_without_heading": (
        "no heading: no yaw tag, and no overlap with neighbours that would tell it",
        "方位角未知：没有偏航角信息，也没有可推算方位角的相邻重叠像片",
    ),
    "photo_too_oblique": (
        "looks {off_deg:.0f}° away from straight down; a mosaic takes up to {allowed_deg:.0f}°",
        "拍摄方向偏离竖直向下 {off_deg:.0f}°；正射影像最多允许 {allowed_deg:.0f}°",
    ),
    "boresight_found": (
        "camera looks {right_deg:+.1f}° to the right and {down_deg:+.1f}° to the bottom of its image beyond its tags",
        "相机实际拍摄方向相对像片记录的姿态向影像右侧偏 {right_deg:+.1f}°、向影像下侧偏 {down_deg:+.1f}°",
    ),
    "boresight_found.why": (
        "baselines in {overlaps} overlaps against GPS, standard errors {right_sd_deg:.1f}°, {down_sd_deg:.1f}°",
        "{overlaps} 组重叠像片的基线与 GPS 对比，标准误差分别为 {right_sd_deg:.1f}°、{down_sd_deg:.1f}°",
    ),
    "flight_without_tie_points": (
        "no tie points: every photo stays on its tags (direct mode)",
        "没有连接点：所有像片按自带的位置和姿态定位（direct 模式）",
    ),
    "flight_without_tie_points.why": (
        "{pairs} pairs of neighbours match in {points} points or more",
        "匹配点不少于 {points} 个的相邻像片有 {pairs} 对",
    ),
    "photo_not_tied": (
        "not tied to its neighbours: placed by its tags alone",
        "未能与相邻像片连接：仅按自带的位置和姿态定位",
    ),
    "photo_not_tied.why": ("too few tie points", "连接点过少"),
    "orientation_adjusted": (
        "orientation of {photos} photos adjusted on {ties} tie points",
        "根据 {ties} 个连接点对 {photos} 张像片的方位元素进行了平差",
    ),
    "orientation_adjusted.why": (
        "focal length {focal_before_px:.0f} → {focal_after_px:.0f} px, k1 {k1:+.4f}, "
        "boresight {right_deg:+.1f}°, {down_deg:+.1f}°, {forward_deg:+.1f}° (about image right, down, forward), "
        "attitudes turned by {turned_deg:.1f}° (median)",
        "焦距 {focal_before_px:.0f} → {focal_after_px:.0f} 像素，k1 {k1:+.4f}，"
        "相机安置角 {right_deg:+.1f}°、{down_deg:+.1f}°、{forward_deg:+.1f}°（分别绕影像右、下、前方向），"
        "姿态改正 {turned_deg:.1f}°（中位数）",
    ),
    "photo_used": ("used", "已采用"),
    "photo_not_placed": ("not placed", "未能定位"),
    "no_photo_placed": (
        "none of {photos} photos can be placed: {reasons}",
        "{photos} 张像片均无法定位：{reasons}",
    ),
    "reason_counted": ("{count} × {reason}", "{count} 张：{reason}"),
    "reason_counted_for_instance": ("{count} × for instance {reason}", "{count} 张，例如：{reason}"),
    # --- imagery/locate.py ---
    "lone_photo_without_focal_length": (
        "no focal length: not in the tags, and the camera is not in the table; use the photo as it was taken",
        "焦距未知：像片信息中没有焦距，相机参数表中也没有该相机；请使用未经处理的原始像片",
    ),
    "lone_photo_without_attitude": (
        "states no yaw or no pitch, which a photo alone needs; photos that overlap do without (ortho)",
        "没有偏航角或俯仰角，单张像片定位必须有这两项；相互重叠的像片则不需要（ortho 命令）",
    ),
    "lone_photo_without_height": (
        "no height above the ground: the tags have no relative altitude; give the flying height, or for "
        "ellipsoidal heights (RTK) an elevation model",
        "离地高度未知：像片信息中没有相对高度；请给出航高，若为椭球高（RTK）请提供高程模型",
    ),
    "lone_photo_below_takeoff": (
        "{height_m:.0f} m above take-off: taken before or after the flight, expected a height above 0 m",
        "相对起飞点高度为 {height_m:.0f} m：拍摄于起飞前或降落后，高度应大于 0 m",
    ),
    "level_ground_taken": (
        "level ground at the take-off height, ± {sd_m:g} m",
        "地面按与起飞点同高的水平面处理，± {sd_m:g} m",
    ),
    "level_ground_taken.why": (
        "no elevation model was given, and no laser range is in the tags",
        "未提供高程模型，像片信息中也没有激光测距值",
    ),
    "takeoff_taken_below_photo": (
        "take-off below the photo taken as the zero of its height, ± {sd_m:.1f} m",
        "以像片正下方作为起飞点，即高度零点，± {sd_m:.1f} m",
    ),
    "takeoff_taken_below_photo.why": (
        "no take-off point was given; relief of the elevation model around the photo",
        "未给出起飞点；误差取像片周围高程模型的地形起伏",
    ),
    # --- imagery/heights.py ---
    "flying_height_taken": (
        "{photos} photos taken at {height_m:g} m above take-off",
        "{photos} 张像片按相对起飞点高度 {height_m:g} m 处理",
    ),
    "flying_height_taken.why": (
        "declared flying height; the tags state none",
        "采用申报的航高；像片信息中没有高度",
    ),
    "ellipsoidal_heights_used": (
        "{photos} photos with ellipsoidal heights brought into the flight's frame",
        "{photos} 张带椭球高的像片已换算到本架次的高度基准",
    ),
    "ellipsoidal_heights_used.why": (
        "the elevation model is {zero_m:.1f} m above the ellipsoid at the take-off point",
        "起飞点处高程模型高出椭球面 {zero_m:.1f} m",
    ),
    "ground_from_laser": (
        "ground at {ground_m:+.1f} m of the take-off height, ± {sd_m:.1f} m",
        "地面相对起飞点高度 {ground_m:+.1f} m，± {sd_m:.1f} m",
    ),
    "ground_from_laser.why": ("laser ranges of {photos} photos", "{photos} 张像片的激光测距值"),
    # --- imagery/multispectral.py ---
    "capture_incomplete": (
        "capture with {bands} of {of} bands; copy the others from the card",
        "该次曝光应有 {of} 个波段，仅有 {bands} 个；请从存储卡补拷其余波段",
    ),
    "multispectral_values": ("multispectral values are {meaning}", "多光谱数值的含义：{meaning}"),
    "band_values_counts": ("counts; no exposure tags", "原始计数值（没有曝光信息）"),
    "band_values_counts_per_exposure": (
        "counts per gain and exposure; no light sensor",
        "按增益和曝光时间归一的计数值（没有光照传感器数据）",
    ),
    "band_values_reflectance": ("reflectance", "反射率"),
    "band_values_relative_reflectance": (
        "relative reflectance, up to one factor of this band (no panel)",
        "相对反射率，各波段差一个固定系数（没有定标板）",
    ),
    "radiometric_tags_of_model": ("radiometric tags of {model}", "{model} 的辐射定标信息"),
    "radiometric_tags": ("radiometric tags of the camera", "相机的辐射定标信息"),
    "band_registered": ("band {band} registered on {beside}", "波段 {band} 已与 {beside} 配准"),
    "band_registered.why": (
        "correlation of gradients {likeness:.2f}, moved by {right_px:+.1f}, {down_px:+.1f} px in the corner",
        "梯度相关系数 {likeness:.2f}，角点移动 {right_px:+.1f}、{down_px:+.1f} 像素",
    ),
    "band_not_registered": (
        "band {band} placed on its calibration alone beside {beside}",
        "波段 {band} 未能配准，仅按相机检校参数与 {beside} 套合",
    ),
    "band_not_registered.why": (
        "correlation of gradients {likeness:.2f}, not moved",
        "梯度相关系数 {likeness:.2f}，未作移动",
    ),
    # --- imagery/findings/seek.py ---
    "bare_soil_found": ("{count} × bare_soil found", "发现裸土 {count} 处"),
    "hot_surface_found": ("{count} × hot_surface found", "发现高温表面 {count} 处"),
    "mosaic_searched": (
        "{area_ha:.3g} ha covered, cells of {cell_m:.3g} m",
        "覆盖 {area_ha:.3g} 公顷，格网 {cell_m:.3g} m",
    ),
    # --- imagery/mosaic/thermal.py ---
    "thermal_units_differ": (
        "values in {unit} among photos in {usual}; export the whole flight in one way",
        "数值单位为{unit}，而同架次其他像片为{usual}；请将整个架次按同一方式导出",
    ),
    "thermal_counts": ("raw counts", "原始计数"),
    "thermal_without_unit": ("no unit", "无单位"),
    # --- imagery/orientation/checks.py ---
    "photo_black": (
        "black: mean level {level:.1f} of 255 (usable from {usable_from:g}); take the photo again",
        "全黑：平均灰度 {level:.1f}（满值 255，不低于 {usable_from:g} 方可使用）；请重新拍摄",
    ),
    "photo_flat": (
        "flat: levels vary by {spread:.2f} of 255 (lens cap, fog or saturation?); take the photo again",
        "无反差：灰度变化仅 {spread:.2f}（满值 255，可能是镜头盖未取下、有雾或过曝）；请重新拍摄",
    ),
    "photo_blurred": (
        "blurred: sharpness {sharpness:.1f} where the flight's median is {usual:.1f} "
        "(usable from {usable_ratio:.0%} of it); take the photo again",
        "模糊：清晰度 {sharpness:.1f}，本架次中位数为 {usual:.1f}"
        "（不低于其 {usable_ratio:.0%} 方可使用）；请重新拍摄",
    ),
    "photo_not_positioned": (
        "no position; add it with a GPS logger or leave the photo out",
        "没有位置；请用 GPS 记录仪的数据补充，或不使用该像片",
    ),
    "photo_of_another_flight": (
        "{away_km:.1f} km from the flight's median position: another flight; give it a folder of its own",
        "距本架次像片的中位位置 {away_km:.1f} km：属于其他架次；请将其单独放入一个文件夹",
    ),
    "no_photo_matches_a_neighbour": (
        "no photo matches a neighbour: its tags are believed unchecked",
        "没有像片能与相邻像片匹配：像片自带的位置和姿态未经核对即采用",
    ),
    "no_photo_matches_a_neighbour.why": (
        "neighbours share fewer than {points} points",
        "相邻像片的同名点少于 {points} 个",
    ),
    "flight_in_parts": (
        "{parts} parts that nothing ties to one another ({photos} photos): between them only GPS holds",
        "本架次分为互不连接的 {parts} 部分（像片数：{photos}）：各部分之间仅靠 GPS 定位",
    ),
    "flight_in_parts_and_photos_alone": (
        "{parts} parts that nothing ties to one another ({photos} photos) and {alone} photos tied to none: "
        "between them only GPS holds",
        "本架次分为互不连接的 {parts} 部分（像片数：{photos}），另有 {alone} 张像片未与任何像片连接："
        "相互之间仅靠 GPS 定位",
    ),
    "parts_share_too_little": (
        "neighbours share fewer than {points} points; parts {apart_m:.0f} m apart",
        "相邻像片的同名点少于 {points} 个；各部分相距 {apart_m:.0f} m",
    ),
    "gimbal_yaw_biased": (
        "gimbal yaw is biased on the whole flight: {bias_deg:+.0f}° taken off every photo",
        "整个架次的云台偏航角存在系统偏差：每张像片均扣除 {bias_deg:+.0f}°",
    ),
    "gimbal_yaw_biased.why": ("medians over {photos} photos: {medians}", "{photos} 张像片的中位数：{medians}"),
    "gimbal_minus_flight_yaw": (
        "gimbal yaw minus flight yaw {off_deg:+.0f}°",
        "云台偏航角减机身偏航角 {off_deg:+.0f}°",
    ),
    "gimbal_minus_overlap": (
        "gimbal yaw minus overlap {off_deg:+.0f}°",
        "云台偏航角减影像重叠所得方位角 {off_deg:+.0f}°",
    ),
    "flight_yaw_minus_overlap": (
        "flight yaw minus overlap {off_deg:+.0f}°",
        "机身偏航角减影像重叠所得方位角 {off_deg:+.0f}°",
    ),
    "heading_from_overlap": (
        "no yaw tag: heading from overlap with neighbours",
        "没有偏航角信息：方位角由与相邻像片的重叠推算",
    ),
    "heading_less_gimbal_bias": (
        "heading corrected by {change_deg:+.0f}°: gimbal yaw is biased",
        "方位角改正 {change_deg:+.0f}°：云台偏航角存在系统偏差",
    ),
    "photo_turned_afterwards": (
        "photo was turned by {turn_deg:.0f}° after it was taken: heading corrected to {heading_deg:+.0f}°",
        "像片拍摄后被旋转了 {turn_deg:.0f}°：方位角改正为 {heading_deg:+.0f}°",
    ),
    "yaw_tag_overruled": (
        "yaw tag overruled: heading {heading_deg:+.0f}° from overlap",
        "未采用像片的偏航角：方位角 {heading_deg:+.0f}° 由影像重叠得出",
    ),
    "heading_unconfirmed_after_viewer": (
        "heading {heading_deg:+.0f}° kept without confirmation: opened by {software}, which may have turned it "
        "and no neighbour overlaps",
        "方位角 {heading_deg:+.0f}° 未经证实仍予保留：像片曾用 {software} 打开，可能已被旋转，且没有相邻像片与之重叠",
    ),
    "heading_unconfirmed_tags_disagree": (
        "heading {heading_deg:+.0f}° kept without confirmation: its yaw tags disagree and no neighbour overlaps",
        "方位角 {heading_deg:+.0f}° 未经证实仍予保留：像片的各偏航角不一致，且没有相邻像片与之重叠",
    ),
    "headings_compared": (
        "{headings} (grid bearings of the image top)",
        "{headings}（均为影像上边所指的坐标方位角）",
    ),
    "gimbal_yaw_reads": ("gimbal yaw {heading_deg:+.0f}°", "云台偏航角 {heading_deg:+.0f}°"),
    "flight_yaw_reads": ("flight yaw {heading_deg:+.0f}°", "机身偏航角 {heading_deg:+.0f}°"),
    "gps_course_reads": ("GPS course {heading_deg:+.0f}°", "GPS 航向 {heading_deg:+.0f}°"),
    "overlap_reads": ("overlap {heading_deg:+.0f}°", "影像重叠 {heading_deg:+.0f}°"),
    "nothing_overlaps": ("no overlap", "无重叠"),
    "tag_reads": ('{tag} "{text}"', "{tag} 为“{text}”"),
    "ground_below_tagged_altitude": (
        "no height above take-off: ground taken at {ground_m:.0f} m of the tagged altitude",
        "没有相对起飞点的高度：地面取像片记录高程系的 {ground_m:.0f} m 处",
    ),
    "ground_below_tagged_altitude.why": (
        "scale of {photos} photos that overlap",
        "{photos} 张重叠像片的比例尺",
    ),
    "height_from_scale": (
        "{count} photos without a usable height: {height_m:.0f} m above ground taken for them",
        "{count} 张像片没有可用的高度：按离地 {height_m:.0f} m 处理",
    ),
    "height_from_scale.why": ("scale of {photos} photos that overlap", "{photos} 张重叠像片的比例尺"),
    "ground_plane_moved": (
        "ground plane at {ground_m:+.1f} m of the take-off height",
        "地面相对起飞点高度 {ground_m:+.1f} m",
    ),
    "ground_plane_moved.why": (
        "overlaps say {seen_m:.1f} m above ground, tags {tagged_m:.1f} m",
        "由影像重叠得离地高度 {seen_m:.1f} m，像片记录为 {tagged_m:.1f} m",
    ),
    "photo_below_takeoff": (
        "{height_m:.0f} m above take-off: taken before or after the flight",
        "相对起飞点高度为 {height_m:.0f} m：拍摄于起飞前或降落后",
    ),
    "photo_without_height_or_scale": (
        "no height above ground: neither a relative altitude above 0 m nor an overlap that tells the scale; "
        "give a DEM with absolute heights, or fly with overlap",
        "离地高度未知：既没有大于 0 m 的相对高度，也没有可推算比例尺的重叠像片；"
        "请提供绝对高程的 DEM，或按有重叠的航线飞行",
    ),
    # --- imagery/orientation/control.py ---
    "control_point_not_in_a_used_photo": (
        "none of its {marks} marks lies in a photo that is used ({photos})",
        "其 {marks} 处刺点均不在采用的像片内（{photos}）",
    ),
    "control_point_marked_once": (
        "marked in one photo only; mark it in two or more to adjust on it",
        "仅在一张像片上刺点；须在两张以上像片上刺点方可参与平差",
    ),
    "control_points_all_off": (
        "lies {off_m:.0f} m from where the photos see it, as all points do (allowed {allowed_m:.0f} m): "
        "check the coordinate system in the first line of the list",
        "与像片上所见位置相距 {off_m:.0f} m，所有像控点均如此（允许 {allowed_m:.0f} m）："
        "请检查像控点清单首行的坐标系",
    ),
    "control_point_off": (
        "lies {off_m:.1f} m from where the others say (allowed {allowed_m:.1f} m): mark it again",
        "与由其他像控点推算的位置相距 {off_m:.1f} m（允许 {allowed_m:.1f} m）：请重新刺点",
    ),
    "positions_moved_onto_control": (
        "positions moved by {east_m:+.2f} m east, {north_m:+.2f} m north onto {points} control points",
        "按 {points} 个像控点平移像片位置：向东 {east_m:+.2f} m、向北 {north_m:+.2f} m",
    ),
    "positions_moved_onto_control.why": (
        "root mean square left at them {left_m:.3f} m",
        "像控点残差均方根 {left_m:.3f} m",
    ),
    "check_points_compared": (
        "{points} check points lie {off_m:.2f} m (root mean square) from their survey",
        "{points} 个检查点与实测位置相差 {off_m:.2f} m（均方根）",
    ),
    "check_points_compared.why": (
        "worst {worst}: {east_m:+.2f} m east, {north_m:+.2f} m north",
        "最差为 {worst}：向东 {east_m:+.2f} m、向北 {north_m:+.2f} m",
    ),
    # --- imagery/orientation/refine.py ---
    "control_point_marks_contradict": (
        "its marks in the photos contradict one another; mark it again",
        "在各像片上的刺点相互矛盾；请重新刺点",
    ),
    # --- onevisit/cli/locate.py ---
    "pixels_counted_as_stored": (
        "columns and rows counted in the photo as it is stored, not as shown",
        "行列号按像片存储的方向计，而非按显示的方向计",
    ),
    "pixels_counted_as_stored.why": (
        "EXIF orientation {orientation}: viewers show the photo turned or mirrored",
        "EXIF 方向为 {orientation}：看图软件会旋转或镜像显示该像片",
    ),
}
