"""Sentences about registers, roads and edits."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- ingest/coordinates.py ---
    "crs_not_known": (
        'coordinate system {text!r} is not known: {error}; try "EPSG:4544"',
        "无法识别坐标系 {text!r}：{error}；可写为 “EPSG:4544”",
    ),
    "crs_without_datum_shift": (
        "{name}: no datum shift to WGS 84 is known here, and a ballpark one is wrong by up to 150 m; convert the "
        'data to CGCS2000, or give a PROJ string with "+towgs84=..." (zeros if the datum is CGCS2000)',
        "{name}：缺少到 WGS 84 的基准转换参数，近似转换的误差可达 150 米；请将数据转换为 CGCS2000，"
        "或给出含 “+towgs84=...” 的 PROJ 字符串（基准为 CGCS2000 时参数取零）",
    ),
    "time_zone_not_known": (
        'time_zone = "{name}" is not a zone; expected for example "Asia/Shanghai" or "+08:00"',
        "time_zone = “{name}” 不是有效时区；应为 “Asia/Shanghai” 或 “+08:00” 等",
    ),
    # --- ingest/edits.py ---
    "edit_action_not_known": (
        "action {action!r} is not known; use one of {known}",
        "无法识别操作（action）{action!r}；可用：{known}",
    ),
    "edit_reject_without_name": (
        "a reject needs the name of a photo or site",
        "剔除（reject）须写明照片或点位的名称",
    ),
    "edit_columns_missing": (
        "no line is used, for columns are missing: {missing}; the first line names {known}",
        "缺少列 {missing}，各行均未采用；首行应写明 {known}",
    ),
    "edit_cells_too_many": (
        "{count} cells under {columns} headings; put what holds a comma in quotes",
        "{columns} 列之下有 {count} 个单元格；含逗号的内容请加引号",
    ),
    "edit_ends_before_start": ("ends ({end}) before it starts ({start})", "结束时间（{end}）早于开始时间（{start}）"),
    "edit_time_not_understood": (
        "{column}: {why}; the zone belongs to it, as in 2026-05-01T09:00:00+08:00",
        "{column}：{why}；并须注明时区，如 2026-05-01T09:00:00+08:00",
    ),
    "edit_time_without_zone": (
        "{column} {text!r} has no zone; write {text}+08:00",
        "{column} {text!r} 缺少时区；请写为 {text}+08:00",
    ),
    "edit_end_open": ("open", "不限"),
    "rows_removed_by_hand": ("{count} rows flagged as removed by hand", "{count} 行标记为人工剔除"),
    "rows_removed_by_hand.why": ("{start} to {end}: {comment}", "{start} 至 {end}：{comment}"),
    # --- ingest/registers/places.py ---
    "coordinates_not_numbers": (
        "coordinates {x!r}, {y!r} are not numbers; write decimal degrees",
        "坐标 {x!r}、{y!r} 不是数值；请填写十进制度",
    ),
    "coordinates_of_zero": (
        "coordinates 0, 0 mean that there are none; leave the cells empty",
        "坐标 0、0 表示没有坐标；请将单元格留空",
    ),
    "degrees_swapped_back": ("longitude and latitude columns swapped back", "经度列与纬度列填反，已对调"),
    "latitude_elsewhere": (
        "latitude {latitude:g} would not be in China or on the earth",
        "若纬度为 {latitude:g}，则不在中国境内或不在地球上",
    ),
    "degrees_not_on_earth": (
        "longitude {longitude:g}, latitude {latitude:g} are not on the earth; correct the row",
        "经度 {longitude:g}、纬度 {latitude:g} 超出经纬度范围；请更正该行",
    ),
    "degrees_in_system_of_metres": (
        "{x:g}, {y:g} are degrees, but {crs} has metres; correct the declared system",
        "{x:g}、{y:g} 的单位是度，而 {crs} 的单位是米；请更正声明的坐标系",
    ),
    "metres_in_system_of_degrees": (
        "{x:g}, {y:g} are metres, but {crs} has degrees; declare the system with its zone, such as EPSG:4544",
        "{x:g}、{y:g} 的单位是米，而 {crs} 的单位是度；请声明带号明确的坐标系，如 EPSG:4544",
    ),
    "metres_swapped_back": ("easting and northing columns swapped back", "东坐标列与北坐标列填反，已对调"),
    "point_outside_as_labelled": (
        "as labelled, the point is outside of {crs}",
        "按原列名，该点在 {crs} 的适用范围之外",
    ),
    "number_only_northing": (
        "{northing:g} can only be a northing in China",
        "{northing:g} 在中国只能是北坐标",
    ),
    "metres_outside_system": (
        "{x:g}, {y:g} are not in the area of {crs} ({hint})",
        "{x:g}、{y:g} 不在 {crs} 的适用范围内（{hint}）",
    ),
    "zone_number_means": ("the zone number {zone} means {crs}", "带号 {zone} 对应 {crs}"),
    "zone_to_be_found": ("look for the right zone", "请查明正确的投影带"),
    "metres_not_in_china": (
        "{x:g}, {y:g} are no coordinates in China; declare crs in mission.toml under [{section}]",
        "{x:g}、{y:g} 不是中国境内的坐标；请在 mission.toml 的 [{section}] 下声明 crs",
    ),
    "metres_of_unknown_zone": (
        '{x:g}, {y:g} are metres of an unknown zone; put `crs = "EPSG:4544"` (or another) under [{section}] in '
        "mission.toml",
        "{x:g}、{y:g} 为投影坐标（米），但投影带不明；"
        '请在 mission.toml 的 [{section}] 下写入 `crs = "EPSG:4544"`（或其他）',
    ),
    "coordinates_read_as": ("coordinates read as {crs}", "坐标按 {crs} 解读"),
    "easting_with_zone": (
        "easting {easting_m:.0f} carries zone number {zone} of the {width_deg}-degree zones",
        "东坐标 {easting_m:.0f} 带有 {width_deg} 度带的带号 {zone}",
    ),
    "zone_near_other_sites": (
        "no zone number; in this zone the point is within 1° of the other sites ({longitude:.3f})",
        "无带号；按此投影带，该点与其他点位相距不足 1°（经度 {longitude:.3f}）",
    ),
    "distances_to_references": (
        "distance to the site's own parcel or other register: {distances}",
        "到本点位宗地或其他名录中位置的距离：{distances}",
    ),
    "distance_in_system": ("{crs} {distance_m:.0f} m", "{crs} {distance_m:.0f} 米"),
    # --- ingest/registers/listings.py ---
    "row_without_name": ("row", "该行"),
    "row_place_refused": ("{label}: {error}", "{label}的位置未采用：{error}"),
    "row_crs_refused": ("declared coordinate system: {error}", "声明的坐标系：{error}"),
    "declared_crs_overruled": (
        "coordinates read as {crs}, although declared as {former}",
        "坐标按 {crs} 解读，而原声明为 {former}",
    ),
    "register_mixes_systems": ("register mixes coordinate systems", "名录中混用多种坐标系"),
    "register_mixes_systems.why": ("rows that could be tested: {rows}", "可检验的行：{rows}"),
    "rows_in_system": ("{count} × {crs}", "{crs} {count} 行"),
    "permit_code_not_used": ("permit code not used for joining", "排污许可证编号未用于关联"),
    "permit_code_of_wrong_length": (
        "{permit_code} has {count} characters, a permit code 22",
        "{permit_code} 有 {count} 位，排污许可证编号应为 22 位",
    ),
    "credit_code_not_used": ("credit code not used for joining", "统一社会信用代码未用于关联"),
    "credit_code_fails_check": ("{uscc} fails its check character", "{uscc} 的校验码不正确"),
    "credit_code_of_permit_believed": (
        "credit code of the permit believed",
        "以排污许可证编号中的统一社会信用代码为准",
    ),
    "credit_codes_differ": (
        "permit code {permit_code} belongs to {own}, the row states {stated}",
        "排污许可证编号 {permit_code} 属于 {own}，该行填写的是 {stated}",
    ),
    "coordinates_read_like_register": (
        "coordinates read as {crs}, like the tested rows of the register",
        "坐标按 {crs} 解读，与本名录中已检验的行一致",
    ),
    "coordinates_read_like_register.why": (
        "row itself has no parcel or other register to test against",
        "该行没有宗地或其他名录可供检验",
    ),
    # --- ingest/registers/settle.py ---
    "guessed_crs_overruled": (
        "coordinates read as {crs}, although guessed as {former}",
        "坐标按 {crs} 解读，而原推断为 {former}",
    ),
    "unknown_crs_overruled": (
        "coordinates read as {crs}, although unknown as {former}",
        "坐标按 {crs} 解读，而原坐标系不明、暂按 {former}",
    ),
    "distances_to_street": (
        "distance of its gate to the nearest street: {distances}",
        "大门到最近道路的距离：{distances}",
    ),
    "rows_of_several_places": (
        "{count} of {rows} rows with coordinates in {crs} may stand elsewhere and are kept at several places",
        "坐标按 {crs} 给出的 {rows} 行中，有 {count} 行位置存疑，按多个可能位置处理",
    ),
    "systems_of_rows": (
        "what all rows of the file show together: {shares}",
        "由本文件所有行共同判断：{shares}",
    ),
    "share_of_rows_in_system": ("{percent:.0f} % {crs}", "{crs} 占 {percent:.0f}%"),
    # --- ingest/registers/joins.py ---
    "rule_permit_code": ("permit code", "排污许可证编号"),
    "rule_credit_code": ("credit code", "统一社会信用代码"),
    "rule_name_and_place": ("name and place", "名称和位置"),
    "rule_name_alone": ("name alone", "名称"),
    "rule_place_and_similar_name": ("place and similar name", "位置和相近名称"),
    "rows_joined_by_code": (
        "{count} rows joined by {rule}, confidence {confidence:g}",
        "{count} 行按{rule}关联，置信度 {confidence:g}",
    ),
    "rows_joined_by_code.why": ("same code in several rows", "多行代码相同"),
    "row_of_company_given_to_sites": (
        "row of the company given to all of its sites",
        "企业的该行记录归入其全部点位",
    ),
    "row_of_company_given_to_sites.why": (
        "no place of its own, and the credit code has {count} sites",
        "该行没有位置，且该统一社会信用代码下有 {count} 个点位",
    ),
    "row_taken_as_site": (
        "taken as the site of {other_row}, by {rule}, confidence {confidence:g}",
        "按{rule}与 {other_row} 认定为同一点位，置信度 {confidence:g}",
    ),
    "names_compared": ("names {name!r} and {other_name!r}", "名称 “{name}” 与 “{other_name}”"),
    "names_and_places_compared": (
        "names {name!r} and {other_name!r}, {distance_m:.0f} m apart",
        "名称 “{name}” 与 “{other_name}”，相距 {distance_m:.0f} 米",
    ),
    # --- ingest/registers/read.py ---
    "site_without_position": (
        "{label}: no register gives a position; add {longitude} and {latitude}, or a parcel with its permit code",
        "{label}：各名录均未给出位置；请补充{longitude}和{latitude}，或补充带排污许可证编号的宗地",
    ),
    "other_position_believed": (
        "position of another register believed; this one is kept as another place ({percent:.0f} %)",
        "以另一名录中的位置为准；此处保留为另一可能位置（{percent:.0f}%）",
    ),
    "places_apart": (
        "{label}: {distance_m:.0f} m from its place in {other_row}",
        "{label}：与 {other_row} 中的位置相距 {distance_m:.0f} 米",
    ),
    "visit_left_out": ("visit left out", "该次检查未计入"),
    "visit_day_not_a_date": ("{text!r} is not a date", "{text!r} 不是日期"),
    "visit_counted_as_daily": ("visit counted as daily", "该次检查按日常检查计"),
    "visit_kind_not_known": (
        "its kind is {text!r}; expected {daily}, {special} or {case}",
        "检查类型为 “{text}”；应为{daily}、{special}或{case}",
    ),
    "parcel_given_to_site": (
        "parcel without a name given to a site, confidence 0.7",
        "未命名宗地归入一个点位，置信度 0.7",
    ),
    "parcel_of_one_site": ("it contains no other site than {name}", "宗地内只有“{name}”一个点位"),
    "row_names_no_site": (
        "row names no site (no name, permit code or credit code; {parcel}); add one of them",
        "该行未指明点位（无名称、排污许可证编号、统一社会信用代码；{parcel}）；请补充其中一项",
    ),
    "parcel_with_sites": ("a parcel with {count} sites in it", "宗地内有 {count} 个点位"),
    "parcel_missing": ("no parcel", "无宗地"),
    "identifier_made_unique": ("identifier made unique", "编号已改为唯一"),
    "identifier_of_several_sites": (
        "{site_id!r} names {count} sites",
        "编号 “{site_id}” 对应 {count} 个点位",
    ),
    "registers_disagree": ("{fact}: {taken} is believed, not {other}", "{fact}：采用 {taken}，未采用 {other}"),
    "registers_disagree.why": ("{where} states it first", "{where} 先载明"),
    # --- ingest/registers/permitted.py ---
    "permitted_not_read": ("what the permit allows is not understood and not used", "许可排放量无法识别，未采用"),
    # --- ingest/registers/rows.py, ingest/monitors/tables.py ---
    "unknown_columns_left_out": ("columns left out: {columns}", "未采用的列：{columns}"),
    "unknown_columns_left_out.why": ("their headings are not in the vocabulary", "列名不在词表中"),
    # --- ingest/registers/rows.py ---
    "register_without_sheets": ("has no sheets", "没有工作表"),
    "register_no_table": (
        "not a table and not GeoJSON; export it as GeoJSON in WGS 84, or as CSV or xlsx",
        "既不是表格也不是 GeoJSON；请导出为 WGS 84 坐标的 GeoJSON，或 CSV、xlsx",
    ),
    "register_heading_missing": (
        "no heading row names a site; the first row is {first_row!r}; expected {expected}",
        "没有能指明点位的表头行；第一行为 {first_row!r}；应有{expected}等列",
    ),
    "register_without_text": (
        "no heading row names a site; the first row is 'nothing'; expected {expected}",
        "没有能指明点位的表头行，前几行均无内容；应有{expected}等列",
    ),
    "register_json_not_valid": (
        "is not valid JSON ({error}); export it again",
        "不是有效的 JSON（{error}）；请重新导出",
    ),
    "register_json_without_features": (
        "is JSON without features; expected a GeoJSON FeatureCollection",
        "是不含 features 的 JSON；应为 GeoJSON FeatureCollection",
    ),
    # --- ingest/registers/kinds.py ---
    "site_in_several_areas": ("lies in several areas; {taken} is believed", "位于多个区域，采用{taken}"),
    "site_in_several_areas.why": ("it lies in {areas}", "所在区域：{areas}"),
    "kind_areas": ("areas", "区域"),
    "kind_orders": ("orders", "管控令"),
    "kind_accounts": ("power accounts", "用电户号"),
    "kind_checks": ("checks", "检查记录"),
    "kind_matters": ("matters", "事项"),
    "kind_complaints": ("complaints", "投诉"),
    "kind_rectifications": ("rectifications", "整改"),
    "kind_exemptions": ("exemptions", "豁免"),
    "kind_airspace": ("airspace", "空域"),
    "register_kind_read": ("{count} {kind} read", "读取{kind} {count} 条"),
    "register_kind_read.why": (
        "by its columns, or by the word in the file's name",
        "根据列名或文件名判断",
    ),
    "personal_columns_dropped": (
        "{count} columns of natural persons dropped: {columns}",
        "已丢弃 {count} 个自然人信息列：{columns}",
    ),
    "personal_columns_dropped.why": ("no value of them was kept", "其值均未保留"),
    "kind_row_refused": ("not among the {kind}: {error}", "未计入{kind}：{error}"),
    "row_names_nobody": (
        "names no enterprise; expected one of {expected}",
        "未写明企业；应有 {expected} 之一",
    ),
    "row_lacks": ("{what} is empty", "{what} 为空"),
    "row_date_not_understood": (
        "{text!r} is no day; write 2024-10-01",
        "{text!r} 不是日期；请写为 2024-10-01",
    ),
    "ends_before_start": ("ends {end}, before it starts {start}", "结束日期 {end} 早于开始日期 {start}"),
    "grade_not_known": ("grade {text!r} is none of A, B, C, D", "等级 {text!r} 不是 A、B、C、D 之一"),
    "entry_not_known": (
        "{text!r} says neither remote nor entry; write {remote} or {visit}",
        "{text!r} 未说明方式；请写“{remote}”或“{visit}”",
    ),
    "limit_not_metres": (
        "limit {text!r} is no number of metres from 0 to 10 000",
        "限高 {text!r} 不是 0 至 10000 之间的米数",
    ),
    "area_without_polygon": ("has no polygon", "没有面要素"),
    "area_disagrees": (
        "stated to be in {stated}, lies in {found}; what is stated is believed",
        "名录写为 {stated}，而位置在 {found} 内；以名录为准",
    ),
    "area_disagrees.why": ("areas of {source}", "区域来自 {source}"),
    # --- ingest/shapes.py ---
    "json_of_esri": (
        "is JSON of Esri, not GeoJSON; export it as GeoJSON (in ArcGIS: Features To JSON, with the box GeoJSON)",
        "是 Esri JSON 而非 GeoJSON；请导出为 GeoJSON（ArcGIS 的“要素转 JSON”工具，勾选 GeoJSON）",
    ),
    "shape_of_no_kind": (
        "geometry {kind!r} is no kind of GeoJSON; expected Point or Polygon",
        "几何类型 {kind!r} 不属于 GeoJSON；应为 Point 或 Polygon",
    ),
    "shape_not_read": (
        "the coordinates are no {kind} ({error}); correct the feature",
        "坐标不构成 {kind}（{error}）；请更正该要素",
    ),
    "shape_not_finite": (
        "the {kind} has coordinates that are empty or not numbers; correct the feature",
        "该 {kind} 含有空坐标或非数值坐标；请更正该要素",
    ),
    "ring_repaired": ("a ring that crosses itself was repaired", "已修复自相交的环"),
    "ring_reason": ("{reason}", "{reason}"),
    "largest_part_taken": ("the largest part is taken", "以面积最大的部分为准"),
    "largest_part_share": (
        "of {count} parts; it has {percent:.0f} % of the area",
        "共 {count} 个部分；该部分占总面积的 {percent:.0f}%",
    ),
    "shape_latitude_first": (
        "latitude stands first in the coordinates; swapped back",
        "坐标以纬度在前；已对调",
    ),
    "latitude_first_in_others": (
        "as in {count} other features of the file, of which the numbers tell",
        "与文件中另外 {count} 个可由数值判断的要素一致",
    ),
    "latitude_first_near_others": (
        "in this order they are near the other sites",
        "按此顺序与其他点位相近",
    ),
    "latitude_first_by_name": (
        "the numbers do not tell; {crs} has latitude first",
        "数值无法判断；{crs} 规定纬度在前",
    ),
    "order_of_axes_mixed": (
        "{latitude} features have latitude first and {longitude} longitude, this one may be either; write longitude "
        "first in all",
        "{latitude} 个要素纬度在前，{longitude} 个要素经度在前，本要素无法判断；请统一为经度在前",
    ),
    # --- ingest/registers/listings.py: shapes ---
    "shape_not_a_place": ("lines and several points give no place", "线和多个点不能作为位置"),
    "shape_not_a_place.why": (
        "the feature has {points} points and {lines} lines; one point or one polygon is a place",
        "该要素有 {points} 个点、{lines} 条线；位置应为一个点或一个面",
    ),
    "parcels_read_as": ("parcels read as {crs}", "地块按 {crs} 解读"),
    "parcels_tested": (
        "{count} of them lie at the places that other registers declare in this system only",
        "其中 {count} 个仅在该坐标系下与其他名录声明的位置相符",
    ),
    # --- ingest/roads/osm.py ---
    "osm_data_unreadable": (
        "OpenStreetMap data that cannot be read ({error}); download it again",
        "无法读取的 OpenStreetMap 数据（{error}）；请重新下载",
    ),
    # --- ingest/roads/read.py ---
    "streets_read": ("street network of {lines} lines", "路网共 {lines} 条线"),
    "streets_read.why": (
        "{vertices} vertices; {closed} lines closed to cars and {others} features without lines left out",
        "{vertices} 个顶点；另有 {closed} 条禁行机动车的线和 {others} 个非线要素未采用",
    ),
    "lines_left_out": ("{count} lines left out of the street network", "路网未采用 {count} 条线"),
    "lines_left_out.why": ("{reasons}", "{reasons}"),
    "lines_of_reason": ("{count} {reason}", "{count} 条{reason}"),
    "street_closed": ("with {tag}", "带有 {tag}"),
    "street_without_tags": (
        "without a tag of a street, while others have one",
        "没有道路标签，而其他线有",
    ),
    "streets_cut_at_barriers": ("streets cut at {count} barriers", "道路在 {count} 处障碍断开"),
    "streets_cut_at_barriers.why": (
        "bollards, blocks, gates that are locked or private stand on them",
        "其上有隔离柱、路障，或上锁、不对外开放的大门",
    ),
    "streets_as_drawn": ("all {lines} lines are taken for streets", "全部 {lines} 条线均视为道路"),
    "streets_as_drawn.why": (
        "no line has a tag of a street (highway, fclass, oneway, maxspeed, name)",
        "没有任何线带道路标签（highway、fclass、oneway、maxspeed、name）",
    ),
    "only_lines_closed": (
        "holds no line that a car may use: {reasons}; expected highway, or no tags at all",
        "没有机动车可通行的线：{reasons}；应有 highway 标签，或全部不带标签",
    ),
    "street_place_impossible": (
        "{error}; export the streets in WGS 84",
        "{error}；请将道路导出为 WGS 84 坐标",
    ),
    "streets_not_geojson": (
        "not GeoJSON ({error}); export the streets as GeoJSON lines in WGS 84",
        "不是 GeoJSON（{error}）；请将道路导出为 WGS 84 坐标的 GeoJSON 线要素",
    ),
    "streets_without_features": (
        'no "features"; expected a GeoJSON FeatureCollection of lines in WGS 84',
        "缺少 “features”；应为 WGS 84 坐标的 GeoJSON FeatureCollection 线要素",
    ),
    "no_line_for_cars": (
        "holds no line that a car may use; expected LineString features",
        "没有机动车可通行的线；应有 LineString 要素",
    ),
    "no_way_for_cars": (
        "holds no way that a car may use; expected ways with a highway tag and their nodes",
        "没有机动车可通行的道路；应有带 highway 标签的 way 及其节点",
    ),
    "street_coordinates_not_numbers": (
        "coordinates are not numbers ({error})",
        "坐标不是数值（{error}）",
    ),
    "street_vertices_impossible": (
        "expected at least two vertices of WGS 84 longitude and latitude",
        "应至少有两个 WGS 84 经纬度顶点",
    ),
}
