"""What fixed stations say of the sites that may explain a hotspot: whose plume has the pattern that they met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from fusion.attribution.candidates import Candidates
from fusion.attribution.joint.patterns import PatternOdds, pattern_odds
from fusion.attribution.joint.readings import Readings, Sensor
from fusion.attribution.joint.settings import JointSettings
from fusion.attribution.joint.stations import readings_of
from fusion.attribution.verdict import Weighed
from fusion.attribution.witnesses import Witness
from ingest.outcome import Notes, Outcome

Floats = NDArray[np.float64]

_REACH_M = 1500.0  # beyond it the wind of one mast says little about the way of the air
_BEFORE_S = 5400.0  # half the window of a running low: what is needed to judge the first and the last pass
_AROUND = np.array([[0.0, 1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, -1.0]])
_SAME_SOURCE = 0.5  # that stations near a hotspot meet its source and no other (choice: they stand where they stand)


@dataclass(frozen=True)
class StationsHeard:
    """Fixed stations as a witness of hotspots: `Hears` of kind ``station``.

    With probability `_SAME_SOURCE` s, the source of a hotspot is what the stations near met while it was seen. With
    L the evidence of their pattern for a place over none (`pattern_odds`), and L0 its mean over nothing at all and
    the ground around, a site has the ratio 1 − s + s L / L0 and all other explanations 1. Stations that met nothing,
    or whose wind nobody knows, say nothing. ``readings`` are those of `readings_of`, by species.
    """

    readings: tuple[tuple[str, Readings], ...]
    settings: JointSettings
    kind: str = "station"

    def hear(self, weighed: Sequence[Weighed], sites: Candidates, /) -> tuple[Witness | None, ...]:
        """What the stations say of each hotspot of a species that they measure."""
        known: dict[tuple[object, ...], PatternOdds | None] = {}
        return tuple(self._of(w, sites, known) for w in weighed)

    def _of(
        self, w: Weighed, sites: Candidates, known: dict[tuple[object, ...], PatternOdds | None]
    ) -> Witness | None:
        rose = (w.hotspot.species, *w.hotspot.others)
        species, readings = next(((name, r) for name, r in self.readings if name in rose), ("", None))
        if readings is None or not w.best.size:
            return None
        first, last = w.hotspot.first_seen.timestamp() - _BEFORE_S, w.hotspot.last_seen.timestamp() + _BEFORE_S
        near = [k for k, s in enumerate(readings.sensors) if _apart(s, w.x, w.y) <= _REACH_M]
        key = (species, tuple(near), first // _BEFORE_S, last // _BEFORE_S)
        if key not in known:
            known[key] = pattern_odds(_some(readings, near, first, last), self.settings) if near else None
        met = known[key]
        if met is None:
            return None
        around = (
            np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]) * sites.sd[w.best, None, None]
        )
        places = np.stack([sites.x[w.best], sites.y[w.best]], axis=1)[:, None, :] + around
        odds = met.at(places[..., 0].ravel(), places[..., 1].ravel()).reshape(w.best.size, len(around[0]))
        evidence = np.exp(odds).mean(axis=1)
        other = 0.5 * (1.0 + np.exp(met.elsewhere))
        ratios = np.log(1 - _SAME_SOURCE + _SAME_SOURCE * evidence / other)
        data = tuple(f"station:{readings.sensors[k].name}:{species}" for k in near)
        return Witness(self.kind, data, ratios, 0.0, 0.0, "station")


def hear_stations(stations: Sequence[xr.Dataset], crs: str) -> Outcome[StationsHeard | None]:
    """Make a witness of the stations of a mission; None where there is none with a place and a species."""
    notes = Notes()
    names = {str(v.attrs["species"]) for s in stations for v in s.data_vars.values() if "species" in v.attrs}
    found = []
    for name in sorted(names):
        readings = notes.take(readings_of(stations, name, crs))
        if readings is not None:
            found.append((name, readings))
    return notes.outcome(StationsHeard(tuple(found), JointSettings()) if found else None)


def _apart(sensor: Sensor, x: float, y: float) -> float:
    px, py = sensor.points()
    return float(np.hypot(px - x, py - y).min())


def _some(readings: Readings, near: Sequence[int], first_s: float, last_s: float) -> Readings:
    """The readings of some sensors in a span of time, with the wind of those masts that stand among them."""
    index = np.full(len(readings.sensors), -1)
    index[list(near)] = np.arange(len(near))
    sensors = tuple(readings.sensors[k] for k in near)
    rows = (index[readings.sensor] >= 0) & (readings.time >= first_s) & (readings.time <= last_s)
    masts = tuple(m for m in readings.masts if m.name in {s.name for s in sensors})
    return replace(
        readings, sensors=sensors, masts=masts, time=readings.time[rows], sensor=index[readings.sensor[rows]],
        value=readings.value[rows],
    )  # fmt: skip
