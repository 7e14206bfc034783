"""The contract of a trace: what `check_trace` lets pass and what it stops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.errors import ContractError
from ingest.flags import flag_attributes
from ingest.outcome import Decision, Notes, Outcome, Reject
from ingest.schema import (
    INTERVALS,
    BandRadiometry,
    Camera,
    CrsSource,
    Frame,
    Pose,
    Site,
    check_cube,
    check_monitor,
    check_trace,
    new_trace,
    species_names,
)

SECONDS = np.datetime64("2026-05-01T01:00:00", "ns") + np.arange(3) * np.timedelta64(1, "s")
PLACE = np.array([104.0, 104.1, 104.2])
CH4 = {"units": "ppm", "species": "ch4", "instrument": "g2301", "long_name": "methane"}


def _trace(time: np.ndarray = SECONDS) -> xr.Dataset:
    return new_trace("drive", time, PLACE, PLACE - 74.0, {"ch4": (np.array([2.0, 3.0, 4.0]), CH4)})


def test_rows_are_sorted_by_time_with_everything_they_carry() -> None:
    """A backward file gives the same trace as its forward copy."""
    backward = new_trace(
        "drive", SECONDS[::-1], PLACE[::-1], PLACE[::-1] - 74.0, {"ch4": (np.array([4.0, 3.0, 2.0]), CH4)}
    )
    xr.testing.assert_identical(backward, _trace())


def test_species_are_found_by_attribute_not_by_name() -> None:
    """A met variable is not a species, whatever it is called."""
    trace = _trace().assign(ch4_like=("obs", np.zeros(3), {"units": "K"}))
    assert species_names(trace) == ("ch4",)


def test_repeated_times_are_refused() -> None:
    """Two rows at one instant have no order."""
    with pytest.raises(ContractError, match="strictly increasing"):
        _trace(SECONDS[[0, 0, 1]])


def test_values_of_another_length_are_refused() -> None:
    """The message names the variable and both lengths."""
    with pytest.raises(ContractError, match="ch4 has 2 values for 3 times"):
        new_trace("drive", SECONDS, PLACE, PLACE - 74.0, {"ch4": (np.zeros(2), CH4)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lat": ("obs", np.array([0.0, 91.0, 0.0]))}, "lat beyond"),
        ({"speed": ("obs", np.zeros(3))}, "'speed' has no units"),
        ({"qc_flag": ("obs", np.zeros(3, np.int64))}, "expected uint32"),
    ],
)
def test_a_broken_contract_is_named(change: dict[str, object], message: str) -> None:
    """Latitude beyond the pole, a variable without units, flags of another type."""
    with pytest.raises(ContractError, match=message):
        check_trace(_trace().assign(change))


def test_a_trace_without_positions_is_not_a_trace() -> None:
    """The message lists what is missing."""
    with pytest.raises(ContractError, match="needs 'lon'"):
        check_trace(_trace().drop_vars("lon"))


def test_a_cube_needs_its_grid_mapping() -> None:
    """Without `spatial_ref` nobody knows where the cells are."""
    cube = xr.Dataset({"sum": (("pass", "y", "x"), np.zeros((1, 2, 2)), {"units": "ppm"})})
    with pytest.raises(ContractError, match="spatial_ref"):
        check_cube(cube)


def test_outcomes_merge_in_order_and_lose_nothing() -> None:
    """Values, decisions and rejects of all parts are there, in order."""
    first = Outcome(1, (Decision("a", "b", {"c": 1}),))
    second = Outcome(2, (), (Reject("d", "e", "f"),))
    notes = Notes()
    values = notes.take(first), notes.take(second)
    assert notes.outcome(values) == Outcome((1, 2), first.decisions, second.rejects)


def test_everything_in_a_trace_carries_what_cf_asks() -> None:
    """Values, types, names and attributes of every variable."""
    trace = new_trace("drive", SECONDS, PLACE, PLACE - 74.0, {"ch4": (np.array([2.0, 3.0, 4.0]), CH4)})
    assert dict(trace.attrs) == {"Conventions": "CF-1.11", "featureType": "trajectory"}
    assert set(trace.coords) == {"time", "lon", "lat", "trajectory"}
    assert list(trace.data_vars) == ["qc_flag", "ch4"]
    assert trace["time"].attrs == {"standard_name": "time", "axis": "T"}
    assert trace["lon"].attrs == {"standard_name": "longitude", "units": "degrees_east", "axis": "X"}
    assert trace["lat"].attrs == {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"}
    assert trace["trajectory"].attrs == {"cf_role": "trajectory_id", "long_name": "name of the outing"}
    assert str(trace["trajectory"].values) == "drive" and trace["trajectory"].dims == ()
    assert trace["time"].values.tolist() == SECONDS.tolist() and trace["time"].dtype == "datetime64[ns]"
    assert trace["lon"].values.tolist() == PLACE.tolist() and trace["lat"].values.tolist() == (PLACE - 74.0).tolist()
    assert trace["ch4"].values.tolist() == [2.0, 3.0, 4.0] and trace["ch4"].attrs == CH4
    assert trace["qc_flag"].values.tolist() == [0, 0, 0] and trace["qc_flag"].dtype == np.uint32
    assert trace["qc_flag"].attrs.keys() == flag_attributes().keys()
    assert all(trace[name].dims == ("obs",) for name in ("time", "lon", "lat", "qc_flag", "ch4"))


def test_rows_out_of_order_take_flags_and_places_along() -> None:
    """Sorted by time, everything with it; single precision becomes double."""
    flags = np.array([1, 2, 4], np.uint32)
    shuffled = SECONDS[[2, 0, 1]].astype("datetime64[s]")
    values = np.array([4.0, 2.0, 3.0], np.float32)
    trace = new_trace("x", shuffled, PLACE, PLACE - 74.0, {"a": (values, {"units": "K"})}, qc_flag=flags)
    assert trace["time"].values.tolist() == SECONDS.tolist()
    assert trace["qc_flag"].values.tolist() == [2, 4, 1]
    assert trace["lon"].values.tolist() == [104.1, 104.2, 104.0]
    assert trace["lat"].values.tolist() == [PLACE[1] - 74, PLACE[2] - 74, PLACE[0] - 74]
    assert trace["a"].values.tolist() == [2.0, 3.0, 4.0] and trace["a"].dtype == np.float64


@pytest.mark.parametrize("name", ["time", "lon", "lat", "trajectory", "qc_flag"])
def test_a_trace_lacks_nothing(name: str) -> None:
    """Every part of the contract is asked for, and what is there is named."""
    with pytest.raises(ContractError, match=rf"a trace needs '{name}'; found .*'ch4'"):
        check_trace(_trace().drop_vars(name))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": ("obs", np.arange(3))}, "drive: time is int64, expected"),
        ({"time": ("obs", np.array(["NaT"] * 3, "M8[ns]"))}, "drive: times must be valid and strictly increasing"),
        ({"time": ("obs", SECONDS[[0, 1, 1]])}, "drive: times must be valid and strictly increasing"),
        ({"time": ("obs", SECONDS[::-1])}, "drive: times must be valid and strictly increasing"),
        ({"lon": ("obs", np.array([0.0, -180.1, np.nan]))}, "drive: lon beyond ±180"),
        ({"lon": ("obs", np.array([0.0, 180.1, np.nan]))}, "drive: lon beyond ±180"),
        ({"lat": ("obs", np.array([0.0, -90.1, np.nan]))}, "drive: lat beyond ±90"),
    ],
)
def test_more_broken_contracts(change: dict[str, object], message: str) -> None:
    """Times that are none, repeat or go back; places beyond the earth on either side."""
    with pytest.raises(ContractError, match=message):
        check_trace(_trace().assign_coords(change))


def test_what_a_contract_lets_pass() -> None:
    """The date line, the poles, missing places, whole numbers and scalars without units, one row, no row."""
    edge = {"lon": ("obs", np.array([180.0, -180.0, np.nan])), "lat": ("obs", np.array([90.0, -90.0, np.nan]))}
    trace = _trace().assign_coords(edge).assign(count=("obs", np.arange(3)), mean=((), 1.5))
    for rows in (slice(None), [0], []):
        check_trace(trace.isel(obs=rows))


def _monitor() -> xr.Dataset:
    attrs = {"interval": "hour", "mn": "1", "point": "DA001", "permit_code": "", "uscc": "", "site_name": ""}
    flags = {"flag_values": np.array([0, 1], np.int8), "flag_meanings": "no_mark normal"}
    return xr.Dataset(
        {
            "a21026": ("time", np.zeros(3), {"units": "mg m-3"}),
            "a21026_mark": ("time", np.array([0, 1, 1], np.int8), flags),
        },
        {"time": SECONDS},
        attrs | {"source": "m.csv"},
    )


def _mark(values: object, **attributes: object) -> xr.Dataset:
    series = _monitor()
    attrs = series["a21026_mark"].attrs | attributes
    return series.assign(a21026_mark=("time", values, attrs))


def test_a_monitor_series_that_keeps_its_contract() -> None:
    """At every interval, on a point or a path, as high as it may be."""
    assert INTERVALS == ("realtime", "minute", "hour", "day")
    for interval in INTERVALS:
        check_monitor(_monitor().assign_attrs(interval=interval))
    check_monitor(_monitor().assign_coords(lon=-180.0, lat=90.0, height=2000.0))
    check_monitor(
        _monitor().assign_coords(path_lon=("path_end", [104.0, 104.1]), path_lat=("path_end", [30.0, 31.0]))
    )


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda s: s.drop_vars("time"), r"^m\.csv DA001: needs a time coordinate"),
        (lambda s: s.assign_coords(time=np.arange(3)), "needs a time coordinate"),
        (lambda s: s.isel(time=[0, 0, 1]), "strictly increasing"),
        (lambda s: s.isel(time=[1, 0, 2]), "strictly increasing"),
        (lambda s: s.assign_coords(time=np.array(["2026", "2027", "NaT"], "M8[ns]")), "valid and strictly"),
        (lambda s: s.assign_attrs(interval="week"), "interval is 'week', expected one of"),
        (lambda s: s.assign(flow=("time", np.zeros(3))), "variable 'flow' has no units"),
        (lambda _: _mark(np.array(["N"] * 3)), "m.csv DA001: mark 'a21026_mark' is <U1, expected integers"),
        (
            lambda _: _mark(np.zeros(3)),
            "mark 'a21026_mark' is float64, expected integers with flag_values of the same",
        ),
        (lambda _: _mark(np.array([0, 1, 1], np.int16)), "is int16, expected integers with flag_values of the same"),
        (
            lambda s: s.assign(mark=("time", np.zeros(3, np.int8))),
            "mark 'mark' is int8, expected integers with flag_values of the same",
        ),
        (lambda _: _mark(np.array([0, 1, 9], np.int8)), r"mark 'a21026_mark': \[9\] are not among flag_values"),
        (lambda _: _mark(np.zeros(3, np.int8), flag_meanings="no mark a"), "not one word for each of flag_values"),
        (lambda s: s.assign_coords(lon=104.0), r"a position needs lon and lat of shape \(\)"),
        (lambda s: s.assign_coords(lon=("a", [104.0]), lat=("a", [30.0])), "needs lon and lat of shape"),
        (lambda s: s.assign_coords(path_lon=104.0, path_lat=30.0), r"needs path_lon and path_lat of shape \(2,\)"),
        (lambda s: s.assign_coords(height=("time", np.zeros(3))), "needs height of shape"),
        (lambda s: s.assign_coords(lon=180.1, lat=30.0), "lon beyond ±180.0"),
        (lambda s: s.assign_coords(lon=104.0, lat=-90.1), "lat beyond ±90.0"),
        (lambda s: s.assign_coords(lon=104.0, lat=np.nan), "lat beyond ±90.0"),
        (lambda s: s.assign_coords(path_lon=("e", [0.0, 181.0]), path_lat=("e", [0.0, 1.0])), "path_lon beyond"),
    ],
)
def test_a_monitor_series_that_breaks_it(break_it, message: str) -> None:  # type: ignore[no-untyped-def]
    """The message names file and point."""
    with pytest.raises(ContractError, match=message):
        check_monitor(break_it(_monitor()))


@pytest.mark.parametrize("name", ["mn", "point", "permit_code", "uscc", "site_name", "source"])
def test_a_monitor_series_names_its_site(name: str) -> None:
    """Every attribute is asked for; without names the message speaks of a monitor series."""
    series = _monitor()
    del series.attrs[name]
    with pytest.raises(ContractError, match=rf"attributes missing: \['{name}'\]"):
        check_monitor(series)
    with pytest.raises(ContractError, match=r"^monitor series: interval is None"):
        check_monitor(series.drop_attrs())


def _cube() -> xr.Dataset:
    layer = ("pass", "y", "x"), np.zeros((1, 2, 2)), {"units": "ppm"}
    return xr.Dataset({"sum": layer, "when": (("pass",), np.zeros(1))}, {"spatial_ref": 0})


def test_a_cube_that_keeps_its_contract() -> None:
    """What is not a layer needs no units."""
    check_cube(_cube())


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda c: c.isel({"pass": 0}), r"missing \['pass'\]"),
        (lambda c: c.isel(y=0), r"missing \['y'\]"),
        (lambda c: c.isel(x=0, y=0), r"missing \['x', 'y'\]"),
        (lambda c: c.assign(n=(("y", "x"), np.zeros((2, 2)))), "cube layer 'n' has no units"),
    ],
)
def test_a_cube_that_breaks_it(break_it, message: str) -> None:  # type: ignore[no-untyped-def]
    """Dimensions and units."""
    with pytest.raises(ContractError, match=message):
        check_cube(break_it(_cube()))


def test_what_records_hold_where_nothing_is_known() -> None:
    """No distortion, 3 m of a receiver, 2° of a gimbal, no tags; a site of nothing but its place."""
    camera = Camera(4000, 3000, 3000.0, 1999.5, 1499.5)
    assert (camera.distortion, camera.model, camera.source, camera.focal_sd_px) == ((0.0,) * 5, "", "", 0.0)
    pose = Pose(104.0, 30.0)
    assert (pose.height_m, pose.vertical_datum, pose.height_above_takeoff_m) == (None, "unknown", None)
    assert (pose.yaw_rad, pose.pitch_rad, pose.roll_rad) == (None, None, None)
    assert (pose.horizontal_sd_m, pose.vertical_sd_m) == (3.0, 3.0)
    assert pose.angle_sd_rad == pytest.approx(np.radians(2.0), abs=1e-4)
    frame = Frame("a", Path("a"), camera, pose)
    assert (frame.time, frame.kind, frame.band, frame.flight_yaw_rad, frame.target_distance_m) == (
        None,
        "rgb",
        "",
        None,
        None,
    )
    assert (dict(frame.tags), frame.radiometry) == ({}, None)
    band = BandRadiometry("c", "red", 0.0, 1.0, 1.0, 1.0)
    assert (band.absolute, band.row_model, band.vignette_centre) == (False, (1.0, 0.0, 0.0), None)
    assert (band.vignette_radial, band.vignette_divides, band.vignette_surface) == ((), True, ())
    site = Site("1", "a", 104.0, 30.0, 5.0, "EPSG:4326", CrsSource.DECLARED)
    assert (site.species, site.stacks, site.visited, site.sources) == ((), (), (), ())
    assert (site.gate, site.parcel, site.permit_valid_to) == (None, None, None)
    texts = (site.permit_code, site.uscc, site.address, site.industry_code, site.management_class, site.credit)
    assert (*texts, site.grade, site.disclosure) == ("",) * 8
    assert [*CrsSource] == ["declared", "guessed", "unknown"]


def test_an_outcome_alone_has_nothing_to_say() -> None:
    """And several without any are an empty one."""
    assert (Outcome(1).decisions, Outcome(1).rejects) == ((), ())
    assert Notes().outcome(()) == Outcome(())
