"""Hotspots over missions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusion import FusionSettings, build_cube, find_hotspots, region_geobox
from fusion.campaign import add_mission, open_campaign
from fusion.persistence import _kind, follow_hotspots
from ingest.errors import ContractError

CRS = "EPSG:4544"
QUICK = FusionSettings(surrogates=199)


def _campaign(store: Path, drives, plumes: list[float]):
    """One mission a day, two drives each, with a plume of the given size."""
    for day, size in enumerate(plumes):
        tracks = []
        for k, t in enumerate(drives(2, seed=day, size=size)):
            time = t.passes["time"] + np.timedelta64(30 * day, "D")
            tracks.append(replace(t, passes=t.passes.assign_coords(time=time).assign(trajectory=f"m{day}d{k}")))
        lon, lat = (np.concatenate([t.passes[v].values for t in tracks]) for v in ("lon", "lat"))
        add_mission(store, build_cube(tracks, region_geobox(lon, lat, crs=CRS, resolution_m=20)))
    return open_campaign(store)


@pytest.mark.parametrize(
    ("plumes", "kind"),
    [
        ([1.0, 1.0, 1.0, 1.0], "persistent"),
        ([0.0, 0.0, 1.0, 1.5], "emerging"),
        ([1.5, 1.0, 0.0, 0.0], "fading"),
    ],
)
def test_what_a_plume_does_over_missions_is_named(drives, tmp_path: Path, plumes: list[float], kind: str) -> None:
    """Four missions; missions that crossed and saw nothing count."""
    campaign = _campaign(tmp_path, drives, plumes)
    found = [h for h in find_hotspots(campaign, (), QUICK).value if not h.single_sighting]
    (followed,) = follow_hotspots(campaign, found)
    assert followed.kind == kind
    assert len(followed.crossed) == 4
    assert len(followed.seen) == sum(p > 0 for p in plumes)
    assert np.argmax(followed.enhancement) == np.argmax(plumes) or kind == "persistent"


@pytest.mark.parametrize(
    ("seen", "tau", "p", "kind"),
    [
        ([True], np.nan, np.nan, "one mission"),
        ([True] * 9 + [False], 0.0, 1.0, "persistent"),
        ([False, True, True], 1.0, 0.3, "emerging"),
        ([True, False, False], -1.0, 0.3, "fading"),
        ([True, False, True, False], 0.0, 1.0, "intermittent"),
        ([True, False, True, False, True, True, False], 0.9, 0.01, "emerging"),
        ([False, True, False, True, False, False], -0.9, 0.02, "fading"),
    ],
)
def test_kinds_by_hand(seen: list[bool], tau: float, p: float, kind: str) -> None:
    """Every rule once."""
    assert _kind(np.array(seen), tau, p, FusionSettings()) == kind


def test_a_cube_without_missions_is_refused(drives) -> None:
    """A cube of one mission has no history."""
    tracks = drives(1)
    cube = build_cube(
        tracks,
        region_geobox(tracks[0].passes["lon"].values, tracks[0].passes["lat"].values, crs=CRS, resolution_m=20),
    )
    with pytest.raises(ContractError, match="open_campaign"):
        follow_hotspots(cube, ())
