"""Sources at one place told apart by the ratios of what they emit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy.stats import chi2

from ingest.schema import new_trace
from tracks import TrackSettings, process_trace
from tracks.plumes import find_plumes
from tracks.schema import Track
from tracks.sources.encounters import Encounter, same_source, tell_sources_apart
from tracks.sources.fingerprints import Line, fingerprint

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings(estimate_lag=False)
NOISE = {"so2": 0.2, "nox": 0.3, "toluene": 0.1}


def drive(strengths: list[dict[str, float]], *, seed: int = 0, wobble: float = 0.0) -> Track:
    """Passes along 2 km with a plume at 1 000 m each; ``strengths`` give the maximum per species and pass."""
    rng = np.random.default_rng(seed)
    one = 10.0 * np.arange(200)
    x = np.concatenate([one if k % 2 == 0 else one[::-1] for k in range(len(strengths))])
    shape = np.exp(-(((x - 1000) / 25) ** 2) / 2)
    time = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(len(x)) * np.timedelta64(1, "s")
    variables = {}
    for name, sd in NOISE.items():
        high = np.repeat([strength.get(name, 0.0) for strength in strengths], 200)
        own = shape * (1 + wobble * rng.normal(size=len(x)))
        attrs = {"units": "ppb", "species": name, "instrument": name}
        variables[name] = (5 + rng.normal(0, sd, len(x)) + high * own, attrs)
    return process_trace(
        new_trace("street", time, 104 + x / 96486.3, np.full(len(x), 30.0), variables), SETTINGS
    ).value


def kinds(track: Track) -> list[int]:
    """Kind of each encounter, in order of time."""
    return [one.kind for one in tell_sources_apart(track, SETTINGS)]


STACK, PAINT = {"so2": 40.0, "nox": 12.0}, {"toluene": 15.0, "nox": 6.0}


def test_two_sources_at_one_place_are_two_kinds() -> None:
    """A stack and a paint shop behind one gate, seen on alternate passes: one place, two kinds."""
    met = tell_sources_apart(drive([STACK, PAINT, STACK, PAINT]), SETTINGS)
    assert {one.place for one in met} == {0}
    assert [one.kind for one in met] in ([0, 1, 0, 1], [1, 0, 1, 0])


def test_one_source_of_changing_strength_is_one_kind() -> None:
    """The same ratios at a fifth of the strength, and at thrice, are the same source."""
    plumes = [{name: value * k for name, value in STACK.items()} for k in (1.0, 0.2, 3.0, 0.5)]
    assert kinds(drive(plumes)) == [0, 0, 0, 0]


def test_sources_that_share_no_species_are_told_apart() -> None:
    """Sulfur dioxide alone and toluene alone are two kinds, although no ratio of both exists."""
    assert kinds(drive([{"so2": 30.0}, {"toluene": 12.0}])) in ([0, 1], [1, 0])


def test_the_ratio_is_that_of_the_source() -> None:
    """The York line of the strongest kind gives NOx over SO2 within its error."""
    met = tell_sources_apart(drive([STACK, STACK]), SETTINGS)[0]
    assert met.reference == "so2"
    line = met.ratios["nox"]
    assert line.slope == pytest.approx(12 / 40, abs=4 * line.slope_sd)
    assert met.ratios["toluene"].slope == pytest.approx(0, abs=4 * met.ratios["toluene"].slope_sd)


def test_one_source_is_rarely_split() -> None:
    """Of 60 pairs of passes by one source, with scatter of the plume in each species, at most three are split."""
    split = sum(max(kinds(drive([STACK, STACK], seed=seed, wobble=0.05)), default=0) > 0 for seed in range(60))
    assert split <= 3


def test_a_source_agrees_with_itself() -> None:
    """Every encounter is the same source as itself, whatever its strength."""
    for one in tell_sources_apart(drive([STACK, PAINT, {"so2": 3.0}]), SETTINGS):
        assert same_source(one, one, SETTINGS)


def test_no_plume_is_no_encounter() -> None:
    """Clean air has no encounter."""
    assert tell_sources_apart(drive([{}, {}]), SETTINGS) == ()


# --- by hand ---------------------------------------------------------------------------------------------------


def meeting(reference: str, ratios: dict[str, tuple[float, float]], *, goodness: float = 1.0) -> Encounter:
    """An encounter with ratios and their standard deviations."""
    lines = {name: Line(slope, 0.0, sd, 0.0, goodness, 9) for name, (slope, sd) in ratios.items()}
    return Encounter(0, 0, 0, 0, 1, 2, 104.0, 30.0, 50.0, reference, lines)


def contradiction(a: list[float], sa: list[float], b: list[float], sb: list[float]) -> float:
    """Chance of so bad a match of two vectors at the best strength, found by trying all strengths."""
    va, da, vb, db = (np.array(part) for part in (a, sa, b, sb))
    strengths = np.exp(np.linspace(-8, 8, 160_001))[:, None]
    mismatch = ((va - strengths * vb) ** 2 / (da**2 + (strengths * db) ** 2)).sum(axis=1)
    return float(chi2.sf(mismatch.min(), len(va) - 1))


@pytest.mark.parametrize("slope", [0.1, 0.3, 0.5, 0.8, 1.2, 2.0])
@pytest.mark.parametrize("sd", [0.01, 0.1])
@pytest.mark.parametrize("goodness", [0.5, 4.0])
def test_sources_are_one_unless_the_best_strength_contradicts(slope: float, sd: float, goodness: float) -> None:
    """Two species of SO2 = 1: NOx of 0.5 and of something else, each with its scatter and a tenth of the ratio."""
    one = meeting("so2", {"nox": (0.5, 0.05)})
    other = meeting("so2", {"nox": (slope, sd)}, goodness=goodness)
    spread = sd * np.sqrt(max(goodness, 1.0))
    chance = contradiction([1, 0.5], [0.1, np.hypot(0.05, 0.05)], [1, slope], [0.1, np.hypot(spread, 0.1 * slope)])
    for level in (chance * 0.99, chance * 1.01):
        chosen = TrackSettings(fingerprint_p=level)
        assert same_source(one, other, chosen) == (level <= chance)
        assert same_source(other, one, chosen) == (level <= chance)


def test_another_reference_is_the_same_vector() -> None:
    """Ratios against NOx instead of SO2: compared as vectors, with the errors of their own reference."""
    one = meeting("so2", {"nox": (0.5, 0.02), "co": (2.0, 0.1)})
    other = meeting("nox", {"so2": (2.0, 0.08), "co": (9.0, 0.4)})
    sa = [np.hypot(0.1, 0.2), np.hypot(0.02, 0.05), 0.1]
    sb = [np.hypot(0.4, 0.9), 0.1, np.hypot(0.08, 0.2)]
    chance = contradiction([2, 0.5, 1], sa, [9, 1, 2], sb)
    for factor in (0.99, 1.01):
        assert same_source(one, other, TrackSettings(fingerprint_p=chance * factor)) == (factor < 1)


def test_the_settings_widen_every_component() -> None:
    """A tenth of each ratio, reference included, unless told otherwise: 0.3 of them forgives what 0.05 does not."""
    one, other = meeting("so2", {"nox": (0.5, 0.001)}), meeting("so2", {"nox": (0.9, 0.001)})
    assert not same_source(one, other, TrackSettings(fingerprint_sd=0.05))
    assert same_source(one, other, TrackSettings(fingerprint_sd=0.3))


def test_what_cannot_be_compared_agrees() -> None:
    """One common species, no common one, and ratios that are not known contradict nothing."""
    one = meeting("so2", {"nox": (0.5, 0.01)})
    for other in (meeting("so2", {"co": (9.0, 0.1)}), meeting("co", {"o3": (1.0, 0.1)})):
        assert same_source(one, other, SETTINGS)
    unknown = meeting("so2", {"nox": (np.nan, np.nan)})
    assert same_source(one, unknown, SETTINGS)
    assert same_source(unknown, one, SETTINGS)
    assert not same_source(one, meeting("so2", {"nox": (9.0, 0.01), "co": (np.nan, np.nan)}), SETTINGS)


def plumes_at(make_passes: Make, rows: dict[str, list[tuple[int, float]]], **more: object) -> Track:
    """Plumes of five rows and a given height at the given rows; species ``co`` has a noise of 2."""
    excess = {}
    for name, peaks in rows.items():
        excess[name] = np.zeros(200)
        for row, height in peaks:
            excess[name][row - 2 : row + 3] += height * np.array([0.4, 0.7, 1.0, 0.7, 0.4])
    x = np.asarray(more.pop("x", 10.0 * np.arange(200)))
    passes = make_passes(x, excess=excess, noise={"co": 2.0}, **more)
    return Track(passes, find_plumes(passes, SETTINGS))


def test_every_field_of_an_encounter(make_passes: Make) -> None:
    """Overlapping plumes of two species: the rows of both, the place and height of the one highest over its noise."""
    track = plumes_at(make_passes, {"so2": [(50, 40.0)], "co": [(52, 60.0)], "o3": [(150, 20.0)]})
    found = tell_sources_apart(track, TrackSettings(plume_gap_s=5.5))
    assert len(found) == 2
    one = found[0]
    assert (one.pass_index, one.first_row, one.peak_row, one.last_row) == (0, 48, 50, 54)
    assert (one.reference, one.snr) == ("so2", 40.0)
    assert (one.lon, one.lat) == (pytest.approx(104 + 500 / 96486.3), pytest.approx(30.0))
    assert one.ratios == fingerprint(track.passes, 43, 59, reference="so2")
    assert (found[0].kind, found[1].kind) == (0, 0)
    assert {found[0].place, found[1].place} == {0, 1}
    assert (found[1].reference, found[1].peak_row) == ("o3", 150)


def test_plumes_that_only_touch_are_one_encounter(make_passes: Make) -> None:
    """A plume that begins on the last row of another overlaps with it, one row later it does not."""
    for row, encounters in ((54, 1), (55, 2)):
        track = plumes_at(make_passes, {"so2": [(50, 40.0)], "nox": [(row, 40.0)]})
        assert len(tell_sources_apart(track, SETTINGS)) == encounters
    long = plumes_at(
        make_passes, {"so2": [(50, 40.0), (54, 40.0), (58, 40.0)], "nox": [(51, 40.0)], "co": [(60, 80.0)]}
    )
    assert len(tell_sources_apart(long, SETTINGS)) == 1


def test_another_pass_is_another_encounter(make_passes: Make) -> None:
    """A border of passes inside a plume makes two encounters."""
    number = np.where(np.arange(200) < 50, 0, 1)
    track = plumes_at(make_passes, {"so2": [(50, 40.0)]}, number=number)
    assert [one.pass_index for one in tell_sources_apart(track, SETTINGS)] == [0, 1]


@pytest.mark.parametrize("name", ["ch4_dry", "h2o"])
def test_water_and_second_forms_are_left_out(make_passes: Make, name: str) -> None:
    """They make no encounter and are in no ratio, however high."""
    track = plumes_at(make_passes, {"so2": [(50, 40.0)], "nox": [(50, 20.0)], name: [(50, 900.0), (120, 900.0)]})
    found = tell_sources_apart(track, SETTINGS)
    assert [(one.reference, one.peak_row, sorted(one.ratios)) for one in found] == [("so2", 50, ["nox"])]


def test_the_air_around_a_plume_is_part_of_the_line(make_passes: Make) -> None:
    """Five seconds before and after, of the settings, and no further than the trace."""
    track = plumes_at(make_passes, {"so2": [(2, 40.0)], "nox": [(2, 20.0)]})
    assert tell_sources_apart(track, SETTINGS)[0].ratios["nox"].points == 10
    track = plumes_at(make_passes, {"so2": [(50, 40.0)], "nox": [(50, 20.0)]})
    for gap, points in ((5.0, 15), (2.0, 9), (2.5, 9)):
        found = tell_sources_apart(track, TrackSettings(plume_gap_s=gap))[0]
        assert found.ratios["nox"].points == points


@pytest.mark.parametrize(("apart", "places"), [(6, 1), (7, 2)])
def test_places_are_maxima_within_the_distance(make_passes: Make, apart: int, places: int) -> None:
    """Maxima 60 m apart are one place, 70 m apart two; a chain of them is one."""
    far = plumes_at(make_passes, {"so2": [(50, 40.0)], "nox": [(50 + apart, 40.0)]})
    assert len({one.place for one in tell_sources_apart(far, SETTINGS)}) == places


def test_kinds_are_numbered_from_the_strongest(make_passes: Make) -> None:
    """A paint shop met first and weakly, a stack met strongly: the stack is kind 0, in order of time."""
    rows = {"so2": [(50, 10.0), (150, 90.0)], "nox": [(50, 60.0), (150, 9.0)]}
    twice = np.tile(10.0 * np.arange(100), 2)
    track = plumes_at(make_passes, rows, x=twice, number=np.repeat([0, 1], 100))
    found = tell_sources_apart(track, SETTINGS)
    assert [(one.peak_row, one.place, one.kind) for one in found] == [(50, 0, 1), (150, 0, 0)]
