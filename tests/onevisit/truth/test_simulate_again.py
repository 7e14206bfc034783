"""A second drive of a mission: its streets, its wind, and that everything else stays."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from ingest.coordinates import to_grid
from ingest.errors import ContractError
from onevisit.truth.simulate.again import Again, _on_another_day, _times_driven, drive_again, street_corners
from onevisit.truth.simulate.confounders import choose_confounders
from onevisit.truth.simulate.drives.outings import stream
from onevisit.truth.simulate.mission import draw_park, write_park
from onevisit.truth.simulate.truth import Park

SEED = 3


@pytest.fixture(scope="module")
def park() -> Park:
    """A mission of world 2 without records."""
    on = choose_confounders(stream(SEED, "confounders"), world=2)
    return draw_park(SEED, "demo", 2, {**on, "long_records": False})


@pytest.fixture(scope="module")
def way(park: Park) -> np.ndarray:
    """Three times around the corner block."""
    corners, _ = street_corners(park.world)
    return np.asarray(corners[[0, 1, 5, 4, 0, 1, 5, 4, 0, 1, 5, 4, 0]])


@pytest.fixture(scope="module")
def again(park: Park, way: np.ndarray) -> Park:
    """Driven in a wind from the south-west."""
    return drive_again(park, Again(way, 225.0))


def test_the_drive_keeps_to_the_given_streets(park: Park, again: Park, way: np.ndarray) -> None:
    """Never more than a corner's rounding off the way, from its start to its end."""
    drive = again.outings[1].drive
    points = np.column_stack(to_grid(way[:, 0], way[:, 1], park.world.crs)) - park.world.origin
    a, b = points[:-1], points[1:]
    places = np.column_stack([drive.x, drive.y])[:, None]
    share = np.clip(((places - a) * (b - a)).sum(-1) / ((b - a) ** 2).sum(-1), 0, 1)
    off = np.linalg.norm(places - (a + share[..., None] * (b - a)), axis=-1).min(axis=1)
    assert off.max() < 5.0
    assert np.hypot(*(places[0, 0] - points[0])) < 5.0 and np.hypot(*(places[-1, 0] - points[-1])) < 15.0
    assert drive.lap.max() == 2 and drive.lap[0] == 0


def test_the_wind_is_another_days_and_comes_from_where_it_was_asked_for(park: Park, again: Park) -> None:
    """Its mean at the first second is drawn within 22.5° of south-west; the day is later than the mission's."""
    second = again.outings[1]
    days = (second.start - park.day).days
    assert days >= 1 and second.start - park.day == timedelta(days=days)
    u, v = second.wind.u[1200:], second.wind.v[1200:]
    from_deg = np.degrees(np.arctan2(-u.mean(), -v.mean())) % 360
    assert abs((from_deg - 225.0 + 180) % 360 - 180) < 22.5 + 35.0  # it meanders and veers by the hour
    next_day = drive_again(park, Again(_long(park)))
    assert (next_day.outings[1].start - park.day).days == 1


def _long(park: Park) -> np.ndarray:
    corners, _ = street_corners(park.world)
    return np.asarray(corners[[0, 1, 2, 3, 7, 6, 5, 4, 8, 9, 10, 11]])


def test_park_and_first_drive_stay_and_sources_emit_again(park: Park, again: Park) -> None:
    """The first outing is the same object; each source gives off what it gave off before, and none is stopped."""
    assert again.outings[0] is park.outings[0] and again.sources is park.sources
    assert again.outings[1].analyser == park.outings[0].analyser
    assert again.outings[1].per_source.shape == (len(again.outings[1].drive.x), len(park.sources))
    for source in park.sources:
        other = _on_another_day(source, 5000, np.random.default_rng(1))
        assert other.active is None and len(other.rate_g_s) == 5000
        assert set(other.rate_g_s.tolist()) <= set(source.rate_g_s.tolist())


def test_the_same_drive_gives_the_same_air(park: Park, again: Park, way: np.ndarray) -> None:
    """To the bit."""
    once_more = drive_again(park, Again(way, 225.0))
    np.testing.assert_array_equal(once_more.outings[1].per_source, again.outings[1].per_source)
    np.testing.assert_array_equal(once_more.outings[1].log.wind_from_deg, again.outings[1].log.wind_from_deg)


def test_a_mission_of_two_drives_is_written_like_any_other(again: Park, tmp_path: Path) -> None:
    """Two logs, and a truth with both drives and the dose of both."""
    write_park(tmp_path, again, flights=False)
    assert len(list((tmp_path / "mission" / "traces").glob("走航_*.csv"))) == 2
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert [d["file"] for d in truth["drives"]] == [o.file for o in again.outings]


def test_a_way_too_short_is_refused(park: Park) -> None:
    """One place, and one street of some 280 m."""
    corners, _ = street_corners(park.world)
    with pytest.raises(ContractError, match="two places or more, not 1"):
        drive_again(park, Again(corners[:1]))
    with pytest.raises(ContractError, match="a drive needs 420 s or more"):
        drive_again(park, Again(corners[:2]))


def test_a_wind_that_never_comes_is_refused(park: Park, way: np.ndarray) -> None:
    """A sector of no width."""
    with pytest.raises(ContractError, match="no day of 200 has a wind from 10"):
        drive_again(park, Again(way, 10.0, wind_half_width_deg=0.0))


def test_legs_count_how_often_they_were_driven_either_way() -> None:
    """Out, back, out, and on: 0, 1, 2 and a new one."""
    places = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 0.0], [9.0, 0.0], [9.0, 9.0]])
    assert _times_driven(places).tolist() == [0, 1, 2, 0, 0]


def test_streets_join_the_crossings_beside_them(park: Park) -> None:
    """A lattice of four by four has 24 streets, from each crossing to the next or to the row above."""
    corners, streets = street_corners(park.world)
    assert (len(corners), len(streets)) == (16, 24)
    assert {int(b - a) for a, b in streets} == {1, 4}
