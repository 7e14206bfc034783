"""What makes a lead look real when it is not: one switch each, drawn from the seed, labelled in the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ingest.errors import SettingError
from ingest.outcome import Phrase


@dataclass(frozen=True)
class Confounder:
    """A switch: its name, how often it is on in a seed, and what it does."""

    name: str
    probability: float
    does: str


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
)


def choose_confounders(
    rng: np.random.Generator, *, without: tuple[str, ...] = (), only: tuple[str, ...] | None = None
) -> Mapping[str, bool]:
    """Draw which confounders a mission has.

    Parameters
    ----------
    without : tuple of str
        Names that are switched off.
    only : tuple of str, optional
        Where given, exactly these are on and nothing is drawn.

    Raises
    ------
    SettingError
        If a name is unknown.
    """
    names = [c.name for c in CONFOUNDERS]
    unknown = sorted({*without, *(only or ())} - set(names))
    if unknown:
        raise SettingError(Phrase("confounder_not_known", {"name": unknown[0], "known": tuple(names)}))
    drawn = {c.name: bool(rng.random() < c.probability) for c in CONFOUNDERS}
    if only is not None:
        drawn = {name: name in only for name in names}
    return {name: on and name not in without for name, on in drawn.items()}
