"""Columns of hand-held and drone instruments, positions in a table, and who recognises what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import FileError
from ingest.traces.read import recognise
from ingest.traces.record import TraceSettings
from tests.ingest.traces.format_columns import (
    DT8530,
    FAULT,
    LI7810,
    NAN,
    _gas,
    _other,
    dust,
    gmap,
)
from tests.ingest.traces.readings import assert_channels, read_file, said, the_record, utc
from tests.told import raises_told

AIRCASTING_HEAD = (
    ",,,,,Sensor_Package_Name,\n,,,,,AirBeam2:0018,AirBeam2:0018\n,,,,,Sensor_Name,\n,,,,,AirBeam2-F,AirBeam2-PM2.5\n"
    ",,,,,Measurement_Type,\n,,,,,Temperature,Particulate Matter,Humidity,Sound Level\n"
    ",,,,,Measurement_Units,\n,,,,,Fahrenheit,micrograms per cubic meter,percentage,decibels\n"
)


AIRCASTING = AIRCASTING_HEAD + (
    "ObjectID,Session_Name,Timestamp,Latitude,Longitude,1:Measurement_Value,2:Measurement_Value,3:Measurement_Value,"
    "4:Measurement_Value,5:Measurement_Value\n"
    "1,S,2018-08-20T11:16:44.234,40.5,-73.5,77.0,12,65,70,1\n2,S,2018-08-20T11:16:45.234,40.25,-73.25,86.0,13,66,71,1\n"
)


def test_aircasting(tmp_path: Path) -> None:
    """77 °F is 298.15 K, a percentage a fraction; decibels and a column that the preamble lacks are left."""
    outcome = read_file(tmp_path, "a.csv", AIRCASTING)
    record, name = the_record(outcome), "AirBeam2:0018"
    assert (record.instrument, record.zone) == (name, "")
    assert list(record.time) == utc("2018-08-20T11:16:44.234", "2018-08-20T11:16:45.234")
    assert record.lon is not None and record.lon.tolist() == [-73.5, -73.25]
    assert record.lat is not None and record.lat.tolist() == [40.5, 40.25]
    assert_channels(
        record,
        {
            "temperature": ([298.15, 303.15], _other("K", "air temperature", name, "air_temperature")),
            "pm25": ([12, 13], dust("pm25", "particulate matter below 2.5 µm", "ug m-3", name, "pm2p5")),
            "relative_humidity": ([0.65, 0.66], _other("1", "relative humidity", name, "relative_humidity")),
        },
    )
    unread = "ObjectID, Session_Name, 4:Measurement_Value, 5:Measurement_Value"
    assert said(outcome.decisions) == [("4 columns not read", f"headings that mean nothing here: {unread}")]


@pytest.mark.parametrize(
    "change",
    [
        ("ObjectID", "Object"),
        ("percentage,decibels", "percentage"),
        (
            "Measurement_Type,\n,,,,,Temperature,Particulate Matter,Humidity,Sound Level\n",
            "Kind,\n,,,,,Temperature\n",
        ),
    ],
)
def test_aircasting_whose_preamble_does_not_fit(tmp_path: Path, change: tuple[str, str]) -> None:
    """No heading row, a unit too few, no quantities: refused."""
    with raises_told(FileError, match="a quantity and a unit for every column"):
        read_file(tmp_path, "a.csv", AIRCASTING.replace(*change))


def test_aircasting_without_a_package(tmp_path: Path) -> None:
    """The name of the format stands for the instrument's."""
    text = AIRCASTING.replace("AirBeam2:0018,AirBeam2:0018", ",")
    assert the_record(read_file(tmp_path, "a.csv", text)).instrument == "AirCasting"


AE51 = (
    'Sep = ,\n"Delimiter = ,"\nAethLabs\nDevice ID = AE51-S2-358-1012\nFlow = 99 ml/min\nTimebase = 1 s\n'
    "Start date = 2019/09/25\nPCB temp units = deg C\nBattery units = %\nBC units = ng/m^3\n\n"
    "Date,Time,Ref,Sen,ATN,Flow,PCB temp,Status,Battery,BC\n\n"
    '2019/09/25,09:12:00,918458,858953,"6.75",99,31,0,100,\n2019/09/25,09:12:01,918498,858969,"6.5",99,31,0,100,8580\n'
)


def test_ae51(tmp_path: Path) -> None:
    """Black carbon in the unit of the preamble, attenuation; the optics, battery and board are left out."""
    outcome = read_file(tmp_path, "a.csv", AE51)
    record, name = the_record(outcome), "microAeth AE51-S2-358-1012"
    assert (record.instrument, record.zone) == (name, "")
    assert list(record.time) == utc("2019-09-25T09:12:00", "2019-09-25T09:12:01")
    assert_channels(
        record,
        {
            "attenuation": ([6.75, 6.5], _other("1", "filter attenuation", name)),
            "bc": ([NAN, 8580], dust("bc", "black carbon", "ng m-3", name)),
        },
    )
    unread = "Ref, Sen, Flow, PCB temp, Battery"
    assert said(outcome.decisions) == [("5 columns not read", f"headings that mean nothing here: {unread}")]


def test_ae51_without_device_and_with_another_unit(tmp_path: Path) -> None:
    """The preamble's unit is taken; without one, ng m-3 by the manual."""
    bare = AE51.replace("Device ID = AE51-S2-358-1012\n", "").replace("BC units = ng/m^3", "BC units = ug/m^3")
    record = the_record(read_file(tmp_path, "a.csv", bare))
    assert (record.instrument, record.channels[1].attrs["units"]) == ("microAeth AE51", "ug m-3")
    none = AE51.replace("BC units = ng/m^3\n", "")
    assert the_record(read_file(tmp_path, "a.csv", none)).channels[1].attrs["units"] == "ng m-3"


DUSTTRAK_HEAD = "TrakPro Version 4.70 ASCII Data File\n\nModel:,DustTrak DRX\n"


def test_dusttrak_8533(tmp_path: Path) -> None:
    """Five sizes in mg m-3; the row of units says that the day comes first."""
    text = (
        DUSTTRAK_HEAD + "Model Number:,8533\nSerial Number:,8533172809\nStart Date:,08-10-2024\n"
        "Statistics,Channel:,PM1,PM2.5,RESP,PM10,TOTAL\n,Units:,mg/m^3,mg/m^3,mg/m^3,mg/m^3,mg/m^3\n\n"
        "Date,Time,PM1,PM2.5,RESP,PM10,TOTAL\ndd-MM-yyyy,hh:mm:ss,mg/m^3,mg/m^3,mg/m^3,mg/m^3,mg/m^3\n"
        "08-10-2024,09:00:00,0.035,0.038,0.045,0.075,0.316\n08-10-2024,09:00:01,0.036,0.039,0.046,0.076,0.317\n"
    )
    outcome = read_file(tmp_path, "a.csv", text)
    record, name = the_record(outcome), "DustTrak 8533 8533172809"
    assert (record.instrument, record.zone) == (name, "")
    assert list(record.time) == utc("2024-10-08T09:00:00", "2024-10-08T09:00:01")
    assert_channels(
        record,
        {
            "pm1": ([0.035, 0.036], dust("pm1", "particulate matter below 1 µm", "mg m-3", name, "pm1")),
            "pm25": ([0.038, 0.039], dust("pm25", "particulate matter below 2.5 µm", "mg m-3", name, "pm2p5")),
            "pm4": ([0.045, 0.046], dust("pm4", "respirable particulate matter", "mg m-3", name)),
            "pm10": ([0.075, 0.076], dust("pm10", "particulate matter below 10 µm", "mg m-3", name, "pm10")),
            "pm_total": ([0.316, 0.317], dust("pm_total", "particulate matter, total", "mg m-3", name)),
        },
    )
    assert outcome.decisions == ()


@pytest.mark.parametrize(
    ("pattern", "stamp", "day"),
    [
        ("MM/dd/yyyy", "03/04/2019", "2019-03-04"),
        ("dd/MM/yyyy", "03/04/2019", "2019-04-03"),
        ("MM-dd-yyyy", "03-04-2019", "2019-03-04"),
        ("dd.MM.yyyy", "03.04.2019", "2019-04-03"),
        ("yyyy/MM/dd", "2019/03/04", "2019-03-04"),
    ],
)
def test_dusttrak_8530(tmp_path: Path, pattern: str, stamp: str, day: str) -> None:
    """AEROSOL is PM2.5 in mg m-3 by a decision; day and month stand as the row of units says."""
    text = DUSTTRAK_HEAD + DT8530.replace("MM/dd/yyyy", pattern).replace("03/04/2019", stamp)
    outcome = read_file(tmp_path, "a.csv", text)
    record, name = the_record(outcome), "DustTrak 8530"
    assert record.instrument == name
    assert list(record.time) == utc(f"{day}T09:10:01", f"{day}T09:10:02")
    pm = dust("pm25", "particulate matter below 2.5 µm", "mg m-3", name, "pm2p5")
    assert_channels(record, {"pm25": ([0.09, 0.093], pm)})
    (note,) = said(outcome.decisions)
    assert note[0] == "AEROSOL read as PM2.5"
    assert '`AEROSOL = "pm10 mg m-3"` into mission.toml under [columns]' in note[1]


def test_dusttrak_whose_inlet_is_declared(tmp_path: Path) -> None:
    """What the decision advises works, and then there is nothing to decide."""
    rules = TraceSettings(columns={"Aerosol": "pm10 mg m-3"})
    outcome = read_file(tmp_path, "a.csv", DUSTTRAK_HEAD + DT8530, rules)
    assert [channel.name for channel in the_record(outcome).channels] == ["pm10"]
    assert outcome.decisions == ()


def _cpc(
    date: str = "09/25/19", clocks: Sequence[str] = ("09:11:51", "09:11:52"), serial: str = "3007-0809 3.1"
) -> str:
    head = f"Sample File,C:\\AIM10.C07\nModel,3007\n\nSample #,2,,\nStart Date,{date},,\n"
    head += f"Start Time,09:11:50,,\nInstrument ID,{serial},,\nMean,16460,,\n\nTime,Concentration (#/cm³),\n"
    return head + "".join(f"{clock},{4625 + i},\n" for i, clock in enumerate(clocks))


@pytest.mark.parametrize(
    ("date", "day"), [("09/25/19", "2019-09-25"), ("3/4/2021", "2021-03-04"), ("01/02/99", "2099-01-02")]
)
def test_cpc3007(tmp_path: Path, date: str, day: str) -> None:
    """Month, day and year of the preamble before times of day; particles per cm³; a file in Latin-1."""
    outcome = read_file(tmp_path, "a.csv", _cpc(date).encode("latin-1"))
    record, name = the_record(outcome), "CPC 3007-0809"
    assert (record.instrument, record.zone) == (name, "")
    assert list(record.time) == utc(f"{day}T09:11:51", f"{day}T09:11:52")
    number = {"standard_name": "number_concentration_of_ambient_aerosol_particles_in_air"}
    attrs = dust("pnc", "particle number concentration", "cm-3", name) | number
    assert_channels(record, {"pnc": ([4625, 4626], attrs)})


def test_cpc3007_over_midnight_and_without_a_serial_number(tmp_path: Path) -> None:
    """After 23:59:59 comes the next day."""
    text = _cpc(clocks=("23:59:59", "00:00:00", "00:00:01")).replace("Instrument ID,3007-0809 3.1,,\n", "")
    record = the_record(read_file(tmp_path, "a.csv", text))
    assert record.instrument == "CPC 3007"
    assert list(record.time) == utc("2019-09-25T23:59:59", "2019-09-26T00:00:00", "2019-09-26T00:00:01")


@pytest.mark.parametrize(
    ("change", "reason"),
    [(("Start Date", "Begin Date"), "no Start Date"), (("09/25/19", "25/09/19"), "'25/09/19' is not month/day/year")],
)
def test_cpc3007_without_a_day(tmp_path: Path, change: tuple[str, str], reason: str) -> None:
    """Times of day without a day, or with a thirteenth month, are refused."""
    with raises_told(FileError, match=reason):
        read_file(tmp_path, "a.csv", _cpc().replace(*change))


SNIFFER_HEAD = (
    "\ufeff#Created by: Sniffer4DMapper 2.2.06.29\n项目名称 :气体监测总览表格\n采样点时间,相对高度 m,经度,纬度,"
    "温度 ℃,湿度 %,气压 Pa,VOCs ppm,SO2 μg/m3,CO mg/m3,NO2 μg/m3,O3+NO2 μg/m3,PM1.0 μg/m3,PM2.5 μg/m3,"
    "PM10 μg/m3,设备序列号\n"
)


def _sniffer(co: object, no2: object, rows: int = 2) -> str:
    return SNIFFER_HEAD + "".join(
        f"2024-10-08 09:00:{s:02d},50.5,104.25,30.75,21.5,60,95500,0.25,9.5,{co},{no2},80,20,35,60,SN1\n"
        for s in range(rows)
    )


def test_sniffer4d(tmp_path: Path) -> None:
    """Every column of a Mapper export; the serial number is left out."""
    outcome = read_file(tmp_path, "a.csv", _sniffer(0.625, 35.5))
    record, name = the_record(outcome), "Sniffer4D"
    assert (record.instrument, record.zone) == (name, "")
    assert list(record.time) == utc("2024-10-08T09:00:00", "2024-10-08T09:00:01")
    assert record.lon is not None and record.lon.tolist() == [104.25] * 2
    assert record.lat is not None and record.lat.tolist() == [30.75] * 2
    mass = "mass_concentration_of"
    assert_channels(
        record,
        {
            "height_above_takeoff": (50.5, _other("m", "height above the take-off point", name)),
            "temperature": (294.65, _other("K", "air temperature", name, "air_temperature")),
            "relative_humidity": (0.6, _other("1", "relative humidity", name, "relative_humidity")),
            "pressure": (95500, _other("Pa", "air pressure", name, "air_pressure")),
            "tvoc": (
                0.25,
                {**_gas("tvoc", "volatile organic compounds, total", "ppm", name), "voc_kind": "unknown"},
            ),
            "so2": (9.5, _gas("so2", "sulfur dioxide", "ug m-3", name, "sulfur_dioxide", mass)),
            "co": (0.625, _gas("co", "carbon monoxide", "mg m-3", name, "carbon_monoxide", mass)),
            "no2": (35.5, _gas("no2", "nitrogen dioxide", "ug m-3", name, "nitrogen_dioxide", mass)),
            "ox": (80, _gas("ox", "ozone and nitrogen dioxide", "ug m-3", name)),
            "pm1": (20, dust("pm1", "particulate matter below 1 µm", "ug m-3", name, "pm1")),
            "pm25": (35, dust("pm25", "particulate matter below 2.5 µm", "ug m-3", name, "pm2p5")),
            "pm10": (60, dust("pm10", "particulate matter below 10 µm", "ug m-3", name, "pm10")),
        },
    )
    (kind,) = said(outcome.decisions)
    assert "kind of TVOC unknown" in kind[0]


@pytest.mark.parametrize(
    ("co", "no2", "exchanged", "units"),
    [
        (8.01, 4.99, True, ("mg m-3", "ug m-3")),
        (8.0, 4.99, False, ("mg m-3", "ug m-3")),
        (8.01, 5.0, False, ("mg m-3", "ug m-3")),
        (0.0399, 0.0401, True, ("ppm", "ppm")),
        (0.0399, 9.99, True, ("ppm", "ppm")),
        (0.0399, 10.0, False, ("mg m-3", "ug m-3")),
        (0.0399, 0.04, False, ("mg m-3", "ug m-3")),
        (0.04, 0.5, False, ("mg m-3", "ug m-3")),
        (0.0, 0.5, False, ("mg m-3", "ug m-3")),
    ],
)
def test_sniffer4d_exchanges_only_what_is_evident(
    tmp_path: Path, co: float, no2: float, exchanged: bool, units: tuple[str, str]
) -> None:
    """CO above 8 mg m-3 beside NO2 below 5 µg m-3; or CO below 0.04 with NO2 from 0.04 to 10: then both are ppm."""
    outcome = read_file(tmp_path, "a.csv", _sniffer(co, no2))
    channels = {channel.name: channel for channel in the_record(outcome).channels}
    assert channels["co"].values.tolist() == [no2 if exchanged else co] * 2
    assert channels["no2"].values.tolist() == [co if exchanged else no2] * 2
    assert (channels["co"].attrs["units"], channels["no2"].attrs["units"]) == units
    notes = [(decision, evidence) for decision, evidence in said(outcome.decisions) if "exchanged" in decision]
    if exchanged:
        ((decision, evidence),) = notes
        assert decision == "columns CO and NO2 exchanged" + (
            " and both believed to be in ppm" if units[0] == "ppm" else ""
        )
        assert evidence.startswith(f"median under CO mg/m3 is {co:.3g} and under NO2 ug/m3 {no2:.3g}: ")
    else:
        assert not notes


@pytest.mark.parametrize(
    "change", [("CO mg/m3", "CO ppm"), ("NO2 μg/m3,O3", "NO2 ppb,O3"), ("CO mg/m3", "CO2 mg/m3")]
)
def test_sniffer4d_with_other_units_is_left_alone(tmp_path: Path, change: tuple[str, str]) -> None:
    """The ranges hold for mg m-3 beside µg m-3."""
    outcome = read_file(tmp_path, "a.csv", _sniffer(35.0, 0.6).replace(*change))
    assert not any("exchanged" in decision for decision, _ in said(outcome.decisions))


def test_sniffer4d_exchange_takes_the_flags_along(tmp_path: Path) -> None:
    """What the status of NO2 says is said of the values that stood under NO2."""
    text = _sniffer(35.0, 0.6, rows=4).replace("设备序列号", "NO2状态").replace(",SN1", ",正常")
    text = text.replace("正常", "故障", 1)
    channels = {channel.name: channel for channel in the_record(read_file(tmp_path, "a.csv", text)).channels}
    assert channels["co"].qc is not None and channels["co"].qc.tolist() == [FAULT, 0, 0, 0]
    assert channels["no2"].qc is None


def test_basicairdata(tmp_path: Path) -> None:
    """UTC times, accuracy, altitude, speed, bearing and satellites of a phone."""
    text = (
        "type,time,latitude,longitude,accuracy (m),altitude (m),geoid_height (m),speed (m/s),bearing (deg),sat_used,"
        "sat_inview,name,desc\nT,2018-10-24 07:55:57,53.5,9.5,5,84.5,40.5,0.25,180,16,19,20181024-095557,GPS Logger\n"
        "T,2018-10-24 07:55:58,53.25,9.25,6,84.75,40.5,0.5,90,15,20,,\n"
    )
    outcome = read_file(tmp_path, "20181024-095557.txt", text)
    record, name = the_record(outcome), "GNSS"
    assert (record.instrument, record.zone) == (name, "UTC")
    assert list(record.time) == utc("2018-10-24T07:55:57", "2018-10-24T07:55:58")
    assert record.lon is not None and record.lon.tolist() == [9.5, 9.25]
    assert record.lat is not None and record.lat.tolist() == [53.5, 53.25]
    height = _other("m", "altitude", name, "altitude") | {"vertical_datum": "unknown"}
    assert_channels(
        record,
        {
            "position_sd": ([5, 6], _other("m", "position accuracy as stated by the receiver", name)),
            "altitude": ([84.5, 84.75], height),
            "speed": (
                [0.25, 0.5],
                _other("m s-1", "platform speed over ground", name, "platform_speed_wrt_ground"),
            ),
            "heading": (
                [np.pi, np.pi / 2],
                _other("rad", "direction of travel, clockwise from north", name, "platform_course"),
            ),
            "satellites": ([16, 15], _other("1", "satellites used", name)),
        },
    )
    unread = "type, geoid_height (m), sat_inview, name, desc"
    assert said(outcome.decisions) == [("5 columns not read", f"headings that mean nothing here: {unread}")]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"CDF\x01", "CF trajectory netCDF"),
        (b"\x89HDF\r\n\x1a\n", "CF trajectory netCDF"),
        (b"\x89HDF\r\n\x1a", "delimited table"),
        (b"DATE  TIME FRAC_DAYS_SINCE_JAN1 EPOCH_TIME", "Picarro .dat"),
        (b"\n\nDATE FRAC_DAYS_SINCE_JAN1 EPOCH_TIME", "Picarro .dat"),
        (b"DATE EPOCH_TIME", "delimited table"),
        (b"DATE FRAC_DAYS_SINCE_JAN1", "delimited table"),
        (b"x DATE FRAC_DAYS_SINCE_JAN1 EPOCH_TIME", "delimited table"),
        (b"## x\nTimestamp,EAST_LONGITUDE(deg),NORTH_LATITUDE(deg)", "EPA RETIGO"),
        (b"Timestamp,EAST_LONGITUDE(deg)", "delimited table"),
        (b"Timestamp,NORTH_LATITUDE(deg)", "delimited table"),
        (b"Model:\nDATAH\tSECONDS", "LI-COR LI-78xx .data"),
        (b"DATAH\tSECONDS", "LI-COR LI-78xx .data"),
        (b"xDATAH\tSECONDS", "delimited table"),
        (b"System_Date_(Y-M-D),System_Time_(h:m:s)", "LI-COR LI-850"),
        (b"System_Date_(Y-M-D)", "delimited table"),
        (b"System_Time_(h:m:s)", "delimited table"),
        (b"Description\n<<<DATA>>>\n", "EPA GMAP"),
        (b"Time,CO2,3DS Sonic Temp\n", "EPA OTM 33A table"),
        (b"Time,CO2\n3DS Sonic Temp\n", "delimited table"),
        (b"x,Time,3DS Sonic Temp\n", "delimited table"),
        (b",,,Sensor_Package_Name\n,,,Measurement_Units\n", "AirCasting"),
        (b",,,Sensor_Package_Name\n", "delimited table"),
        (b",,,Measurement_Units\n", "delimited table"),
        (b"18, 1001\n", "ICARTT 1001"),
        (b"\xef\xbb\xbf 1234,1001 V02\n", "ICARTT 1001"),
        (b"18, 10010\n", "delimited table"),
        (b"12345, 1001\n", "delimited table"),
        (b"x18, 1001\n", "delimited table"),
        (b"Sep = ,\nAethLabs\n", "microAeth AE51"),
        (b"TrakPro Version 4.70 ASCII Data File\n\nModel:,DustTrak II\n", "DustTrak 8530, 8533"),
        (b"TrakPro Version 4.70 ASCII Data File\n\nModel:,P-Trak\n", "delimited table"),
        (b"Model:,DustTrak II\n", "delimited table"),
        (b"Sample File,C:\\A\nModel,3007\n", "CPC 3007"),
        (b"Sample File,C:\\A\nModel,3022\n", "delimited table"),
        (b"x Sample File,C:\\A\nModel,3007\n", "delimited table"),
        ("采样点时间,经度".encode(), "Sniffer4D Mapper"),
        (b"#Created by: Sniffer4DMapper", "Sniffer4D Mapper"),
        (b"type,time,latitude,longitude,accuracy (m),", "BasicAirData GPS Logger"),
        (b"\xef\xbb\xbftype,time,latitude,longitude,accuracy (m),", "BasicAirData GPS Logger"),
        (b"<?xml?><gpx version='1.1'>", "GPX"),
        ("<gpx>".encode("utf-16-le"), "GPX"),
        (b"$GPGGA,1\n$GNRMC,1\n", "NMEA 0183"),
        (b"$GPGGA,1\n" + b"$GPGSV,1\n" * 5, "NMEA 0183"),  # one line of six is above 0.15
        (b"$GPGGA,1\n" + b"$GPGSV,1\n" * 6, "delimited table"),
        (b"\n" * 20 + b"$GPGGA,1\n", "NMEA 0183"),  # empty lines do not count
        (b"$GPGSV,1\n", "delimited table"),
        (b"PK\x03\x04", "workbook"),
        (b"PK\x03", "delimited table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
        (b"", "delimited table"),
    ],
)
def test_who_recognises_a_beginning(head: bytes, name: str) -> None:
    """Each format by its own mark; what lacks a part of it is taken for a table."""
    assert recognise(head).name == name


@pytest.mark.parametrize(
    ("mark", "last", "name"),
    [
        (b"<<<DATA>>>", 16384, "EPA GMAP"),
        (b"<gpx", 4096, "GPX"),
        (b"AethLabs", 400, "microAeth AE51"),
        (b"Sniffer4D", 1000, "Sniffer4D Mapper"),
        ("采样点时间".encode(), 4096, "Sniffer4D Mapper"),
        (b"\nDATAH\t", 8192, "LI-COR LI-78xx .data"),
    ],
)
def test_a_mark_is_looked_for_in_the_beginning_only(mark: bytes, last: int, name: str) -> None:
    """A mark that ends at the last byte looked at counts, one byte later it does not."""
    fill = b"x" * (last - len(mark))
    assert recognise(fill + mark).name == name
    assert recognise(fill + b"x" + mark).name == "delimited table"


@pytest.mark.parametrize("wrong", [b"\xb0", "走航车上的仪器，编号一".encode() + b"\xff"])
def test_a_wrong_byte_above_a_table_is_no_obstacle(tmp_path: Path, wrong: bytes) -> None:
    """A degree sign of another encoding, or damage among Chinese remarks: the rows are read."""
    for name, text, mark in (
        ("a.txt", gmap(), b"Description\t"),
        ("a.data", LI7810, b"Model:\t"),
        ("b.csv", AIRCASTING, b"AirBeam2-F"),
        ("c.csv", AE51, b"AethLabs"),
        ("d.csv", DUSTTRAK_HEAD + DT8530, b"Model:,DustTrak DRX"),
    ):
        record = the_record(read_file(tmp_path, name, text.encode().replace(mark, mark + wrong, 1)))
        assert len(record.time) >= 2 and record.channels
