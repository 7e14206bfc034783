"""Readers of text formats, on small files written as the formats' descriptions say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from ingest.outcome import Outcome
from ingest.schema import species_names
from ingest.traces.formats import nmea
from ingest.traces.formats.nmea import checksum
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell


def _read(
    folder: Path, *files: tuple[str, str], rules: TraceSettings | None = None
) -> Outcome[tuple[xr.Dataset, ...]]:
    paths = []
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")
        paths.append(folder / name)
    return read_traces(paths, rules or TraceSettings(), root=folder)


def _sentence(body: str) -> str:
    return f"${body}*{checksum(body):02X}\n"


def _nmea(seconds: range, *, day: str = "081024", quality: int = 1) -> str:
    lines = []
    for s in seconds:
        clock = f"01{s // 60:02d}{s % 60:02d}.00"
        lines.append(_sentence(f"GPRMC,{clock},A,3039.{s:04d},N,10404.5000,E,19.438445,090.0,{day},,,A"))
        lines.append(_sentence(f"GPGGA,{clock},3039.{s:04d},N,10404.5000,E,{quality},08,0.9,512.0,M,-33.9,M,,"))
    return "".join(lines)


NO2 = "time,no2 (ppb)\n" + "".join(f"2024-10-08T01:00:{s:02d}Z,{s}\n" for s in range(30))


def test_nmea_checksum_of_a_published_sentence() -> None:
    """The sentence of pynmea2's own test file."""
    assert checksum("GPGGA,184353.07,1929.045,S,02410.506,E,1,04,2.6,100.00,M,-33.9,M,,0000") == 0x6D


def test_nmea_gives_positions_speed_and_height(tmp_path: Path) -> None:
    """ddmm.mmmm becomes degrees, 19.438445 knots 10 m/s; GGA and RMC of one second are one fix."""
    trace = _read(tmp_path, ("a.csv", NO2), ("b.nmea", _nmea(range(30)))).value[0]
    assert trace.sizes["obs"] == 30
    assert float(trace["lat"][10]) == pytest.approx(30 + 39.0010 / 60, abs=1e-9)
    assert float(trace["lon"][0]) == pytest.approx(104 + 4.5 / 60, abs=1e-9)
    assert float(trace["speed"][0]) == pytest.approx(10.0, abs=1e-6)
    assert float(trace["heading"][0]) == pytest.approx(np.pi / 2)
    assert float(trace["altitude"][0]) == 512.0


def test_nmea_wrong_checksums_are_refused_and_counted(tmp_path: Path) -> None:
    """A flipped digit moves a car by kilometres: the sentence is not used."""
    text = _nmea(range(30)).replace("3039.0005", "3049.0005")
    outcome = _read(tmp_path, ("a.csv", NO2), ("b.nmea", text))
    assert any("2 sentences with a wrong checksum" in tell(r).reason for r in outcome.rejects)
    assert float(outcome.value[0]["lat"].max()) < 30.66


@pytest.mark.parametrize(("fields", "read"), [(9, True), (8, False)])
def test_nmea_sentences_that_end_early(fields: int, read: bool) -> None:
    """Nine fields, the height the last of them, are a fix; a sentence that ends before is none."""
    parts = ["010203.00", "3039.0", "N", "10404.5", "E", "1", "08", "0.9", "512.0"][:fields]
    fix = nmea._parse_gga(parts)
    assert (fix is not None) == read
    assert fix is None or (fix.altitude, fix.hdop, fix.satellites) == (512.0, 0.9, 8.0)


def test_nmea_without_fix_is_flagged(tmp_path: Path) -> None:
    """Quality 0: the position is kept and flagged."""
    trace = _read(tmp_path, ("a.csv", NO2), ("b.nmea", _nmea(range(30), quality=0))).value[0]
    assert (trace["qc_flag"].values & np.uint32(Flag.GNSS_POOR)).all()


def test_nmea_without_rmc_takes_the_day_from_the_name(tmp_path: Path) -> None:
    """GGA has no date: the file name, else a reject."""
    only_gga = "".join(line + "\n" for line in _nmea(range(30)).splitlines() if "GGA" in line)
    outcome = _read(tmp_path, ("a.csv", NO2), ("20241008.nmea", only_gga))
    assert len(outcome.value) == 1
    assert any("taken from the file name" in tell(d).decision for d in outcome.decisions)
    refused = _read(tmp_path, ("b.nmea", only_gga))
    assert "no RMC sentence names the day" in tell(refused.rejects[0]).reason


def test_nmea_rolls_over_midnight(tmp_path: Path) -> None:
    """A log of GGA only goes on to the next day."""
    lines = [
        _sentence(f"GPGGA,{clock},3039.0,N,10404.5,E,1,08,0.9,512.0,M,0,M,,")
        for clock in ("235959.00", "000000.00", "000001.00")
    ]
    rows = "time,no2 (ppb)\n2024-10-08T23:59:59Z,1\n2024-10-09T00:00:00Z,2\n2024-10-09T00:00:01Z,3\n"
    trace = _read(tmp_path, ("a.csv", rows), ("20241008.nmea", "".join(lines))).value[0]
    assert np.isfinite(trace["lat"].values).all()


LICOR = (
    "Model:\tLI-7810\nSN:\tTG10-01234\nSoftware Version:\t2.0.24\nTimestamp:\t2024-10-08 09:00:00\n"
    "Timezone:\tAsia/Shanghai\n"
    "DATAH\tSECONDS\tNANOSECONDS\tNDX\tDIAG\tREMARK\tDATE\tTIME\tH2O\tCO2\tCH4\tCAVITY_P\n"
    "DATAU\tsecs\tnsecs\tindex\tdiag\t\tdate\ttime\tppm\tppm\tppb\tkPa\n"
    + "".join(
        f"DATA\t{1728349200 + s}\t250000000\t{s}\t{int(s == 3)}\t\t2024-10-08\t09:00:{s:02d}\t9000.5\t420.1\t"
        f"{'nan' if s == 5 else 2001.5}\t39.1\n"
        for s in range(20)
    )
)


def test_licor_data_file(tmp_path: Path) -> None:
    """Unix seconds and nanoseconds in UTC, units of the DATAU row, DIAG flags, nan missing."""
    trace = _read(tmp_path, ("a.data", LICOR), ("b.nmea", _nmea(range(30)))).value[0]
    assert trace["time"].values[0] == np.datetime64("2024-10-08T01:00:00.250", "ns")
    assert {n: trace[n].attrs["units"] for n in species_names(trace)} == {"h2o": "ppm", "co2": "ppm", "ch4": "ppb"}
    assert "TG10-01234" in trace["ch4"].attrs["instrument"]
    assert trace["qc_flag"].values[3] & np.uint32(Flag.INSTRUMENT_FAULT)
    assert not trace["qc_flag"].values[4] & np.uint32(Flag.INSTRUMENT_FAULT)
    assert np.isnan(trace["ch4"].values[5])


ICARTT = """19, 1001
LAST, FIRST
A BUREAU
CRDS on a van
A MISSION
1, 1
2024, 10, 08, 2024, 10, 09
1
Time_Start, seconds, Time_Start
5
1, 1, 0.1, 1, 1
-9999, -9999, -9999, -9999, -99
CH4_WAS, ppbv, methane
Latitude, degrees
CO_LIF, ppbv
Longitude, degrees
Odd_Thing, furlongs
0
0
3600,2001,30.60,2105,104.0,1
3601,-9999,30.61,-8888,104.1,1
3602,2003,30.62,2205,104.2,1
broken
"""


def test_icartt(tmp_path: Path) -> None:
    """Seconds after midnight UTC, scale factors, missing and detection-limit codes, a bad row counted."""
    outcome = _read(tmp_path, ("a.ict", ICARTT))
    trace = outcome.value[0]
    assert trace["time"].values[0] == np.datetime64("2024-10-08T01:00:00", "ns")
    np.testing.assert_allclose(trace["ch4"].values, [2001, np.nan, 2003])
    np.testing.assert_allclose(trace["co"].values, [210.5, np.nan, 220.5])
    np.testing.assert_allclose(trace["lon"].values, [104.0, 104.1, 104.2])
    assert any("1 rows" in tell(r).reason for r in outcome.rejects)
    assert any("Odd_Thing" in tell(d).evidence for d in outcome.decisions)


@pytest.mark.parametrize("change", [("19, 1001", "500, 1001"), ("\n5\n", "\n50\n"), ("2024, 10, 08", "2024, 13, 08")])
def test_icartt_with_a_wrong_header_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    """A header that does not agree with the file."""
    outcome = _read(tmp_path, ("a.ict", ICARTT.replace(*change)))
    assert not outcome.value
    assert "header" in tell(outcome.rejects[0]).reason


AIRCASTING = """,,,,,Sensor_Package_Name,
,,,,,AirBeam2:0018,AirBeam2:0018
,,,,,Sensor_Name,
,,,,,AirBeam2-F,AirBeam2-PM2.5
,,,,,Measurement_Type,
,,,,,Temperature,Particulate Matter
,,,,,Measurement_Units,
,,,,,Fahrenheit,micrograms per cubic meter
ObjectID,Session_Name,Timestamp,Latitude,Longitude,1:Measurement_Value,2:Measurement_Value
1,S,2018-08-20T11:16:44.234,40.68,-73.97,77.0,12
2,S,2018-08-20T11:16:45.234,40.68,-73.97,77.0,13
"""


def test_aircasting(tmp_path: Path) -> None:
    """Quantity and unit from the preamble, 77 °F = 298.15 K, local time by declaration."""
    trace = _read(tmp_path, ("a.csv", AIRCASTING), rules=TraceSettings(time_zone="America/New_York")).value[0]
    assert trace["time"].values[0] == np.datetime64("2018-08-20T15:16:44.234", "ns")
    np.testing.assert_allclose(trace["temperature"].values, 298.15)
    np.testing.assert_allclose(trace["pm25"].values, [12, 13])


SNIFFER = """﻿#Created by: Sniffer4DMapper 2.2.06.29
项目名称 :气体监测总览表格
采样点时间,相对高度 m,经度,纬度,温度 ℃,湿度 %,气压 Pa,VOCs ppm,SO2 μg/m3,CO mg/m3,NO2 μg/m3,PM2.5 μg/m3,设备序列号
"""


def _sniffer(co: float, no2: float) -> str:
    rows = "".join(
        f"2024-10-08 09:00:{s:02d},50.0,104.05,30.66,21.5,60,95500,0.3,9.5,{co + s * 0.01},{no2 + s * 0.01},35,SN1\n"
        for s in range(20)
    )
    return SNIFFER + rows


def test_sniffer4d(tmp_path: Path) -> None:
    """Heights above take-off, pressure in Pa, VOCs in ppm; Beijing time by declaration."""
    rules = TraceSettings(time_zone="Asia/Shanghai")
    outcome = _read(tmp_path, ("a.csv", _sniffer(0.6, 35.0)), rules=rules)
    trace = outcome.value[0]
    assert float(trace["height_above_takeoff"][0]) == 50.0
    assert float(trace["pressure"][0]) == 95500.0
    assert trace["tvoc"].attrs["units"] == "ppm"
    assert not any("exchanged" in tell(d).decision for d in outcome.decisions)


def test_sniffer4d_exchanged_columns(tmp_path: Path) -> None:
    """CO of 35 mg/m³ beside NO2 of 0.6 µg/m³: the exporter wrote them under each other's headings."""
    outcome = _read(tmp_path, ("a.csv", _sniffer(35.0, 0.6)), rules=TraceSettings(time_zone="Asia/Shanghai"))
    trace = outcome.value[0]
    assert float(trace["co"][0]) == pytest.approx(0.6)
    assert float(trace["no2"][0]) == pytest.approx(35.0)
    assert any("CO and NO2 exchanged" in tell(d).decision for d in outcome.decisions)


def test_sniffer4d_exporter_that_lies_five_times(tmp_path: Path) -> None:
    """Ppm under µg/m³, SO2, NO2, CO under SO2, CO, NO2, no serial column, UTC under 采样点时间: all undone, all said.

    The zone comes from a GPX of the same flight; the fifth lie (exchanged extremes) is not in the table.
    """
    rows = "".join(
        f"2024-10-08 01:00:{s:02d},50.0,104.05,{30.66 + s * 1e-5:.5f},21.5,60,95500,"
        f"0.3,0.004,0.02{s % 5},0.6{s % 5},35\n"
        for s in range(20)
    )
    points = "".join(
        f'<trkpt lat="{30.66 + s * 1e-5:.5f}" lon="104.05"><time>2024-10-08T01:00:{s:02d}Z</time></trkpt>'
        for s in range(20)
    )
    gpx = f'<gpx version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>'
    outcome = _read(tmp_path, ("a.csv", SNIFFER + rows), ("b.gpx", gpx))
    trace = outcome.value[0]
    assert trace["time"].values[0] == np.datetime64("2024-10-08T01:00:00", "ns")
    assert [trace[name].attrs["units"] for name in ("so2", "co", "no2")] == ["ppm"] * 3
    assert [float(trace[name][0]) for name in ("so2", "co", "no2", "pm25")] == pytest.approx([0.004, 0.6, 0.02, 35])
    said = " ".join(tell(d).decision for d in outcome.decisions)
    for words in ("CO and NO2 exchanged and both believed to be in ppm", "so2 believed to be in ppm", "taken as UTC"):
        assert words in said


@pytest.mark.parametrize(
    "text",
    [
        "<gpx><trk><trkseg>{}</trkseg></trk></gpx>",
        '<gpx xmlns="http://www.topografix.com/GPX/1/0" version="1.0"><trk><trkseg>{}</trkseg></trk></gpx>',
        '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>{}</trkseg></trk></gpx>',
    ],
)
def test_gpx_of_every_version_and_speed_in_extensions(tmp_path: Path, text: str) -> None:
    """Speed as a child (1.0) or inside extensions (1.1), on one physical line."""
    points = "".join(
        f'<trkpt lat="30.6" lon="104.0{s}"><time>2024-10-08T01:00:{s:02d}Z</time>'
        f"<extensions><x><speed>{s}</speed></x></extensions></trkpt>"
        for s in range(10, 30)
    )
    trace = _read(tmp_path, ("a.csv", NO2), ("b.gpx", text.format(points))).value[0]
    assert float(trace["speed"][15]) == 15.0
    assert np.isnan(trace["lat"].values[:10]).all()


def test_a_broken_gpx_is_used_up_to_the_break(tmp_path: Path) -> None:
    """A battery that died: the points before it count, and the break is reported."""
    points = "".join(f'<trkpt lat="30.6" lon="104"><time>2024-10-08T01:00:{s:02d}Z</time></trkpt>' for s in range(30))
    outcome = _read(tmp_path, ("a.csv", NO2), ("b.gpx", f"<gpx><trk><trkseg>{points}<trkpt lat="))
    assert len(outcome.value) == 1
    assert any("30 points before it are used" in tell(r).reason for r in outcome.rejects)


def test_cpc_and_ae51_and_dusttrak_preambles(tmp_path: Path) -> None:
    """Day from the preamble, units from the preamble, order of day and month from the unit row."""
    cpc = "Sample File,x\nModel,3007\n\nStart Date,10/08/24,,\nInstrument ID,3007-1 3.1,,\n\n"
    cpc += "Time,Concentration (#/cm3),\n"
    cpc += "".join(f"09:00:{s:02d},{4000 + s},\n" for s in range(20))
    ae51 = "AethLabs\nDevice ID = AE51-S2\nBC units = ng/m^3\n\n"
    ae51 += "Date,Time,Ref,Sen,ATN,Flow,PCB temp,Status,Battery,BC\n\n"
    ae51 += "".join(f"2024/10/08,09:00:{s:02d},1,2,6.{s},99,31,0,100,{800 + s}\n" for s in range(20))
    dust = "TrakPro Version 4.70 ASCII Data File\n\nModel:,DustTrak II\nModel Number:,8530\n\nDate,Time,AEROSOL\n"
    dust += "dd-MM-yyyy,hh:mm:ss,mg/m^3\n" + "".join(f"08-10-2024,09:00:{s:02d},0.0{s:02d}\n" for s in range(20))
    rules = TraceSettings(time_zone="Asia/Shanghai")
    outcome = _read(
        tmp_path, ("a.csv", cpc), ("b.csv", ae51), ("c.csv", dust), ("d.nmea", _nmea(range(20))), rules=rules
    )
    trace = outcome.value[0]
    assert trace.sizes["obs"] == 20
    units = {name: trace[name].attrs["units"] for name in species_names(trace)}
    assert units == {"pnc": "cm-3", "bc": "ng m-3", "pm25": "mg m-3"}
    assert float(trace["pnc"][7]) == 4007
    assert float(trace["bc"][7]) == 807
    assert float(trace["pm25"][7]) == pytest.approx(0.007)
