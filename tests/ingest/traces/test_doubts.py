"""Tables without units, ends of ranges, exchanged sizes, valid ranges, kinds of TVOC."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.outcome import Outcome
from ingest.text.ranges import is_full_scale
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

OUT_OF_RANGE = 1 << 8


def _read(path: Path) -> tuple[xr.Dataset, str]:
    outcome: Outcome[tuple[xr.Dataset, ...]] = read_traces([path], TraceSettings(time_zone="UTC"))
    said = [tell(d) for d in outcome.decisions]
    told = "\n".join([f"{d.decision} ({d.evidence})" for d in said] + [tell(r).line for r in outcome.rejects])
    return outcome.value[0], told


def _write(path: Path, headings: str, columns: list[list[object]]) -> Path:
    rows = [
        f"2024-05-01 10:{i // 60:02d}:{i % 60:02d},{104 + i / 1e4},30.6," + ",".join(map(str, row))
        for i, row in enumerate(zip(*columns, strict=True))
    ]
    path.write_text(f"时间,经度,纬度,{headings}\n" + "\n".join(rows) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("value", "rows"), [(999.9, 4), (1999.9, 4), (9999, 4), (65535, 4), (6553.5, 4), (4095, 4), (-999, 4)]
)
def test_the_end_of_a_range_is_flagged(tmp_path: Path, value: float, rows: int) -> None:
    """As many rows as there are, and no other; it is told."""
    values: list[object] = [f"{30 + i % 7 / 10}" for i in range(40)]
    values[10 : 10 + rows] = [value] * rows
    trace, told = _read(_write(tmp_path / "a.csv", "PM2.5(ug/m3)", [values]))
    flagged = (trace["pm25_qc"].values & OUT_OF_RANGE).astype(bool)
    assert np.flatnonzero(flagged).tolist() == list(range(10, 10 + rows)) and f"{value:g}" in told


@pytest.mark.parametrize("plateau", [[0] * 6, [350] * 6, [999, 998, 999, 997, 998, 999], [1000] * 6])
def test_a_plateau_is_no_end_of_a_range(tmp_path: Path, plateau: list[object]) -> None:
    """Flat zero, a number of no format, whole numbers near others like them."""
    values = [900 + i % 60 for i in range(20)] + plateau + [950] * 20
    trace, _ = _read(_write(tmp_path / "a.csv", "PM2.5(ug/m3)", [values]))
    assert "pm25_qc" not in trace or not (trace["pm25_qc"].values & OUT_OF_RANGE).any()


def test_numbers_of_full_scale() -> None:
    """Nines and ends of bits wherever their point is; no round number, no small one."""
    assert all(map(is_full_scale, (999, 99.99, 1999, 65535, 655.35, 32767, 3276.7, 1023)))
    assert not any(map(is_full_scale, (99, 9.99, 1000, 1200.5, 0.0, 19.99)))


def test_finer_particles_above_coarser_ones_are_doubted(tmp_path: Path) -> None:
    """In nearly every row: said, and neither is used; the advice makes it right."""
    fine, coarse = [60 + i % 5 for i in range(40)], [35 + i % 5 for i in range(40)]
    path = _write(tmp_path / "a.csv", "PM2.5(ug/m3),PM10(ug/m3)", [fine, coarse])
    trace, told = _read(path)
    assert (trace["pm25_qc"].values & OUT_OF_RANGE).all() and "exchanged" in told
    columns = {"PM2.5(ug/m3)": "pm10 ug m-3", "PM10(ug/m3)": "pm25 ug m-3"}
    (trace,) = read_traces([path], TraceSettings(time_zone="UTC", columns=columns)).value
    assert trace["pm25"].values[0] == 35 and "pm25_qc" not in trace
    trace, told = _read(_write(tmp_path / "b.csv", "PM2.5(ug/m3),PM10(ug/m3)", [coarse, fine]))
    assert "exchanged" not in told and "pm25_qc" not in trace


@pytest.mark.parametrize(
    ("heading", "value", "unit"),
    [
        ("PM2.5", 35, "ug m-3"),
        ("SO2", 8, "ug m-3"),
        ("CO", 0.6, "mg m-3"),
        ("O3", 80, "ug m-3"),
        ("二氧化氮", 30, "ug m-3"),
    ],
)
def test_chinese_tables_follow_the_convention(tmp_path: Path, heading: str, value: float, unit: str) -> None:
    """It is said; a median that it makes implausible is refused with a unit to write."""
    trace, told = _read(_write(tmp_path / "a.csv", f"{heading},NH3(ppb)", [[value] * 20, list(range(20))]))
    name = next(str(n) for n in trace.data_vars if trace[n].attrs.get("species") not in (None, "nh3"))
    assert trace[name].attrs["units"] == unit and "convention" in told
    trace, told = _read(_write(tmp_path / "b.csv", f"{heading},NH3(ppb)", [[value / 1e4] * 20, list(range(20))]))
    assert name not in trace and "implausible" in told


@pytest.mark.parametrize(("heading", "advice"), [("PM2.5", "pm25 ug m-3"), ("NO2", "no2 ppb"), ("PNC", "pnc cm-3")])
def test_advice_names_a_unit_that_fits(tmp_path: Path, heading: str, advice: str) -> None:
    """A table that is not Chinese is not guessed."""
    path = tmp_path / "a.csv"
    rows = "".join(f"2024-05-01T10:00:0{i}Z,9.1,55.6,{20 + i},{i}\n" for i in range(8))
    path.write_text(f"time,lon,lat,{heading},SO2 (ppb)\n" + rows, "utf-8")
    _, told = _read(path)
    assert f'= "{advice}"' in told


@pytest.mark.parametrize(
    ("heading", "name", "found"),
    [
        ("TVOC_PID(ppb)", "a.csv", "tvoc_pid"),
        ("TVOC(ppb)", "SPI-MS_20240501.csv", "tvoc_spi_ms"),
        ("TVOC(ppb)", "PTR.csv", "tvoc_ptr_ms"),
        ("TVOC(ppb)", "a.csv", "tvoc"),
    ],
)
def test_kinds_of_tvoc_are_kept_apart(tmp_path: Path, heading: str, name: str, found: str) -> None:
    """By heading or name of the file; what nobody says is unknown, and told."""
    trace, told = _read(_write(tmp_path / name, heading, [[20 + i for i in range(20)]]))
    assert trace[found].attrs["species"] == "tvoc"
    assert trace[found].attrs["voc_kind"] == (found.removeprefix("tvoc").strip("_") or "unknown")
    assert ("kind of TVOC unknown" in told) == (found == "tvoc")


@pytest.mark.parametrize(
    "attrs", [{"valid_min": 0.0}, {"valid_range": [0.0, 50.0]}, {"valid_min": 0.0, "valid_max": 50.0}]
)
@pytest.mark.parametrize("packed", [False, True])
def test_valid_ranges_are_obeyed(tmp_path: Path, attrs: dict[str, object], *, packed: bool) -> None:
    """Also of packed variables, whose limits are packed; flags beside a variable are read as its status."""
    values = np.r_[np.full(20, 10.0), -1.0, -2.0]
    time = np.datetime64("2024-05-01T10:00:00", "ns") + np.arange(22) * np.timedelta64(1, "s")
    limits = {
        k: np.asarray(np.asarray(v) * (10 if packed else 1), "i2" if packed else "f8") for k, v in attrs.items()
    }
    flags = np.r_[np.zeros(3), 1, np.zeros(18)].astype("i1")
    trace = xr.Dataset(
        {
            "no2": ("obs", values, {"units": "ppb", "ancillary_variables": "no2_flag", **limits}),
            "no2_flag": (
                "obs",
                flags,
                {"flag_values": np.array([0, 1], "i1"), "flag_meanings": "ok instrument_fault"},
            ),
        },
        {"time": ("obs", time), "lon": ("obs", np.full(22, 9.0)), "lat": ("obs", np.full(22, 55.0))},
    )
    encoding = {"no2": {"dtype": "i2", "scale_factor": 0.1, "_FillValue": np.int16(-9999)}} if packed else {}
    trace.to_netcdf(tmp_path / "a.nc", encoding=encoding)
    read, told = _read(tmp_path / "a.nc")
    assert np.isnan(read["no2"].values).tolist() == [False] * 20 + [True] * 2
    assert next(iter(attrs)) in told and np.flatnonzero(read["no2_qc"].values & (1 << 11)).tolist() == [3]


@pytest.mark.parametrize(
    ("heading", "speed", "code"),
    [
        ("风速(级)", 0.836 * 8, "column_in_beaufort"),  # WMO: 0.836 B^(3/2), here B = 4
        ("Wind force (Bft)", 0.836 * 8, "column_in_beaufort"),
        ("风速", 4.0, "column_unit_believed"),
        ("风速(km/h)", 4 / 3.6, ""),
    ],
)
def test_a_unit_of_wind_is_obeyed_or_said(tmp_path: Path, heading: str, speed: float, code: str) -> None:
    """Degrees of Beaufort are no metres a second, and what nobody wrote is a decision."""
    heading = heading.replace("Wind force", "Wind speed")
    rows = "".join(f"2024-05-01T10:00:{i:02d}Z,{9.1 + i / 1e4:.4f},55.6,{20 + i},4,90\n" for i in range(20))
    (tmp_path / "a.csv").write_text(f"time,lon,lat,NO2 (ppb),{heading},风向(°)\n" + rows, "utf-8")
    read = read_traces([tmp_path / "a.csv"], TraceSettings(wind_frame="ground"))
    np.testing.assert_allclose(np.hypot(read.value[0]["u"], read.value[0]["v"]), speed, rtol=1e-6)
    said = [d.code for d in read.decisions if d.values.get("heading") == heading]
    assert said == ([code] if code else [])
