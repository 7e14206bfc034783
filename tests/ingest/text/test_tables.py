"""Delimited tables: encoding, delimiter, heading row, unit row, decimal comma, unreadable fields."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.errors import FileError
from ingest.outcome import Outcome
from ingest.text.encodings import decode
from ingest.text.headings import split_heading, understand
from ingest.text.sources import open_source
from ingest.text.tables import find_table, parse_number
from ingest.traces.read import read_traces
from ingest.traces.record import TraceSettings
from onevisit.words.telling import tell
from tests.told import raises_told

SHANGHAI = TraceSettings(time_zone="Asia/Shanghai")
HEADING = "时间,经度,纬度,车速(km/h),航向,TVOC(ppb),苯(ug/m3),PM2.5,风速,风向,温度,湿度,气压"
UNITS = ",°,°,km/h,°,ppb,ug/m3,ug/m3,m/s,°,℃,%,hPa"
ROWS = [f"2024/10/8 9:05:0{i},104.0{i},30.66,36,90,12.{i},3.1,35,2.0,270,21.5,60,955" for i in range(1, 6)]


def _read(
    folder: Path, data: bytes, rules: TraceSettings = SHANGHAI, name: str = "drive.csv"
) -> Outcome[tuple[xr.Dataset, ...]]:
    path = folder / name
    path.write_bytes(data)
    return read_traces([path], rules, root=folder)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_chinese_table_in_every_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    """The same numbers come out of every encoding and delimiter, in the units of the house."""
    text = "\r\n".join([HEADING, UNITS, *ROWS]).replace(",", delimiter)
    trace = _read(tmp_path, text.encode(encoding)).value[0]
    assert trace["time"].values[0] == np.datetime64("2024-10-08T01:05:01")
    np.testing.assert_allclose(trace["lon"].values, [104.01, 104.02, 104.03, 104.04, 104.05])
    np.testing.assert_allclose(trace["speed"].values, 10.0)
    np.testing.assert_allclose(trace["heading"].values, np.pi / 2)
    np.testing.assert_allclose(trace["u"].values, 2.0)
    np.testing.assert_allclose(trace["v"].values, 0.0, atol=1e-12)
    np.testing.assert_allclose(trace["temperature"].values, 294.65)
    np.testing.assert_allclose(trace["relative_humidity"].values, 0.6)
    np.testing.assert_allclose(trace["pressure"].values, 95500.0)
    assert {n: trace[n].attrs["units"] for n in ("tvoc", "benzene", "pm25")} == {
        "tvoc": "ppb",
        "benzene": "ug m-3",
        "pm25": "ug m-3",
    }


def test_title_rows_above_the_headings_are_passed_over(tmp_path: Path) -> None:
    """Excel exports begin with a merged title."""
    text = "\n".join(
        [
            "某某区走航监测数据,,,,",
            ",,,,",
            "时间,经度,纬度,NO2(ppb)",
            "2024-10-08 09:00:00,104,30,9",
            "2024-10-08 09:00:01,104,30,8",
        ]
    )
    text += "\n2024-10-08 09:00:01,104,30,8"
    trace = _read(tmp_path, text.encode()).value[0]
    np.testing.assert_allclose(trace["no2"].values, [9, 8])


def test_decimal_comma_is_read_and_reported(tmp_path: Path) -> None:
    """A German or Russian locale writes 104,05; the repair is a decision."""
    text = "Zeit;time;lon;lat;CO (ppb)\nx;2024-10-08T01:00:00Z;104,05;30,5;200,5\n"
    text += "x;2024-10-08T01:00:01Z;104,06;30,5;201,5\n"
    outcome = _read(tmp_path, text.encode())
    np.testing.assert_allclose(outcome.value[0]["lon"].values, [104.05, 104.06])
    np.testing.assert_allclose(outcome.value[0]["co"].values, [200.5, 201.5])
    assert any("decimal comma" in tell(d).decision for d in outcome.decisions)


def test_missing_tokens_are_missing_and_flagged(tmp_path: Path) -> None:
    """−9999, --, 1.#QNAN and blanks are no values; a zero is one."""
    text = "time,lon,lat,no2 (ppb)\n" + "".join(
        f"2024-10-08T01:00:0{i}Z,104,30,{value}\n" for i, value in enumerate(["0", "-9999", "--", "1.#QNAN", "", "7"])
    )
    trace = _read(tmp_path, text.encode()).value[0]
    assert trace["no2"].values[[0, 5]].tolist() == [0.0, 7.0]
    assert np.isnan(trace["no2"].values[1:5]).all()
    assert (trace["no2_qc"].values[1:5] > 0).all()
    assert trace["no2"].attrs["ancillary_variables"] == "no2_qc"


def test_unreadable_numbers_are_counted_with_the_first(tmp_path: Path) -> None:
    """A word among numbers becomes missing and a decision that names it."""
    text = "time,lon,lat,no2 (ppb)\n2024-10-08T01:00:00Z,104,30,5\n"
    text += "2024-10-08T01:00:01Z,104,30,读不出\n2024-10-08T01:00:02Z,104,30, 6 \n"
    outcome = _read(tmp_path, text.encode())
    np.testing.assert_allclose(outcome.value[0]["no2"].values, [5, np.nan, 6])
    note = next(d for d in outcome.decisions if "taken as missing" in tell(d).decision)
    assert "1 fields" in tell(note).decision and "读不出" in tell(note).evidence and "row 2" in tell(note).evidence


def test_a_species_without_unit_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    """NO2 without unit is not guessed; the declared unit is then used."""
    text = "time,lon,lat,NO2,CO (ppb)\n2024-10-08T01:00:00Z,104,30,5,200\n2024-10-08T01:00:01Z,104,30,6,200\n"
    outcome = _read(tmp_path, text.encode())
    assert "no2" not in outcome.value[0]
    assert any('"NO2" = "no2 ppb"' in tell(r).reason for r in outcome.rejects)
    declared = _read(tmp_path, text.encode(), TraceSettings(columns={"NO2": "no2 ug/m3"})).value[0]
    assert declared["no2"].attrs["units"] == "ug m-3"


def test_ragged_rows_do_not_shift_columns(tmp_path: Path) -> None:
    """A short row has missing values at its end, a long one loses what has no heading."""
    text = "time,lon,lat,no2 (ppb),co (ppb)\n"
    text += "2024-10-08T01:00:00Z,104,30\n2024-10-08T01:00:01Z,104,30,6,200,9,9\n"
    trace = _read(tmp_path, text.encode()).value[0]
    np.testing.assert_allclose(trace["no2"].values, [np.nan, 6])
    np.testing.assert_allclose(trace["co"].values, [np.nan, 200])


def test_unlisted_species_with_a_unit_is_kept_under_its_name(tmp_path: Path) -> None:
    """SPI-MS exports list compounds that no vocabulary holds."""
    text = (
        "时间,经度,纬度,1-3丁二烯(ppb),C8H11 (ppb)\n2024-10-08 09:00:00,104,30,5,1\n2024-10-08 09:00:01,104,30,6,1\n"
    )
    trace = _read(tmp_path, text.encode()).value[0]
    species = {v.attrs["species"] for v in trace.data_vars.values() if "species" in v.attrs}
    assert len(species) == 2 and "c8h11" in species


def test_two_instruments_for_one_species_get_two_names(tmp_path: Path) -> None:
    """Clashing names are told apart by the instrument before them."""
    text = "time,lon,lat,LICOR CO2 (ppm),Picarro CO2 (ppm)\n"
    text += "2024-10-08T01:00:00Z,104,30,420,421\n2024-10-08T01:00:01Z,104,30,420,422\n"
    trace = _read(tmp_path, text.encode()).value[0]
    assert {"co2", "co2_picarro"} <= set(trace.data_vars)
    assert trace["co2"].attrs["instrument"] == "licor"


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("CO(ppb)", "co"),
        ("NO2 μg/m3", "no2"),
        ("VOCs ppm", "tvoc"),
        ("总挥发性有机物(ppb)", "tvoc"),
        ("PM2.5(μg/m3)", "pm25"),
        ("Concentration (#/cm³)", "pnc"),
        ("AirMar Wind Speed [m/s]", "wind_speed"),
        ("WS Wind Direction", "wind_direction"),
        ("SO2 / ppm", "so2"),
        ("GPS Latitude", "lat"),
        ("EAST_LONGITUDE(deg)", "lon"),
        ("相对湿度(%)", "relative_humidity"),
        ("视风速(m/s)", "apparent_wind_speed"),
    ],
)
def test_headings_are_understood(heading: str, slug: str) -> None:
    """Headings as they stand in real files."""
    meaning = understand(heading)
    assert meaning is not None
    assert meaning.quantity.slug == slug


@pytest.mark.parametrize(
    "heading", ["CO2 flag", "CH4 sd", "CO₂_Absorption", "Cell Pressure", "PCB temp", "Battery status", "备注", ""]
)
def test_headings_that_are_not_measurements(heading: str) -> None:
    """Flags, deviations and the instrument's own temperatures are not the air's."""
    assert understand(heading) is None


def test_units_split_off_headings() -> None:
    """Brackets, slashes, blanks."""
    assert split_heading("温度 ℃").unit_text == "℃"
    assert split_heading("SO2 / ppm").name == "SO2"
    assert split_heading("2-P %RH").unit_text == "%RH"
    assert split_heading("CarSpeed(mph)").name == "CarSpeed"


@pytest.mark.parametrize(
    ("text", "value"), [("1.5", 1.5), ("1,5", 1.5), ("4.53E+02", 453.0), ("x", None), ("", None)]
)
def test_parse_number(text: str, value: float | None) -> None:
    """A number, a decimal comma, not a number."""
    assert parse_number(text) == value


def test_empty_headings_name_the_line(tmp_path: Path) -> None:
    """A heading row of blanks is refused with its number."""
    path = tmp_path / "t.csv"
    path.write_text("##\nTimestamp(UTC),,,,\n2008-11-05T07:14:28-05:00,-78,35,1,2\n")
    with raises_told(FileError, match="4 of 5 column headings are empty"):
        find_table(decode(open_source(path, "t.csv", SHANGHAI), SHANGHAI))
