"""Columns of fixed formats: where values end up, in which unit, at which time, with which flag."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.traces.record import TraceSettings
from onevisit.words.telling import tell
from tests.ingest.traces.format_columns import (
    FAULT,
    LI7810,
    MISSING,
    NAN,
    POOR,
    _gas,
    _other,
    dust,
    gmap,
)
from tests.ingest.traces.readings import assert_channels, read_file, said, the_record, utc
from tests.told import raises_told


def _wind(instrument: str) -> tuple[dict[str, str], dict[str, str]]:
    return (
        _other("m s-1", "wind over the ground, eastward", instrument, "eastward_wind"),
        _other("m s-1", "wind over the ground, northward", instrument, "northward_wind"),
    )


PICARRO_NAMES = [
    "DATE",
    "TIME",
    "FRAC_DAYS_SINCE_JAN1",
    "FRAC_HRS_SINCE_JAN1",
    "JULIAN_DAYS",
    "EPOCH_TIME",
    "ALARM_STATUS",
    "INST_STATUS",
    "CavityPressure",
    "CavityTemp",
    "DasTemp",
    "EtalonTemp",
    "WarmBoxTemp",
    "species",
    "MPVPosition",
    "OutletValve",
    "solenoid_valves",
    "CO2",
    "CO2_dry",
    "CH4",
    "CH4_dry",
    "H2O",
    "GPS_ABS_LAT",
    "GPS_ABS_LONG",
    "GPS_FIT",
    "WS_WIND_LON",
    "WS_WIND_LAT",
    "WS_COS_HEADING",
    "WS_SIN_HEADING",
    "WIND_N",
    "WIND_E",
    "WIND_DIR_SDEV",
    "WS_ROTATION",
    "CAR_SPEED",
    "NH3(ppb)",
]


PICARRO_FILE = "CFADS2274-20170314-213411Z-DataLog_User.dat"


def _picarro(modes: Sequence[int], pressures: Sequence[object], fits: Sequence[object], *, co2: float = 400.0) -> str:
    lines = ["".join(name.ljust(26) for name in PICARRO_NAMES) + "\r"]
    for i, (mode, pressure, fit) in enumerate(zip(modes, pressures, fits, strict=True)):
        values = {
            "DATE": "2024-10-08", "TIME": f"01:00:{i:02d}.000", "EPOCH_TIME": f"{1728349200 + i}.250",
            "CavityPressure": pressure, "species": f"{mode}.0E+00", "CO2": co2 and co2 + i,
            "CO2_dry": co2 and co2 + 5 + i, "CH4": 2 + i / 10, "CH4_dry": 2.5 + i / 10, "H2O": 1.5 + i / 10,
            "GPS_ABS_LAT": 30.5 + i / 1000, "GPS_ABS_LONG": 104.25 + i / 1000, "GPS_FIT": fit,
            "WS_WIND_LON": -1 - i, "WS_WIND_LAT": -2 - i, "WIND_N": 3 + i, "WIND_E": 4 + i, "CAR_SPEED": 6.5,
            "NH3(ppb)": 7,
        }  # fmt: skip
        lines.append("".join(str(values.get(name, 1.0)).ljust(26) for name in PICARRO_NAMES))
    return "\n".join(lines) + "\n"


def test_picarro_that_measures_one_gas_at_a_time(tmp_path: Path) -> None:
    """Each gas stands in the rows of its own mode only; winds blow to where the file says; cavity, GPS."""
    text = _picarro([1, 2, 3, 2, 1, 3, 2], [140, 140, 140, 141, "141.01", "0", "nan"], [2, 1, 0, 2, 2, "nan", 2])
    outcome = read_file(tmp_path, PICARRO_FILE, text)
    record, name = the_record(outcome), "Picarro CFADS2274"
    assert (record.item, record.instrument, record.zone) == (PICARRO_FILE, name, "UTC")
    assert record.time.tolist() == [t.item() for t in utc(*(f"2024-10-08T01:00:{i:02d}.250" for i in range(7)))]
    np.testing.assert_allclose(record.lat, 30.5 + np.arange(7) / 1000, rtol=1e-14)
    np.testing.assert_allclose(record.lon, 104.25 + np.arange(7) / 1000, rtol=1e-14)
    assert record.qc_flag.tolist() == [0, 0, POOR, 0, FAULT, FAULT | POOR, FAULT]
    east, north = _wind(name)
    count = np.arange(7.0)
    one, two, three = [0, 4], [1, 3, 6], [2, 5]

    def only(rows: list[int], values: np.ndarray) -> list[float]:
        return [value if i in rows else NAN for i, value in enumerate(values.tolist())]

    assert_channels(
        record,
        {
            "co2": (only(one, 400 + count), _gas("co2", "carbon dioxide", "ppm", name, "carbon_dioxide")),
            "co2_dry": (only(one, 405 + count), _gas("co2_dry", "carbon dioxide, dry air", "ppm", name)),
            "ch4": (only(two, 2 + count / 10), _gas("ch4", "methane", "ppm", name, "methane")),
            "ch4_dry": (only(two, 2.5 + count / 10), _gas("ch4_dry", "methane, dry air", "ppm", name)),
            "h2o": (only(three, 1.5 + count / 10), _gas("h2o", "water vapour", "percent", name, "water_vapor")),
            "speed": (6.5, _other("m s-1", "platform speed over ground", name, "platform_speed_wrt_ground")),
            "nh3": (NAN, _gas("nh3", "ammonia", "ppb", name, "ammonia")),
            "u": (-4 - count, east),
            "v": (-3 - count, north),
            "u_apparent": (1 + count, _other("m s-1", "apparent wind, forward", name)),
            "v_apparent": (-2 - count, _other("m s-1", "apparent wind, to the left", name)),
        },
        {
            **{gas: [0 if i in one else MISSING for i in range(7)] for gas in ("co2", "co2_dry")},
            **{gas: [0 if i in two else MISSING for i in range(7)] for gas in ("ch4", "ch4_dry")},
            "h2o": [0 if i in three else MISSING for i in range(7)],
            "nh3": [MISSING] * 7,
        },
    )
    unread = (
        "DATE, TIME, FRAC_DAYS_SINCE_JAN1, FRAC_HRS_SINCE_JAN1, JULIAN_DAYS, ALARM_STATUS, INST_STATUS, DasTemp, "
        "EtalonTemp, WarmBoxTemp, MPVPosition, solenoid_valves and 2 more"
    )
    assert said(outcome.decisions) == [
        ("14 columns not read", f"headings that mean nothing here: {unread}"),
        # 5 + 5 of CO2, 4 + 4 of CH4, 5 of H2O, 7 of NH3
        (
            "repeated values set to missing",
            "the analyser measures one gas at a time (species [1, 2, 3]); 30 repeated values",
        ),
        ("3 rows flagged instrument_fault", "cavity pressure off its set point, or zero"),
    ]
    assert outcome.rejects == ()


def test_picarro_that_measures_all_at_once(tmp_path: Path) -> None:
    """One mode (and numbers that are none): nothing is a repeat; a gas of exactly zero was not measured."""
    outcome = read_file(tmp_path, "a.dat", _picarro([2, 2, 4], [0, 0, 0], [2, 2, 2], co2=0.0))
    record = the_record(outcome)
    values = {channel.name: channel.values.tolist() for channel in record.channels}
    assert record.instrument == "Picarro"
    assert values["ch4"] == [2.0, 2.1, 2.2] and values["h2o"] == [1.5, 1.6, 1.7] and values["nh3"] == [7.0] * 3
    assert np.isnan(values["co2"]).all() and np.isnan(values["co2_dry"]).all()
    assert record.qc_flag.tolist() == [FAULT] * 3  # a cavity of 0 torr in every row is at its median and no cavity
    assert said(outcome.decisions)[1:] == [
        ("0.0 taken as not measured", "rows with exactly zero: co2 3, co2_dry 3"),
        ("3 rows flagged instrument_fault", "cavity pressure off its set point, or zero"),
    ]


def test_picarro_tolerance_of_the_cavity_is_a_setting(tmp_path: Path) -> None:
    """With 2 torr a cavity at 142 is on its set point."""
    text = _picarro([2, 2, 2], [140, 140, 142], [2, 2, 2])
    assert the_record(read_file(tmp_path, "a.dat", text)).qc_flag.tolist() == [0, 0, FAULT]
    wide = TraceSettings(cavity_tolerance_torr=2.0)
    assert the_record(read_file(tmp_path, "a.dat", text, wide)).qc_flag.tolist() == [0, 0, 0]


RETIGO = """##
## RETIGO upload
Timestamp(UTC),EAST_LONGITUDE(deg),NORTH_LATITUDE(deg),ID(-),CO(ppb),NO2(ppb),UFP(#/cm^3),BC(ug/m^3),PM2.5(ug/m^3),\
PM10(ug/m^3),PM(ug/m^3),CO2(ppm),CarSpeed(mph),WindSpeed(m/s),WindDirection(deg)
2012-09-20T07:30:04-04:00,-79.0601,35.8913,run22,351.5,3.25,5665.5,1.0625,7.5,9.5,20.5,498.75,10,2,180
## a pause
2012-09-20T07:30:05-04:00,-79.0602,35.8914,run22,-9999,3.5,5666.5,1.125,-9999,9.75,20.75,499.75,20,4,270
"""


def test_retigo(tmp_path: Path) -> None:
    """Offset of the stamps, position, every species in its unit, 10 mph = 4.4704 m/s, wind from S blows to N."""
    outcome = read_file(tmp_path, "a.csv", RETIGO)
    record, name = the_record(outcome), "RETIGO"
    assert (record.instrument, record.zone, record.stated_offset_s) == (name, "UTC", -14400.0)
    assert list(record.time) == utc("2012-09-20T11:30:04", "2012-09-20T11:30:05")
    np.testing.assert_allclose(record.lon, [-79.0601, -79.0602])
    np.testing.assert_allclose(record.lat, [35.8913, 35.8914])
    assert record.qc_flag.tolist() == [0, 0]
    east, north = _wind(name)
    number = {"standard_name": "number_concentration_of_ambient_aerosol_particles_in_air"}
    assert_channels(
        record,
        {
            "co": ([351.5, NAN], _gas("co", "carbon monoxide", "ppb", name, "carbon_monoxide")),
            "no2": ([3.25, 3.5], _gas("no2", "nitrogen dioxide", "ppb", name, "nitrogen_dioxide")),
            "pnc": ([5665.5, 5666.5], dust("pnc", "particle number concentration", "cm-3", name) | number),
            "bc": ([1.0625, 1.125], dust("bc", "black carbon", "ug m-3", name)),
            "pm25": ([7.5, NAN], dust("pm25", "particulate matter below 2.5 µm", "ug m-3", name, "pm2p5")),
            "pm10": ([9.5, 9.75], dust("pm10", "particulate matter below 10 µm", "ug m-3", name, "pm10")),
            "pm_total": ([20.5, 20.75], dust("pm_total", "particulate matter, total", "ug m-3", name)),
            "co2": ([498.75, 499.75], _gas("co2", "carbon dioxide", "ppm", name, "carbon_dioxide")),
            "speed": (
                [4.4704, 8.9408],
                _other("m s-1", "platform speed over ground", name, "platform_speed_wrt_ground"),
            ),
            "u": ([0, 4], east),
            "v": ([2, 0], north),
        },
    )
    frame = "does not say whether the vehicle's own motion was taken off; if it was not, put "
    assert said(outcome.decisions) == [
        (
            "offset in the stamps believed, not the heading 'Timestamp(UTC)'",
            "the stamps carry -4.0 h, the heading says +0.0 h",
        ),
        (
            "wind taken as wind over the ground",
            f"'WindSpeed(m/s)' {frame}" + '`wind_frame = "vehicle"` into mission.toml under [traces]',
        ),
    ]


def test_retigo_speeds_and_pm_without_a_unit(tmp_path: Path) -> None:
    """What EPA's tool writes without a unit is in miles per hour, and PM in µg m-3."""
    text = "Timestamp(UTC),EAST_LONGITUDE,NORTH_LATITUDE,ID,Speed,PM\n2012-09-20T07:30:04Z,-79,35,a,10,30\n" * 1
    text += "2012-09-20T07:30:05Z,-79,35,a,10,31\n"
    record = the_record(read_file(tmp_path, "a.csv", text))
    values = {channel.name: (channel.values.tolist(), channel.attrs["units"]) for channel in record.channels}
    assert values == {"speed": ([pytest.approx(4.4704)] * 2, "m s-1"), "pm_total": ([30, 31], "ug m-3")}
    text = text.replace(",Speed,", ",CarSpeed,")
    assert float(the_record(read_file(tmp_path, "a.csv", text)).channels[0].values[0]) == pytest.approx(4.4704)


def test_licor_78xx(tmp_path: Path) -> None:
    """Unix seconds and nanoseconds, units of the row DATAU, DIAG other than 0 is a fault."""
    outcome = read_file(tmp_path, "a.data", LI7810)
    record, name = the_record(outcome), "LI-COR LI-7810 TG10-01234"
    assert (record.instrument, record.zone, record.lon, record.lat) == (name, "UTC", None, None)
    assert list(record.time) == utc("2024-10-08T01:00:00.250", "2024-10-08T01:00:01.999999999", "2024-10-08T01:00:02")
    assert record.qc_flag.tolist() == [0, FAULT, 0]
    assert_channels(
        record,
        {
            "h2o": ([9000.5, 9001.5, 9002.5], _gas("h2o", "water vapour", "ppm", name, "water_vapor")),
            "co2": ([420.5, 421.5, 422.5], _gas("co2", "carbon dioxide", "ppm", name, "carbon_dioxide")),
            "ch4": ([2001.5, NAN, 2003.5], _gas("ch4", "methane", "ppb", name, "methane")),
            "n2o": ([331.5, 332.5, 333.5], _gas("n2o", "nitrous oxide", "ppb", name, "nitrous_oxide")),
        },
    )
    assert said(outcome.decisions) == [
        ("6 columns not read", "headings that mean nothing here: DATAH, NDX, REMARK, DATE, TIME, CAVITY_P"),
        ("1 rows flagged instrument_fault", "DIAG is not 0"),
    ]


def test_licor_78xx_without_model_serial_and_diagnosis(tmp_path: Path) -> None:
    """The columns alone: a name for the family, no flags, nothing said of faults."""
    lines = [line.split("\t") for line in LI7810.splitlines()[4:]]
    text = "".join("\t".join(part for i, part in enumerate(line) if i != 4) + "\n" for line in lines)
    outcome = read_file(tmp_path, "a.data", text)
    record = the_record(outcome)
    assert record.instrument == "LI-COR LI-78xx"
    assert record.qc_flag.tolist() == [0, 0, 0]
    assert [channel.name for channel in record.channels] == ["h2o", "co2", "ch4", "n2o"]
    assert len(outcome.decisions) == 1


def test_licor_78xx_whose_names_stand_too_far_down(tmp_path: Path) -> None:
    """The head names no columns: refused."""
    from ingest.text.sources import open_source
    from ingest.traces.formats.licor import read_li78xx

    (tmp_path / "a.data").write_text("Model:\tLI-7810\n" + "#\n" * 5000 + LI7810)
    with raises_told(FileError, match="no DATAH row"):
        read_li78xx(open_source(tmp_path / "a.data", "a.data", TraceSettings()), TraceSettings())


LI850 = (
    "2019-09-25 at 9:16,,,,,,\n"
    "System_Date_(Y-M-D),System_Time_(h:m:s),CO₂_(µmol_mol⁻¹),H₂O_(mmol_mol⁻¹),CO₂_Absorption,H₂O_Absorption,"
    "Flow_Rate_(L_min⁻¹)\n"
    "25-09-2019,09:16:47,4.53E+02,2.71E+01,8.82E-02,1.32E-01,7.18E-01\n"
    "25-09-2019,09:16:48,4.74E+02,2.72E+01,8.94E-02,1.32E-01,7.16E-01\n"
)


def test_licor_850(tmp_path: Path) -> None:
    """µmol mol-1 is ppm, mmol mol-1 stays; date and time of a local clock; absorptions and flow are left."""
    outcome = read_file(tmp_path, "a.csv", LI850)
    record, name = the_record(outcome), "LI-COR LI-850"
    assert (record.instrument, record.zone, record.stated_offset_s) == (name, "", None)
    assert list(record.time) == utc("2019-09-25T09:16:47", "2019-09-25T09:16:48")
    assert_channels(
        record,
        {
            "co2": ([453, 474], _gas("co2", "carbon dioxide", "ppm", name, "carbon_dioxide")),
            "h2o": ([27.1, 27.2], _gas("h2o", "water vapour", "mmol mol-1", name, "water_vapor")),
        },
    )
    unread = "CO₂_Absorption, H₂O_Absorption, Flow_Rate_(L_min⁻¹)"
    assert said(outcome.decisions) == [("3 columns not read", f"headings that mean nothing here: {unread}")]


def test_gmap(tmp_path: Path) -> None:
    """Weather station and sonic in the units of EPA's manual, a sonic error flags the wind, the rest is left out."""
    outcome = read_file(tmp_path, "a.txt", gmap())
    record, name, other = the_record(outcome), "GMAP", "GMAP airmar"
    assert (record.instrument, record.zone) == (name, "")
    assert list(record.time) == utc("2018-06-12T14:17:48", "2018-06-12T14:17:49")
    assert record.gnss_clock_s is not None and record.gnss_clock_s.tolist() == [69468.0, 69469.0]
    assert record.lon is not None and record.lon.tolist() == [-103.5, -103.25]
    assert record.lat is not None and record.lat.tolist() == [48.5, 48.25]
    assert record.qc_flag.tolist() == [0, int(Flag.WIND_IMPLAUSIBLE)]
    east, north = _wind(name)
    track = _other("rad", "direction of travel, clockwise from north", "GMAP", "platform_course")
    assert_channels(
        record,
        {
            "co2": ([408.5, 409.5], _gas("co2", "carbon dioxide", "ppm", name, "carbon_dioxide")),
            "ch4": ([2.5, 2.75], _gas("ch4", "methane", "ppm", name, "methane")),
            "sonic_u": ([0.5, -0.5], _other("m s-1", "sonic anemometer u, as given", name)),
            "sonic_v": ([-8.5, -7.5], _other("m s-1", "sonic anemometer v, as given", name)),
            "sonic_w": ([-0.25, 0.25], _other("m s-1", "sonic anemometer w, upward", name)),
            "sonic_temperature": ([291.65, 292.65], _other("K", "sonic temperature", name)),
            "heading": ([np.pi / 2, np.pi], track),
            "hdop": ([0.75, 1.25], _other("1", "horizontal dilution of precision", name)),
            "temperature": ([293.15, 294.15], _other("K", "air temperature", name, "air_temperature")),
            "relative_humidity": ([0.6, 0.61], _other("1", "relative humidity", name, "relative_humidity")),
            "pressure": ([100000, 100100], _other("Pa", "air pressure", name, "air_pressure")),
            "temperature_gmap_airmar": ([291.15, 292.15], _other("K", "air temperature", other, "air_temperature")),
            "relative_humidity_gmap_airmar": (
                [0.5, 0.51],
                _other("1", "relative humidity", other, "relative_humidity"),
            ),
            "pressure_gmap_airmar": ([101000, 101100], _other("Pa", "air pressure", other, "air_pressure")),
            "u": ([-3, 0], east),
            "v": ([0, 6], north),
        },
    )
    unread = (
        "3DS 2D Speed, 3DS 3D Speed, 3DS Azimuth, 3DS Elevation, 3DS SoS, WS Compass Heading, BEN, TOL, ETB, XYO, "
        "XYM, XYP and 19 more"
    )
    assert said(outcome.decisions) == [
        ("31 columns not read", f"headings that mean nothing here: {unread}"),
        (
            "dates read as mdy",
            "'06/12/18 14:17:48' as 2018-06-12: nothing in the file settles it, and its maker delivers dates so; if "
            "the day is another, put `date_order` (`dmy` or `mdy`) into mission.toml under [traces]",
        ),
        ("1 columns left out", "they hold no value: Cerex-Toluene"),
    ]
    assert [(r.item, r.where, tell(r).reason) for r in outcome.rejects] == [
        (
            "a.txt",
            'column "Cerex-Benzene"',
            'no unit; state it in mission.toml: [columns] "Cerex-Benzene" = "benzene ppb"',
        )
    ]


def test_gmap_takes_the_wind_of_the_airmar_where_the_station_gave_none(tmp_path: Path) -> None:
    """2 m/s from the west, 4 m/s from the north."""
    nothing = ("NaN", "NaN")
    text = gmap(**{"WS Wind Speed ": nothing, "WS Wind Direction": nothing, "3DS Error Code": ("NaN", 0)})
    record = the_record(read_file(tmp_path, "a.txt", text))
    wind = {channel.name: channel.values for channel in record.channels if channel.name in ("u", "v")}
    np.testing.assert_allclose([wind["u"], wind["v"]], [[2, 0], [0, -4]], atol=1e-12)
    assert record.qc_flag.tolist() == [0, 0]


def test_gmap_months_come_first(tmp_path: Path) -> None:
    """05/06/18 is the sixth of May; a mission may say otherwise."""
    text = gmap(Time=("05/06/18 14:17:48", "05/06/18 14:17:49"))
    assert the_record(read_file(tmp_path, "a.txt", text)).time[0] == np.datetime64("2018-05-06T14:17:48")
    rules = TraceSettings(date_order="dmy")
    assert the_record(read_file(tmp_path, "a.txt", text, rules)).time[0] == np.datetime64("2018-06-05T14:17:48")


def test_gmap_columns_declared_in_the_mission_win(tmp_path: Path) -> None:
    """Whoever knows the unit of BEN may say so."""
    record = the_record(read_file(tmp_path, "a.txt", gmap(), TraceSettings(columns={"BEN": "benzene ppb"})))
    benzene = next(channel for channel in record.channels if channel.name == "benzene")
    assert benzene.values.tolist() == [5, 6] and benzene.attrs["units"] == "ppb"


OTM33A = (
    "Time,CO2,CH4,GPS Latitude,GPS Longitude,3DS 3D Speed,3DS Azimuth,WS Wind Speed ,WS Wind Direction,"
    "WS Temperature,WS Rel Humidity,WS Bar. Pressure,3DS W,3DS U,3DS V,3DS Sonic Temp\n"
    "2011-04-20 10:19:49.251,383.5,3.125,35.5,-79.5,3.67,188.0,3.5,90,25.0,60,995.5,0.05,-0.5,-3.75,24.0\n"
    "2011-04-20 10:19:49.343,382.5,3.25,35.25,-79.25,3.67,188.0,4.5,0,26.0,61,996.5,0.06,-0.25,-3.5,23.0\n"
)


def test_otm33a(tmp_path: Path) -> None:
    """Ten rows a second on a local clock; gas, sonic and weather station in the units of EPA's method."""
    outcome = read_file(tmp_path, "a.csv", OTM33A)
    record, name = the_record(outcome), "OTM 33A"
    assert (record.instrument, record.zone) == (name, "")
    assert list(record.time) == utc("2011-04-20T10:19:49.251", "2011-04-20T10:19:49.343")
    assert record.lon is not None and record.lon.tolist() == [-79.5, -79.25]
    assert record.lat is not None and record.lat.tolist() == [35.5, 35.25]
    east, north = _wind(name)
    assert_channels(
        record,
        {
            "co2": ([383.5, 382.5], _gas("co2", "carbon dioxide", "ppm", name, "carbon_dioxide")),
            "ch4": ([3.125, 3.25], _gas("ch4", "methane", "ppm", name, "methane")),
            "temperature": ([298.15, 299.15], _other("K", "air temperature", name, "air_temperature")),
            "relative_humidity": ([0.6, 0.61], _other("1", "relative humidity", name, "relative_humidity")),
            "pressure": ([99550, 99650], _other("Pa", "air pressure", name, "air_pressure")),
            "sonic_w": ([0.05, 0.06], _other("m s-1", "sonic anemometer w, upward", name)),
            "sonic_u": ([-0.5, -0.25], _other("m s-1", "sonic anemometer u, as given", name)),
            "sonic_v": ([-3.75, -3.5], _other("m s-1", "sonic anemometer v, as given", name)),
            "sonic_temperature": ([297.15, 296.15], _other("K", "sonic temperature", name)),
            "u": ([-3.5, 0], east),
            "v": ([0, -4.5], north),
        },
    )
    assert said(outcome.decisions) == [
        ("2 columns not read", "headings that mean nothing here: 3DS 3D Speed, 3DS Azimuth")
    ]
