"""What the verbs of the command line print, the line of progress, and what the log says."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, str]] = {
    # --- onevisit/cli/__init__.py ---
    "verb_stopped": (
        "stopped by the user; what is complete is in place, run the same command to go on",
        "已由用户停止；已完成的部分均在原处，再次运行同一命令即可继续",
    ),
    "verb_defect": (
        "{error} (this is a defect; run again with --debug and report it)",
        "{error}（这是程序缺陷；请加 --debug 重新运行并反馈）",
    ),
    "rejects_more": ("... and {count} more", "……另有 {count} 项"),
    # --- onevisit/cli/options.py ---
    "option_refused": ("{option} is refused: {why}", "{option} 无法采用：{why}"),
    # --- onevisit/cli/printing.py ---
    "line_believed": ("  believed  {item}: {what} ({why})", "  采信  {item}：{what}（{why}）"),
    "line_rejected": ("  rejected  {line}", "  剔除  {line}"),
    "line_written": ("written: {path}", "已写入：{path}"),
    "table_empty": ("{title}: nothing", "{title}：无"),
    # --- onevisit/cli/check.py ---
    "title_found": ("Found", "读取到"),
    "title_believed": ("Believed", "采信"),
    "title_rejected": ("Rejected", "剔除"),
    "column_kind": ("kind", "类别"),
    "column_item": ("item", "对象"),
    "column_what": ("what", "内容"),
    "column_decision": ("decision", "判断"),
    "column_evidence": ("evidence", "依据"),
    "column_where": ("where", "位置"),
    "column_reason": ("reason", "原因"),
    "found_trace": ("trace", "走航"),
    "found_photo": ("photo", "像片"),
    "found_site": ("site", "点位"),
    "found_monitor": ("monitor", "监测"),
    "found_register": ("register", "名录"),
    "json_prints_all": ("--json prints all", "--json 可列出全部"),
    # --- onevisit/check.py ---
    "trace_found": (
        "{rows} rows, {span}, {species}; {flagged} rows flagged",
        "{rows} 行，{span}，{species}；标记 {flagged} 行",
    ),
    "span_of_times": ("{start} to {end} UTC", "{start} 至 {end} UTC"),
    "span_empty": ("empty", "空"),
    "photo_found": ("{kind}{model}, {lon:.6f} {lat:.6f}{above}", "{kind}{model}，经纬度 {lon:.6f} {lat:.6f}{above}"),
    "photo_model": (", {model}", "，相机 {model}"),
    "photo_above": (", {height:.0f} m above take-off", "，高于起飞点 {height:.0f} m"),
    "site_found": (
        "{name}, {lon:.5f} {lat:.5f} ± {sd:.0f} m, {crs} ({source}){others}",
        "{name}，经纬度 {lon:.5f} {lat:.5f} ± {sd:.0f} m，{crs}（{source}）{others}",
    ),
    "site_elsewhere": (
        ", or {lon:.5f} {lat:.5f} ± {sd:.0f} m, {crs} ({share:.0%})",
        "，或 {lon:.5f} {lat:.5f} ± {sd:.0f} m，{crs}（{share:.0%}）",
    ),
    "register_found": ("{count} read", "读取 {count} 条"),
    "monitor_found": ("{count} {interval} records, {span}: {names}", "{interval}记录 {count} 条，{span}：{names}"),
    "names_and_more": ("{names} and {count} more", "{names}等，另有 {count} 项"),
    "interval_realtime": ("realtime", "实时"),
    "interval_minute": ("minute", "分钟"),
    "interval_hour": ("hour", "小时"),
    "interval_day": ("day", "日"),
    # --- onevisit/cli/init.py ---
    "recipe_exists": (
        "{path} exists; give another name, so that no recipe is lost",
        "{path} 已存在；请换一个文件名，以免覆盖原有配方",
    ),
    # --- onevisit/cli/locate.py ---
    "takeoff_without_dem": (
        "--takeoff tells the height of the ground only together with --dem",
        "--takeoff 须与 --dem 同时给出才能确定地面高度",
    ),
    "photo_cannot_be_placed": ("{photo} is no photo that can be placed", "{photo} 不是可以定位的像片"),
    "pixel_outside": (
        "pixel {column:g}, {row:g} is outside of {photo}, which has {width} × {height} px: expected a COLUMN from 0 "
        "to {last_column} and a ROW from 0 to {last_row}",
        "像素 {column:g}, {row:g} 在 {photo} 之外，该像片为 {width} × {height} px：COLUMN 应为 0 至 {last_column}，"
        "ROW 应为 0 至 {last_row}",
    ),
    "pixel_located": (
        "{photo}, column {column:g}, row {row:g}: lon {lon:.6f}, lat {lat:.6f} (WGS 84) ± {major:.1f} m\n"
        "  ellipse   {major:.1f} m along {bearing:.0f}° from true north, {minor:.1f} m across; it holds the place "
        "with {percent:g} %",
        "{photo}，第 {column:g} 列、第 {row:g} 行：经度 {lon:.6f}，纬度 {lat:.6f}（WGS 84）± {major:.1f} m\n"
        "  误差椭圆  沿真北起 {bearing:.0f}° 方向 {major:.1f} m，垂直方向 {minor:.1f} m；位置落在其中的概率为 "
        "{percent:g} %",
    ),
    "pixel_in_gcj02": (
        "  GCJ-02    lon {lon:.6f}, lat {lat:.6f} (Amap, Tencent)",
        "  GCJ-02    经度 {lon:.6f}，纬度 {lat:.6f}（高德、腾讯）",
    ),
    "pixel_distance": (
        "  distance  {slant:.0f} m from the camera, the ground {height:+.1f} m of the take-off",
        "  距离      距相机 {slant:.0f} m，地面相对起飞点 {height:+.1f} m",
    ),
    # --- onevisit/cli/ortho.py ---
    "no_photo_can_be_placed": ("no photo that can be placed", "没有可以定位的像片"),
    "ortho_written": (
        "written: {path}  ({used} of {photos} photos, {mismatch}expected position error {error:.2f} m)",
        "已写入：{path}（采用像片 {used}/{photos} 张，{mismatch}预计定位误差 {error:.2f} m）",
    ),
    "ortho_mismatch": ("mismatch {mismatch:.2f} m, ", "接边误差 {mismatch:.2f} m，"),
    # --- onevisit/cli/quantify.py ---
    "parked_runs_need_place": (
        "parked runs need --distance-m and --source-height-m: {files}",
        "驻车测量须给出 --distance-m 和 --source-height-m：{files}",
    ),
    # --- onevisit/cli/simulate.py ---
    "simulated": ("mission: {mission}\ntruth:   {truth}", "任务：{mission}\n真值：{truth}"),
    # --- onevisit/cli/trace.py ---
    "trace_written": (
        "{name}: {rows} rows, flagged {flagged}, lag {lag} s",
        "{name}：{rows} 行，标记 {flagged} 行，滞后 {lag} s",
    ),
    # --- onevisit/reuse.py ---
    "nothing_changed": (
        "nothing changed since the last run; all results are in place",
        "自上次运行以来没有变化；全部结果均在原处",
    ),
    # --- onevisit/handover/outputs.py ---
    "summary_counts": (
        "{hotspots} hotspots, {single} of them met once or not beyond chance; {leads} leads, {visits} visits on "
        "{routes} routes",
        "热点 {hotspots} 处，其中 {single} 处仅检出一次或不能排除偶然；线索 {leads} 条，检查 {visits} 次，"
        "路线 {routes} 条",
    ),
    "summary_records": (
        "{rejects} rejected, {decisions} decisions: see {path}",
        "剔除 {rejects} 项，判断 {decisions} 项：见 {path}",
    ),
    "summary_report": ("report:  {path}", "报告：{path}"),
    "summary_routes": ("routes:  {path}", "路线：{path}"),
    # --- onevisit/truth/simulate ---
    "size_not_known": ("no size '{size}'; known are {known}", "没有 '{size}' 这一规模；可用的有 {known}"),
    "confounder_not_known": (
        "no confounder '{name}' in world {world}; known are {known}",
        "世界 {world} 中没有 '{name}' 这一干扰因素；可用的有 {known}",
    ),
    "world_not_known": ("no world {world}; known are {known}", "没有世界 {world}；可用的有 {known}"),
    "no_drive_to_lay_over": (
        "{file}: no drive of ten minutes with a species in mass per volume or a gas of known molar mass",
        "{file}：没有满十分钟、且含质量浓度因子或已知摩尔质量气体的走航",
    ),
    # --- onevisit/mission.py ---
    "mission_no_toml": (
        "mission.toml: {error}; it must be TOML in UTF-8",
        "mission.toml：{error}；该文件须为 UTF-8 编码的 TOML",
    ),
    # --- onevisit/profile.py ---
    "profile_unreadable": (
        "profile {path}: cannot be read ({error}); built in is only 'default'",
        "参数方案 {path}：无法读取（{error}）；内置的只有 'default'",
    ),
    "recipe_unreadable": ("recipe {path}: cannot be read ({error})", "配方 {path}：无法读取（{error}）"),
    "profile_no_toml": ("profile {path}: {error}", "参数方案 {path}：{error}"),
    "recipe_no_toml": ("recipe {path}: {error}", "配方 {path}：{error}"),
    "table_not_known": ("{origin}: unknown name '{name}'; {instead}", "{origin}：未知名称 '{name}'；{instead}"),
    "table_expected": (
        "{origin}: [{name}] must be a table of names and values, not {value}",
        "{origin}：[{name}] 应为由名称和取值组成的表，而不是 {value}",
    ),
    "setting_not_known": (
        "{origin}, [{room}]: unknown name '{name}'; {instead}",
        "{origin}，[{room}]：未知名称 '{name}'；{instead}",
    ),
    "setting_of_model": (
        "{origin}, [{room}]: '{name}' is a parameter of the model, not a setting; {instead}",
        "{origin}，[{room}]：'{name}' 是模型参数，不可设置；{instead}",
    ),
    "setting_of_another_kind": (
        "{origin}, [{room}] {name}: {value} is not of the kind {kind}",
        "{origin}，[{room}] {name}：{value} 的类型不是 {kind}",
    ),
    "set_above_tables": ("set '{name}' above all tables", "请将 '{name}' 写在所有表之前"),
    "set_in_table": ("set '{name}' under [{room}]", "请将 '{name}' 写在 [{room}] 之下"),
    "nearest_setting": ("the nearest setting is '{name}'", "最接近的参数为 '{name}'"),
    "did_you_mean": ("did you mean '{name}'?", "是否为 '{name}'？"),
    "known_names": ("known are {names}", "可用的有 {names}"),
    "nothing_may_be_set": ("nothing of it may be set", "其中没有可设置的参数"),
    "crs_not_in_metres": (
        "{origin}: crs '{crs}' is not a projected CRS in metres, which the grid needs",
        "{origin}：crs '{crs}' 不是以米为单位的投影坐标系，网格需要此类坐标系",
    ),
    # --- onevisit/compute.py ---
    "scheduler_silent": (
        "--scheduler {address}: does not answer ({error}); start it with `dask scheduler`",
        "--scheduler {address}：无应答（{error}）；请用 `dask scheduler` 启动",
    ),
    "memory_no_size": (
        "--memory {memory}: not a size; write 4GB or 800MB",
        "--memory {memory}：不是内存大小；请写作 4GB 或 800MB",
    ),
    "memory_too_small": (
        "--memory {memory}: less than the 200 MB that the program itself needs",
        "--memory {memory}：少于程序自身所需的 200 MB",
    ),
    # --- the line of progress ---
    "doing_start": ("starting", "正在启动"),
    "doing_steps": ("{what}, {done} of {count} steps", "{what}，{done}/{count} 步"),
    "doing_mission": ("reading the mission", "正在读取任务"),
    "doing_files": ("reading {count:|file|files}", "正在读取 {count} 个文件"),
    "doing_traces": ("reading traces", "正在读取走航数据"),
    "doing_photo_tags": ("reading photo tags", "正在读取像片信息"),
    "doing_registers": ("reading registers", "正在读取名录"),
    "doing_monitors": ("reading monitor records", "正在读取监测记录"),
    "doing_drive": ("following drive {number} of {count}", "正在处理走航 {number}/{count}"),
    "doing_photos": ("placing {count:|photo|photos}", "正在定位 {count} 张像片"),
    "doing_photos_of_kind": ("placing {count} {kind} photos", "正在定位 {count} 张{kind}像片"),
    "doing_mosaic": ("drawing the mosaic", "正在绘制正射影像"),
    "doing_mosaic_of_kind": (
        "drawing the mosaic of {count} {kind} photos",
        "正在用 {count} 张{kind}像片绘制正射影像",
    ),
    "doing_series": ("asking {count} monitor series", "正在查验 {count} 个监测序列"),
    "doing_fusion": ("fusing passes", "正在融合各次通过"),
    "doing_hotspots": ("looking for hotspots", "正在查找热点"),
    "doing_attribution": ("weighing who explains {count} hotspots", "正在为 {count} 处热点溯源"),
    "doing_visits": ("planning visits", "正在安排检查"),
    "doing_handover": ("writing the hand-over", "正在写出成果"),
    "doing_score": ("holding the results against the truth", "正在将结果与真值对照"),
    "doing_simulation": (
        "letting puffs fly, driving through them, taking pictures",
        "正在模拟烟团扩散、走航与拍摄",
    ),
    # --- the log ---
    "log_stage": (
        "{name} {seconds:6.1f} s  in {taken}  out {given}  flagged {flagged}  rejected {rejected}{stored}",
        "{name} {seconds:6.1f} s  输入 {taken}  输出 {given}  标记 {flagged}  剔除 {rejected}{stored}",
    ),
    "log_stage_stored": ("  (from the store)", "（取自存储）"),
    "log_first_run": (
        "first run since the program was installed: its loops are compiled once, which takes half a minute",
        "程序安装后首次运行：须编译一次，约需半分钟",
    ),
    "log_traces": (
        "traces: {files} files, {traces} traces, {rejects} rejects",
        "走航：文件 {files} 个，航迹 {traces} 条，剔除 {rejects} 项",
    ),
    "log_photos": (
        "photos: {count} in, {read} read, {rejected} rejected",
        "像片：共 {count} 张，读取 {read} 张，剔除 {rejected} 张",
    ),
    "log_sites": (
        "sites: {rows} rows in, {sites} sites, {rejected} rejected",
        "点位：{rows} 行，点位 {sites} 个，剔除 {rejected} 项",
    ),
    "log_monitors": (
        "monitors: {series} series, {rejected} rejected",
        "监测：序列 {series} 个，剔除 {rejected} 项",
    ),
    "log_tracks": (
        "tracks: {rows} rows in, {plumes} plumes out, flagged {flagged}, {seconds:.2f} s",
        "走航处理：输入 {rows} 行，烟羽 {plumes} 个，标记 {flagged}，用时 {seconds:.2f} s",
    ),
    "log_imagery": (
        "imagery: {photos} photos in, {used} used, {rejected} rejected, {seconds:.1f} s",
        "影像：像片 {photos} 张，采用 {used} 张，剔除 {rejected} 项，用时 {seconds:.1f} s",
    ),
    "log_band_left_out": (
        "bands: {item} left out of the registration: {why}",
        "波段：{item} 未参与配准：{why}",
    ),
    "log_mosaic_written": ("cog: {files} written, {seconds:.1f} s", "正射影像：已写入 {files}，用时 {seconds:.1f} s"),
}
