"""Every logger reader against damaged files: a named reject or traces whose checks hold, never anything else."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.schema import check_trace
from ingest.traces.read import READERS, read_traces, recognise
from ingest.traces.record import TraceSettings
from onevisit.words.telling import tell
from tests.ingest.traces.logger_samples import POSITIONS, SAMPLES, netcdf_bytes

SETTINGS = TraceSettings(time_zone="Asia/Shanghai")
NETCDF = "CF trajectory netCDF"
_DAMAGE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_JUNK = st.one_of(
    st.binary(max_size=80),
    st.integers(1, 300).map(bytes),
    st.sampled_from(
        ["时间μ℃".encode("gb18030"), "时间μ℃".encode("utf-16"), b'"', b"1," * 3000, b"9" * 400, b"\r", b"-9999"]
    ),
)


def _survives(folder: Path, name: str, data: bytes, rules: TraceSettings = SETTINGS) -> int:
    """Read a file beside a log of positions; every file is in a trace, a decision or a reject. Returns the traces."""
    (folder / name).write_bytes(data)
    (folder / "positions.csv").write_text(POSITIONS)
    outcome = read_traces([folder / name, folder / "positions.csv"], rules)
    for trace in outcome.value:
        check_trace(trace)
    named = {d.item for d in outcome.decisions} | {r.item for r in outcome.rejects}
    assert name in named
    assert all(reject.item and tell(reject).reason for reject in outcome.rejects)
    return len(outcome.value)


def test_every_reader_has_a_sample() -> None:
    """A new reader without a file to damage fails here."""
    assert {reader.name for reader in READERS} == {*SAMPLES, NETCDF}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_are_recognised_by_their_own_reader(tmp_path: Path, name: str) -> None:
    """And give a trace, alone or with the positions beside them, unless they are positions themselves."""
    file, data = SAMPLES[name]
    assert recognise(data).name == name
    unjoined = ("GPX", "NMEA 0183", "BasicAirData GPS Logger", "LI-COR LI-850")  # positions; of another day
    unjoined += ("KML, KMZ", "RTKLIB, Emlid .pos", "Columbus V-900", "Garmin G1000", "Airdata flight log")
    unjoined += ("DJI flight record as a table",)
    assert _survives(tmp_path, file, data) == (0 if name in unjoined else 1)


@pytest.mark.parametrize("name", sorted(SAMPLES))
@_DAMAGE
@given(cut=st.floats(0.0, 1.0), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=10))
def test_cuts_and_flipped_bytes(tmp_path: Path, name: str, cut: float, flips: list[tuple[float, int]]) -> None:
    """A copy that broke off, with wrong bytes."""
    file, whole = SAMPLES[name]
    data = bytearray(whole[: int(len(whole) * min(1.0, 2 * cut))])  # half of them keep their end
    for place, value in flips if data else []:
        data[int(place * (len(data) - 1))] = value
    _survives(tmp_path, file, bytes(data))


@pytest.mark.parametrize("name", sorted(SAMPLES))
@_DAMAGE
@given(junk=_JUNK, place=st.floats(0, 1), again=st.floats(0, 1))
def test_foreign_bytes_in_the_middle(tmp_path: Path, name: str, junk: bytes, place: float, again: float) -> None:
    """NULs, other encodings, quotes, endless fields, anywhere and twice."""
    file, data = SAMPLES[name]
    for at in (place, again):
        cut = int(at * len(data))
        data = data[:cut] + junk + data[cut:]
    _survives(tmp_path, file, data)


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"workbook"}))
def test_a_number_beyond_all_numbers_in_each_field(tmp_path: Path, name: str) -> None:
    """Four hundred nines in the place of every number of a line in the middle: more than a float can hold."""
    file, data = SAMPLES[name]
    lines = data.split(b"\n")
    middle = lines[2 * len(lines) // 3]
    for found in list(re.finditer(rb"[\d.]+", middle))[:30]:
        lines[2 * len(lines) // 3] = middle[: found.start()] + b"9" * 400 + middle[found.end() :]
        _survives(tmp_path, file, b"\n".join(lines))


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"workbook", "GPX", "KML, KMZ"}))
@_DAMAGE
@given(st.randoms(use_true_random=False), st.sampled_from([b",", b"\t", b"\n"]))
def test_parts_in_another_order(tmp_path: Path, name: str, random: object, separator: bytes) -> None:
    """Lines, or the fields over all lines, shuffled."""
    file, data = SAMPLES[name]
    parts = data.split(separator)
    random.shuffle(parts)  # type: ignore[attr-defined]
    _survives(tmp_path, file, separator.join(parts))


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"workbook", "GPX", "KML, KMZ"}))
def test_a_line_of_ten_megabytes(tmp_path: Path, name: str) -> None:
    """Refused by every reader of text, with the line; a GPX or KML may well be one line."""
    file, data = SAMPLES[name]
    (tmp_path / file).write_bytes(data + b"1," * 5_000_000 + b"\n")
    outcome = read_traces([tmp_path / file], SETTINGS)
    assert not outcome.value
    assert any("line longer than 1 MB" in tell(reject).reason and reject.where for reject in outcome.rejects)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0.0, 1.0), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8))
def test_damaged_netcdf(tmp_path: Path, cut: float, flips: list[tuple[float, int]]) -> None:
    """The same for the one binary format that is our own."""
    if not (tmp_path / "source.nc").exists():
        netcdf_bytes(tmp_path)
    data = bytearray((tmp_path / "source.nc").read_bytes())
    for place, value in flips:
        data[int(place * (len(data) - 1))] = value
    _survives(tmp_path, "damaged.nc", bytes(data[: int(len(data) * min(1.0, 2 * cut))]))


def test_netcdf_that_states_more_than_it_holds(tmp_path: Path) -> None:
    """A dimension of 10⁹ that nothing was written to unpacks to gigabytes: refused before it is loaded."""
    from netCDF4 import Dataset

    with Dataset(tmp_path / "bomb.nc", "w") as made:
        made.createDimension("obs", 10**9)
        made.createVariable("no2", "f8", ("obs",), chunksizes=(10**6,), zlib=True).units = "ppb"
    outcome = read_traces([tmp_path / "bomb.nc"], SETTINGS)
    assert not outcome.value
    assert "states 8000 MB" in tell(outcome.rejects[0]).reason


def test_netcdf_with_times_beyond_the_calendar(tmp_path: Path) -> None:
    """Stamps in the year 4000: a named reject, no warning."""
    times = ("obs", np.array([6.4e10, 6.5e10]), {"standard_name": "time", "units": "seconds since 2000-01-01"})
    xr.Dataset({"no2": ("obs", [1.0, 2.0], {"units": "ppb"})}, {"time": times}).to_netcdf(tmp_path / "late.nc")
    outcome = read_traces([tmp_path / "late.nc"], SETTINGS)
    assert not outcome.value
    assert "time" in tell(outcome.rejects[0]).reason
