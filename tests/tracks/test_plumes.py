"""Plumes by hand: where they begin and end, what they measure, and which rows may be in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from tracks.exhaust import is_rare_in_exhaust
from tracks.plumes import find_plumes
from tracks.schema import Track
from tracks.settings import TrackSettings

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings()
# A plume of nine rows at 10 m each: 2 and 2.5 are below detection (3), the others exceed a tenth of 20.
SHAPE = np.array([2.0, 4.0, 10.0, 20.0, 16.0, 8.0, 3.5, 2.5, 0.0])


def bump(values: np.ndarray = SHAPE, *, start: int = 10, rows: int = 40) -> np.ndarray:
    """Clean air with the values from a row on."""
    excess = np.zeros(rows)
    excess[start : start + len(values)] = values
    return excess


def spans(plumes: xr.Dataset) -> list[tuple[int, int, int]]:
    """First, peak and last row of each plume."""
    return list(zip(*(plumes[f"{name}_row"].values.tolist() for name in ("first", "peak", "last")), strict=True))


def test_every_field_of_a_plume_is_its_own(make_passes: Make) -> None:
    """One plume, driven at 10 m a second, numbers by hand: the width is metres and the area metres times ppb."""
    number = np.where(np.arange(40) < 5, 0, 1)
    passes = make_passes(10.0 * np.arange(40), excess={"nox": bump()}, number=number, noise={"nox": 1.25})
    passes["nox_background"].values[13] = 47.0
    plumes = find_plumes(passes, SETTINGS)
    assert plumes.sizes == {"plume": 1}
    start = np.datetime64("2024-05-01T02:00:00", "ns")
    expected = {
        "species": "nox",
        "units": "ppb",
        "pass_index": 1,
        "start_time": start + np.timedelta64(11, "s"),
        "peak_time": start + np.timedelta64(13, "s"),
        "end_time": start + np.timedelta64(15, "s"),
        "lon": 104 + 130 / 96486.3,
        "lat": 30.0,
        "maximum": 20.0,
        "background": 47.0,
        "area": 10 * (4 / 2 + 10 + 20 + 16 + 8 / 2),
        "width_m": 40.0,
        "snr": 16.0,
        "first_row": 11,
        "peak_row": 13,
        "last_row": 15,
        "source": 0,
        "passes_seen": 1,
        "passes_crossed": 1,
    }
    assert set(plumes.data_vars) == set(expected)
    for name, value in expected.items():
        found = plumes[name].values[0]
        assert found == (pytest.approx(value, rel=1e-5) if isinstance(value, float) else value), name


def test_fields_say_their_units(make_passes: Make) -> None:
    """Attributes of the table, with and without plumes."""
    units = {
        "lon": "degrees_east",
        "lat": "degrees_north",
        "width_m": "m",
        "snr": "1",
        "area": "units of the species times m",
    }
    for excess in (bump(), np.zeros(40)):
        plumes = find_plumes(make_passes(10.0 * np.arange(40), excess={"nox": excess}), SETTINGS)
        for name, unit in units.items():
            assert plumes[name].attrs["units"] == unit
        for name in ("maximum", "background"):
            assert plumes[name].attrs["units"] == "units of the species"
        for name in ("passes_seen", "passes_crossed"):
            assert plumes[name].attrs["units"] == "1"
        assert plumes["lon"].attrs["standard_name"] == "longitude"
        assert plumes["lat"].attrs["standard_name"] == "latitude"
        named = (
            "lon",
            "lat",
            "maximum",
            "background",
            "area",
            "width_m",
            "snr",
            "source",
            "passes_seen",
            "passes_crossed",
        )
        assert all(plumes[name].attrs["long_name"] for name in named)
        for name in ("first_row", "species", "pass_index", "start_time"):
            assert plumes[name].attrs == {}


def test_no_plume_has_the_types_of_plumes(make_passes: Make) -> None:
    """An empty table has the columns and kinds of a full one."""
    x = 10.0 * np.arange(40)
    full = find_plumes(make_passes(x, excess={"nox": bump()}), SETTINGS)
    silent = make_passes(x, excess={"nox": bump()}, noise={"nox": np.nan})
    for empty in (find_plumes(make_passes(x, excess={}), SETTINGS), find_plumes(silent, SETTINGS)):
        assert list(empty.data_vars) == list(full.data_vars)
        assert {n: v.dtype.kind for n, v in empty.items()} == {n: v.dtype.kind for n, v in full.items()}
        assert empty.sizes == {"plume": 0}
    assert full["pass_index"].dtype == np.int32
    assert isinstance(Track(silent, full).plumes, xr.Dataset)


@pytest.mark.parametrize(
    ("changed", "span"),
    [
        ({}, [(11, 13, 15)]),
        ({"detection_sd": 4.0}, [(12, 13, 15)]),
        ({"detection_sd": 3.9}, [(11, 13, 15)]),
        ({"plume_snr": 20.0}, [(11, 13, 15)]),
        ({"plume_snr": 20.1}, []),
        ({"plume_fraction": 0.2}, [(11, 13, 15)]),
        ({"plume_fraction": 0.21}, [(12, 13, 15)]),
        ({"plume_fraction": 0.41}, [(12, 13, 14)]),
        ({"plume_fraction": 0.0}, [(11, 13, 16)]),
        ({"plume_samples": 6}, [(11, 13, 16)]),
        ({"plume_samples": 7}, []),
    ],
)
def test_limits_are_those_of_the_settings(
    make_passes: Make, changed: dict[str, float], span: list[tuple[int, int, int]]
) -> None:
    """Above the detection limit, cut at a share of the maximum that is high enough, of rows enough; limits belong."""
    chosen = {"plume_fraction": 0.18} if "plume_fraction" not in changed else {}
    if changed.get("plume_samples") == 6:
        chosen = {"plume_fraction": 0.17}
    passes = make_passes(10.0 * np.arange(40), excess={"nox": bump()})
    assert spans(find_plumes(passes, TrackSettings(**{**chosen, **changed}))) == span


def test_a_single_value_is_a_spike_and_two_are_a_plume(make_passes: Make) -> None:
    """Two samples are the fewest; the first of equal maxima is the peak."""
    for values, span in (([9.0], []), ([9.0, 9.0], [(10, 10, 11)]), ([3.1, 9.0], [(10, 11, 11)])):
        passes = make_passes(10.0 * np.arange(40), excess={"nox": bump(np.array(values))})
        assert spans(find_plumes(passes, SETTINGS)) == span


@pytest.mark.parametrize(("clean", "plumes"), [(4, [(10, 10, 16)]), (5, [(10, 10, 11), (17, 17, 18)])])
def test_clean_air_of_up_to_five_seconds_is_bridged(
    make_passes: Make, clean: int, plumes: list[tuple[int, int, int]]
) -> None:
    """Rows in plume 5 s apart are one plume, 6 s apart two; clean rows between them count into the area."""
    values = np.array([9.0, 9.0, *[0.0] * clean, 9.0, 9.0])
    if clean == 4:
        values[-1] = 3.0
    passes = make_passes(10.0 * np.arange(40), excess={"nox": bump(values)})
    found = find_plumes(passes, SETTINGS)
    assert spans(found) == plumes
    if clean == 4:
        assert (found["width_m"].values[0], found["area"].values[0]) == (pytest.approx(60), pytest.approx(180))


def test_a_slow_trace_bridges_its_own_intervals(make_passes: Make) -> None:
    """Rows 4 s apart: 10 s without plume, 2.5 intervals, are bridged; a setting of 12 s bridges 12 s."""
    values = bump(np.array([9.0, 9.0, 0.0, 9.0, 9.0, 0.0, 0.0, 9.0, 9.0]))
    passes = make_passes(10.0 * np.arange(40), excess={"nox": values}, t=4.0 * np.arange(40))
    assert spans(find_plumes(passes, SETTINGS)) == [(10, 10, 14), (17, 17, 18)]
    assert spans(find_plumes(passes, TrackSettings(plume_gap_s=12.0))) == [(10, 10, 18)]


def test_a_plume_ends_with_its_pass(make_passes: Make) -> None:
    """A maximum across the border of two passes is two plumes; rows outside of any pass are in none."""
    excess = bump(np.full(8, 9.0))
    number = np.where(np.arange(40) < 14, 0, 1)
    found = find_plumes(make_passes(10.0 * np.arange(40), excess={"nox": excess}, number=number), SETTINGS)
    assert spans(found) == [(10, 10, 13), (14, 14, 17)]
    assert found["pass_index"].values.tolist() == [0, 1]
    number[10:13] = -1
    found = find_plumes(make_passes(10.0 * np.arange(40), excess={"nox": excess}, number=number), SETTINGS)
    assert spans(found) == [(14, 14, 17)]


def test_a_plume_may_be_cut_off_by_the_end_of_the_trace(make_passes: Make) -> None:
    """What is above the limit at the first and last rows is a plume."""
    excess = np.zeros(20)
    excess[:3], excess[-3:] = 9.0, [8.0, 9.0, 7.0]
    found = find_plumes(make_passes(10.0 * np.arange(20), excess={"nox": excess}), SETTINGS)
    assert spans(found) == [(0, 0, 2), (17, 18, 19)]


def test_more_plumes_than_a_page(make_passes: Make) -> None:
    """Two hundred plumes are found in order of time, each with its own place."""
    excess = np.tile(np.append([9.0, 12.0], np.zeros(8)), 200)
    found = find_plumes(make_passes(10.0 * np.arange(2000), excess={"nox": excess}), SETTINGS)
    assert spans(found) == [(10 * k, 10 * k + 1, 10 * k + 1) for k in range(200)]
    np.testing.assert_allclose(found["area"], 105, rtol=1e-4)


REFUSED = (
    Flag.POSITION_MISSING | Flag.POSITION_JUMP | Flag.POSITION_STUCK | Flag.INSTRUMENT_FAULT | Flag.CALIBRATION
    | Flag.IN_DEPOT | Flag.OWN_EXHAUST | Flag.VEHICLE_EXHAUST | Flag.REMOVED_BY_HAND | Flag.VALUE_MISSING
    | Flag.VALUE_OUT_OF_RANGE | Flag.VALUE_STUCK
)  # fmt: skip


@pytest.mark.parametrize("gas", ["nox", "SO2"])
@pytest.mark.parametrize("flag", list(Flag))
def test_refused_rows_and_values_are_in_no_plume(make_passes: Make, flag: Flag, gas: str) -> None:
    """A flagged peak is left out, row or value; exhaust refuses what vehicles emit and not SO2, but in its values."""
    exhaust = Flag.OWN_EXHAUST | Flag.VEHICLE_EXHAUST
    marks = np.zeros(40, np.uint32)
    marks[13] = flag
    for by_row in (True, False):
        passes = make_passes(
            10.0 * np.arange(40), excess={gas: bump()}, flags=marks if by_row else None, species={gas: gas}
        )
        if not by_row:
            passes = passes.assign({f"{gas}_qc": ("obs", marks)})
        refused = bool(flag & (REFUSED & ~exhaust if by_row and gas == "SO2" else REFUSED))
        found = find_plumes(passes, SETTINGS)
        assert spans(found) == [(11, 14 if refused else 13, 16)]
        area = 70 + 20 * (10 + 16) / 2 + 120 + 57.5 if refused else 577.5
        assert found["area"].values[0] == pytest.approx(area, rel=1e-5)
        assert found["width_m"].values[0] == pytest.approx(50, rel=1e-5)


@pytest.mark.parametrize(
    ("species", "rare"),
    [("so2", True), ("SO2", True), ("hcl", True), ("ch4_dry", True), ("nox", False), ("hexane", False)],
)
def test_gases_that_vehicles_hardly_emit(species: str, rare: bool) -> None:
    """By the table, in capitals too, and wet or dry; what is in no table may be anything."""
    assert is_rare_in_exhaust(xr.DataArray([1.0], attrs={"species": species})) == rare


def test_a_refused_end_is_cut_off(make_passes: Make) -> None:
    """A refused row within a run is bridged, at its ends it is not part of the plume; unknown values are refused."""
    excess = bump(np.full(8, 9.0))
    excess[12] = np.nan
    flags = np.zeros(40, np.uint32)
    flags[[10, 17]] = Flag.CALIBRATION
    found = find_plumes(make_passes(10.0 * np.arange(40), excess={"nox": excess}, flags=flags), SETTINGS)
    assert spans(found) == [(11, 11, 16)]
    assert (found["width_m"].values[0], found["area"].values[0]) == (pytest.approx(50), pytest.approx(450))


def test_species_are_taken_in_order_each_with_its_noise(make_passes: Make) -> None:
    """Two species in one table: the noise of each is its limit, sources are numbered by species."""
    two = {"nox": bump(), "co": bump(start=20)}
    found = find_plumes(make_passes(10.0 * np.arange(40), excess=two, noise={"co": 2.0}), SETTINGS)
    assert found["species"].values.tolist() == ["nox", "co"]
    assert found["species"].dtype.kind == found["units"].dtype.kind == "U"  # text, which netCDF can hold
    assert spans(found) == [(11, 13, 16), (22, 23, 25)]
    assert found["snr"].values.tolist() == [20.0, 10.0]
    assert found["source"].values.tolist() == [0, 0]


def test_width_follows_the_road_round_a_corner(make_passes: Make) -> None:
    """East and then north: the width is what was driven, not the way through the air."""
    x = np.minimum(10.0 * np.arange(40), 130.0)
    y = np.maximum(10.0 * np.arange(40) - 130, 0.0)
    found = find_plumes(make_passes(x, y, excess={"nox": bump()}), SETTINGS)
    assert (found["width_m"].values[0], found["area"].values[0]) == (
        pytest.approx(50, rel=1e-4),
        pytest.approx(577.5, rel=1e-4),
    )


def test_plumes_of_two_passes_are_one_source_within_the_settings(make_passes: Make) -> None:
    """Maxima 50 m apart are one source at 60 m and two at 40 m; a pass 25 m off came by at 30 m, not at 20 m."""
    x = np.concatenate([10.0 * np.arange(40)] * 3)
    y = np.repeat([0.0, 0.0, 25.0], 40)
    excess = np.concatenate([bump(), bump(start=15), np.zeros(40)])
    passes = make_passes(x, y, excess={"nox": excess}, number=np.repeat([0, 1, 2], 40))
    one = find_plumes(passes, SETTINGS)
    assert one["source"].values.tolist() == [0, 0]
    assert one["passes_seen"].values.tolist() == [2, 2]
    assert one["passes_crossed"].values.tolist() == [3, 3]
    two = find_plumes(passes, TrackSettings(source_distance_m=40.0, crossing_distance_m=20.0))
    assert two["source"].values.tolist() == [0, 1]
    assert two["passes_seen"].values.tolist() == [1, 1]
    assert two["passes_crossed"].values.tolist() == [2, 2]
