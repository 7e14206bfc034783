"""Rates of transects: relations, intervals, flags and which source is taken, by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from tracks.plumes import find_plumes
from tracks.process import process_trace
from tracks.rates.choose import NEEDS_PLACE, is_parked, quantify_trace
from tracks.rates.parked import quantify_parked
from tracks.rates.transects import METHOD, quantify_drive, quantify_transects, rate_from_area, rate_from_maximum
from tracks.schema import RateEstimate, Track
from tracks.settings import TrackSettings

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings()
G_S = 16.043 / 24.055 / 60  # a litre a minute of methane at 20 °C and 1 atm


def plumes_of(
    maximum: list[float], area: list[float], *, unit: str | list[str] = "ppm", **more: list[float]
) -> xr.Dataset:
    """A table of plumes of one source."""
    columns = {"maximum": maximum, "area": area, **more}
    units = [unit] * len(maximum) if isinstance(unit, str) else unit
    data = {name: ("plume", np.array(values)) for name, values in columns.items()}
    return xr.Dataset({**data, "units": ("plume", np.array(units, str))})


@pytest.mark.parametrize("litres", [0.1, 1.0, 40.0])
def test_the_published_relations_are_inverted(litres: float) -> None:
    """Putting a rate into ln(max) = 0.854 ln(Q) − 1.25, 0.817 ln(Q) − 0.988 and ln(area) = 0.774 ln(Q) + 1.84."""
    log = np.log(litres)
    assert rate_from_maximum(np.exp(np.array([0.854 * log - 1.25])))[0] == pytest.approx(litres)
    weller = rate_from_maximum(np.exp(np.array([0.817 * log - 0.988])), relation="weller")
    assert weller[0] == pytest.approx(litres)
    assert rate_from_area(np.exp(np.array([0.774 * log + 1.84])))[0] == pytest.approx(litres)
    with pytest.raises(KeyError):
        rate_from_maximum(np.ones(1), relation="other")


def log_rate(maximum: float, area: float) -> float:
    """Mean logarithm of the three readings, L min-1."""
    readings = [(np.log(maximum) + 1.25) / 0.854, (np.log(maximum) + 0.988) / 0.817, (np.log(area) - 1.84) / 0.774]
    return float(np.mean(readings))


def test_an_estimate_by_hand() -> None:
    """Two crossings: mean logarithm, interval of the crossings' and the day's scatter, place weighted."""
    table = plumes_of([1.0, 3.0], [20.0, 50.0], lon=[104.0, 104.4], lat=[30.0, 30.8])
    chosen = TrackSettings(transect_log_sd=0.8, transect_common_log_sd=0.3)
    found = quantify_transects(table, name="leak", settings=chosen)
    log = (log_rate(1.0, 20.0) + log_rate(3.0, 50.0)) / 2
    sd = np.hypot(0.8 / np.sqrt(2), 0.3)
    assert found.rate_g_s == pytest.approx(np.exp(log) * G_S)
    assert found.low_g_s == pytest.approx(np.exp(log - 1.96 * sd) * G_S)
    assert found.high_g_s == pytest.approx(np.exp(log + 1.96 * sd) * G_S)
    assert (found.file, found.method, found.crossings) == ("leak", METHOD, 2)
    assert (found.lon, found.lat) == (pytest.approx(104.3), pytest.approx(30.6))
    assert (found.flags, found.confidence) == (("few_crossings",), "low")


@pytest.mark.parametrize(("unit", "scale"), [("ppm", 1.0), ("1e-6", 1.0), ("ppb", 1e3), ("1e-9", 1e3)])
def test_units_are_brought_to_ppm(unit: str, scale: float) -> None:
    """The same plume in ppm and ppb has the same rate."""
    found = quantify_transects(plumes_of([scale], [20 * scale], unit=unit), name="leak")
    assert found.rate_g_s == pytest.approx(np.exp(log_rate(1.0, 20.0)) * G_S)
    assert (found.lon, found.lat) == (None, None)


def test_plumes_that_are_none_do_not_count() -> None:
    """No area, no maximum and a unit that is no mole fraction are left out, of the place as well."""
    table = plumes_of(
        [1.0, 2.0, 0.0, 5.0, 1.0], [20.0, 0.0, 9.0, 50.0, 20.0], unit=["ppm", "ppm", "ppm", "mg m-3", "ppm"],
        lon=[1.0, 9.0, 9.0, 9.0, 3.0], lat=[0.0] * 5,
    )  # fmt: skip
    found = quantify_transects(table, name="leak")
    assert (found.crossings, found.lon) == (2, 2.0)
    assert found.rate_g_s == pytest.approx(np.exp(log_rate(1.0, 20.0)) * G_S)
    nothing = quantify_transects(table.isel(plume=[1, 2, 3]), name="leak")
    assert (nothing.file, nothing.method) == ("leak", METHOD)
    assert (nothing.confidence, nothing.flags) == ("none", ("no_methane_plume",))
    assert np.isnan([nothing.rate_g_s, nothing.low_g_s, nothing.high_g_s]).all()


@pytest.mark.parametrize(
    ("crossings", "seen", "crossed", "flags"),
    [
        (10, 10, 10, ()),
        (9, 9, 9, ("few_crossings",)),
        (10, 10, 11, ("not_seen_on_every_pass",)),
        (9, 9, 12, ("few_crossings", "not_seen_on_every_pass")),
    ],
)
def test_few_and_missed_crossings_are_flagged(
    crossings: int, seen: int, crossed: int, flags: tuple[str, ...]
) -> None:
    """Ten crossings are enough, and a pass that saw nothing lowers the confidence."""
    counts = {"passes_seen": [seen] * crossings, "passes_crossed": [crossed] * crossings}
    found = quantify_transects(plumes_of([1.0] * crossings, [20.0] * crossings, **counts), name="leak")
    assert (found.flags, found.confidence) == (flags, "low" if flags else "medium")
    assert quantify_transects(plumes_of([1.0] * 10, [20.0] * 10, passes_seen=[1] * 10), name="leak").flags == ()


@pytest.mark.parametrize(("litres", "outside"), [(0.1001, False), (0.0999, True), (119.9, False), (120.1, True)])
def test_rates_beyond_the_releases_are_flagged(litres: float, outside: bool) -> None:
    """The relations are of releases of 0.1 to 120 L a minute."""
    log = np.log(litres)
    slope = (1 / 0.854 + 1 / 0.817) / 3
    # the area that fits the rate, and the maximum for which the other two readings average to it
    area = np.exp(0.774 * log + 1.84)
    maximum = np.exp((log - log / 3 - (1.25 / 0.854 + 0.988 / 0.817) / 3) / slope)
    found = quantify_transects(plumes_of([maximum] * 10, [area] * 10), name="leak")
    assert found.rate_g_s == pytest.approx(litres * G_S)
    assert found.flags == (("outside_the_range_of_the_relations",) if outside else ())


def test_the_source_seen_most_often_is_taken_and_of_those_the_strongest(make_passes: Make) -> None:
    """Of two sources seen on two passes the stronger is taken; the strongest of all was seen once."""
    x = np.tile(20.0 * np.arange(100), 2)
    number = np.repeat([0, 1], 100)
    excess = np.zeros(200)
    for row, height, passes in ((20, 2e3, (0, 1)), (50, 3e3, (0, 1)), (80, 9e3, (1,))):
        for k in passes:
            excess[100 * k + row - 1 : 100 * k + row + 2] = [height / 2, height, height / 2]
    passes = make_passes(x, excess={"ch4": excess}, number=number)
    for variable in ("ch4", "ch4_enhancement"):
        passes[variable].attrs["units"] = "ppb"
    track = Track(passes, find_plumes(passes, SETTINGS))
    found = quantify_drive(track, name="drive", settings=SETTINGS)
    assert (found.lon - 104) * 96486.3 == pytest.approx(1000, abs=0.5)
    assert found.crossings == 2
    expected = quantify_transects(plumes_of([3e3] * 2, [9e4] * 2, unit="ppb"), name="drive", settings=SETTINGS)
    assert found.rate_g_s == pytest.approx(expected.rate_g_s, rel=1e-4)
    assert found.flags == ("few_crossings", "several_sources")
    assert found.file == "drive"
    other = quantify_drive(track, name="drive", settings=TrackSettings(rate_species="nh3"))
    assert (other.file, other.method, other.confidence, other.flags) == ("drive", METHOD, "none", ("no_nh3",))
    empty = quantify_drive(Track(passes, track.plumes.isel(plume=[])), name="drive")
    assert (empty.file, empty.method, empty.confidence, empty.flags) == ("drive", METHOD, "none", ("no_plume",))
    for nothing in (other, empty):
        assert np.isnan([nothing.rate_g_s, nothing.low_g_s, nothing.high_g_s]).all()


# --- parked or driven ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("far", "share", "parked"), [(29.9, 0.45, True), (30.1, 0.08, False), (500.0, 0.04, True)])
def test_parked_is_nearly_all_positions_within_the_radius(
    make_drive: Make, far: float, share: float, parked: bool
) -> None:
    """95 % of the positions within 30 m of their median, in both directions; a few strays do not matter."""
    rows = np.arange(200)
    out = np.where(rows < 200 * share, far, 0.0)
    out[rows[:1]] = far
    for x, y in ((out, 0 * out), (0 * out, -out)):
        place = make_drive(x + 3000.0, y - 2000.0)
        assert is_parked(place, SETTINGS) == parked
    tight = TrackSettings(parked_radius_m=far * 0.9)
    assert is_parked(make_drive(out, 0 * out), tight) == (share < 0.05)


def test_positions_that_are_not_known_do_not_tell(make_drive: Make) -> None:
    """Without any position it is parked; missing ones do not count."""
    x = np.where(np.arange(100) % 2 == 0, np.nan, 5.0)
    assert is_parked(make_drive(x), SETTINGS)
    assert is_parked(make_drive(np.full(100, np.nan)), SETTINGS)
    x = np.where(np.arange(100) % 2 == 0, np.nan, 10.0 * np.arange(100))
    assert not is_parked(make_drive(x), SETTINGS)


@pytest.mark.parametrize(("distance_m", "height_m"), [(None, 2.0), (50.0, None), (None, None)])
def test_a_parked_run_needs_the_place_of_its_source(
    make_drive: Make, distance_m: float | None, height_m: float | None
) -> None:
    """Distance and height of the source, both of them."""
    found = quantify_trace(make_drive(np.zeros(300)), distance_m=distance_m, source_height_m=height_m)
    assert isinstance(found, RateEstimate)
    assert (found.file, found.confidence, found.flags) == ("drive", "none", (NEEDS_PLACE,))
    assert np.isnan([found.rate_g_s, found.low_g_s, found.high_g_s]).all()
    assert NEEDS_PLACE == "distance_and_source_height_needed"
    assert found.method.startswith("parked run")


@pytest.mark.parametrize(("distance_m", "far"), [(None, False), (60.0, False), (60.1, True)])
def test_a_drive_far_from_its_source_is_flagged(make_drive: Make, distance_m: float | None, far: bool) -> None:
    """The relations hold for tens of metres: beyond 60 m they are flagged, a distance that is not given is not."""
    found = quantify_trace(make_drive(10.0 * np.arange(100.0)), distance_m=distance_m, source_height_m=None)
    assert found.flags == (("no_ch4", "further_than_the_relations_hold") if far else ("no_ch4",))
    assert (found.file, found.method) == ("drive", METHOD)


def leak(make_drive: Make) -> xr.Dataset:
    """Ten ways past a leak of 1 ppm in noise, and a faint one of a twentieth."""
    x = np.tile(np.concatenate([10.0 * np.arange(150), 10.0 * np.arange(150)[::-1]]), 5)
    noise = np.random.default_rng(2).normal(0, 0.002, len(x))
    plume = np.exp(-(((x - 1000) / 12) ** 2) / 2) + 0.05 * np.exp(-(((x - 300) / 12) ** 2) / 2)
    trace = make_drive(x, methane=2 + noise + plume)
    trace["methane"].attrs |= {"species": "ch4"}
    return trace


def test_a_drive_is_processed_and_quantified_with_the_settings(make_drive: Make) -> None:
    """The estimate is that of the processed track, with plumes and scatter of the settings and the trace's name."""
    chosen = TrackSettings(estimate_lag=False, transect_log_sd=0.2, transect_common_log_sd=0.1, plume_snr=100.0)
    found = quantify_trace(leak(make_drive), distance_m=20.0, source_height_m=None, settings=chosen)
    track = process_trace(leak(make_drive), chosen).value
    assert found == quantify_drive(track, name="drive", settings=chosen)
    assert np.log(found.high_g_s / found.low_g_s) == pytest.approx(2 * 1.96 * np.hypot(0.2 / np.sqrt(10), 0.1))
    assert (found.crossings, found.flags, found.confidence) == (10, (), "medium")
    plain = quantify_trace(leak(make_drive), distance_m=20.0, source_height_m=None)
    assert "several_sources" in plain.flags


def test_a_parked_run_is_quantified_with_its_place_and_the_settings(make_drive: Make) -> None:
    """The estimate is that of the parked run with the same distance, height and settings."""
    n = 600
    swing = 0.4 * np.sin(np.arange(n) / 40)
    sonic = {"sonic_u": 4 * np.cos(swing), "sonic_v": 4 * np.sin(swing), "sonic_w": 0.4 * np.sin(np.arange(n) * 1.7)}
    trace = make_drive(np.zeros(n), methane=2 + 5 * np.exp(-((swing / 0.1) ** 2) / 2), **sonic)
    trace["methane"].attrs |= {"species": "ch4"}
    chosen = TrackSettings(lag_s=0.0, estimate_lag=False, rate_log_sd=0.1, inlet_height_m=2.0)
    found = quantify_trace(trace, distance_m=40.0, source_height_m=1.5, settings=chosen)
    assert found == quantify_parked(trace, distance_m=40.0, source_height_m=1.5, settings=chosen)
    assert found.rate_g_s > 0
    other = quantify_trace(trace, distance_m=40.0, source_height_m=1.5)
    assert other != found
