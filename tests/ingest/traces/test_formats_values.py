"""Every column of every table format: where its values end up, in which unit, at which time, with which flag."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.traces.read import recognise
from ingest.traces.record import TraceSettings
from tests.ingest.traces.readings import assert_channels, read_file, said, the_record, utc

NAN = float("nan")
MISSING, FAULT, POOR = int(Flag.VALUE_MISSING), int(Flag.INSTRUMENT_FAULT), int(Flag.GNSS_POOR)


def _gas(
    slug: str, text: str, units: str, instrument: str, cf: str = "", kind: str = "mole_fraction_of"
) -> dict[str, str]:
    attrs = {"units": units, "long_name": text, "species": slug, "instrument": instrument}
    return attrs | ({"standard_name": f"{kind}_{cf}_in_air"} if cf else {})


def _dust(slug: str, text: str, units: str, instrument: str, cf: str = "") -> dict[str, str]:
    attrs = {"units": units, "long_name": text, "species": slug, "instrument": instrument}
    name = f"mass_concentration_of_{cf}_ambient_aerosol_particles_in_air"
    return attrs | ({"standard_name": name} if cf else {})


def _other(units: str, text: str, instrument: str, cf: str = "") -> dict[str, str]:
    attrs = {"units": units, "long_name": text, "instrument": instrument}
    return attrs | ({"standard_name": cf} if cf else {})


def _wind(instrument: str) -> tuple[dict[str, str], dict[str, str]]:
    return (
        _other("m s-1", "wind over the ground, eastward", instrument, "eastward_wind"),
        _other("m s-1", "wind over the ground, northward", instrument, "northward_wind"),
    )


# --- Picarro -------------------------------------------------------------------------------------------------------

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


# --- EPA RETIGO ----------------------------------------------------------------------------------------------------

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
            "pnc": ([5665.5, 5666.5], _dust("pnc", "particle number concentration", "cm-3", name) | number),
            "bc": ([1.0625, 1.125], _dust("bc", "black carbon", "ug m-3", name)),
            "pm25": ([7.5, NAN], _dust("pm25", "particulate matter below 2.5 µm", "ug m-3", name, "pm2p5")),
            "pm10": ([9.5, 9.75], _dust("pm10", "particulate matter below 10 µm", "ug m-3", name, "pm10")),
            "pm_total": ([20.5, 20.75], _dust("pm_total", "particulate matter, total", "ug m-3", name)),
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
        ("1 columns not read", "headings that mean nothing here: ID(-)"),
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


# --- LI-COR --------------------------------------------------------------------------------------------------------

LI7810 = (
    "Model:\tLI-7810\nSN:\tTG10-01234\nSoftware Version:\t2.0.24\nTimezone:\tAsia/Shanghai\n"
    "DATAH\tSECONDS\tNANOSECONDS\tNDX\tDIAG\tREMARK\tDATE\tTIME\tH2O\tCO2\tCH4\tN2O\tCAVITY_P\n"
    "DATAU\tsecs\tnsecs\tindex\tdiag\t\tdate\ttime\tppm\tppm\tppb\tppb\tkPa\n"
    "DATA\t1728349200\t250000000\t1\t0\t\t2024-10-08\t09:00:00\t9000.5\t420.5\t2001.5\t331.5\t39.1\n"
    "DATA\t1728349201\t999999999\t2\t8\t\t2024-10-08\t09:00:01\t9001.5\t421.5\tnan\t332.5\t39.1\n"
    "DATA\t1728349202\tnan\t3\tnan\t\t2024-10-08\t09:00:02\t9002.5\t422.5\t2003.5\t333.5\t39.1\n"
)


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
    with pytest.raises(FileError, match="no DATAH row"):
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


# --- EPA GMAP and OTM 33A ------------------------------------------------------------------------------------------

GMAP_COLUMNS = {
    "Time": ("06/12/18 14:17:48", "06/12/18 14:17:49"), "CO2": (408.5, 409.5), "CH4": (2.5, 2.75),
    "3DS U": (0.5, -0.5), "3DS V": (-8.5, -7.5), "3DS W": (-0.25, 0.25), "3DS 2D Speed": (8, 8),
    "3DS 3D Speed": (8, 8), "3DS Azimuth": (177, 182), "3DS Elevation": (-3, -1), "3DS SoS": (342, 342),
    "3DS Sonic Temp": (18.5, 19.5), "3DS Error Code": (0, 3), "GPS Track": (90, 180),
    "GPS Ground Speed": (0.5, 0.25), "GPS Time": (69468, 69469), "GPS Latitude": (48.5, 48.25),
    "GPS Longitude": (-103.5, -103.25), "GPS DoP": (0.75, 1.25), "WS Wind Speed ": (3, 6),
    "WS Wind Direction": (90, 180), "WS Temperature": (20, 21), "WS Rel Humidity": (60, 61),
    "WS Bar. Pressure": (1000, 1001), "WS Compass Heading": (15, 16), "BEN": (5, 6), "TOL": (1, 1), "ETB": (1, 1),
    "XYO": (1, 1), "XYM": (1, 1), "XYP": (1, 1), "SO2": (1, 1), "STY": (1, 1), "FOR": (1, 1), "NH3": (1, 1),
    "NO": (1, 1), "NO2": (1, 1), "O3": (1, 1), "Cell Pressure": (25, 25), "Cell Temperature": (-1, -1),
    "SUMMA Pressure": (174, 174), "VOC": (1, 1), "AirMar Wind Speed [m/s] ": (2, 4),
    "AirMar Wind Direction [TRUE]": (270, 0), "AirMar Air Temp [oC]": (18, 19), "AirMar Rel Humidity [%]": (50, 51),
    "AirMar Barometer [mBar]": (1010, 1011), "AirMar Heading": (15, 16), "AirMar Ground Speed [MPH]": (0, 0),
    "AirMar Latitude": (1, 1), "AirMar Longitude": (2, 2), "Cerex-Benzene": (3, 4), "Cerex-Toluene": ("NaN", "NaN"),
    "Tiger-VOC": (1, 1), "MPOD PID": (1, 1), "Cerex-Benzene_MDL(ppb)": (1, 1), "Cerex-Benzene_R2": (1, 1),
}  # fmt: skip


def _gmap(**changes: tuple[object, object]) -> str:
    columns = GMAP_COLUMNS | changes
    rows = ("\t".join(str(pair[i]) for pair in columns.values()) for i in range(2))
    return "\n".join(["Description\t", "Time\tDelay\tCO2", "<<<DATA>>>", "\t".join(columns), *rows]) + "\n"


def test_gmap(tmp_path: Path) -> None:
    """Weather station and sonic in the units of EPA's manual, a sonic error flags the wind, the rest is left out."""
    outcome = read_file(tmp_path, "a.txt", _gmap())
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
        ("1 columns left out", "they hold no value: Cerex-Toluene"),
    ]
    assert [(r.item, r.where, r.reason) for r in outcome.rejects] == [
        (
            "a.txt",
            'column "Cerex-Benzene"',
            'no unit; state it in mission.toml: [columns] "Cerex-Benzene" = "benzene ppb"',
        )
    ]


def test_gmap_takes_the_wind_of_the_airmar_where_the_station_gave_none(tmp_path: Path) -> None:
    """2 m/s from the west, 4 m/s from the north."""
    nothing = ("NaN", "NaN")
    text = _gmap(**{"WS Wind Speed ": nothing, "WS Wind Direction": nothing, "3DS Error Code": ("NaN", 0)})
    record = the_record(read_file(tmp_path, "a.txt", text))
    wind = {channel.name: channel.values for channel in record.channels if channel.name in ("u", "v")}
    np.testing.assert_allclose([wind["u"], wind["v"]], [[2, 0], [0, -4]], atol=1e-12)
    assert record.qc_flag.tolist() == [0, 0]


def test_gmap_months_come_first(tmp_path: Path) -> None:
    """05/06/18 is the sixth of May; a mission may say otherwise."""
    text = _gmap(Time=("05/06/18 14:17:48", "05/06/18 14:17:49"))
    assert the_record(read_file(tmp_path, "a.txt", text)).time[0] == np.datetime64("2018-05-06T14:17:48")
    rules = TraceSettings(date_order="dmy")
    assert the_record(read_file(tmp_path, "a.txt", text, rules)).time[0] == np.datetime64("2018-06-05T14:17:48")


def test_gmap_columns_declared_in_the_mission_win(tmp_path: Path) -> None:
    """Whoever knows the unit of BEN may say so."""
    record = the_record(read_file(tmp_path, "a.txt", _gmap(), TraceSettings(columns={"BEN": "benzene ppb"})))
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


# --- hand-held instruments -----------------------------------------------------------------------------------------

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
            "pm25": ([12, 13], _dust("pm25", "particulate matter below 2.5 µm", "ug m-3", name, "pm2p5")),
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
    with pytest.raises(FileError, match="a quantity and a unit for every column"):
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
            "bc": ([NAN, 8580], _dust("bc", "black carbon", "ng m-3", name)),
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
            "pm1": ([0.035, 0.036], _dust("pm1", "particulate matter below 1 µm", "mg m-3", name, "pm1")),
            "pm25": ([0.038, 0.039], _dust("pm25", "particulate matter below 2.5 µm", "mg m-3", name, "pm2p5")),
            "pm4": ([0.045, 0.046], _dust("pm4", "respirable particulate matter", "mg m-3", name)),
            "pm10": ([0.075, 0.076], _dust("pm10", "particulate matter below 10 µm", "mg m-3", name, "pm10")),
            "pm_total": ([0.316, 0.317], _dust("pm_total", "particulate matter, total", "mg m-3", name)),
        },
    )
    assert outcome.decisions == ()


DT8530 = "Model Number:,8530\n\nDate,Time,AEROSOL\nMM/dd/yyyy,hh:mm:ss,mg/m^3\n03/04/2019,09:10:01,0.090\n"
DT8530 += "03/04/2019,09:10:02,0.093\n"


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
    pm = _dust("pm25", "particulate matter below 2.5 µm", "mg m-3", name, "pm2p5")
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
    attrs = _dust("pnc", "particle number concentration", "cm-3", name) | number
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
    with pytest.raises(FileError, match=reason):
        read_file(tmp_path, "a.csv", _cpc().replace(*change))


# --- Sniffer4D -----------------------------------------------------------------------------------------------------

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
            "tvoc": (0.25, _gas("tvoc", "volatile organic compounds, total", "ppm", name)),
            "so2": (9.5, _gas("so2", "sulfur dioxide", "ug m-3", name, "sulfur_dioxide", mass)),
            "co": (0.625, _gas("co", "carbon monoxide", "mg m-3", name, "carbon_monoxide", mass)),
            "no2": (35.5, _gas("no2", "nitrogen dioxide", "ug m-3", name, "nitrogen_dioxide", mass)),
            "ox": (80, _gas("ox", "ozone and nitrogen dioxide", "ug m-3", name)),
            "pm1": (20, _dust("pm1", "particulate matter below 1 µm", "ug m-3", name, "pm1")),
            "pm25": (35, _dust("pm25", "particulate matter below 2.5 µm", "ug m-3", name, "pm2p5")),
            "pm10": (60, _dust("pm10", "particulate matter below 10 µm", "ug m-3", name, "pm10")),
        },
    )
    assert said(outcome.decisions) == [("1 columns not read", "headings that mean nothing here: 设备序列号")]


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


# --- positions in a table ------------------------------------------------------------------------------------------


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


# --- who recognises what -------------------------------------------------------------------------------------------


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
        ("a.txt", _gmap(), b"Description\t"),
        ("a.data", LI7810, b"Model:\t"),
        ("b.csv", AIRCASTING, b"AirBeam2-F"),
        ("c.csv", AE51, b"AethLabs"),
        ("d.csv", DUSTTRAK_HEAD + DT8530, b"Model:,DustTrak DRX"),
    ):
        record = the_record(read_file(tmp_path, name, text.encode().replace(mark, mark + wrong, 1)))
        assert len(record.time) >= 2 and record.channels
