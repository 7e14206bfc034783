"""What makes a lead look real when it is not: one switch each, drawn from the seed, labelled in the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ingest.errors import SettingError
from ingest.outcome import Phrase


@dataclass(frozen=True)
class Confounder:
    """A switch: its name, how often it is on in a seed, what it does, and the first world that has it."""

    name: str
    probability: float
    does: str
    world: int = 1


CONFOUNDERS: tuple[Confounder, ...] = (
    Confounder("trucks", 0.9, "overtaken trucks: spikes of NOx, CO and PM2.5 for 3 to 10 s, in one pass each"),
    Confounder("own_exhaust", 0.7, "the vehicle's own exhaust while it waits with the wind from behind"),
    Confounder("frozen_analyser", 0.4, "one species, or one site's monitor, repeats a value to the last digit"),
    Confounder("drifting_analyser", 0.4, "one species, or one site's monitor, drifts"),
    Confounder("calibration", 0.5, "span gas in working hours, marked in the status column or by a mark"),
    Confounder("calm", 0.4, "spells of 4 to 9 minutes with wind below 0.5 m s-1"),
    Confounder("local_clock", 0.3, "a second logger that writes local time and says UTC"),
    Confounder("swapped_columns", 0.15, "longitude and latitude under each other's heading"),
    Confounder("mislabelled_units", 0.25, "CO in mg/m3 under a heading that says ug/m3"),
    Confounder("register_shift", 0.5, "register rows that say WGS 84 and hold GCJ-02, 350 m off"),
    Confounder("unlisted_source", 0.5, "a workshop on no register is a true source"),
    Confounder("nothing_wrong", 1.0, "listed sites that emit nothing and owe nothing"),
    Confounder(
        "vane_offset", 1.0, "a vane that is turned by N(0, 8°) in each drive, and by N(0, 5°) · sin(yaw) beside it", 2
    ),
    Confounder("street_wind", 0.7, "streets that turn the wind at the mast towards their axis, each by its share", 2),
    Confounder("undeclared_lag", 2 / 7, "an inlet lag that half of the crews, not three in ten, do not declare", 2),
    Confounder("register_points", 1.0, "register points at the gate, the middle of the parcel or the address", 2),
    Confounder("real_parcels", 1.0, "parcels of log-normal sizes, 0.2 ha to a whole block", 2),
    Confounder("scattered_profiles", 1.0, "what a site emits scatters by a factor of two about its industry", 2),
    Confounder("lawful_sources", 1.0, "two of three listed sources emit no more than their permit allows", 2),
    Confounder("stopping_sources", 1.0, "a third of the sources stop, start or pause during a drive", 2),
    Confounder("following_records", 1.0, "power and monitor records follow what the site emits", 2),
    Confounder(
        "shared_plume", 0.5, "a second source upwind or downwind of another, with a species of its own plume", 2
    ),
    Confounder("blind_shifts", 1.0, "the rows of register_shift are drawn without regard to sources", 2),
    Confounder("few_passes", 0.5, "drives of one or two laps", 2),
    Confounder("undriven_streets", 0.5, "the streets on the upwind side are not driven", 2),
    Confounder("fixed_sensor", 0.35, "one to three micro-stations that write minutes", 2),
    Confounder("laser_path", 0.25, "an open path of 150 to 250 m that writes minutes", 2),
    Confounder(
        "long_records", 1.0, "four weeks of records of plants of several trades, with shifts, seasons and flows", 2
    ),
    Confounder("slow_analysers", 1.0, "analysers of water that sample every two hours and repeat in between", 2),
    Confounder("daily_checks", 1.0, "a standard check a day: an hour with the letter C and the check's level", 2),
    Confounder("legitimate_zeros", 1.0, "zeros of plants that stand and of what is below detection", 2),
    Confounder("range_switches", 1.0, "a digit less above a value at which the analyser changes its range", 2),
    Confounder("feed_changes", 1.0, "levels that change by a fifth with the feed, about every four weeks", 2),
    Confounder("substituted_runs", 1.0, "gaps filled with the highest of the 180 or 720 hours before", 2),
    Confounder("failing_analysers", 1.0, "zeros, negative values, spikes, lost noise, failed checks and the like", 2),
    Confounder(
        "faults_like_exceedance", 1.0, "jumps, starts after a power cut, ends of ranges, a dead oxygen cell", 2
    ),
    Confounder(
        "false_marks", 1.0, "a fault that is marked and is none: emission, or nothing but high load, below it", 2
    ),
    Confounder("honest_marks", 1.0, "faults, starts and conditions that are marked and are so", 2),
    Confounder("failing_meters", 1.0, "meters that give zero, nothing, or one value while their device runs", 2),
    Confounder("wrong_clocks", 0.5, "monitors of one in twenty sites whose clock is off by 1 or 8 hours", 2),
    Confounder("late_uploads", 0.5, "hours that come one or two days after their time", 2),
    Confounder("clean_records", 1.0, "sources beyond their permit whose own records look clean", 2),
)
"""Those of world 2 come after those of world 1, so that the draws of the latter stay as they are."""

WORLDS = (1, 2)


def choose_confounders(
    rng: np.random.Generator, *, world: int = 1, without: tuple[str, ...] = (), only: tuple[str, ...] | None = None
) -> Mapping[str, bool]:
    """Draw which confounders a mission has.

    Parameters
    ----------
    world : int
        Those of later worlds are unknown in it, and off.
    without : tuple of str
        Names that are switched off.
    only : tuple of str, optional
        Where given, exactly these are on and nothing is drawn.

    Raises
    ------
    SettingError
        If a name is unknown.
    """
    known = [c for c in CONFOUNDERS if c.world <= world]
    names = [c.name for c in known]
    unknown = sorted({*without, *(only or ())} - set(names))
    if unknown:
        raise SettingError(
            Phrase("confounder_not_known", {"name": unknown[0], "world": world, "known": tuple(names)})
        )
    drawn = {c.name: bool(rng.random() < c.probability) for c in known}
    if only is not None:
        drawn = {name: name in only for name in names}
    on = {name: on and name not in without for name, on in drawn.items()}
    return {c.name: on.get(c.name, False) for c in CONFOUNDERS}
