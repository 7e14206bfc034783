"""Sources at one place told apart by the ratios of what they emit."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.schema import new_trace
from tracks import TrackSettings, process_trace
from tracks.encounters import same_source, tell_sources_apart
from tracks.schema import Track

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
