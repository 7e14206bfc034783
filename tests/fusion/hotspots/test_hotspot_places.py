"""What a place says of itself, against the samples of its crossings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely

from fusion import FusionSettings, Hotspot
from fusion.air.winds import winds_of
from fusion.cube.grid import grid_north_rad, project, unproject
from fusion.hotspots import places
from fusion.hotspots.chance import CrossingGroup
from fusion.hotspots.crossings import find_crossings
from ingest.flags import Flag
from tests.fusion.hotspots.plume_tracks import CRS, NOISE, ORIGIN, box_of, bump, van

SETTINGS = FusionSettings()
X = np.arange(2.5, 2000.0, 5.0)
Y = np.full(X.size, 10.0)
DAYS = ("2024-05-01T02:00:00", "2024-05-01T04:00:00", "2024-05-02T02:00:00")


def _vans(*species, winds=None, **rest):
    winds = winds or [(0.0, -3.0)] * len(species)
    return [
        van(X, Y, values, name=f"d{k}", start=start, wind=wind, **rest)
        for k, (values, start, wind) in enumerate(zip(species, DAYS, winds, strict=False))
    ]


def _place(
    tracks, *, expected: float = 0.01, settings: FusionSettings = SETTINGS, crossed: int | None = None
) -> Hotspot:
    """One place of all crossings of tracks."""
    found = find_crossings(tracks, CRS)
    seen = np.unique(found.drive)
    by = seen if crossed is None else np.arange(crossed)
    group = CrossingGroup(np.arange(found.size), seen, by, False, False, expected)
    winds = [aboard.wind for aboard in winds_of(tracks, CRS, settings)]
    return places.describe_place(
        group, found, tracks, winds, box_of(tracks), settings, recurrent=expected <= 0.05, q_value=0.5
    )


def _rows(track, species: str, k: int = 0) -> slice:
    plumes = track.plumes
    at = np.flatnonzero(plumes["species"].values == species)[k]
    return slice(int(plumes["first_row"][at]), int(plumes["last_row"][at]) + 1)


def test_the_numbers_of_a_place_are_those_of_its_samples() -> None:
    """Mean over the rows of the leading plumes, spread of the cell means, cells above half maximum, times, passes."""
    tracks = _vans({"ch4": bump(X, 1000, 40)}, {"ch4": bump(X, 1030, 90)}, {"ch4": 0 * X})
    h = _place(tracks, expected=0.02, crossed=3)
    box = box_of(tracks)
    east, north = project(*(tracks[0].passes[n].values for n in ("lon", "lat")), CRS)
    column = np.floor((east - box.affine.c) / 20.0).astype(int)
    values, means, cells = [], [], set()
    for track in tracks[:2]:
        rows = _rows(track, "ch4")
        excess, where = track.passes["ch4_enhancement"].values[rows], column[rows]
        values += excess.tolist()
        means += [excess[where == c].mean() for c in np.unique(where)]
        cells |= set(where[excess >= excess.max() / 2].tolist())
    assert (h.species, h.unit, h.others, h.exhaust, h.tier) == ("ch4", "ppb", (), False, "recurrent")
    assert h.enhancement == pytest.approx(np.mean(values))
    assert h.enhancement_sd == pytest.approx(np.std(means, ddof=1))
    assert h.background == pytest.approx(5.0)
    assert (h.cells, h.area_m2) == (len(cells), len(cells) * 400.0)
    metres = shapely.transform(h.polygon, lambda p: np.column_stack(project(p[:, 0], p[:, 1], CRS)))
    assert metres.area == pytest.approx(h.area_m2, rel=1e-4)
    assert metres.contains(shapely.MultiPoint([(e, north[0]) for e in (ORIGIN[0] + 1000, ORIGIN[0] + 1030)]))
    assert (h.p_value, h.q_value) == (pytest.approx(1 - np.exp(-0.02)), 0.5)
    assert (h.passes_seen, h.passes_crossed, h.seen_by, h.trajectories) == (2, 3, ("d0#0", "d1#0"), ("d0", "d1"))
    first = [_rows(t, "ch4").start for t in tracks[:2]]
    last = [_rows(t, "ch4").stop - 1 for t in tracks[:2]]
    assert h.first_seen == datetime(2024, 5, 1, 2, tzinfo=UTC) + timedelta(seconds=first[0])
    assert h.last_seen == datetime(2024, 5, 1, 4, tzinfo=UTC) + timedelta(seconds=last[1])
    lon, lat = unproject(np.array([ORIGIN[0] + 1030.0]), np.array([ORIGIN[1] + 10.0]), CRS)
    assert (h.lon, h.lat) == pytest.approx((lon[0], lat[0]), abs=3e-5)  # the stronger one, to a sample of 5 m


def test_each_crossing_is_told_with_pass_times_and_place() -> None:
    """In order of time, though the second is the stronger."""
    tracks = _vans({"ch4": bump(X, 1002.5, 40)}, {"ch4": bump(X, 1032.5, 90)})
    h = _place(tracks[::-1])
    assert [m.label for m in h.met] == ["d0#0", "d1#0"] == list(h.seen_by)
    for m, track, at in zip(h.met, tracks, (1002.5, 1032.5), strict=True):
        rows = _rows(track, "ch4")
        time = track.passes["time"].values[[rows.start, rows.stop - 1]].astype("datetime64[us]").tolist()
        assert [m.start, m.end] == [t.replace(tzinfo=UTC) for t in time]
        east, north = project(np.array([m.lon]), np.array([m.lat]), CRS)
        assert (east[0] - ORIGIN[0], north[0] - ORIGIN[1]) == pytest.approx((at, 10.0), abs=1e-3)


def test_one_cell_has_no_spread_and_a_place_that_chance_makes_is_single() -> None:
    """NaN; p of an infinite expectation is one."""
    x = np.arange(2.0, 400.0, 2.0)
    one = van(x, np.full(x.size, 10.0), {"ch4": bump(x, 210.0, 50.0, 3.0)})
    h = _place([one], expected=np.inf)
    assert h.cells == 1 and np.isnan(h.enhancement_sd)
    assert (h.p_value, h.tier, h.single_sighting, h.passes_seen) == (1.0, "single", True, 1)


@pytest.mark.parametrize(
    ("winds", "direction", "speed"),
    [
        ([(3.0, 0.0), (3.0, 0.0)], 270.0, 3.0), ([(0.0, -3.0), (0.0, -1.0)], 0.0, 2.0),
        ([(2.0, 0.0), (0.0, 2.0)], 225.0, 2**0.5), ([(0.0, -3.0), None], 0.0, 3.0), ([(0.3, 0), (0.3, 0)], None, 0.3),
        ([None, None], None, None),
    ],
)  # fmt: skip
def test_the_wind_of_a_place_is_of_its_crossings_and_from_true_north(winds, direction, speed) -> None:
    """Vector mean over crossings; the grid's north, half a degree off here, does not show."""
    tracks = _vans({"ch4": bump(X, 1000, 40)}, {"ch4": bump(X, 1000, 30)}, winds=winds)
    h = _place(tracks)
    turn = np.degrees(grid_north_rad(h.lon, h.lat, CRS))
    assert 0.4 < abs(turn) < 0.7
    assert h.wind_speed == (None if speed is None else pytest.approx(speed, rel=1e-4))
    if direction is None:
        assert h.wind_from_deg is None
    else:
        assert (h.wind_from_deg - direction + 180) % 360 - 180 == pytest.approx(0.0, abs=0.05)


def test_the_wind_is_that_of_a_minute_around_each_crossing() -> None:
    """What blew before and after does not count."""
    (track,) = _vans({"ch4": bump(X, 1002.5, 40)})
    seconds = np.abs(np.arange(X.size) - 200)
    track.passes["u"].values[:] = np.where(seconds <= 70, 2.0, -9.0)  # smoothed over 15 s
    track.passes["v"].values[:] = 0.0
    h = _place([track])
    assert h.wind_speed == pytest.approx(2.0, rel=1e-3) and h.wind_from_deg == pytest.approx(270.0, abs=0.05)


@pytest.mark.parametrize(("lag", "seconds"), [(None, 1.0), (3.0, 3.0), (0.0, 0.0)])
def test_the_error_of_a_place_holds_the_lags_part(lag: float | None, seconds: float) -> None:
    """GNSS and speed times what is left of the lag; where the track does not say, the setting's second."""
    (track,) = _vans({"ch4": bump(X, 1000, 40)}, lag_sd_s=lag)
    assert _place([track]).position_error_m == pytest.approx(np.hypot(SETTINGS.gnss_sd_m, 5.0 * seconds), rel=1e-3)


def test_crossings_of_one_street_tell_how_far_a_place_scatters() -> None:
    """The mean variance per axis over their number; those beyond 60 m of the strongest are of another street."""
    base = SETTINGS.gnss_sd_m**2
    tracks = _vans(
        {"ch4": bump(X, 1002.5, 90)}, {"ch4": bump(X, 1042.5, 40)}, {"ch4": bump(X, 1102.5, 30)}, lag_sd_s=0.0
    )
    assert _place(tracks).position_error_m == pytest.approx(np.sqrt(base + 800.0 / 2 / 2))
    assert _place(tracks[::2]).position_error_m == pytest.approx(np.sqrt(base))


def test_the_species_of_most_drives_leads_then_the_strongest() -> None:
    """Toluene on two drives before methane at 900 times its noise on one."""
    both = {"toluene": bump(X, 1000, 30), "xylene": bump(X, 1000, 20), "ch4": 0 * X}
    tracks = _vans(both | {"ch4": bump(X, 1000, 900)}, both)
    h = _place(tracks)
    assert (h.species, h.others) == ("toluene", ("xylene", "ch4"))
    wanted = np.concatenate(
        [t.passes["toluene_enhancement"].values[_rows(t, s)] for t, s in zip(tracks, ("ch4", "toluene"), strict=True)]
    )
    assert h.enhancement == pytest.approx(wanted.mean())


@pytest.mark.parametrize(("wet", "dry", "leads"), [(40, 60, "ch4_dry"), (60, 40, "ch4")])
def test_wet_and_dry_are_one_species(wet: float, dry: float, leads: str) -> None:
    """The stronger speaks for both, its twin and a second logger's are not among the others."""
    values = {
        "ch4": bump(X, 1000, wet),
        "ch4_dry": bump(X, 1000, dry),
        "ch4_2": bump(X, 1000, 30),
        "nh3": bump(X, 1000, 20),
    }
    h = _place(_vans({**values, "nh3_2": bump(X, 1000, 10)}))
    assert (h.species, h.others) == (leads, ("nh3",))


def test_the_place_is_that_of_the_strongest_in_the_leading_species() -> None:
    """Not of a crossing that is higher in another, nor of one that did not measure it."""
    tracks = _vans(
        {"ch4": bump(X, 1002.5, 40), "co": 0 * X}, {"ch4": bump(X, 1032.5, 30), "co": bump(X, 1032.5, 900)},
        {"co": bump(X, 1052.5, 999)},
    )  # fmt: skip
    h = _place(tracks[:2])
    assert h.species == "ch4"
    east = project(np.array([h.lon]), np.array([h.lat]), CRS)[0][0] - ORIGIN[0]
    assert east == pytest.approx(1002.5, abs=1e-3)
    h = _place(tracks)
    assert (h.species, h.others, h.passes_seen) == ("co", ("ch4",), 2 + 1)
    assert project(np.array([h.lon]), np.array([h.lat]), CRS)[0][0] - ORIGIN[0] == pytest.approx(1052.5, abs=1e-3)


def test_a_logger_of_another_vehicle_says_nothing_of_a_crossing() -> None:
    """At the same time it was a kilometre away: its cells are no part of the place."""
    one = van(X, Y, {"co": bump(X, 1000, 90)}, name="one")
    other = van(X, Y + 1000, {"ch4": bump(X, 300, 40)}, name="other")
    later = van(X, Y, {"ch4": bump(X, 1000, 40), "nh3": bump(X, 1000, 20)}, name="later", start=DAYS[2])
    again = van(X, Y, {"ch4": bump(X, 1000, 40)}, name="again", start=DAYS[1])
    tracks = [one, other, later, again]
    found = find_crossings(tracks, CRS)
    members = np.flatnonzero(np.abs(found.y - ORIGIN[1] - 10) < 1)
    assert members.size == 3
    group = CrossingGroup(members, found.drive[members], found.drive[members], False, False, 0.01)
    winds = [aboard.wind for aboard in winds_of(tracks, CRS, SETTINGS)]
    h = places.describe_place(group, found, tracks, winds, box_of(tracks), SETTINGS, recurrent=True, q_value=0.1)
    assert h.species == "ch4" and set(h.others) == {"co", "nh3"}
    north = project(*map(np.array, h.polygon.exterior.coords.xy), CRS)[1] - ORIGIN[1]
    assert (np.abs(north) <= 40).all()
    assert h.enhancement == pytest.approx(later.passes["ch4_enhancement"].values[_rows(later, "ch4")].mean())


def test_a_logger_that_rode_along_speaks_for_its_vehicle() -> None:
    """The crossing is led by dust; the methane of the place is that of the other logger in the same rows of time."""
    dust = van(X, Y, {"pm25": bump(X, 1000, 90, 30.0)}, name="dust", start=DAYS[0])
    gas = van(X, Y, {"ch4": bump(X, 1000, 40)}, name="gas", start=DAYS[0])
    later = van(X, Y, {"ch4": bump(X, 1000, 40)}, name="later", start=DAYS[1])
    h = _place([dust, gas, later])
    assert (h.species, h.others, h.passes_seen) == ("ch4", ("pm25",), 2)
    values = [
        gas.passes["ch4_enhancement"].values[_rows(dust, "pm25")],
        later.passes["ch4_enhancement"].values[_rows(later, "ch4")],
    ]
    assert h.enhancement == pytest.approx(np.concatenate(values).mean())


def test_methane_in_rows_refused_for_exhaust_has_its_place() -> None:
    """A plume of a gas that vehicles hardly emit stands there: the place is described by these rows."""
    flags = np.where(np.abs(X - 1000) < 200, int(Flag.OWN_EXHAUST), 0)
    tracks = _vans({"ch4": bump(X, 1002.5, 400)}, {"ch4": bump(X, 1002.5, 400)}, flags=flags)
    h = _place(tracks)
    rows = _rows(tracks[0], "ch4")
    assert h.enhancement == pytest.approx(tracks[0].passes["ch4_enhancement"].values[rows].mean())
    excess = tracks[0].passes["ch4_enhancement"].values[rows]
    half = X[rows][excess >= excess.max() / 2]
    assert h.enhancement > 100 * NOISE and h.cells == len(np.unique((half + ORIGIN[0]) // 20))


def test_rows_off_the_grid_are_in_no_cell() -> None:
    """A grid that holds one of two crossings: cells and mean are of that one."""
    tracks = _vans({"ch4": bump(X, 300, 40)}, {"ch4": bump(X, 1500, 90)})
    found = find_crossings(tracks, CRS)
    group = CrossingGroup(np.arange(2), np.arange(2), np.arange(2), False, False, 0.01)
    box = box_of([van(X[:150], Y[:150], {"ch4": X[:150]})])
    winds = [aboard.wind for aboard in winds_of(tracks, CRS, SETTINGS)]
    h = places.describe_place(group, found, tracks, winds, box, SETTINGS, recurrent=True, q_value=0.1)
    assert h.enhancement == pytest.approx(tracks[0].passes["ch4_enhancement"].values[_rows(tracks[0], "ch4")].mean())
    assert h.passes_seen == 2 and len(h.met) == 2


def test_cells_are_weighed_by_their_samples() -> None:
    """Each cell of each crossing once, with its number of rows."""
    parts = [
        places.Sampled(np.array([7, 7, 3]), np.array([1.0, 2.0, 9.0]), np.zeros(3)),
        places.Sampled(np.array([3]), np.array([5.0]), np.zeros(1)),
    ]
    means, weights = places._cell_means(parts)
    assert (means.tolist(), weights.tolist()) == ([9.0, 1.5, 5.0], [1.0, 2.0, 1.0])


def test_a_slow_logger_without_a_row_in_the_crossing_does_not_lead() -> None:
    """The window of the crossing is that of its highest plume; the next species of the place speaks."""
    tracks = _vans({"ch4": bump(X, 1000, 40), "nh3": bump(X, 1000, 90)})
    tracks[0].passes["nh3_enhancement"].values[_rows(tracks[0], "nh3")] = np.nan
    h = _place(tracks)
    assert (h.species, h.others) == ("ch4", ("nh3",))


def test_the_twin_of_the_leading_species_is_never_among_the_others() -> None:
    """Dry methane is the stronger, but none of its rows is there: wet methane leads, and dry is no other species."""
    tracks = _vans({"ch4": bump(X, 1000, 40), "ch4_dry": bump(X, 1000, 90), "nh3": bump(X, 1000, 20)})
    tracks[0].passes["ch4_dry_enhancement"].values[_rows(tracks[0], "ch4_dry")] = np.nan
    h = _place(tracks)
    assert (h.species, h.others) == ("ch4", ("nh3",))


def test_the_part_with_the_strongest_value_comes_first() -> None:
    """Three squares: the one that holds the point, then by distance; a single one stays."""
    far, here, near = (shapely.box(x, 0, x + 1, 1) for x in (9.0, 0.0, 3.0))
    ordered = places._from_strongest(shapely.MultiPolygon([far, near, here]), 0.5, 0.5)
    assert [part.bounds[0] for part in ordered.geoms] == [0.0, 3.0, 9.0]
    assert places._from_strongest(here, 5.0, 5.0) is here
