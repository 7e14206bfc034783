"""A table becomes a record: which columns a status is about, offsets in headings, and winds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.outcome import Decision
from ingest.text.tables import find_table
from ingest.text.times.zones import claimed_offset_s
from ingest.traces.columns import choose_columns
from ingest.traces.record import Channel, FloatArray
from ingest.traces.winds import wind_channels, wind_components
from tests.ingest.traces.assembled_tables import read
from tests.ingest.traces.readings import said, the_record

# --- status columns ------------------------------------------------------------------------------------------------


def _of(headings: list[str], known: dict[str, str] | None = None) -> dict[str, tuple[int, ...]]:
    from ingest.text.encodings import Decoded

    table = find_table(Decoded("a.csv", (",".join(["time", *headings]) + "\n1,2\n").encode(), "utf-8"))
    uses = choose_columns(table, known or {}).value
    return {use.heading: use.of for use in uses if use.role == "status"}


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["no2 (ppb)", "status"], {"status": ()}),
        (["no2 (ppb)", "NO2 flag"], {"NO2 flag": (1,)}),
        (["A NO2 (ppb)", "B NO2 (ppb)", "B NO2 flag"], {"B NO2 flag": (2,)}),
        (["A NO2 (ppb)", "B NO2 (ppb)", "NO2 flag"], {"NO2 flag": (1, 2)}),
        (["NO2 (ppb)", "二氧化氮状态"], {"二氧化氮状态": (1,)}),
        (["NO2 (ppb)", "SO2 flag"], {}),
        (["NO2 (ppb)", "speed flag", "speed (m/s)"], {}),
        (["hexane (ppb)", "hexane_status", "foo status"], {"hexane_status": (1,)}),
    ],
)
def test_which_columns_a_status_is_about(headings: list[str], expected: dict[str, tuple[int, ...]]) -> None:
    """Of that name, else of that quantity; none for weather, or where nothing has the name."""
    assert _of(headings) == expected


def test_a_status_may_be_declared_away() -> None:
    """Left out means left out."""
    assert _of(["no2 (ppb)", "NO2 flag"], {"no2 flag": ""}) == {}


@pytest.mark.parametrize(
    ("heading", "offset"),
    [
        ("UTC+8", 28800.0),
        ("(gmt -03:30)", -12600.0),
        ("UTC+0545", 20700.0),
        ("ＵＴＣ＋８", 28800.0),
        ("UTC + 8", 28800.0),
        ("XUTC+8", None),
        ("Timestamp_UTC", 0.0),
        ("UTCX", None),
        ("time", None),
        ("beijing time", 28800.0),
    ],
)
def test_offsets_in_headings(heading: str, offset: float | None) -> None:
    """Hours and minutes on the right side; UTC alone is zero; letters around it make another word."""
    assert claimed_offset_s(heading) == offset


# --- winds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("degrees", "ground", "vehicle"),
    [
        (0.0, (0, -2), (-2, 0)),
        (90.0, (-2, 0), (0, 2)),
        (180.0, (0, 2), (2, 0)),
        (270.0, (2, 0), (0, -2)),
        (30.0, (-1, -np.sqrt(3)), (-np.sqrt(3), 1)),
    ],
)
def test_components_of_a_wind(degrees: float, ground: tuple[float, float], vehicle: tuple[float, float]) -> None:
    """2 m/s from all sides: east and north over the ground; forward and to the left on the vehicle."""
    for on_vehicle, names, expected in ((False, ("u", "v"), ground), (True, ("u_apparent", "v_apparent"), vehicle)):
        channels = wind_components(np.array([2.0]), np.radians([degrees]), vehicle=on_vehicle, instrument="")
        assert [channel.name for channel in channels] == list(names)
        np.testing.assert_allclose([channel.values[0] for channel in channels], expected, atol=1e-12)
        assert "instrument" not in channels[0].attrs


def _winds(
    wind: dict[str, tuple[FloatArray, str]], frame: str, instrument: str = ""
) -> tuple[list[Channel], tuple[Decision, ...]]:
    outcome = wind_channels(wind, "a.csv", frame, instrument)
    return outcome.value, outcome.decisions


def test_winds_of_both_kinds_and_what_is_said() -> None:
    """Felt and over the ground each by itself; half a wind is none; a frame that is known needs no warning."""
    speed, direction = (np.array([2.0]), "WS"), (np.array([0.0]), "WD")
    both = {"wind_speed": speed, "wind_direction": direction}
    felt = {"apparent_wind_speed": speed, "apparent_wind_direction": direction}
    channels, notes = _winds({**both, **felt}, "ground", "X")
    assert [channel.name for channel in channels] == ["u", "v", "u_apparent", "v_apparent"]
    assert {channel.attrs["instrument"] for channel in channels} == {"X"}
    assert said(notes) == [("wind taken as felt on the vehicle", "declared, or named so: 'WS'")]
    assert notes[0].item == "a.csv"
    channels, notes = _winds(both, "")
    assert [channel.name for channel in channels] == ["u", "v"]
    assert [decision for decision, _ in said(notes)] == ["wind taken as wind over the ground"]
    channels, notes = _winds(both, "vehicle")
    assert [channel.name for channel in channels] == ["u_apparent", "v_apparent"] and len(notes) == 1
    for half in ({"wind_speed": speed}, {"wind_direction": direction}, {"wind_speed": speed, **felt} | {"x": speed}):
        named = [channel.name for channel in _winds(half, "ground")[0]]
        assert "u" not in named


@pytest.mark.parametrize(
    ("speed", "direction", "u"),
    [
        ("wind speed (km/h)", "wind direction (deg)", 36.0),
        ("wind speed", "wind direction", 10.0),
        ("wind speed (ppb)", "wind direction (rad)", 10.0),
    ],
)
def test_units_of_a_wind(tmp_path: Path, speed: str, direction: str, u: float) -> None:
    """Stated, or metres a second and degrees by custom; a unit of another kind is not one."""
    west = "4.71238898038469" if "rad" in direction else "270"
    record = the_record(read(tmp_path, f"no2 (ppb),{speed},{direction}", f"1,{u},{west}", f"2,{u},{west}"))
    np.testing.assert_allclose(record.channels[1].values, 10.0)
    np.testing.assert_allclose(record.channels[2].values, 0.0, atol=1e-12)
