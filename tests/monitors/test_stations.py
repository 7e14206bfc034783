"""Fixed points that measure the air: which series they are, and their enhancements."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.outcome import Outcome
from monitors.stations import background_of, gather_stations, kind_of_series
from onevisit.words.telling import tell
from tests.monitors.plant import START, meters, series

MINUTES = 180
NOISE = np.random.default_rng(5).normal(0.0, 1.0, MINUTES)


def fixed(
    codes: tuple[str, ...] = ("a34004",), *, point: str = "", place: bool = True, limit: bool = False, **more: object
) -> xr.Dataset:
    """Three hours of minutes of a point, 40 with noise of 1 in every quantity."""
    about = {"units": "ug m-3", **({"limit": 60.0} if limit else {})}
    data = {code: xr.Variable("obs", 40.0 + NOISE, {**about, "code": code, "long_name": code}) for code in codes}
    made = series(data, interval="minute", source="微型站.csv").assign_attrs({"point": point, **more})
    return made.assign_coords(lon=104.1, lat=30.6) if place else made


def marks(count: int, calibrated: slice = slice(0, 0)) -> xr.Variable:
    """Marks of calibration in some rows."""
    about = {"flag_values": np.array([0, 2], np.int8), "flag_meanings": "no_mark calibration"}
    values = np.zeros(count, np.int8)
    values[calibrated] = 2
    return xr.Variable("obs", values, about)


def along_a_path(**more: object) -> xr.Dataset:
    """The same along an open path."""
    ends = {"path_lon": ("path_end", [104.1, 104.102]), "path_lat": ("path_end", [30.6, 30.6])}
    return fixed(("a25003",), place=False, point="光路1", **more).assign_coords(ends)


def one(outcome: Outcome[tuple[xr.Dataset, ...]]) -> xr.Dataset:
    """The only station."""
    (station,) = outcome.value
    return station


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (fixed(("a25003",), point="厂界1#", limit=True), "name"),
        (fixed(("a34004",)), "air"),
        (fixed(("a24088", "a01007")), "air"),
        (fixed(("a24088",), point="A7"), "place"),
        (fixed(("a24088",), point="A7", limit=True), "outlet"),
        (fixed(("a24088",), point="A7", place=False), "outlet"),
        (fixed(("a24088",), point="DA001"), "outlet"),
        (fixed(("a24088", "a19001")), "outlet"),
        (fixed(("a34004", "a00000")), "outlet"),
        (fixed(("a00000",)), "outlet"),
        (fixed(("w01018",)), "water"),
        (along_a_path(), "path"),
        (series({"mark": marks(3)}, interval="hour", source="a.csv"), "nothing"),
        (meters({"MF1": ("production", "", np.ones(3))}), "device"),
    ],
)
def test_which_series_are_of_the_air(made: xr.Dataset, kind: str) -> None:
    """By path, name, what is measured, and place; what belongs to a flue, to water or to a meter is none."""
    assert kind_of_series(made) == kind


def test_a_plume_stands_out_over_the_own_background() -> None:
    """Ten minutes of 25 more: the enhancement is 25 there, about nothing elsewhere, and its sd that of the noise."""
    plume = np.where((np.arange(MINUTES) >= 90) & (np.arange(MINUTES) < 100), 25.0, 0.0)
    made = fixed()
    made["a34004"].values[:] += plume
    station = one(gather_stations([made]))
    enhancement = station["pm25_enhancement"].values
    assert enhancement[90:100].mean() == pytest.approx(25.0, abs=1.0)
    assert abs(enhancement[:80].mean()) < 0.5
    assert station["pm25_sd"].values == pytest.approx(1.0, abs=0.3)
    np.testing.assert_allclose(station["pm25_background"] + enhancement, station["pm25"])


def test_a_station_says_what_it_is() -> None:
    """CF time series: name, place, averaging time, species and units."""
    station = one(gather_stations([fixed(point="微型站1", mn="M1")]))
    assert station.attrs["featureType"] == "timeSeries"
    assert (station.attrs["averaging_s"], station["station"].item(), float(station["lon"])) == (
        60.0,
        "微型站1",
        104.1,
    )
    assert (station["pm25"].attrs["species"], station["pm25"].attrs["units"]) == ("pm25", "ug m-3")


def test_wind_from_the_west_blows_east() -> None:
    """2 m/s from 270° is u = 2, v = 0."""
    made = fixed(("a34004", "a01007", "a01008"))
    made["a01007"].values[:], made["a01008"].values[:] = 2.0, 270.0
    station = one(gather_stations([made]))
    np.testing.assert_allclose(station["u"], 2.0)
    np.testing.assert_allclose(station["v"], 0.0, atol=1e-12)


def test_a_path_keeps_its_ends() -> None:
    """Both ends, and no point between them."""
    station = one(gather_stations([along_a_path()]))
    assert station["path_lon"].values.tolist() == [104.1, 104.102]
    assert "lon" not in station.coords


def test_files_of_one_point_join_and_longer_means_are_left_out() -> None:
    """Two files of minutes are one station; the hours of the same point would tell the same air twice."""
    first = fixed(point="微型站1", mn="M1")
    second = first.assign_coords(time=first["time"] + np.timedelta64(3, "h"))
    hours = first.isel(obs=slice(0, 24)).assign_attrs(interval="hour", source="小时.csv")
    hours = hours.assign_coords(time=("obs", START + np.arange(24) * np.timedelta64(1, "h")))
    found = gather_stations([hours, first, second])
    assert one(found).sizes["obs"] == 2 * MINUTES
    assert "station_intervals_left_out" in [said.code for said in found.decisions]


def test_nothing_is_dropped_without_a_word() -> None:
    """What is none is counted by its kind; a station without a place and a species of few values are rejects."""
    short = fixed(("a34004", "a21026"), point="微型站2")
    short["a21026"].values[9:] = np.nan
    others = [fixed(point="微型站3", place=False), fixed(("w01018",)), fixed(("a24088", "a19001"))]
    found = gather_stations([short, *others])
    assert [(no.code, no.where) for no in found.rejects] == [
        ("station_without_place", "微型站3"),
        ("station_species_short", "微型站2"),
    ]
    told = tell(found.decisions[-1], "en")
    assert told.decision == "1 fixed points that measure the air, from 1 series"
    assert told.evidence.startswith("other series: 1 of outlets, 1 of water, 0 of meters")
    assert told.evidence.endswith("1 without a place")
    assert gather_stations([]).decisions == ()


def test_values_of_a_calibration_are_no_air() -> None:
    """What is marked as calibration is missing in the station."""
    made = fixed()
    made = made.assign(a34004_mark=marks(MINUTES, slice(40, 50)))
    made["a34004"].values[40:50] = 900.0
    station = one(gather_stations([made]))
    assert np.flatnonzero(np.isnan(station["pm25"].values)).tolist() == list(range(40, 50))
    assert float(station["pm25_enhancement"].max()) < 5.0


@given(shift=st.floats(-1e3, 1e3), scale=st.floats(1e-2, 1e3))
@settings(max_examples=20, deadline=None)
def test_background_follows_a_shift_and_a_scale(shift: float, scale: float) -> None:
    """Background(a + b x) = a + b background(x), and the sd grows with b."""
    t = 60.0 * np.arange(MINUTES)
    values = 40.0 + NOISE
    background, sd, _ = background_of(t, values, 60.0)
    moved, moved_sd, _ = background_of(t, shift + scale * values, 60.0)
    np.testing.assert_allclose(moved, shift + scale * background, atol=1e-6 * (abs(shift) + 100 * scale))
    np.testing.assert_allclose(moved_sd, scale * sd, rtol=1e-4, atol=1e-9 * abs(shift))
