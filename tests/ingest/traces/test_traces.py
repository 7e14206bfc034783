"""From files to traces: plausibility, stamps, joining, splitting, names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from ingest.outcome import Outcome
from ingest.schema import check_trace, species_names
from ingest.traces.read import READERS, TraceSettings, read_traces
from onevisit.words.telling import tell


def _read(
    folder: Path, text: str, rules: TraceSettings | None = None, name: str = "drive.csv"
) -> Outcome[tuple[xr.Dataset, ...]]:
    (folder / name).write_text(text, encoding="utf-8")
    outcome = read_traces([folder / name], rules or TraceSettings(), root=folder)
    for trace in outcome.value:
        check_trace(trace)
    return outcome


def _drive(values: list[str], *, heading: str = "no2 (ppb)", place: str = "104.0,30.6") -> str:
    rows = [f"2024-10-08T01:{i // 60:02d}:{i % 60:02d}Z,{place},{value}" for i, value in enumerate(values)]
    return f"time,lon,lat,{heading}\n" + "\n".join(rows) + "\n"


def _decided(outcome: Outcome[tuple[xr.Dataset, ...]], text: str) -> bool:
    return any(text in tell(decision).decision for decision in outcome.decisions)


# --- positions -----------------------------------------------------------------------------------------------------


def test_positions_without_an_instrument_are_said_to_be_unused(tmp_path: Path) -> None:
    """A GPS log alone gives no trace, and says why and what to try."""
    rows = "".join(f"2024-10-08T01:00:{s:02d}Z,104.05,{30.66 + s * 1e-4:.4f}\n" for s in range(20))
    outcome = _read(tmp_path, "time,longitude,latitude\n" + rows)
    assert not outcome.value
    assert "positions only" in tell(outcome.rejects[0]).reason
    assert "put the instrument's file beside it" in tell(outcome.rejects[0]).reason


def test_swapped_latitude_and_longitude_are_swapped_back(tmp_path: Path) -> None:
    """A latitude of 104 cannot be; exchanged, both can, and it is a decision."""
    outcome = _read(tmp_path, _drive(["1", "2", "3"], place="30.6,104.0"))
    assert float(outcome.value[0]["lon"][0]) == 104.0
    assert _decided(outcome, "swapped back")


def test_null_island_is_a_missing_position(tmp_path: Path) -> None:
    """0, 0 is a receiver without a fix."""
    text = _drive(["1", "2", "3"]).replace("01:00:01Z,104.0,30.6", "01:00:01Z,0,0")
    outcome = _read(tmp_path, text)
    trace = outcome.value[0]
    assert np.isnan(trace["lat"].values[1])
    assert trace["qc_flag"].values.tolist() == [0, int(Flag.POSITION_MISSING), 0]
    assert _decided(outcome, "1 positions taken as missing")


def test_longitude_in_the_latitude_column_is_refused(tmp_path: Path) -> None:
    """The latitude is lost: nothing can repair that."""
    outcome = _read(tmp_path, _drive(["1", "2", "3"], place="-122.3,-122.3"))
    assert not outcome.value
    assert "latitude is lost" in tell(outcome.rejects[0]).reason


def test_stuck_positions_are_flagged_while_moving(tmp_path: Path) -> None:
    """Ten equal fixes at 10 m/s are a fault, ten at rest are not."""
    moving = _read(tmp_path, _drive([f"{i},10" for i in range(10)], heading="no2 (ppb),speed (m/s)"))
    assert (moving.value[0]["qc_flag"].values & np.uint32(Flag.POSITION_STUCK)).all()
    resting = _read(tmp_path, _drive([f"{i},0" for i in range(10)], heading="no2 (ppb),speed (m/s)"))
    assert not resting.value[0]["qc_flag"].values.any()


# --- units ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "value", "believed"),
    [
        ("CO (mg/m3)", 450, "ug m-3"),
        ("CO (ug/m3)", 0.6, "mg m-3"),
        ("CO (ppm)", 300, "ppb"),
        ("CO (ppb)", 0.4, "ppm"),
        ("NO2 (ug/m3)", 0.02, "ppm"),
        ("CH4 (ppb)", 2.0, "ppm"),
        ("CO2 (mg/m3)", 420, "ppm"),
        ("PM2.5 (mg/m3)", 35, "ug m-3"),
        ("UFP (#/m^3)", 5800, "cm-3"),
    ],
)
def test_units_that_contradict_values_are_replaced_and_reported(
    tmp_path: Path, heading: str, value: float, believed: str
) -> None:
    """The heading says one thing, the values another: the believed unit and the median are in the decision."""
    outcome = _read(tmp_path, _drive([str(value * (1 + 0.01 * i)) for i in range(10)], heading=heading))
    trace = outcome.value[0]
    name = species_names(trace)[0]
    assert trace[name].attrs["units"] == believed
    assert _decided(outcome, f"{name} believed to be in {believed}")


@pytest.mark.parametrize(
    ("heading", "value"), [("CO (mg/m3)", 0.6), ("NO2 (ug/m3)", 35), ("NO2 (ppb)", 18), ("UFP (#/cm^3)", 5800)]
)
def test_units_that_fit_are_left_alone(tmp_path: Path, heading: str, value: float) -> None:
    """No decision where heading and values agree."""
    outcome = _read(tmp_path, _drive([str(value * (1 + 0.01 * i)) for i in range(10)], heading=heading))
    assert not any("believed" in tell(d).decision for d in outcome.decisions)


def test_values_out_of_range_are_flagged_one_by_one(tmp_path: Path) -> None:
    """−500 ppb of NO2 is flagged, its neighbours are not, all are kept."""
    trace = _read(tmp_path, _drive(["10", "-500", "12"])).value[0]
    assert trace["no2"].values.tolist() == [10, -500, 12]
    assert trace["no2_qc"].values.tolist() == [0, int(Flag.VALUE_OUT_OF_RANGE), 0]


def test_a_constant_channel_is_flagged(tmp_path: Path) -> None:
    """One value for three minutes to the last digit."""
    outcome = _read(tmp_path, _drive(["7.25"] * 180))
    assert (outcome.value[0]["no2_qc"].values == int(Flag.VALUE_STUCK)).all()
    assert _decided(outcome, "value_stuck")


# --- stamps --------------------------------------------------------------------------------------------------------


def test_backward_stamps_are_sorted_and_flagged(tmp_path: Path) -> None:
    """A row that comes late is put in its place and flagged."""
    lines = _drive(["1", "2", "3", "4"]).splitlines()
    lines[2], lines[3] = lines[3], lines[2]
    outcome = _read(tmp_path, "\n".join(lines))
    trace = outcome.value[0]
    assert trace["no2"].values.tolist() == [1, 2, 3, 4]
    assert trace["qc_flag"].values.tolist() == [0, int(Flag.TIME_REPAIRED), 0, 0]
    assert _decided(outcome, "rows sorted by time")


def test_identical_rows_are_merged_and_counted(tmp_path: Path) -> None:
    """A row written twice is one observation."""
    lines = _drive(["1", "2", "3"]).splitlines()
    outcome = _read(tmp_path, "\n".join([*lines[:3], lines[2], *lines[3:]]))
    assert outcome.value[0].sizes["obs"] == 3
    assert _decided(outcome, "1 repeated rows merged")


def test_equal_stamps_are_spread_evenly(tmp_path: Path) -> None:
    """Four rows in one second of a clock of whole seconds: 0, 250, 500, 750 ms, the moved ones flagged."""
    rows = "".join(f"2024-10-08T01:00:0{i // 4}Z,104,30.6,{i}\n" for i in range(8))
    outcome = _read(tmp_path, "time,lon,lat,no2 (ppb)\n" + rows)
    trace = outcome.value[0]
    offsets = (trace["time"].values - trace["time"].values[0]) / np.timedelta64(1, "ms")
    assert offsets.tolist() == [0, 250, 500, 750, 1000, 1250, 1500, 1750]
    assert (trace["qc_flag"].values > 0).tolist() == [False, True, True, True] * 2
    assert trace["no2"].values.tolist() == list(range(8))


def test_all_stamps_equal_is_refused(tmp_path: Path) -> None:
    """A clock that stands still orders nothing."""
    text = _drive(["1", "2", "3"]).replace("01:00:01Z", "01:00:00Z").replace("01:00:02Z", "01:00:00Z")
    outcome = _read(tmp_path, text)
    assert not outcome.value
    assert "all 3 time stamps are equal" in tell(outcome.rejects[0]).reason


def test_rows_without_time_are_rejects_with_their_lines(tmp_path: Path) -> None:
    """A stamp that cannot be read is named by its line."""
    text = _drive(["1", "2", "3"]).replace("2024-10-08T01:00:01Z", "power cut")
    outcome = _read(tmp_path, text)
    assert outcome.value[0].sizes["obs"] == 2
    assert outcome.rejects[0].where == "data lines 3"


# --- outings -------------------------------------------------------------------------------------------------------


def test_a_long_pause_splits_an_outing(tmp_path: Path) -> None:
    """Morning and afternoon are two trajectories with two names."""
    text = _drive(["1", "2", "3"]) + "2024-10-08T07:00:00Z,104,30,5\n2024-10-08T07:00:01Z,104,30,6\n"
    outcome = _read(tmp_path, text)
    assert [str(t["trajectory"].values) for t in outcome.value] == ["drive-1", "drive-2"]
    assert _decided(outcome, "split into 2 outings")


def test_names_stay_unique(tmp_path: Path) -> None:
    """Two files of one name in two folders."""
    paths = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "drive.csv")
        paths[-1].write_text(_drive(["1", "2"]))
    names = {str(t["trajectory"].values) for t in read_traces(paths, TraceSettings(), root=tmp_path).value}
    assert len(names) == 2


def _gpx(folder: Path, seconds: range, name: str = "b.gpx") -> Path:
    points = "".join(
        f'<trkpt lat="{30 + s * 1e-4:.6f}" lon="104"><time>2024-10-08T01:{s // 60:02d}:{s % 60:02d}Z</time></trkpt>'
        for s in seconds
    )
    (folder / name).write_text(f"<gpx><trk><trkseg>{points}</trkseg></trk></gpx>")
    return folder / name


def test_positions_are_interpolated_by_time_never_by_row(tmp_path: Path) -> None:
    """Half a second between two fixes is half way between them; a gap of 60 s is not bridged."""
    rows = [
        "2024-10-08T01:00:01.500Z,1",
        "2024-10-08T01:00:02Z,2",
        "2024-10-08T01:00:40Z,3",
        "2024-10-08T01:01:31Z,4",
    ]
    (tmp_path / "a.csv").write_text("time,no2 (ppb)\n" + "\n".join(rows))
    track = _gpx(tmp_path, range(0, 10))
    with track.open("r+") as stream:
        text = stream.read().replace(
            "</trkseg>", '<trkpt lat="31" lon="104"><time>2024-10-08T01:01:30Z</time></trkpt></trkseg>'
        )
    track.write_text(text)
    outcome = read_traces([tmp_path / "a.csv", track], TraceSettings())
    trace = outcome.value[0]
    assert trace["lat"].values[:2] == pytest.approx([30.00015, 30.0002])
    assert np.isnan(trace["lat"].values[2:]).all()
    flags = trace["qc_flag"].values
    assert flags[0] == int(Flag.POSITION_INTERPOLATED) and flags[1] == 0
    assert (flags[2:] & np.uint32(Flag.POSITION_MISSING)).all()


def test_an_instrument_without_overlap_is_refused_with_a_hint(tmp_path: Path) -> None:
    """A clock eight hours off: the reject says which line would move it."""
    rows = "".join(f"2024-10-08T09:00:{s:02d}Z,{s}\n" for s in range(50))
    (tmp_path / "a.csv").write_text("time,no2 (ppb)\n" + rows)
    outcome = read_traces([tmp_path / "a.csv", _gpx(tmp_path, range(0, 50))], TraceSettings())
    assert not outcome.value
    assert '"a.csv" = -28800' in tell(outcome.rejects[0]).reason
    moved = read_traces([tmp_path / "a.csv", tmp_path / "b.gpx"], TraceSettings(clock_offset_s={"a.csv": -28800}))
    assert len(moved.value) == 1


def test_two_instruments_of_one_species_keep_their_own_names(tmp_path: Path) -> None:
    """Both NO2 instruments are in the joined trace."""
    for name in ("a.csv", "c.csv"):
        rows = "".join(f"2024-10-08T01:00:{s:02d}Z,{s}\n" for s in range(20))
        (tmp_path / name).write_text("time,no2 (ppb)\n" + rows)
    files = [tmp_path / "a.csv", tmp_path / "c.csv", _gpx(tmp_path, range(0, 20))]
    trace = read_traces(files, TraceSettings()).value[0]
    assert len(species_names(trace)) == 2


def test_a_trace_without_any_position_is_refused(tmp_path: Path) -> None:
    """Nothing to place it by: the reject says what to add."""
    outcome = _read(tmp_path, "time,no2 (ppb)\n2024-10-08T01:00:00Z,1\n2024-10-08T01:00:01Z,2\n")
    assert not outcome.value
    assert "GPX or NMEA" in tell(outcome.rejects[0]).reason


# --- wind ----------------------------------------------------------------------------------------------------------


def test_wind_direction_becomes_components_towards(tmp_path: Path) -> None:
    """2 m/s from the west blows towards the east: u = 2, v = 0."""
    text = _drive(["1,2,270", "1,2,0"], heading="no2 (ppb),wind speed (m/s),wind direction (deg)")
    outcome = _read(tmp_path, text)
    assert outcome.value[0]["u"].values == pytest.approx([2.0, 0.0], abs=1e-12)
    assert outcome.value[0]["v"].values == pytest.approx([0.0, -2.0], abs=1e-12)
    assert outcome.value[0]["u"].attrs["standard_name"] == "eastward_wind"
    assert _decided(outcome, "over the ground")


def test_wind_of_the_vehicle_stays_apparent(tmp_path: Path) -> None:
    """10 m/s from ahead moves backwards, from the right to the left; declared or named, never guessed."""
    values = ["1,10,0", "1,10,90"]
    heading = "no2 (ppb),wind speed (m/s),wind direction (deg)"
    declared = _read(tmp_path, _drive(values, heading=heading), TraceSettings(wind_frame="vehicle")).value[0]
    assert declared["u_apparent"].values == pytest.approx([-10, 0], abs=1e-9)
    assert declared["v_apparent"].values == pytest.approx([0, 10], abs=1e-9)
    named = _read(tmp_path, _drive(values, heading="no2 (ppb),视风速(m/s),视风向(°)")).value[0]
    assert "u_apparent" in named and "u" not in named


# --- the list of readers -------------------------------------------------------------------------------------------


def test_every_reader_declares_itself() -> None:
    """Names are unique, sentences are there, and no reader's test raises on noise."""
    assert len({reader.name for reader in READERS}) == len(READERS)
    for reader in READERS:
        assert reader.reads and reader.infers and reader.tested_with and reader.suffixes
        for head in (b"", b"\x00" * 100, b"\xff" * 100, b"a,b\n1,2\n"):
            assert reader.recognises(head) in (True, False)


def test_columns_declared_in_the_mission_win(tmp_path: Path) -> None:
    """A heading that means nothing here, and one that is to be left out."""
    rules = TraceSettings(columns={"S1": "so2 ppb", "no2 (ppb)": ""})
    trace = _read(tmp_path, _drive(["1,5", "2,6"], heading="no2 (ppb),S1"), rules).value[0]
    assert species_names(trace) == ("so2",)
    assert trace["so2"].values.tolist() == [5, 6]
