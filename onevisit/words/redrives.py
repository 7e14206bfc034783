"""Words of where to measure again."""

from __future__ import annotations

REDRIVE_WORDS: dict[str, tuple[str, str]] = {
    "redrive": ("Measure again", "复测安排"),
    "redrive_intro": (
        "Streets, wind and hours that would settle most of what is open, for each kilometre. Wait for the wind: in "
        "another one the same streets tell less. No stop on motorways or in tunnels.",
        "以每公里厘清最多为准安排的路段、风向和时段。请等待所列风向；其他风向下同样路段所得较少。高速公路和隧道内不得停车。",
    ),
    "no_redrive": ("Nothing is proposed to be measured again.", "无须复测。"),
    "redrive_wind": (
        "wind from {deg}° ± {width}°, {low}–{high} m/s{also}",
        "风向 {deg}° ± {width}°，风速 {low}–{high} m/s{also}",
    ),
    "redrive_also": ("; nearly as good: {winds}", "；{winds} 亦可"),
    "redrive_hours": ("between {start} and {end}, when it was met before", "{start} 至 {end}（与此前检出时段一致）"),
    "redrive_any_hour": ("at any hour at which it was met before", "此前检出的任一时段"),
    "redrive_line": (
        "{streets} stretches, each there and back · {km} km · {driving}",
        "{streets} 个路段，每段往返 · {km} km · {driving}",
    ),
    "redrive_street": ("Street", "路段"),
    "redrive_side": ("Side", "方位"),
    "redrive_passes": ("Passes", "次数"),
    "redrive_settles": ("Would settle", "可厘清"),
    "redrive_share": ("{id}: {share} of what is open, between {rivals}", "{id}：未厘清部分的 {share}，{rivals}之间"),
    "redrive_check": (
        "first check the position of {sites} in the register",
        "请先核对名录中 {sites} 的位置",
    ),
    "redrive_unnamed": ("no name", "无名路段"),
    "flight_line": (
        "flight across the wind at {height} m above ground, there and back · {km} km · daylight {start}–{end}",
        "垂直于风向的往返飞行，真高 {height} m · {km} km · 日照 {start}–{end}",
    ),
    "flight_wind": ("wind from {deg}° ± {width}°", "风向 {deg}° ± {width}°"),
    "airspace_to_clear": ("airspace to be cleared:", "空域待批准："),
    "airspace_outside": ("outside of the zones of the airspace register", "位于空域名录所列区域之外"),
    "airspace_zone": ("within the limit of {zone}", "在{zone}限高之内"),
    "side_N": ("north side", "北侧"),
    "side_NE": ("north-east side", "东北侧"),
    "side_E": ("east side", "东侧"),
    "side_SE": ("south-east side", "东南侧"),
    "side_S": ("south side", "南侧"),
    "side_SW": ("south-west side", "西南侧"),
    "side_W": ("west side", "西侧"),
    "side_NW": ("north-west side", "西北侧"),
    "lead_redrive": ("re-drive {ids}", "复测 {ids}"),
}
