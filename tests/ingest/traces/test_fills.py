"""Dead, partial and frozen receivers beside a track: whose fix each row takes, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ingest.flags import Flag
from ingest.traces.fills import fill_from_tracks
from ingest.traces.outings import group_outings, join_outing
from ingest.traces.record import Channel, Record, TraceSettings
from tests.ingest.traces.readings import make_record, seconds, species

NAN = float("nan")
SETTINGS = TraceSettings()


def _track(rows: int = 30, *, step: float = 1.0, shift: float = 0.0, more: tuple[Channel, ...] = ()) -> Record:
    return make_record(
        more,
        time=seconds(*(step * np.arange(rows))),
        lon=list(104 + shift + 1e-4 * step * np.arange(rows)),
        lat=[30.0] * rows,
        item="t.gpx",
    )


def _gas(lon: list[float], *more: Channel, flags: list[int] | None = None) -> Record:
    rows = len(lon)
    return make_record(
        (species("ch4", np.full(rows, 2.0), "ppm"), *more),
        lon=lon,
        lat=[30.0 if np.isfinite(x) else NAN for x in lon],
        item="g.csv",
        flags=flags,
    )


def _fill(gas: Record, *tracks: Record) -> tuple[Record, frozenset[str], list[str]]:
    outcome = fill_from_tracks([gas, *tracks], SETTINGS)
    records, used = outcome.value
    return records[0], used, [d.code for d in outcome.decisions]


WAY = list(104 + 1e-4 * np.arange(30))


@pytest.mark.parametrize("lacking", [range(10, 30), range(10), range(5, 6), range(0, 30, 3)])
def test_rows_without_a_fix_take_that_of_the_track(lacking: range) -> None:
    """Beginning, end, one row, each third row: all 30 rows are placed and the receiver's own words go."""
    gas = _gas([NAN if i in lacking else x for i, x in enumerate(WAY)])
    gas = replace(gas, channels=(*gas.channels, Channel("satellites", np.zeros(30), {"units": "1"})))
    filled, used, codes = _fill(gas, _track())
    np.testing.assert_allclose(filled.lon, WAY, atol=1e-9)
    assert used == {"t.gpx"} and codes == ["fixes_of_track"]
    assert np.flatnonzero(np.isnan(filled.channels[1].values)).tolist() == list(lacking)


@pytest.mark.parametrize("step", [1.0, 2.0, 10.0])
def test_the_track_may_be_slow(step: float) -> None:
    """A fix each 10 s is a track too; rows between two are interpolated and flagged so."""
    rows = int(30 / step) + 1
    filled, _, _ = _fill(_gas([*WAY[:4], *[NAN] * 26]), _track(max(rows, 7), step=step))
    np.testing.assert_allclose(filled.lon, WAY, atol=1e-9)
    mixed = (filled.qc_flag & np.uint32(Flag.POSITION_INTERPOLATED)) != 0
    assert np.flatnonzero(mixed).tolist() == [i for i in range(4, 30) if i % step]


def test_a_receiver_that_never_moves_is_dead_where_the_track_drives() -> None:
    """The last fix held for the whole drive; a car parked beside a standing track keeps its own."""
    frozen = _gas([104.0] * 30)
    filled, _, codes = _fill(frozen, _track())
    np.testing.assert_allclose(filled.lon, WAY, atol=1e-9)
    assert codes == ["fixes_of_track_for_dead"]
    parked = replace(_track(), lon=np.full(30, 104.0001))
    assert _fill(frozen, parked)[0] is frozen


def test_rows_that_are_stuck_take_the_track() -> None:
    """A receiver that froze while the speed went on."""
    flags = [int(Flag.POSITION_STUCK) if i >= 20 else 0 for i in range(30)]
    filled, _, _ = _fill(_gas([*WAY[:20], *[WAY[20]] * 10], flags=flags), _track())
    np.testing.assert_allclose(filled.lon, WAY, atol=1e-9)
    assert not filled.qc_flag.any()


def test_the_track_of_another_car_fills_nothing() -> None:
    """Where both have fixes they are 9 km apart."""
    gas = _gas([*WAY[:10], *[NAN] * 20])
    filled, used, codes = _fill(gas, _track(shift=0.1))
    assert filled is gas and not used and codes == ["track_elsewhere"]


def test_a_track_that_gives_nothing_is_said_to_be_unused() -> None:
    """And one that gave something is not."""
    whole, partial, track = _gas(WAY), _gas([*WAY[:10], *[NAN] * 20]), _track()
    for gas, codes in ((whole, ["positions_not_used"]), (partial, [])):
        records, used = fill_from_tracks([gas, track], SETTINGS).value
        assert [d.code for d in group_outings(records, used=used).decisions] == codes


def test_wind_of_a_track_goes_to_an_instrument_with_fixes_of_its_own() -> None:
    """Every other row of the track has wind; an instrument that has wind keeps its own."""
    wind = np.where(np.arange(30) % 2, NAN, 5.0)
    parts = tuple(Channel(name, wind, {"units": "m s-1"}) for name in ("u", "v"))
    filled, used, codes = _fill(_gas(WAY), _track(more=parts))
    assert [c.name for c in filled.channels] == ["ch4", "u", "v"] and codes == ["wind_of_track"] and used
    np.testing.assert_allclose(filled.channels[1].values[:29], 5.0)
    own = _gas(WAY, Channel("u_apparent", np.ones(30), {"units": "m s-1"}))
    assert _fill(own, _track(more=parts))[0] is own


def test_a_slow_instrument_among_fast_ones_keeps_its_values() -> None:
    """One value each 10 s, 0.4 s off the ticks of the base: each goes to the row next to it."""
    base, fast = _track(120), make_record((species("co", np.ones(120), "ppm"),), item="f.csv")
    slow = make_record(
        (species("o3", np.arange(12.0), "ppb"),), time=seconds(*(10 * np.arange(12) + 0.4)), item="s.csv"
    )
    joined = join_outing(base, [fast, slow], SETTINGS).value
    values = next(c.values for c in joined.channels if c.name == "o3")
    assert np.flatnonzero(np.isfinite(values)).tolist() == list(range(0, 120, 10))
    np.testing.assert_array_equal(values[::10], np.arange(12.0))
