"""Names of the witnesses of a hotspot, in English and Chinese: what each is, and the question that it answers."""

from __future__ import annotations

WITNESS_WORDS: dict[str, tuple[str, str]] = {
    "witnesses": ("What each witness says", "逐项证据"),
    "witnesses_intro": (
        "So many times likelier or less likely does each piece of evidence make a site, against everything else that "
        "could explain the plume and with all others heard: × to the right speaks for it, ÷ to the left against it.",
        "每项证据使该点位相对于其他全部解释的可能性提高（向右，×）或降低（向左，÷）的倍数，其余证据均已计入。",
    ),
    "witness_crossings": ("Plumes met here", "此处检出的烟羽"),
    "witness_silence": ("Passes beside it", "周边航次"),
    "witness_composition": ("Mixture and industry", "组分与行业"),
    "witness_permit": ("Permit", "排污许可"),
    "witness_drone": ("Seen by the drone", "无人机发现"),
    "witness_activity": ("Records of that hour", "当时运行记录"),
    "witness_station": ("Fixed sensors", "固定监测点"),
    "witness_together": ("All drives together", "全部航次联合"),
    "witness_elsewhere": ("Other hotspots", "其他热点"),
    "witness_history": ("Earlier days", "既往测量"),
    "witness_about_crossings": (
        "place, shape and height of the plumes of this hotspot along the wind",
        "本热点烟羽在风向上的位置、形状与强度",
    ),
    "witness_about_silence": (
        "passes near by that met nothing, and plumes of other places",
        "附近未检出的航次及其他位置的烟羽",
    ),
    "witness_about_composition": (
        "ratios of the species against what the industry gives off",
        "各物种比值与行业排放谱的吻合程度",
    ),
    "witness_about_permit": ("whether the permit lists the species", "许可证是否载明该物种"),
    "witness_about_drone": ("findings of the mosaics, or ground without any", "航拍发现，或已覆盖而未发现"),
    "witness_about_activity": (
        "whether the site ran when the plumes were met, by its own records",
        "检出时该点位是否运行（据其自身记录）",
    ),
    "witness_about_station": ("what fixed sensors measured at the time", "固定监测点同期测值"),
    "witness_about_together": ("one wind and one rate for all passes", "全部航次共用风向偏差与排放强度"),
    "witness_about_elsewhere": (
        "whether the site explains plumes of other streets",
        "该点位是否也能解释其他街道的烟羽",
    ),
    "witness_about_history": ("whether the site was a source on earlier days", "该点位既往是否为来源"),
    "neutral_witness": ("neutral", "无倾向"),
}
