"""From tracks with plumes to places: tiers, what cells add, order, and input that is hard to judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import Hotspot, touch_cells
from fusion.air.winds import winds_of
from fusion.cube.grid import project
from fusion.hotspots import find
from fusion.hotspots.chance import CrossingGroup
from fusion.hotspots.crossings import find_crossings
from ingest.errors import ContractError
from ingest.outcome import Outcome
from onevisit.words.telling import tell
from tests.fusion.hotspots.plume_tracks import CRS, ORIGIN, box_of, bump, crossings_by_hand, find_places, van
from tracks.schema import Track

X = np.arange(0.0, 4000.0, 5.0)
Y = np.zeros(X.size)
WHEN = datetime(2024, 5, 1, tzinfo=UTC)


def _day(k: int) -> str:
    return f"2024-05-{k + 1:02d}T02:00:00"


def _vans(number: int, *, name: str = "d", y: float = 0.0, **species: np.ndarray) -> list[Track]:
    return [van(X, Y + y, species, name=f"{name}{k}", start=_day(k)) for k in range(number)]


def _east(h: Hotspot) -> float:
    return float(project(np.array([h.lon]), np.array([h.lat]), CRS)[0][0]) - ORIGIN[0]


def _said(outcome: Outcome[tuple[Hotspot, ...]]) -> str:
    (said,) = [d for d in outcome.decisions if d.code == "places_found"]
    return tell(said).decision


# --- tiers ----------------------------------------------------------------------------------------------------------


def test_what_several_passes_met_is_one_recurrent_place_of_all_its_species() -> None:
    """Methane and ammonia of one source on two drives: one feature, where one a species was before."""
    outcome = find_places(_vans(2, ch4=bump(X, 1000, 40), nh3=bump(X, 1000, 25)))
    (h,) = outcome.value
    assert (h.id, h.species, h.others, h.tier) == ("H001", "ch4", ("nh3",), "recurrent")
    assert (h.passes_seen, h.passes_crossed, len(h.met)) == (2, 2, 2) and abs(_east(h) - 1000) <= 5
    expected = 2e-5 * 7990 * (1 - np.exp(-2e-5 * 100))  # one composition on both: as on roads without a source
    assert h.p_value == pytest.approx(1 - np.exp(-expected), rel=1e-3)
    assert h.q_value == pytest.approx(expected, rel=1e-3)
    assert _said(outcome).startswith("2 crossings of plumes: 1 places where they recur beyond chance, 0 seen clearly")


@pytest.mark.parametrize(("height", "shown"), [(25.5, False), (25.7, True), (150.0, True)])
def test_one_clear_plume_is_a_single_place(height: float, shown: bool) -> None:
    """20 times what a tenth of Gaussian noise exceeds, of a gas that vehicles hardly emit; others met nothing."""
    tracks = [*_vans(1, ch4=bump(X, 1000, height)), *_vans(4, name="q", ch4=0 * X)[1:]]
    outcome = find_places(tracks)
    assert [(h.tier, h.p_value, h.q_value) for h in outcome.value] == [("single", 1.0, 1.0)] * shown
    if shown:
        assert (outcome.value[0].passes_seen, outcome.value[0].passes_crossed) == (1, 4)
    assert _said(outcome).endswith(
        f"{0} places with tracers of exhaust alone and {int(not shown)} weak ones are not shown"
    )


@pytest.mark.parametrize(("height", "shown"), [(99.0, False), (101.0, True)])
def test_a_plume_a_hundred_times_its_noise_is_always_in_a_place(height: float, shown: bool) -> None:
    """Even tracers of exhaust alone, met once; below, a vehicle explains them, and it is counted."""
    outcome = find_places(
        [*_vans(1, nox=bump(X, 1000, height), co=bump(X, 1000, 20)), *_vans(3, name="q", nox=0 * X)[1:]]
    )
    assert [(h.species, h.tier, h.exhaust) for h in outcome.value] == [("nox", "single", True)] * shown
    assert f"{int(not shown)} places with tracers of exhaust alone" in _said(outcome)


def test_weak_plumes_that_agree_are_recurrent() -> None:
    """None is ten times its noise, but three drives met the same two gases there."""
    (h,) = find_places(_vans(3, ch4=bump(X, 1000, 8), nh3=bump(X, 1000, 7))).value
    assert (h.tier, h.species, h.passes_seen, len(h.met)) == ("recurrent", "ch4", 3, 3)


def test_a_path_upwind_is_that_of_the_vehicles_own_wind() -> None:
    """Nodes to 700 m against the wind, width of the plume and error of its axis apart; in calm and without, none."""
    rose = {"ch4": bump(X, 1000, 40)}
    winds = [(0.0, -3.0), (3.0, 0.0), (0.3, 0.0), None]
    tracks = [van(X, Y, rose, name=f"d{k}", start=_day(k), wind=wind) for k, wind in enumerate(winds)]
    crossings = find_crossings(tracks, CRS)
    chosen = find.FusionSettings()
    north, west, calm, unknown = find._paths(
        crossings, tracks, [aboard.wind for aboard in winds_of(tracks, CRS, chosen)], chosen
    )
    assert calm is None and unknown is None and north is not None and west is not None
    for path, towards in ((north, (0.0, -1.0)), (west, (1.0, 0.0))):
        away = np.hypot(path.x - crossings.x[0], path.y - crossings.y[0])
        assert away[0] == pytest.approx(10.0) and 550 < away[-1] <= 700 and (np.diff(away) > 0).all()
        assert np.column_stack([path.cos, path.sin]) == pytest.approx(np.tile(towards, (away.size, 1)), abs=0.02)
        assert (path.x[-1] - crossings.x[0]) * towards[0] + (path.y[-1] - crossings.y[0]) * towards[1] < -500
        drift = np.hypot(np.radians(chosen.direction_floor_deg), np.tan(np.radians(chosen.direction_met_deg)))
        assert path.error == pytest.approx(drift * away, rel=1e-6)
        assert (path.width >= chosen.place_sd_m).all() and path.width[0] < 14 and (np.diff(path.width) > 0).all()
        assert path.reach[:2] == pytest.approx([5.0, 5.0])


def test_what_cells_of_one_pass_pile_up_is_no_place_beside_plumes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tracks carry plumes, one pass speaks by its plumes; cells speak where passes agree."""
    given_ = [_hotspot("so2", 104.5, single=True, seen=1), _hotspot("so2", 104.7)]
    monkeypatch.setattr(find, "seek_agreement", lambda *_: Outcome(given_))
    found = find_places(_vans(1, ch4=bump(X, 1000, 40))).value
    assert [(h.species, h.tier) for h in found] == [("so2", "recurrent"), ("ch4", "single")]


def test_two_sources_beside_each_other_across_the_wind_stay_two() -> None:
    """Along a road in a wind across it, 60 m apart, one of methane and ammonia, the other of toluene and xylene."""
    rose = {"ch4": bump(X, 1000, 40, 8), "nh3": bump(X, 1000, 25, 8), "toluene": bump(X, 1060, 40, 8),
            "xylene": bump(X, 1060, 25, 8)}  # fmt: skip
    found = find_places(_vans(3, **rose)).value
    assert sorted((h.species, h.others, h.tier) for h in found) == [
        ("ch4", ("nh3",), "recurrent"), ("toluene", ("xylene",), "recurrent"),
    ]  # fmt: skip
    assert sorted(round(_east(h)) for h in found) == [1000, 1060]


def test_the_clearness_of_a_group_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty times the usual level of 0.5; of exhaust a hundred times the noise; the strongest counts."""
    monkeypatch.setattr(find, "_usual", lambda *_: 0.5)
    for snr, exhaust, clear in (
        ([10.0, 3.0], False, True), ([9.99, 3.0], False, False),
        ([99.9, 3.0], True, False), ([3.0, 100.0], True, True),
    ):  # fmt: skip
        group = CrossingGroup(np.array([0, 1]), np.array([0]), np.array([0]), exhaust, False)
        assert find._is_clear(group, crossings_by_hand(np.zeros((2, 2)), [[s] for s in snr]), ()) is clear


def test_the_usual_level_of_a_pass_is_that_of_its_other_rows() -> None:
    """Of 400 rows 100 stand at 3 times the noise: that is what a tenth exceeds; the plume's own rows do not count."""
    level = np.where(np.quantile(X, 0.25) > X, 3.0, 0.0)
    one = van(X, Y, {"ch4": np.maximum(level, bump(X, 1500, 60))})
    found = find_crossings([one], CRS)
    strongest = int(np.argmax(found.strength))
    assert find._usual(found, strongest, np.array([strongest]), [one]) == pytest.approx(3.0)
    assert find._usual(found, strongest, np.arange(found.size), [one]) == pytest.approx(3.0)
    quiet = van(X, Y, {"ch4": bump(X, 1500, 60)})
    alone = find_crossings([quiet], CRS)
    assert find._usual(alone, 0, np.array([0]), [quiet]) == pytest.approx(1.2816)


@given(st.lists(st.floats(0, 10) | st.just(np.inf), max_size=8))
def test_false_shares_are_those_of_all_as_sure(expected: list[float]) -> None:
    """The least E of any at least as expected over the number up to it, one at most: against the definition."""
    shares = find._false_shares(expected)
    ranked = sorted(expected)
    for value, share in zip(expected, shares, strict=True):
        later = [ranked[j] / (j + 1) for j in range(len(ranked)) if ranked[j] >= value]
        assert share == pytest.approx(min(1.0, *later, 1.0))


# --- what cells add -------------------------------------------------------------------------------------------------


def _hotspot(species: str, lon: float, *, single: bool = False, p: float = 0.01, seen: int = 2, **rest) -> Hotspot:
    square = shapely.box(lon, 30.0, lon + 0.001, 30.001)
    labels = tuple(f"d{k}#0" for k in range(seen))
    return Hotspot(
        "", species, "ppm", square, 4, 1600.0, rest.pop("high", 1.0), 0.1, 2.0, p, p / 2, seen, 4, single, WHEN, WHEN,
        lon, 30.0, 5.0, None, None, ("d0",), labels, **rest,
    )  # fmt: skip


def test_agreement_of_cells_makes_a_place_recurrent() -> None:
    """Two passes met it, and cells of one of its species agree: the smaller p and q, and all else as it was."""
    place = _hotspot("toluene", 104.0, single=True, p=1.0, others=("ch4",), exhaust=True)
    (merged,) = find._with_agreement([place], [_hotspot("ch4_dry", 104.0005, p=0.004)])
    assert (merged.tier, merged.p_value, merged.q_value) == ("recurrent", 0.004, 0.002)
    assert (merged.species, merged.others, merged.polygon, merged.exhaust) == (
        "toluene",
        ("ch4",),
        place.polygon,
        True,
    )
    sure = _hotspot("ch4", 104.0, p=0.001)
    (merged,) = find._with_agreement([sure], [_hotspot("ch4", 104.0, p=0.004)])
    assert (merged.p_value, merged.q_value, merged.tier) == (0.001, 0.0005, "recurrent")


@pytest.mark.parametrize(
    ("place", "cells"),
    [
        ({"seen": 1}, {}), ({}, {"seen": 1}), ({"species": "nh3"}, {}), ({"lon": 104.0016}, {}),
    ],
)  # fmt: skip
def test_cells_of_another_gas_or_one_pass_make_no_place_recurrent(
    place: dict[str, object], cells: dict[str, int]
) -> None:
    """One pass has nothing to agree with; another gas or place is another source."""
    given_ = {"species": "ch4", "lon": 104.0, "single": True, "p": 1.0} | place
    kept, *_ = find._with_agreement([_hotspot(**given_)], [_hotspot("ch4", 104.0, **cells)])  # type: ignore[arg-type]
    assert (kept.tier, kept.p_value) == ("single", 1.0)


def test_cells_without_a_place_are_places_of_all_their_species() -> None:
    """The surest leads where several touch; wet and dry are one; apart they are two."""
    cells = [
        _hotspot("xylene", 104.0, p=0.02), _hotspot("toluene", 104.0, p=0.01), _hotspot("ch4", 104.1, p=0.03),
        _hotspot("ch4_dry", 104.1, p=0.02), _hotspot("toluene_2", 104.0, p=0.04),
    ]  # fmt: skip
    found = find._with_agreement([], cells)
    assert [(h.species, h.others, h.p_value) for h in found] == [
        ("toluene", ("xylene",), 0.01),
        ("ch4_dry", (), 0.02),
    ]
    assert find._with_agreement([], cells[::-1]) != []
    assert [(h.species, h.others) for h in find._with_agreement([], cells[::-1])] == [
        (h.species, h.others) for h in found
    ]


def test_cells_agree_where_no_plume_stands() -> None:
    """A broad rise on every drive, no plume of its own, is a place by its cells; without plumes anywhere also."""
    broad = [
        van(X, Y, {"so2": bump(X, 3000, 3.5, 60) + 0.1 * np.sin(X + k), "ch4": bump(X, 1000, 40 * (k < 2))},
            name=f"d{k}", start=_day(k))
        for k in range(6)
    ]  # fmt: skip
    assert all(set(t.plumes["species"].values.tolist()) <= {"ch4"} for t in broad)
    found = find_places(broad, replace(find.FusionSettings(), surrogates=199)).value
    (h,) = [h for h in found if h.species == "so2"]
    assert h.tier == "recurrent" and h.met == () and abs(_east(h) - 3000) < 60


# --- order ----------------------------------------------------------------------------------------------------------


def test_recurrent_come_first_then_the_surer_then_the_higher() -> None:
    """Numbered in this order from H001."""
    tracks = _vans(4, ch4=bump(X, 1000, 40), toluene=bump(X, 2500, 90), xylene=bump(X, 2500, 50))
    tracks += _vans(1, name="once", co=bump(X, 3500, 999))
    found = find_places(tracks).value
    assert [h.id for h in found] == [f"H{k:03d}" for k in range(1, len(found) + 1)]
    assert [round(_east(h), -1) for h in found] == [2500, 1000, 3500]
    assert [h.tier for h in found] == ["recurrent", "recurrent", "single"]
    keys = [(h.single_sighting, h.p_value) for h in found]
    assert keys == sorted(keys)


def test_places_and_ids_do_not_depend_on_the_order_of_tracks() -> None:
    """Two loggers on one van and two more drives: the same places under the same names, in every order."""
    gas = {"ch4": bump(X, 1000, 40) + bump(X, 2000, 30), "nh3": bump(X, 1000, 20)}
    tracks = _vans(2, **gas)
    tracks.append(van(X, Y, {"pm25": bump(X, 2000, 60), "toluene": bump(X, 3000, 80)}, name="rider", start=_day(0)))
    tracks.append(van(X, Y, {"ch4": bump(X, 1005, 35)}, name="z", start=_day(5)))

    def told(order: tuple[Track, ...]) -> list[tuple[object, ...]]:
        return [
            (h.id, h.species, h.others, h.tier, round(h.p_value, 12), h.cells, round(h.lon, 9), round(h.lat, 9),
             round(h.enhancement, 9), h.passes_seen, h.passes_crossed, h.first_seen, sorted(h.seen_by), len(h.met))
            for h in find_places(list(order)).value
        ]  # fmt: skip

    first, *others = [told(order) for order in permutations(tracks)][::5]
    assert len(first) == 3 and all(one == first for one in others)


# --- input that is hard to judge ------------------------------------------------------------------------------------


def test_one_pass_gives_single_places_only() -> None:
    """However strong, and it says that nothing can recur."""
    outcome = find_places(_vans(1, ch4=bump(X, 1000, 400), nh3=bump(X, 1000, 40)))
    assert [(h.tier, h.passes_seen, h.passes_crossed) for h in outcome.value] == [("single", 1, 1)]
    assert any("nothing can recur" in tell(d).evidence for d in outcome.decisions if d.code == "hotspots_found")


@pytest.mark.parametrize(("wind", "speed"), [(None, None), ((0.2, 0.1), np.hypot(0.2, 0.1))])
def test_without_wind_and_in_calm_places_have_no_direction(
    wind: tuple[float, float] | None, speed: float | None
) -> None:
    """Unknown wind has no speed, calm has one; crossings on two streets 100 m apart are one place by nearness."""
    rose = {"ch4": bump(X, 1000, 40), "nh3": bump(X, 1000, 25)}
    tracks = [van(X, Y + 100.0 * k, rose, name=f"d{k}", start=_day(k), wind=wind) for k in range(2)]
    (h,) = find_places(tracks).value
    assert h.wind_from_deg is None and h.wind_speed == (None if speed is None else pytest.approx(speed, rel=1e-3))
    assert (h.tier, h.passes_seen) == ("recurrent", 2)


def test_equal_values_have_no_place() -> None:
    """Every value the same, or none above the noise: every pass is named."""
    outcome = find_places(_vans(2, ch4=np.full(X.size, 1.0)))
    assert outcome.value == ()
    assert [r.code for r in outcome.rejects] == ["pass_of_equal_cells"] * 2


def test_one_species_in_two_units_is_refused() -> None:
    """With the name of the species; nothing is added up in mixed units."""
    tracks = [
        *_vans(1, ch4=bump(X, 1000, 40)),
        van(X, Y, {"ch4": bump(X, 1000, 40)}, name="b", start=_day(3), units="ppm"),
    ]
    with pytest.raises(ContractError, match="ch4"):
        touch_cells(tracks, box_of(tracks))


def test_two_loggers_of_one_species_are_one_witness() -> None:
    """On one vehicle: one pass, nothing recurs, one species without others."""
    one = van(X, Y, {"ch4": bump(X, 1000, 40)}, name="one")
    two = van(X, Y + 2, {"ch4_2": bump(X, 1000, 60)}, name="two")
    (h,) = find_places([one, two]).value
    assert (h.species, h.others, h.tier, h.passes_seen, h.passes_crossed) == ("ch4_2", (), "single", 1, 1)
    assert len(h.met) == 1
    same = van(X, Y + 2, {"ch4": bump(X, 1000, 60)}, name="two")
    (h,) = find_places([one, same]).value
    assert (h.species, h.tier, h.passes_seen, len(h.met)) == ("ch4", "single", 1, 1)


def test_a_drive_that_crosses_itself_in_a_yard_is_one_pass() -> None:
    """Eight rounds of a yard meet the same plume eight times in one pass: clear, but nothing agrees."""
    angle = np.arange(0, 16 * np.pi, 0.05)
    x, y = 300 + 60 * np.cos(angle), 60 * np.sin(angle)
    (h,) = find_places([van(x, y, {"ch4": bump(np.hypot(x - 360, y), 0, 60)})]).value
    assert (h.tier, h.passes_seen, h.passes_crossed) == ("single", 1, 1)
    assert len(h.met) == 8 or len(h.met) == 9
    assert {m.label for m in h.met} == {"van#0"} and abs(_east(h) - 360) < 10


def test_drives_of_two_time_zones_are_judged_in_utc() -> None:
    """The same moment told by two clocks is one moment: a rider's record is of the same crossing.

    Eight hours apart on the same road are two drives, whatever the local clocks said.
    """
    rose = {"ch4": bump(X, 1000, 40), "nh3": bump(X, 1000, 25)}
    shanghai = np.datetime64(datetime.fromisoformat("2024-05-01T10:00:00+08:00").astimezone(UTC).replace(tzinfo=None))
    utc = np.datetime64(datetime.fromisoformat("2024-05-01T02:00:00+00:00").replace(tzinfo=None))
    one = van(X, Y, rose, name="one", start=str(shanghai))
    (h,) = find_places([one, van(X, Y, rose, name="two", start=str(utc))]).value
    assert (h.passes_seen, h.tier, h.first_seen.tzinfo) == (1, "single", UTC)
    (h,) = find_places([one, van(X, Y, rose, name="two", start="2024-05-01T10:00:00")]).value
    assert (h.passes_seen, h.tier) == (2, "recurrent")
    assert (h.last_seen - h.first_seen).total_seconds() == pytest.approx(8 * 3600, abs=30)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(4, 70), st.floats(101, 900)), min_size=1, max_size=4))
def test_no_plume_above_a_hundred_is_left_out(plumes: list[tuple[int, int, float]]) -> None:
    """Wherever, whatever it is made of: every such plume of a moving vehicle is met in some place."""
    names = ("ch4", "nox", "toluene")
    values = {name: np.zeros(X.size) for name in names}
    for kind, at, height in plumes:
        values[names[kind]] = np.maximum(values[names[kind]], bump(X, 50.0 * at, height))
    (track,) = _vans(1, **values)
    found = find_places([track]).value
    met = [(m.start.timestamp(), m.end.timestamp()) for h in found for m in h.met]
    for k in np.flatnonzero(track.plumes["snr"].values > 100):
        peak = track.plumes["peak_time"].values[k].astype("datetime64[ns]").astype(np.int64) / 1e9
        assert any(start - 60 <= peak <= end + 60 for start, end in met)


def test_the_clearest_place_is_the_first_and_exhaust_stands_behind() -> None:
    """Whatever p says of recurrent ones; a single one is behind them all, cells without a crossing behind plumes."""
    clear, weak = _hotspot("ch4", 104.0, p=0.01, snr=900.0), _hotspot("nh3", 104.0, p=0.001, snr=20.0)
    cells, exhaust = _hotspot("h2s", 104.0, p=0.0001), _hotspot("nox", 104.0, p=1e-6, snr=5000.0, exhaust=True)
    single = _hotspot("so2", 104.0, single=True, p=1.0, snr=9000.0)
    ranked = sorted([single, exhaust, cells, weak, clear], key=lambda h: h.rank)
    assert [h.species for h in ranked] == ["ch4", "nh3", "h2s", "nox", "so2"]
