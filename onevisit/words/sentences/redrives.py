"""Sentences about where to measure again."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # --- onevisit/redrive/questions.py ---
    "redrive_waits_for_clearance": (
        "no drive or flight is proposed at {hotspots}",
        "{hotspots} 暂不安排复测",
    ),
    "redrive_waits_for_clearance.why": (
        "a value there was above a level of acute harm, and the duty officer has not cleared the place",
        "该处数值超过急性危害水平，值班负责人尚未解除",
    ),
    "redrive_not_asked": ("what a drive would tell at {hotspots} is not known", "无法判断复测能否厘清 {hotspots}"),
    "redrive_not_asked.why": (
        "no pass near by was quiet, so nobody knows what can be told from noise, or no place of a source is likely",
        "附近没有平静的走航段，检出下限未知；或没有可能的来源位置",
    ),
    "redrive_most_asked": (
        "drives are planned for the {count} clearest of {open} open hotspots",
        "{open} 处未厘清热点中，为最明显的 {count} 处安排复测",
    ),
    "redrive_most_asked.why": (
        "a crew drives a few in a week; plan again after the first of them",
        "每周复测能力有限；首批完成后可再次安排",
    ),
    # --- onevisit/redrive/plan.py ---
    "redrive_wind_assumed": (
        "re-drives planned for a wind of {wind_m_s:.1f} m/s",
        "复测按风速 {wind_m_s:.1f} m/s 安排",
    ),
    "redrive_wind_assumed.why": (
        "no wind above calm was measured in this mission",
        "本次任务未测得静风以上的风",
    ),
    "redrive_streets_driven": (
        "re-drives planned on {count} stretches that were driven",
        "复测在已走航的 {count} 个路段上安排",
    ),
    "redrive_streets_driven.why": (
        "no street network within reach of the open hotspots came with the mission (roads/)",
        "任务未提供未厘清热点附近的路网（roads/）",
    ),
    "redrive_no_streets": ("no re-drive planned: there is no street", "无道路，未安排复测"),
    "redrive_no_streets.why": (
        "neither a street network nor a driven way lies within reach of the open hotspots",
        "未厘清热点附近既无路网，也无走航路径",
    ),
    "redrive_not_worth": (
        "no stretch of street is expected to tell much about {hotspots}",
        "预计没有路段能明显厘清 {hotspots}",
    ),
    "redrive_not_worth.why": (
        "in no wind do passes tell {least:g} nats or more for each kilometre",
        "任何风向下，每公里走航所得均不足 {least:g} nat",
    ),
    "redrive_nothing_to_settle": ("nothing is proposed to be measured again", "无须复测"),
    "redrive_nothing_to_settle.why": (
        "no hotspot is open, or no drive and no flight would settle {least:g} nats for each kilometre",
        "没有未厘清的热点，或走航与飞行每公里所得均不足 {least:g} nat",
    ),
    "flight_airspace_closed": ("no flight proposed", "未安排飞行"),
    "flight_airspace_closed.why": (
        "every pattern across the wind crosses a zone too low to fly in: {zones}",
        "各风向的航线均穿越限高过低的空域：{zones}",
    ),
    "flight_no_daylight": ("no flight proposed for {day}", "{day} 未安排飞行"),
    "flight_no_daylight.why": ("the sun does not rise there on that day", "当日该处太阳不升起"),
}
