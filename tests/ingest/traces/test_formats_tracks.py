"""Positions in the formats that crews have: KML, GPX with extensions, RTKLIB, Columbus, Garmin, Airdata, DJI."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import FileError
from ingest.text.times.gpstime import utc_from_gps
from ingest.traces.read import read_traces
from ingest.traces.record import Record, TraceSettings
from onevisit.words.telling import tell
from tests.ingest.traces.readings import read_file, the_record, utc
from tests.told import raises_told

KML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2" '
    'xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>{}</Document></kml>'
)
TRACK = (
    "<Placemark><gx:Track><when>2024-05-01T10:00:00Z</when><when>2024-05-01T10:00:01Z</when>"
    "<gx:coord>9.1 55.6 20</gx:coord><gx:coord>9.2 55.7 21</gx:coord>{}</gx:Track></Placemark>"
)


def values(record: Record) -> dict[str, list[float]]:
    """Channels by name, rounded."""
    return {c.name: np.round(c.values, 6).tolist() for c in record.channels}


def read(folder: Path, name: str, content: str | bytes) -> Record:
    """The only record of a file."""
    return the_record(read_file(folder, name, content))


# --- KML -----------------------------------------------------------------------------------------------------------


def test_a_track_of_kml(tmp_path: Path) -> None:
    """Times, places and heights of a gx:Track whose lists stand one after the other; its arrays are columns."""
    arrays = (
        '<ExtendedData><SchemaData><gx:SimpleArrayData name="CH4 (ppm)"><gx:value>2.1</gx:value>'
        "<gx:value>2.2</gx:value></gx:SimpleArrayData></SchemaData></ExtendedData>"
    )
    record = read(tmp_path, "a.kml", KML.format(TRACK.format(arrays)))
    assert list(record.time) == utc("2024-05-01T10:00:00", "2024-05-01T10:00:01") and record.zone == "UTC"
    assert record.lon is not None and record.lat is not None
    assert (record.lon.tolist(), record.lat.tolist()) == ([9.1, 9.2], [55.6, 55.7])
    assert values(record) == {"altitude": [20.0, 21.0], "ch4": [2.1, 2.2]}


def test_placemarks_with_a_time(tmp_path: Path) -> None:
    """Points in any order; lines and points without times are counted."""
    point = (
        "<Placemark><TimeStamp><when>2024-05-01T10:00:0{0}Z</when></TimeStamp><ExtendedData><Data name='NO2 ppb'>"
        "<value>2{0}</value></Data></ExtendedData><Point><coordinates>9.{0},55.6,0</coordinates></Point></Placemark>"
    )
    line = "<Placemark><LineString><coordinates>9,55 9,56</coordinates></LineString></Placemark>"
    outcome = read_file(tmp_path, "a.kml", KML.format(point.format(3) + point.format(1) + line))
    record = the_record(outcome)
    assert record.lon is not None and record.lon.tolist() == [9.1, 9.3]
    assert values(record) == {"no2": [21.0, 23.0]}
    assert [(r.code, r.values["untimed"]) for r in outcome.rejects] == [("kml_points_left_out", 1)]


def test_a_track_of_kmz(tmp_path: Path) -> None:
    """The same, packed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", KML.format(TRACK.format("")))
    record = read(tmp_path, "a.kmz", packed.getvalue())
    assert record.lat is not None and record.lat.tolist() == [55.6, 55.7]


def test_a_line_without_times_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """A drawing has no clock."""
    line = "<Placemark><LineString><coordinates>9,55 9,56</coordinates></LineString></Placemark>"
    with raises_told(FileError, match=r"1 lines and points without one.*export the track as GPX"):
        read(tmp_path, "a.kml", KML.format(line))


def test_moments_without_a_place_are_counted(tmp_path: Path) -> None:
    """Three times, two places."""
    outcome = read_file(tmp_path, "a.kml", KML.format(TRACK.format("<when>2024-05-01T10:00:02Z</when>")))
    assert len(the_record(outcome).time) == 2 and outcome.rejects[0].values["uneven"] == 1


# --- GPX -----------------------------------------------------------------------------------------------------------


def test_gas_in_extensions_of_gpx(tmp_path: Path) -> None:
    """Units in the names, as attributes, or by the species; speed, course and HDOP as always; a pulse is no gas."""
    extension = (
        "<extensions><x:speed>8.5</x:speed><x:course>90</x:course><x:hdop>0.9</x:hdop><x:ch4_ppm>2.{0}</x:ch4_ppm>"
        '<x:no2 unit="ppb">2{0}</x:no2><x:co2>41{0}</x:co2><x:hr>120</x:hr></extensions>'
    )
    points = "".join(
        f'<trkpt lat="55.6" lon="9.{n}"><time>2024-05-01T10:00:0{n}Z</time>{extension.format(n)}</trkpt>'
        for n in range(6)
    )
    text = f'<gpx version="1.1" xmlns:x="urn:x"><trk><trkseg>{points}</trkseg></trk></gpx>'
    record = read(tmp_path, "a.gpx", text)
    found = {c.name: (c.attrs["units"], round(float(c.values[1]), 6)) for c in record.channels}
    assert found == {
        "speed": ("m s-1", 8.5),
        "heading": ("rad", 1.570796),
        "hdop": ("1", 0.9),
        "ch4": ("ppm", 2.1),
        "no2": ("ppb", 21.0),
        "co2": ("ppm", 411.0),
    }
    assert record.has_species


def test_a_declared_extension_of_gpx(tmp_path: Path) -> None:
    """What has no unit is refused with the line that gives it one, and that line works."""
    points = "".join(
        f'<trkpt lat="55.6" lon="9.{n}"><time>2024-05-01T10:00:0{n}Z</time><extensions><so2>1{n}</so2></extensions>'
        "</trkpt>"
        for n in range(6)
    )
    text = f'<gpx version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>'
    outcome = read_file(tmp_path, "a.gpx", text)
    assert '[columns] "so2" = "so2 ppb"' in tell(outcome.rejects[0]).line
    record = the_record(read_file(tmp_path, "a.gpx", text, TraceSettings(columns={"so2": "so2 ppb"})))
    assert values(record) == {"so2": [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]}


# --- RTKLIB --------------------------------------------------------------------------------------------------------

_NAMES = "latitude(deg) longitude(deg)  height(m)   Q  ns   sdn(m)   sde(m)   sdu(m)"


@pytest.mark.parametrize(
    ("heading", "stamps", "first"),
    [
        ("GPST", ("2024/05/01 10:00:00.000", "2024/05/01 10:00:01.000"), "2024-05-01T09:59:42"),
        ("UTC", ("2024/05/01 10:00:00.000", "2024/05/01 10:00:01.000"), "2024-05-01T10:00:00"),
        ("JST", ("2024/05/01 10:00:00.000", "2024/05/01 10:00:01.000"), "2024-05-01T01:00:00"),
        ("GPST", ("2312 295200.000", "2312 295201.000"), "2024-05-01T09:59:42"),
        ("GPST", ("2016/12/31 10:00:00.000", "2016/12/31 10:00:01.000"), "2016-12-31T09:59:43"),
    ],
)
@pytest.mark.parametrize("comma", [False, True])
def test_times_of_rtklib(tmp_path: Path, heading: str, stamps: tuple[str, str], first: str, comma: bool) -> None:
    """GPST by the leap seconds of its day, JST by nine hours, weeks and seconds; blanks or commas."""
    rows = [f"{stamp}   55.6  9.10{n}  20.5   {n + 1}  12   0.0300   0.0400   0.02" for n, stamp in enumerate(stamps)]
    if comma:
        rows = [f"{s}," + ",".join(r[len(s) :].split()) for s, r in zip(stamps, rows, strict=True)]
    text = (
        f"% program   : RTKLIB\n% (lat/lon/height=WGS84/ellipsoidal)\n%  {heading}   {_NAMES}\n"
        + "\n".join(rows)
        + "\n"
    )
    record = read(tmp_path, "a.pos", text)
    assert record.time[0] == np.datetime64(first) and record.zone == "UTC"
    assert record.lon is not None and record.lon.tolist() == [9.1, 9.101]
    assert values(record) == {
        "altitude": [20.5, 20.5],
        "fix_quality": [1.0, 2.0],
        "satellites": [12.0, 12.0],
        "gnss_accuracy": [0.035355, 0.035355],
    }


def test_degrees_minutes_and_seconds_of_rtklib(tmp_path: Path) -> None:
    """Three columns each; the sign stands before the degrees, 0 too."""
    head = "%  UTC   latitude(d'\") longitude(d'\")  height(m)   Q  ns   sdn(m)   sde(m)   sdu(m)\n"
    rows = "2024/05/01 10:00:00 -55 36 0.0  -00 06 36.0 20 1 9 .1 .1 .1\n"
    rows += "2024/05/01 10:00:01 55 36 0.0  9 06 0.0 20 1 9 .1 .1 .1\n"
    record = read(tmp_path, "a.pos", head + rows)
    assert record.lat is not None and record.lat == pytest.approx([-55.6, 55.6])
    assert record.lon is not None and record.lon == pytest.approx([-0.11, 9.1])


def test_a_baseline_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """East, north, up from a base that the file does not place."""
    text = "%  GPST  e-baseline(m)  n-baseline(m)  u-baseline(m) Q ns\n2024/05/01 10:00:00 1 2 3 1 9\n"
    with raises_told(FileError, match="out-solformat = llh"):
        read(tmp_path, "a.pos", text)


def test_leap_seconds_begin_at_midnight_of_utc() -> None:
    """The second before 2017 in UTC is 2017-01-01T00:00:16 in GPS time; 00:00:18 is midnight."""
    gps = np.array(["2017-01-01T00:00:16", "2017-01-01T00:00:18"], "datetime64[ns]")
    assert utc_from_gps(gps).tolist() == np.array(["2016-12-31T23:59:59", "2017-01-01"], "datetime64[ns]").tolist()


# --- loggers and flights -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pad", [" ", "\0", ""])
def test_columbus(tmp_path: Path, pad: str) -> None:
    """Hemispheres behind the degrees, km/h, years of two digits; padded with blanks, zero bytes, or not."""
    text = (
        "INDEX,TAG,DATE,TIME,LATITUDE N/S,LONGITUDE E/W,HEIGHT,SPEED,HEADING,FIX MODE,VALID,PDOP,HDOP,VDOP,VOX\r\n"
        f"1{pad * 5},T,240501,020304,31.765931N,035.206969W,821{pad},36{pad * 2},90,3D,SPS ,1.6,1.3,0.9,\r\n"
        f"2{pad * 5},V,240501,020305,31.765931S,035.206969E,822{pad},18{pad * 2},180,3D,SPS ,1.6,1.3,0.9,V1\r\n"
    )
    record = read(tmp_path, "a.csv", text)
    assert list(record.time) == utc("2024-05-01T02:03:04", "2024-05-01T02:03:05") and record.zone == "UTC"
    assert record.lat is not None and record.lat.tolist() == [31.765931, -31.765931]
    assert record.lon is not None and record.lon.tolist() == [-35.206969, 35.206969]
    found = values(record)
    assert (found["altitude"], found["speed"], found["hdop"]) == ([821.0, 822.0], [10.0, 5.0], [1.3, 1.3])
    assert found["heading"] == [1.570796, 3.141593]


@pytest.mark.parametrize(("offset", "hour"), [("+08:00", "02"), ("08:00", "02"), ("-05:00", "15"), ("00:00", "10")])
def test_g1000(tmp_path: Path, offset: str, hour: str) -> None:
    """The offset of each row, feet, knots, magnetic course; a row without a fix is counted."""
    tail = "+55.60000, +9.10{}00, 1000.0, 15.0, 97.19, 87.0, 3.0, 9.719, 270"
    text = (
        '#airframe_info, log_version="1.00", airframe_name="Cessna 172S",\n'
        "#yyy-mm-dd, hh:mm:ss,   hh:mm,  ident,  degrees,  degrees,  ft msl, deg C,  kt,  deg,  deg,  kt, deg\n"
        "  Lcl Date, Lcl Time, UTCOfst, AtvWpt, Latitude, Longitude, AltMSL, OAT, GndSpd, TRK, MagVar, WndSpd,WndDr\n"
        "          ,         ,        ,       ,         ,          ,       ,      ,       ,    ,     ,     ,\n"
        f"2024-05-01, 10:00:00,  {offset},       , {tail.format(0)}\n"
        f"2024-05-01, 10:00:01,  {offset},       , {tail.format(1)}\n"
    )
    record = read(tmp_path, "log.csv", text)
    assert str(record.time[0])[11:13] == hour and record.zone == "UTC" and record.instrument == "Garmin Cessna 172S"
    assert record.lon is not None and record.lon == pytest.approx([9.1, 9.101])
    found = {c.name: float(c.values[0]) for c in record.channels}
    assert found["altitude"] == pytest.approx(304.8) and found["speed"] == pytest.approx(50.0, abs=2e-3)
    assert found["heading"] == pytest.approx(np.pi / 2) and found["temperature"] == pytest.approx(288.15)
    assert found["u"] == pytest.approx(5.0, abs=1e-3)


@pytest.mark.parametrize("feet", [True, False])
@pytest.mark.parametrize("zone", ["utc", "local"])
def test_airdata(tmp_path: Path, feet: bool, zone: str) -> None:
    """Ten rows a second under a clock of whole ones; feet and mph, or metres; local time by the place."""
    length, speed = ("feet", "mph") if feet else ("meters", "m/s")
    high, fast = ("328.084", "22.3694") if feet else ("100", "10")
    clock = "02" if zone == "utc" else "10"
    rows = "".join(
        f"{100 * n},2024-05-01 {clock}:00:0{(n + 5) // 10},30.66,{104.05 + n * 1e-5:.5f},{high},{high},{fast},17\n"
        for n in range(12)
    )
    head = (
        f"time(millisecond),datetime({zone}),latitude,longitude,height_above_takeoff({length}),"
        f"altitude_above_seaLevel({length}),speed({speed}),satellites\n"
    )
    outcome = read_file(tmp_path, "a.csv", head + rows)
    record = the_record(outcome)
    assert (record.zone, record.zone_hint) == (("UTC", "") if zone == "utc" else ("", "local"))
    assert str(record.time[0])[:23] == f"2024-05-01T{clock}:00:00.500"
    assert (np.diff(record.time) == np.timedelta64(100, "ms")).all()
    found = values(record)
    assert found["height_above_takeoff"][0] == pytest.approx(100, abs=1e-3)
    assert found["speed"][0] == pytest.approx(10, abs=1e-3) and found["satellites"][0] == 17


def test_a_flight_gives_its_positions_to_a_sensor(tmp_path: Path) -> None:
    """The sensor has no position of its own; the log in local time is placed by its place."""
    rows = "".join(
        f"{100 * n},2024-05-01 10:00:{n // 10:02d},30.66,{104.05 + n * 1e-5:.5f},328.084,22.3694\n"
        for n in range(100)
    )
    head = "time(millisecond),datetime(local),latitude,longitude,height_above_takeoff(feet),speed(mph)\n"
    (tmp_path / "air.csv").write_text(head + rows)
    gas = "".join(f"2024-05-01T02:00:0{n}Z,{2 + n / 10}\n" for n in range(9))
    (tmp_path / "gas.csv").write_text("Timestamp,CH4 (ppm)\n" + gas)
    [trace] = read_traces(sorted(tmp_path.iterdir()), TraceSettings()).value
    assert trace["lon"].values[3] == pytest.approx(104.0503, abs=2e-5) and float(trace["ch4"].values[3]) == 2.3
    assert float(trace["height_above_takeoff"].values[3]) == pytest.approx(100, abs=1e-3)


@pytest.mark.parametrize(
    ("head", "stamps", "zone"),
    [
        (
            "CUSTOM.date [local],CUSTOM.updateTime [local]",
            ("5/13/2024,7:05:08.97 PM", "5/13/2024,7:05:09.07 PM"),
            "local",
        ),
        ("CUSTOM.updateTime", ("2024/05/13 19:05:08.970", "2024/05/13 19:05:09.070"), "UTC"),
    ],
)
@pytest.mark.parametrize("above", ["", "sep=,\n"])
def test_flight_records_of_dji(tmp_path: Path, head: str, stamps: tuple[str, str], zone: str, above: str) -> None:
    """Feet and mph, afternoons, a line for spreadsheets above."""
    names = "OSD.latitude,OSD.longitude,OSD.height [ft],OSD.altitude [ft],OSD.hSpeed [MPH],OSD.gpsNum"
    rows = "".join(f"{stamp},30.66,104.05{n},328.084,1968.504,22.3694,17\n" for n, stamp in enumerate(stamps))
    record = read(tmp_path, "a.csv", f"{above}{head},{names}\n{rows}")
    assert str(record.time[0])[:22] == "2024-05-13T19:05:08.97"
    assert (record.zone, record.zone_hint) == (("", "local") if zone == "local" else ("UTC", ""))
    found = values(record)
    assert found["height_above_takeoff"][0] == pytest.approx(100, abs=1e-3)
    assert found["altitude"][0] == pytest.approx(600, abs=1e-3) and found["speed"][0] == pytest.approx(10, abs=1e-3)


@pytest.mark.parametrize("stamped", [False, True])
def test_flights_of_datcon(tmp_path: Path, stamped: bool) -> None:
    """Date and time as numbers, or one stamp; rows before the first fix have no time."""
    if stamped:
        head, stamps = "GPS:dateTimeStamp", ["2024-05-13T01:02:03Z", "2024-05-13T01:02:04Z"]
        names = "GPS:Lat,GPS:Long,GPS:heightMSL[meters]"
    else:
        head, stamps = "GPS(0):Date,GPS(0):Time", ["0,0", "20240513,10203", "20240513,10204"]
        names = "GPS(0):Lat[degrees],GPS(0):Long[degrees],GPS(0):heightMSL[meters]"
    rows = "".join(f"{stamp},30.66,104.05,512.5\n" for stamp in stamps)
    record = read(tmp_path, "a.csv", f"{head},{names}\n{rows}")
    assert list(record.time) == utc("2024-05-13T01:02:03", "2024-05-13T01:02:04") and record.zone == "UTC"
    assert values(record) == {"altitude": [512.5, 512.5]}
