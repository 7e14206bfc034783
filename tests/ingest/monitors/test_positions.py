"""Where monitor records say that a point is, or the two ends of a path: systems, repairs, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from ingest.coordinates import wgs84_from_gcj02
from ingest.monitors import positions as monitor_positions
from ingest.monitors.positions import Position, Spot, read_positions, spot_of, with_position
from ingest.schema import CrsSource
from onevisit.words.telling import ToldDecision, ToldReject, tell
from tests.ingest.immutable import mutable_values

NAN = float("nan")
UNKNOWN = (
    'nothing says which system; GCJ-02 or BD-09 would be 0.3 to 1.2 km off: put `crs = "GCJ-02"` (or another) under '
    "[monitors] in mission.toml, or a column 坐标系"
)
DECLARED = "declared by a column or under [monitors]"


def spot(
    lon: str = "104.0657", lat: str = "30.6595", *, height: str = "", crs: str = "", where: str = "line 2"
) -> Spot:
    """A point as a table says it."""
    return Spot((lon,), (lat,), height, crs, "a.csv", where)


# --- texts of a row ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "lons", "lats", "height"),
    [
        ({"lon": "104.1", "lat": "30.5", "height": "15"}, ("104.1",), ("30.5",), "15"),
        ({"lat": "30.5"}, ("",), ("30.5",), ""),
        ({"height": "15"}, (), (), "15"),
        (
            {
                "start_lon": "104.1",
                "start_lat": "30.5",
                "end_lon": "104.2",
                "end_lat": "30.6",
                "lon": "1",
                "lat": "2",
            },
            ("104.1", "104.2"),
            ("30.5", "30.6"),
            "",
        ),
        ({"start_lon": "104.1", "start_lat": "30.5"}, ("104.1", ""), ("30.5", ""), ""),
    ],
)
def test_what_a_row_says(texts: dict[str, str], lons: tuple[str, ...], lats: tuple[str, ...], height: str) -> None:
    """A path before a point, a height alone, and halves as they are."""
    assert spot_of(texts | {"crs": "GCJ-02"}, "a.csv", "line 2") == Spot(lons, lats, height, "GCJ-02")


def test_a_row_that_says_nothing() -> None:
    """A coordinate system of no coordinates is nothing."""
    assert spot_of({"crs": "GCJ-02", "mn": "1"}, "a.csv", "line 2") is None


def test_spots_are_equal_by_what_they_say() -> None:
    """Whichever row says it."""
    assert spot() == spot(where="line 3")
    assert spot() != spot(height="15")


# --- systems -------------------------------------------------------------------------------------------------------


def test_an_unknown_system_is_read_as_wgs_84_and_said() -> None:
    """The decision counts the points of a file, each position once, and says what to do."""
    outcome = read_positions([spot(), spot(where="line 3"), spot("104.1")], "")
    assert outcome.value[spot()] == Position(
        (104.0657,), (30.6595,), outcome.value[spot()].height_m, CrsSource.UNKNOWN
    )
    assert np.isnan(outcome.value[spot()].height_m)
    [decision] = outcome.decisions
    assert tell(decision) == ToldDecision("a.csv", "2 positions read as WGS 84", UNKNOWN)
    assert outcome.rejects == ()


def test_a_declared_system_is_taken_and_that_of_the_row_before() -> None:
    """A column beats the setting; GCJ-02 of Chengdu lies some 350 m from WGS 84."""
    own = spot(crs="WGS84")
    outcome = read_positions([spot(), own], "gcj02")
    lon, lat = wgs84_from_gcj02(np.array(104.0657), np.array(30.6595))
    assert outcome.value[spot()].lons == (pytest.approx(float(lon), abs=1e-9),)
    assert outcome.value[spot()].lats == (pytest.approx(float(lat), abs=1e-9),)
    assert 0.0020 < 104.0657 - float(lon) < 0.0030
    assert outcome.value[own].lons == (104.0657,)
    assert [tell(d) for d in outcome.decisions] == [
        ToldDecision("a.csv", "1 positions read as GCJ-02", DECLARED),
        ToldDecision("a.csv", "1 positions read as WGS 84", DECLARED),
    ]
    assert {p.crs_source for p in outcome.value.values()} == {CrsSource.DECLARED}


def test_swapped_columns_are_put_back_and_said() -> None:
    """30.6 as a longitude beside 104 as a latitude."""
    outcome = read_positions([spot("30.6595", "104.0657")], "WGS 84")
    [position] = outcome.value.values()
    assert (position.lons, position.lats) == ((104.0657,), (30.6595,))
    assert [tell(d).decision for d in outcome.decisions] == [
        "1 positions read as WGS 84", "longitude and latitude columns swapped back",
    ]  # fmt: skip


def test_both_ends_of_a_path() -> None:
    """Degrees, minutes and seconds too."""
    path = Spot(("104.10", "104°6′36″"), ("30.50", "30°30′36″"))
    [position] = read_positions([path], "WGS 84").value.values()
    assert position.lons == (104.1, pytest.approx(104.11))
    assert position.lats == (30.5, pytest.approx(30.51))


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (spot("0", "0"), "position not used: coordinates 0, 0 mean that there are none; leave the cells empty"),
        (spot("不详"), "position not used: coordinates '不详', '30.6595' are not numbers; write decimal degrees"),
        (spot("104.1", ""), "position not used: longitude '104.1', latitude ''; write both, of both ends of a path"),
        (Spot(("104.1", ""), ("30.5", ""), "", "", "a.csv", "line 2"), "longitude '', latitude ''; write both"),
        (spot("412345", "3391234"), 'of an unknown zone; put `crs = "EPSG:4544"` (or another) under [monitors]'),
        (spot(crs="火星坐标的一种"), "position not used: coordinate system '火星坐标的一种' is not known"),
    ],
)  # fmt: skip
def test_what_is_no_position(said: Spot, reason: str) -> None:
    """A reject with its row, and what to write; nothing is placed."""
    outcome = read_positions([said], "")
    [reject] = outcome.rejects
    assert (reject.item, reject.where) == ("a.csv", "line 2")
    assert reason in tell(reject).reason
    assert outcome.value[said].lons == ()
    assert outcome.decisions == ()


@pytest.mark.parametrize(
    ("text", "height_m"), [("15", 15.0), ("15.5m", 15.5), ("15 米", 15.0), ("0", 0.0), ("-2", -2.0), ("", NAN)]
)
def test_heights(text: str, height_m: float) -> None:
    """Metres with or without a word behind."""
    outcome = read_positions([spot(height=text)], "")
    np.testing.assert_array_equal(outcome.value[spot(height=text)].height_m, height_m)
    assert outcome.rejects == ()


@pytest.mark.parametrize("text", ["约15", "15-20", "1.5km", "十五"])
def test_what_is_no_height(text: str) -> None:
    """The place is taken, the height is not."""
    outcome = read_positions([spot(height=text)], "")
    [position] = outcome.value.values()
    assert (position.lons, np.isnan(position.height_m)) == ((104.0657,), True)
    reason = f"height not used: {text!r} is no number of metres above the ground"
    assert [tell(r) for r in outcome.rejects] == [ToldReject("a.csv", "line 2", reason)]


# --- coordinates of a series ---------------------------------------------------------------------------------------


def test_a_point_becomes_scalar_coordinates() -> None:
    """With CF names and units, and how the system is known; the height beside it."""
    series = with_position(xr.Dataset(), Position((104.1,), (30.5,), 15.0, CrsSource.GUESSED))
    assert {str(k): (v.dims, float(v)) for k, v in series.coords.items()} == {
        "lon": ((), 104.1), "lat": ((), 30.5), "height": ((), 15.0),
    }  # fmt: skip
    assert series["lon"].attrs == {"standard_name": "longitude", "units": "degrees_east", "crs_source": "guessed"}
    assert series["lat"].attrs == {"standard_name": "latitude", "units": "degrees_north", "crs_source": "guessed"}
    assert series["height"].attrs == {"standard_name": "height", "units": "m", "positive": "up"}


def test_a_path_becomes_two_ends() -> None:
    """In the order in which they are written; without a height there is none."""
    series = with_position(xr.Dataset(), Position((104.1, 104.2), (30.5, 30.6), NAN, CrsSource.DECLARED))
    assert set(series.coords) == {"path_lon", "path_lat"}
    assert (series["path_lon"].dims, series["path_lon"].values.tolist()) == (("path_end",), [104.1, 104.2])
    assert (series["path_lat"].dims, series["path_lat"].values.tolist()) == (("path_end",), [30.5, 30.6])


def test_nothing_known_is_nothing_said() -> None:
    """No coordinate at all, or the height alone."""
    assert not with_position(xr.Dataset(), Position((), (), NAN, CrsSource.UNKNOWN)).coords
    assert set(with_position(xr.Dataset(), Position((), (), 2.0, CrsSource.UNKNOWN)).coords) == {"height"}


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(monitor_positions) == []
