"""Damaged files: an error that names the file, or traces whose checks hold; never another exception, never a hang."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.schema import check_trace
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

SETTINGS = TraceSettings(time_zone="Asia/Shanghai")


def _rows(count: int = 40) -> str:
    lines = [
        f"2024/10/8 "
        f"9:{i // 60:02d}:{i % 60:02d},{104.05 + i * 1e-4:.6f},{30.66 + i * 1e-4:.6f},{20 + i % 7},{2.1 + i % 5}"
        for i in range(count)
    ]
    return "时间,经度,纬度,PM2.5(μg/m3),风速(m/s)\n" + "\n".join(lines) + "\n"


def _picarro(count: int = 30) -> str:
    names = "DATE TIME FRAC_DAYS_SINCE_JAN1 FRAC_HRS_SINCE_JAN1 EPOCH_TIME CavityPressure species CH4 "
    names += "GPS_ABS_LAT GPS_ABS_LONG"
    lines = ["".join(name.ljust(26) for name in names.split())]
    for i in range(count):
        values = ["2024-10-08", f"01:00:{i:02d}.000", "1.0", "2.0", f"{1728349200 + i}.000", "1.40E+02", "2.0E+00"]
        values += [f"{2 + i * 0.01:.5f}", f"{30.6 + i * 1e-4:.6f}", f"{104.0 + i * 1e-4:.6f}"]
        lines.append("".join(value.ljust(26) for value in values))
    return "\n".join(lines) + "\n"


def _gpx(count: int = 30) -> str:
    points = "".join(
        f'<trkpt lat="{30.6 + i * 1e-4:.6f}" lon="104.0"><time>2024-10-08T01:00:{i:02d}Z</time></trkpt>'
        for i in range(count)
    )
    return f'<?xml version="1.0"?><gpx version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>'


NMEA = "$GPRMC,184353.07,A,1929.045,S,02410.506,E,0.01,10.0,080724,,,A*4A\n"
NMEA += "$GPGGA,184353.07,1929.045,S,02410.506,E,1,04,2.6,100.00,M,-33.9,M,,0000*6D\n"
LICOR = (
    "Model:\tLI-7810\nSN:\tTG10\nTimezone:\tUTC\nDATAH\tSECONDS\tNANOSECONDS\tDIAG\tH2O\tCO2\tCH4\n"
    "DATAU\tsecs\tnsecs\tdiag\tppm\tppm\tppb\n"
    + "".join(f"DATA\t{1728349200 + i}\t5\t0\t9000\t420\t2000\n" for i in range(20))
)
ICARTT = "14, 1001\nA\nB\nLI\nM\n1, 1\n2024, 10, 8, 2024, 10, 8\n1\nTime, s\n2\n"
ICARTT += "1, 1\n-9999, -9999\nCH4, ppm\nCO2, ppm\n1,2,400\n2,2,401\n"
RETIGO = "##\nTimestamp,EAST_LONGITUDE(deg),NORTH_LATITUDE(deg),ID(-),CO(ppb)\n" + "".join(
    f"2012-09-20T07:30:{i:02d}-04:00,-79.0{i},35.8913,run,{300 + i}\n" for i in range(20)
)
BASES: dict[str, bytes] = {
    "a.csv": _rows().encode(),
    "b.csv": _rows().encode("gb18030"),
    "c.csv": _rows().encode("utf-16"),
    "d.dat": _picarro().encode(),
    "e.gpx": _gpx().encode(),
    "f.nmea": NMEA.encode() * 5,
    "g.data": LICOR.encode(),
    "h.ict": ICARTT.encode(),
    "i.csv": RETIGO.encode(),
    "j.csv.gz": gzip.compress(_rows().encode(), mtime=0),
}


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in _rows(20).splitlines():
        sheet.append(line.split(","))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


BASES["k.xlsx"] = _workbook()


def _survives(folder: Path, name: str, data: bytes, rules: TraceSettings = SETTINGS) -> int:
    path = folder / name
    path.write_bytes(data)
    outcome = read_traces([path], rules)
    for trace in outcome.value:
        check_trace(trace)
    for reject in outcome.rejects:
        assert reject.item == name
        assert tell(reject).reason
    assert outcome.value or outcome.rejects or outcome.decisions
    return len(outcome.value)


@pytest.mark.parametrize("name", sorted(set(BASES) - {"e.gpx", "f.nmea", "g.data", "h.ict"}))
def test_the_undamaged_files_are_read(tmp_path: Path, name: str) -> None:
    """What the fuzzer damages is readable before it is damaged."""
    assert _survives(tmp_path, name, BASES[name]) == 1


_DAMAGE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("name", sorted(BASES))
@_DAMAGE
@given(cut=st.floats(0.0, 1.0), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12))
def test_truncation_and_flipped_bytes(tmp_path: Path, name: str, cut: float, flips: list[tuple[float, int]]) -> None:
    """A truncated file with wrong bytes gives a named error or checked traces."""
    data = bytearray(BASES[name][: int(len(BASES[name]) * cut)])
    for place, value in flips:
        if data:
            data[int(place * (len(data) - 1))] = value
    _survives(tmp_path, name, bytes(data))


@_DAMAGE
@given(order=st.permutations(range(5)), drop=st.integers(0, 4), delimiter=st.sampled_from([",", ";", "\t", "|"]))
def test_reordered_and_missing_columns(tmp_path: Path, order: list[int], drop: int, delimiter: str) -> None:
    """Columns in another order, or one missing, are read by their headings or refused."""
    lines = [line.split(",") for line in _rows().splitlines()]
    kept = [column for column in order if column != drop]
    text = "\n".join(delimiter.join(line[column] for column in kept) for line in lines)
    count = _survives(tmp_path, "t.csv", text.encode())
    assert count == (1 if drop in (4,) else 0)


@_DAMAGE
@given(
    junk=st.lists(st.binary(max_size=60), min_size=1, max_size=6),
    at=st.lists(st.integers(1, 40), min_size=6, max_size=6),
)
def test_foreign_lines_between_rows(tmp_path: Path, junk: list[bytes], at: list[int]) -> None:
    """Lines in other encodings, with NULs or quotes, among the rows."""
    lines = _rows().encode().splitlines()
    for text, place in zip(junk, at, strict=False):
        lines.insert(min(place, len(lines)), text)
    _survives(tmp_path, "t.csv", b"\n".join(lines))


@_DAMAGE
@given(data=st.binary(max_size=3000))
def test_noise(tmp_path: Path, data: bytes) -> None:
    """Bytes that are no file of any kind."""
    _survives(tmp_path, "noise.bin", data)


@_DAMAGE
@given(
    stamps=st.lists(st.integers(0, 50), min_size=2, max_size=40),
    lon=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=40, max_size=40),
    value=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=40, max_size=40),
)
def test_wild_values_and_shuffled_times(
    tmp_path: Path, stamps: list[int], lon: list[float], value: list[float]
) -> None:
    """Times in any order with repeats, positions and values of any size."""
    lines = ["time,lon,lat,no2 (ppb)"]
    lines += [f"2024-10-08T01:00:{s:02d}Z,{lon[i]},30.5,{value[i]}" for i, s in enumerate(stamps)]
    _survives(tmp_path, "t.csv", "\n".join(lines).encode())


def test_a_line_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    """A line that no logger writes is named with its number."""
    data = _rows().encode() + b"1," * 5_000_000 + b"\n"
    path = tmp_path / "long.csv"
    path.write_bytes(data)
    outcome = read_traces([path], SETTINGS)
    assert not outcome.value
    assert "line longer than 1 MB" in tell(outcome.rejects[0]).reason
    assert outcome.rejects[0].where == "line 42"


def test_zero_bytes_are_removed_and_counted(tmp_path: Path) -> None:
    """NULs from a power cut are a decision."""
    data = _rows().encode().replace(b"\n", b"\n\x00\x00", 3)
    path = tmp_path / "nul.csv"
    path.write_bytes(data)
    outcome = read_traces([path], SETTINGS)
    assert len(outcome.value) == 1
    assert any("6 zero bytes" in tell(d).evidence for d in outcome.decisions)


def test_gzip_bomb_is_refused(tmp_path: Path) -> None:
    """A small file that unpacks to hundreds of megabytes is not unpacked."""
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 80_000_000, 9))
    outcome = read_traces([path], SETTINGS)
    assert not outcome.value
    assert "bomb" in tell(outcome.rejects[0]).reason


def test_workbook_bomb_is_refused(tmp_path: Path) -> None:
    """An archive whose stated content is huge is not opened."""
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 80_000_000)
    outcome = read_traces([path], SETTINGS)
    assert not outcome.value
    assert "bomb" in tell(outcome.rejects[0]).reason


def test_entities_in_gpx_are_refused(tmp_path: Path) -> None:
    """Billion laughs: refused before any entity is expanded."""
    path = tmp_path / "laughs.gpx"
    entities = '<!DOCTYPE gpx [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
    )
    path.write_text('<?xml version="1.0"?>' + entities + "]><gpx><trk><trkseg>&j;</trkseg></trk></gpx>")
    outcome = read_traces([path], SETTINGS)
    assert not outcome.value
    assert "unsafe XML" in tell(outcome.rejects[0]).reason


def test_deeply_nested_gpx_does_not_recurse(tmp_path: Path) -> None:
    """Ten thousand levels of elements end in a reject, not in a crash."""
    path = tmp_path / "deep.gpx"
    path.write_text("<gpx>" + "<a>" * 10_000 + "</a>" * 10_000 + "</gpx>")
    assert not read_traces([path], SETTINGS).value


def test_directory_and_absent_file_are_rejects(tmp_path: Path) -> None:
    """A path that cannot be opened is a reject."""
    outcome = read_traces([tmp_path, tmp_path / "absent.csv"], SETTINGS)
    assert len(outcome.rejects) == 2


def test_rows_are_conserved_or_counted(tmp_path: Path) -> None:
    """Every data row is in the trace or in a reject or decision with its count."""
    rng = np.random.default_rng(7)
    lines = _rows(60).splitlines()
    for place in rng.choice(np.arange(1, 60), 5, replace=False):
        lines[place] = "broken"
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines))
    outcome = read_traces([path], SETTINGS)
    assert outcome.value[0].sizes["obs"] == 55
    assert any(tell(r).reason.startswith("5 of 60 rows") for r in outcome.rejects)
