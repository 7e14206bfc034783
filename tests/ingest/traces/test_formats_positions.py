"""NMEA, GPX and ICARTT: every field of a sentence, a point and a header, at its moment, in its unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.outcome import Outcome
from ingest.traces.formats.nmea import checksum
from ingest.traces.record import Record
from onevisit.words.telling import tell
from tests.ingest.traces.readings import assert_channels, read_file, said, the_record, utc
from tests.told import raises_told

NAN = float("nan")
POOR = int(Flag.GNSS_POOR)


# --- NMEA ----------------------------------------------------------------------------------------------------------


def _sentence(body: str) -> str:
    return f"${body}*{checksum(body):02X}\n"


def _nmea(folder: Path, *bodies: str, name: str = "a.nmea", more: str = "") -> Outcome[tuple[Record, ...]]:
    return read_file(folder, name, "".join(map(_sentence, bodies)) + more)


def test_every_field_of_gga_and_rmc(tmp_path: Path) -> None:
    """Two sentences of one second are one fix, whichever comes first; knots, degrees and minutes, all hemispheres."""
    outcome = _nmea(
        tmp_path,
        "GPGGA,010203.25,3039.6000,N,10403.0000,E,1,08,0.9,512.5,M,-33.9,M,,",
        "GPRMC,010203.25,A,3039.6000,N,10403.0000,E,19.438444924406,090.0,081024,,,A",
        "GNRMC,010204.00,A,3030.0000,S,00315.0000,W,0.0,180.0,081024,,,A",
        "GNGGA,010204.00,3030.0000,S,00315.0000,W,2,10,1.5,-3.5,M,,M,,",
    )
    record = the_record(outcome)
    assert (record.item, record.instrument, record.zone) == ("a.nmea", "GNSS", "UTC")
    assert list(record.time) == utc("2024-10-08T01:02:03.250", "2024-10-08T01:02:04")
    assert record.lon is not None and record.lat is not None
    np.testing.assert_allclose(record.lon, [104.05, -3.25], rtol=1e-14)
    np.testing.assert_allclose(record.lat, [30.66, -30.5], rtol=1e-14)
    assert record.qc_flag.tolist() == [0, 0] and record.qc_flag.dtype == np.uint32
    height = {"units": "m", "long_name": "altitude above mean sea level"}
    assert_channels(
        record,
        {
            "altitude": ([512.5, -3.5], height | {"vertical_datum": "mean sea level (receiver's geoid)"}),
            "speed": ([10.0, 0.0], {"units": "m s-1", "long_name": "platform speed over ground"}),
            "heading": (
                [np.pi / 2, np.pi],
                {"units": "rad", "long_name": "direction of travel, clockwise from north"},
            ),
            "satellites": ([8, 10], {"units": "1", "long_name": "satellites used"}),
            "hdop": ([0.9, 1.5], {"units": "1", "long_name": "horizontal dilution of precision"}),
        },
    )
    assert outcome.decisions == outcome.rejects == ()


@pytest.mark.parametrize(
    ("gga", "rmc", "flagged"),
    [("1", "A", False), ("0", "A", True), ("", "A", True), ("1", "V", True), ("5", "A", False), ("0", "V", True)],
)
def test_a_fix_is_good_where_both_sentences_say_so(tmp_path: Path, gga: str, rmc: str, flagged: bool) -> None:
    """Quality above 0 and status A, in either order."""
    first = f"GPGGA,010203,3039.6,N,10403.0,E,{gga},08,0.9,512.5,M,,M,,"
    second = f"GPRMC,010203,{rmc},3039.6,N,10403.0,E,0,0,081024,,,A"
    for bodies in ((first, second), (second, first)):
        assert the_record(_nmea(tmp_path, *bodies)).qc_flag.tolist() == [POOR if flagged else 0]


def test_what_a_sentence_lacks_is_taken_from_the_other(tmp_path: Path) -> None:
    """An empty RMC does not spoil the place of GGA; a channel without any value is none."""
    record = the_record(
        _nmea(
            tmp_path,
            "GPGGA,010203,3039.6,N,10403.0,E,1,08,,,M,,M,,",
            "GPRMC,010203,A,,,,,,,081024,,,A",
            "GPGGA,010204,306.6,N,10403.0,E,1,08,,,M,,M,,",
            "GPRMC,010205,A,3039.6,N,x,E,1.0,,081024,,,A",
        )
    )
    assert record.lat is not None and record.lon is not None
    np.testing.assert_allclose(record.lat, [30.66, 3 + 6.6 / 60, 30.66])
    np.testing.assert_allclose(record.lon, [104.05, 104.05, NAN])
    assert [channel.name for channel in record.channels] == ["speed", "satellites"]
    np.testing.assert_allclose(record.channels[0].values, [NAN, NAN, 1852 / 3600])


def test_sentences_that_are_not_used_are_counted(tmp_path: Path) -> None:
    """A wrong checksum, none, a broken clock, too few fields; other lines that are not empty are passed over."""
    good = "GPRMC,010203,A,3039.6,N,10403.0,E,0,0,081024,,,A"
    more = "$GPRMC,010204,A,3039.6,N,10403.0,E,0,0,081024,,,A*00\n$GPRMC,010204,A,3039.6,N,10403.0,E,0,0,081024,,,A\n"
    more += _sentence("GPRMC,0102,A,3039.6,N,10403.0,E,0,0,081024,,,A") + _sentence("GPGGA,010204,3039.6,N,10403.0,E")
    more += "\n \n$GPGSV,1,1,01,1,2,3,4*00\njunk\n"
    outcome = _nmea(tmp_path, good, more=more)
    assert len(the_record(outcome).time) == 1
    assert [(r.item, r.where, tell(r).reason) for r in outcome.rejects] == [
        ("a.nmea", "sentences", "4 sentences with a wrong checksum are not used")
    ]
    assert said(outcome.decisions) == [("2 lines passed over", "neither GGA nor RMC")]


def test_a_log_without_a_right_sentence_is_refused(tmp_path: Path) -> None:
    """With the number of wrong ones."""
    with raises_told(FileError, match=r"no GGA or RMC sentence with a right checksum \(1 wrong\)"):
        read_file(tmp_path, "a.nmea", "$GPRMC,010204,A,3039.6,N,10403.0,E,0,0,081024,,,A*00\n")


def test_a_sentence_may_stand_behind_a_stamp_and_a_checksum_in_small_letters(tmp_path: Path) -> None:
    """As loggers with clocks of their own write them."""
    body = "GPRMC,010203,A,3039.6,N,10403.0,E,0,0,081024,,,A"
    record = the_record(read_file(tmp_path, "a.nmea", f"12:00:00 ${body}*{checksum(body):02x}\r\n"))
    assert len(record.time) == 1


@pytest.mark.parametrize(
    ("clock", "seconds"), [("235960", 86400.0), ("235960.999", 86400.999), ("000000", 0.0), ("010203.5", 3723.5)]
)
def test_clocks_of_sentences(tmp_path: Path, clock: str, seconds: float) -> None:
    """A leap second is the first second of the next day."""
    record = the_record(_nmea(tmp_path, f"GPRMC,{clock},A,3039.6,N,10403.0,E,0,0,081024,,,A"))
    assert record.time[0] == np.datetime64("2024-10-08", "ns") + np.timedelta64(round(seconds * 1e9), "ns")


@pytest.mark.parametrize("clock", ["240001", "24:00:00", "10203", "x"])
def test_clocks_that_are_none(tmp_path: Path, clock: str) -> None:
    """Beyond the day, with colons, too short."""
    with raises_told(FileError, match="1 wrong"):
        _nmea(tmp_path, f"GPRMC,{clock},A,3039.6,N,10403.0,E,0,0,081024,,,A")


def _gga(clock: str) -> str:
    return f"GPGGA,{clock},3039.0,N,10404.5,E,1,08,0.9,512.0,M,0,M,,"


def _rmc(clock: str, day: str) -> str:
    return f"GPRMC,{clock},A,3039.0,N,10404.5,E,0,0,{day},,,A"


def test_days_of_fixes(tmp_path: Path) -> None:
    """That of RMC for all until the next one; over midnight where the clock falls by more than half a day."""
    record = the_record(
        _nmea(
            tmp_path,
            _gga("235958"),
            _rmc("235959", "311224"),
            _gga("000000"),
            _gga("000001"),
            _rmc("000002", "010125"),
        )
    )
    assert list(record.time) == utc(
        *("2024-12-31T23:59:58", "2024-12-31T23:59:59", "2025-01-01T00:00:00", "2025-01-01T00:00:01"),
        "2025-01-01T00:00:02",
    )
    half = the_record(_nmea(tmp_path, _rmc("120000", "081024"), _gga("000000"), _gga("120001"), _gga("000000")))
    assert [str(time)[8:16] for time in half.time] == ["08T12:00", "08T00:00", "08T12:00", "09T00:00"]


def test_the_day_of_the_name_where_no_sentence_has_one(tmp_path: Path) -> None:
    """An RMC whose day is none counts as none; it is a decision; without a name the log is refused."""
    for day in ("", "321024", "081324", "0810"):
        outcome = _nmea(tmp_path, _rmc("235959", day), _gga("000000"), name="20241008.nmea")
        assert list(the_record(outcome).time) == utc("2024-10-08T23:59:59", "2024-10-09T00:00:00")
        assert said(outcome.decisions) == [("day 2024-10-08 taken from the file name", "the log has no RMC sentence")]
    with raises_told(FileError, match="no RMC sentence names the day; log RMC too"):
        _nmea(tmp_path, _gga("000000"))


# --- GPX -----------------------------------------------------------------------------------------------------------


def _gpx(points: str, *, head: str = '<?xml version="1.0"?>') -> str:
    return f"{head}<gpx version='1.1'><wpt lat='1' lon='2'/><trk><trkseg>{points}</trkseg></trk></gpx>"


def test_every_field_of_a_track_point(tmp_path: Path) -> None:
    """Place, height, speed, course, satellites, dilution, also in extensions; points without times are counted."""
    text = _gpx(
        '<trkpt lat=" 30.5 " lon="104.25"><ele>512.5</ele><time>2024-10-08T01:00:00.250Z</time><speed>3.5</speed>'
        "<course>90</course><sat>8</sat><hdop>0.75</hdop></trkpt>"
        '<trkpt lat="30.75" lon="104.5"><time>2024-10-08T01:00:01.250Z</time><extensions><a:x xmlns:a="u">'
        "<a:speed>4.5</a:speed><a:course>180</a:course></a:x></extensions></trkpt>"
        '<trkpt lat="30.75" lon="104.5"><ele>1</ele></trkpt>'
    )
    outcome = read_file(tmp_path, "a.gpx", text)
    record = the_record(outcome)
    assert (record.item, record.instrument, record.zone, record.stated_offset_s) == ("a.gpx", "GNSS", "UTC", 0.0)
    assert list(record.time) == utc("2024-10-08T01:00:00.250", "2024-10-08T01:00:01.250")
    assert record.lat is not None and record.lat.tolist() == [30.5, 30.75]
    assert record.lon is not None and record.lon.tolist() == [104.25, 104.5]
    assert record.qc_flag.tolist() == [0, 0] and record.qc_flag.dtype == np.uint32
    assert_channels(
        record,
        {
            "altitude": ([512.5, NAN], {"units": "m", "long_name": "altitude", "vertical_datum": "unknown"}),
            "speed": ([3.5, 4.5], {"units": "m s-1", "long_name": "platform speed over ground"}),
            "heading": (
                [np.pi / 2, np.pi],
                {"units": "rad", "long_name": "direction of travel, clockwise from north"},
            ),
            "satellites": ([8, NAN], {"units": "1", "long_name": "satellites used"}),
            "hdop": ([0.75, NAN], {"units": "1", "long_name": "horizontal dilution of precision"}),
        },
    )
    assert [(r.item, r.where, tell(r).reason) for r in outcome.rejects] == [
        ("a.gpx", "trkpt", "1 track points without a readable time")
    ]


def test_times_of_a_track_may_be_local(tmp_path: Path) -> None:
    """Then their zone is open; an offset is applied."""
    point = '<trkpt lat="30" lon="104"><time>{}</time></trkpt>'
    local = the_record(read_file(tmp_path, "a.gpx", _gpx(point.format("2024-10-08T09:00:00"))))
    assert (local.zone, local.stated_offset_s) == ("", None) and list(local.time) == utc("2024-10-08T09:00:00")
    east = the_record(read_file(tmp_path, "a.gpx", _gpx(point.format("2024-10-08T09:00:00+08:00"))))
    assert (east.zone, east.stated_offset_s) == ("UTC", 28800.0) and list(east.time) == utc("2024-10-08T01:00:00")
    assert local.channels == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_gpx(""), "no track point"),
        (_gpx('<trkpt lat="1" lon="2"/><trkpt lat="1" lon="2"/>'), "2 track points without times"),
        ("<gpx><trk", "not readable XML"),
        (_gpx("", head='<!DOCTYPE gpx [<!ENTITY a "b">]>'), r"unsafe XML refused \(DTDForbidden\)"),
    ],
)
def test_tracks_that_cannot_be_used(tmp_path: Path, text: str, reason: str) -> None:
    """Waypoints only, no times, broken from the start, entities."""
    with raises_told(FileError, match=reason):
        read_file(tmp_path, "a.gpx", text)


def test_a_track_that_breaks_off_is_used_up_to_there(tmp_path: Path) -> None:
    """And the break is a reject with the number of points before it."""
    text = _gpx('<trkpt lat="30" lon="104"><time>2024-10-08T09:00:00Z</time></trkpt>' * 2).split("</trkseg>")[0]
    outcome = read_file(tmp_path, "a.gpx", text + '<trkpt lat="')
    assert len(the_record(outcome).time) == 2
    (reject,) = outcome.rejects
    assert (reject.item, reject.where) == ("a.gpx", "end of file")
    assert tell(reject).reason.startswith("the XML breaks off (") and tell(reject).reason.endswith(
        "2 points before it are used"
    )


# --- ICARTT --------------------------------------------------------------------------------------------------------

ICARTT = [
    "22, 1001", "LAST, FIRST", "A BUREAU", "CRDS on a van", "A MISSION", "1, 1", "2024, 10, 08, 2024, 10, 09", "1",
    "Time_Start, seconds", "8", "1, 1, 0.1, 1, 1, 2, 1, 1", "-9999, -9999, -9999, -9999, -99, -9999, -9999, -9999",
    "CH4_WAS, ppbv, methane", "Latitude, degrees", "CO_LIF, ppbv", "Longitude, degrees", "O3_CL, ppbv", "T_air, K",
    "GPS_Alt, m", "Odd_Thing, furlongs", "0", "0",
]  # fmt: skip
ROWS = [
    "3600.25,2001.5,30.5,2105,104.25,40.5,280,512,1",
    "3601,-9999,30.75,-8888,104.5,-99,281,-7777,1",
    "",
    "86401 2003.5 31 2205 104.75 41.5 282 513 1",
    "broken",
    "-1,1,1,1,1,1,1,1,1",
    "10000000,1,1,1,1,1,1,1,1",
]


def _icartt(folder: Path, head: list[str] = ICARTT, rows: list[str] = ROWS) -> Outcome[tuple[Record, ...]]:
    return read_file(folder, "a.ict", "\n".join([*head, *rows]) + "\n")


def test_every_variable_of_an_icartt_file(tmp_path: Path) -> None:
    """Seconds after midnight UTC, also of the next day; scales; codes of no value; bad rows counted."""
    outcome = _icartt(tmp_path)
    record, name = the_record(outcome), "CRDS on a van"
    assert (record.item, record.instrument, record.zone) == ("a.ict", name, "UTC")
    assert list(record.time) == utc("2024-10-08T01:00:00.250", "2024-10-08T01:00:01", "2024-10-09T00:00:01")
    assert record.lat is not None and record.lat.tolist() == [30.5, 30.75, 31.0]
    assert record.lon is not None and record.lon.tolist() == [104.25, 104.5, 104.75]
    assert record.qc_flag.tolist() == [0, 0, 0]

    def gas(slug: str, text: str, cf: str, technique: str) -> dict[str, str]:
        attrs = {"units": "ppb", "long_name": text, "species": slug, "instrument": f"{name} {technique}"}
        return attrs | {"standard_name": f"mole_fraction_of_{cf}_in_air"}

    height = {"units": "m", "long_name": "altitude", "standard_name": "altitude", "vertical_datum": "unknown"}
    channels = {
        "ch4": ([2001.5, NAN, 2003.5], gas("ch4", "methane", "methane", "was")),
        "co": ([210.5, NAN, 220.5], gas("co", "carbon monoxide", "carbon_monoxide", "lif")),
        "o3": ([40.5, NAN, 41.5], gas("o3", "ozone", "ozone", "cl")),
        "altitude": ([512, NAN, 513], height | {"instrument": f"{name} gps"}),
    }
    assert [channel.name for channel in record.channels] == list(channels)
    assert_channels(record, channels)
    assert said(outcome.decisions) == [("2 variables not read", "T_air, Odd_Thing")]
    assert [(r.item, r.where, tell(r).reason) for r in outcome.rejects] == [
        ("a.ict", "rows", "3 rows that are not 9 numbers")
    ]


def test_a_scale_factor_is_applied(tmp_path: Path) -> None:
    """To values and not to codes; a second variable of one name is left."""
    head = [*ICARTT]
    head[10], head[17] = "0.5, 1, 0.1, 1, 1, 2, 1, 1", "Air_Temperature, K"
    record = the_record(_icartt(tmp_path, head))
    values = {channel.name: channel.values.tolist() for channel in record.channels}
    assert values["ch4"][::2] == [1000.75, 1001.75] and np.isnan(values["ch4"][1])
    assert values["temperature"] == [560.0, 562.0, 564.0]
    twice = [*ICARTT]
    twice[16] = "CH4_CL, ppbv"
    names = [channel.name for channel in the_record(_icartt(tmp_path, twice)).channels]
    assert names == ["ch4", "co", "altitude"]


def test_more_of_an_icartt_header(tmp_path: Path) -> None:
    """Scales over blanks, a comma at their end, more of them than variables; an instrument of eighty letters."""
    head = [*ICARTT]
    head[3], head[10] = "i" * 90, "1 1 0.1 1 1 2 1 1 9,"
    record = the_record(_icartt(tmp_path, head))
    assert record.instrument == "i" * 80 and record.channels[1].values[0] == pytest.approx(210.5)


@pytest.mark.parametrize(
    ("line", "text", "reason", "where"),
    [
        (0, "500, 1001", "states 500 lines and 8 variables", "line 1"),
        (0, "19, 1001", "states 19 lines and 8 variables", "line 1"),
        (6, "2024, 13, 08", "header cannot be read", "lines 1 to 12"),
        (6, "2024, 02, 30", "header cannot be read", "lines 1 to 12"),
        (9, "9", "states 22 lines and 9 variables", "line 1"),
        (9, "x", "header cannot be read", "lines 1 to 12"),
        (10, "1, 1, x, 1, 1, 2, 1, 1", "header cannot be read", "lines 1 to 12"),
        (10, "1, 1", "does not agree with the file", "line 1"),
        (11, "-9999", "does not agree with the file", "line 1"),
    ],
)
def test_headers_that_cannot_be_meant(tmp_path: Path, line: int, text: str, reason: str, where: str) -> None:
    """A length, a day, a count or a list that does not fit; the thirtieth of February."""
    head = [*ICARTT]
    head[line] = text
    with raises_told(FileError, match=reason) as caught:
        _icartt(tmp_path, head)
    assert caught.value.where == where


def test_the_shortest_header(tmp_path: Path) -> None:
    """Twelve lines and one for each variable, and no row more than there is."""
    head = ["13, 1001", *ICARTT[1:9], "1", "1", "-9999", "CH4, ppbv"]
    record = the_record(_icartt(tmp_path, head, ["0,2000.5", "9999999.5,2001.5"]))
    assert record.channels[0].values.tolist() == [2000.5, 2001.5] and record.lon is None
    with raises_told(FileError, match="no rows below the header") as caught:
        _icartt(tmp_path, head, [])
    assert caught.value.where == "line 14"
    with raises_told(FileError, match="no rows below the header"):
        _icartt(tmp_path, head, ["broken"])


def test_a_variable_without_a_unit_is_refused(tmp_path: Path) -> None:
    """With its line of the header."""
    head = ["14, 1001", *ICARTT[1:9], "2", "1,1", "-9999,-9999", "NO2, none, nitrogen dioxide", "CH4, ppbv"]
    outcome = _icartt(tmp_path, head, ["0,20,2000", "1,21,2001"])
    assert [(r.item, r.where) for r in outcome.rejects] == [("a.ict", 'column "NO2, none, nitrogen dioxide"')]


def test_a_wrong_byte_in_utf8_is_no_obstacle(tmp_path: Path) -> None:
    """In the remarks of a log or the header of a file: what is right around it is read."""
    remark = "走航车上的仪器，编号一".encode() + b"\xff"
    body = _sentence("GPRMC,010203,A,3039.6,N,10403.0,E,0,0,081024,,,A").encode()
    assert len(the_record(read_file(tmp_path, "a.nmea", remark + b"\n" + body)).time) == 1
    text = "\n".join([*ICARTT, *ROWS]).encode().replace(b"CRDS on a van", remark)
    assert the_record(read_file(tmp_path, "a.ict", text)).instrument == "走航车上的仪器，编号一\ufffd"
