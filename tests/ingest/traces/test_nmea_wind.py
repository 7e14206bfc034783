"""Wind in NMEA logs: every sentence, unit and reference, by numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.traces.formats.nmea import checksum
from ingest.traces.record import Record
from tests.ingest.traces.readings import read_file, the_record

EAST_5 = "GPRMC,100000.00,A,5536.000,N,00906.000,E,9.719,90.0,010524,,"  # 5 m/s due east


def _log(folder: Path, *bodies: str) -> Record:
    lines = "".join(f"${body}*{checksum(body):02X}\r\n" for body in bodies)
    return the_record(read_file(folder, "a.nmea", lines))


def _wind(record: Record) -> dict[str, float]:
    names = ("u", "v", "u_apparent", "v_apparent")
    return {c.name: float(c.values[0]) for c in record.channels if c.name in names}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("WIMWD,270.0,T,268.0,M,9.719,N,5.0,M", {"u": 5.0, "v": 0.0}),
        ("WIMWD,270.0,T,,M,9.719,N,,M", {"u": 5.0, "v": 0.0}),
        ("WIMWD,,T,,M,,N,,M", {}),
        ("WIMWV,0.0,R,5.0,M,A", {"u_apparent": -5.0, "v_apparent": 0.0}),
        ("WIMWV,90.0,R,18.0,K,A", {"u_apparent": 0.0, "v_apparent": 5.0}),
        ("IIMWV,270.0,R,9.719,N,A", {"u_apparent": 0.0, "v_apparent": -5.0}),
        ("WIMWV,0.0,R,11.185,S,A", {"u_apparent": -5.0, "v_apparent": 0.0}),
        ("WIMWV,0.0,R,5.0,M,V", {}),
        ("WIMWV,,R,,M,A", {}),
        ("WIMWV,180.0,T,5.0,M,A", {"u": 5.0, "v": 0.0}),  # from behind a platform that goes east
        ("WIVWR,90.0,R,9.719,N,5.0,M,18.0,K", {"u_apparent": 0.0, "v_apparent": 5.0}),
        ("WIVWR,90.0,L,9.719,N,,,,", {"u_apparent": 0.0, "v_apparent": -5.0}),
        ("WIVWT,180.0,L,9.719,N,5.0,M,18.0,K", {"u": 5.0, "v": 0.0}),
        ("WIMDA,29.7544,I,1.0076,B,35.5,C,,,42.1,,20.6,C,270.0,T,,M,9.719,N,5.0,M", {"u": 5.0, "v": 0.0}),
    ],
)
def test_every_sentence_of_wind(tmp_path: Path, body: str, expected: dict[str, float]) -> None:
    """References R and T, units K M N S, sides, and status; what is not valid is no wind."""
    found = _wind(_log(tmp_path, EAST_5, body))
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=2e-3)


def test_the_bow_is_better_than_the_course(tmp_path: Path) -> None:
    """HDT says where a standing platform looks; the felt wind stays in its own frame."""
    still = EAST_5.replace("9.719,90.0", "0.0,")
    found = _wind(_log(tmp_path, still, "GPHDT,0.0,T", "WIMWV,90.0,T,5.0,M,A"))
    assert (found["u"], found["v"]) == (pytest.approx(-5.0), pytest.approx(0.0, abs=1e-12))


def test_a_platform_without_course_and_bow_has_no_wind_over_the_ground(tmp_path: Path) -> None:
    """An angle from a bow that looks nobody knows where is not taken from north."""
    assert _wind(_log(tmp_path, EAST_5.replace("9.719,90.0", "0.0,"), "WIMWV,90.0,T,5.0,M,A")) == {}


def test_course_and_speed_of_vtg(tmp_path: Path) -> None:
    """Where the fix brings none, knots or km/h; mode N is not valid."""
    gga = "GPGGA,100000.00,5536.000,N,00906.000,E,1,8,1.0,20.0,M,40.0,M,,"
    for vtg, speed in (("GPVTG,90.0,T,,M,9.719,N,18.0,K,A", 5.0), ("GPVTG,90.0,T,,M,,N,18.0,K", 5.0)):
        record = the_record(
            read_file(tmp_path, "20240501.nmea", "".join(f"${b}*{checksum(b):02X}\n" for b in (gga, vtg)))
        )
        values = {c.name: c.values[0] for c in record.channels}
        assert values["speed"] == pytest.approx(speed, abs=1e-3) and values["heading"] == pytest.approx(np.pi / 2)


def test_a_sentence_of_wind_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    """A right checksum over a wrong unit."""
    lines = "".join(f"${b}*{checksum(b):02X}\n" for b in (EAST_5, "WIMWV,90.0,X,5.0,M,A"))
    outcome = read_file(tmp_path, "a.nmea", lines)
    assert _wind(the_record(outcome)) == {}
    assert [(r.code, r.values["count"]) for r in outcome.rejects] == [("nmea_checksums_wrong", 1)]
