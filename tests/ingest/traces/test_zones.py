"""The zone of a clock: its names, and by what it is settled, each at its exact limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pytest

from ingest.coordinates import zone_of
from ingest.errors import NoTimeZone, SettingError
from ingest.flags import Flag
from ingest.traces.clocks import localise, settle_zone
from ingest.traces.record import Record, TraceSettings
from onevisit.words.telling import tell
from tests.ingest.traces.readings import FROM, make_record, said, seconds
from tests.told import raises_told


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("+08:00", 480),
        ("+0800", 480),
        ("-03:30", -210),
        ("+8", 480),
        ("UTC+8", 480),
        ("GMT-05:45", -345),
        ("UTC", 0),
        ("utc", 0),
        ("Z", 0),
        ("gmt", 0),
        ("Asia/Shanghai", 480),
        ("Asia/Kolkata", 330),
    ],
)
def test_names_of_zones(name: str, minutes: int) -> None:
    """Offsets with and without a colon, UTC by three names, IANA names."""
    moment = np.datetime64("2024-10-08T01:00").item().replace(tzinfo=UTC)
    assert moment.astimezone(zone_of(name)).utcoffset() == timedelta(minutes=minutes)
    local = np.array(["2024-10-08T09:00"], "datetime64[ns]")
    assert localise(local, name)[0][0] == np.datetime64("2024-10-08T09:00") - np.timedelta64(minutes, "m")


@pytest.mark.parametrize("name", ["Mars/Olympus", "08:00", "+08:00x", "../etc", ""])
def test_names_of_no_zone(name: str) -> None:
    """The message has the name and two that work."""
    with raises_told(SettingError, match=r'is not a zone; expected for example "Asia/Shanghai" or "\+08:00"'):
        zone_of(name)


def test_hours_of_a_clock_change_by_hand() -> None:
    """Berlin in 2024: 02:30 on 31 March becomes 01:00 UTC, the first moment; in October standard time."""
    texts = ["2024-03-31T01:59", "2024-03-31T02:30", "2024-03-31T03:00", "2024-10-27T01:59", "2024-10-27T02:30"]
    utc, flags = localise(np.array([*texts, "2024-10-27T03:00"], "datetime64[ns]"), "Europe/Berlin")
    assert [str(time)[5:16] for time in utc] == [
        *("03-31T00:59", "03-31T01:00", "03-31T01:00", "10-26T23:59", "10-27T01:30", "10-27T02:00"),
    ]
    repaired = int(Flag.TIME_REPAIRED)
    assert flags.tolist() == [0, repaired, 0, 0, repaired, 0] and flags.dtype == np.uint32


def _clock(hour: float, count: int = 31, step_s: float = 60.0, **changes: object) -> Record:
    """A record without a zone whose clock begins at an hour of 8 October."""
    at = (hour - 1.0) * 3600.0 + np.arange(count) * step_s
    record = make_record(time=seconds(*at), item="local.csv", zone="")
    return replace(record, **changes)  # type: ignore[arg-type]


def _in_utc(hour: float, lon: float | None = 104.0, lat: float = 30.6, item: str = "utc.gpx") -> Record:
    place = {} if lon is None else {"lon": [lon] * 31, "lat": [lat] * 31}
    return make_record(time=_clock(hour).time, item=item, **place)  # type: ignore[arg-type]


CHENGDU = {"lon": np.full(31, 104.0), "lat": np.full(31, 30.6)}


def test_a_clock_in_utc_is_left() -> None:
    """The very record, without a word, where the stamps carry no offset or the one of the place."""
    for stated in (None, 0.0, 28800.0):
        record = _clock(9, zone="UTC", stated_offset_s=stated, **CHENGDU)
        outcome = settle_zone(record, (), TraceSettings(time_zone="America/New_York"))
        assert outcome.value is record and outcome.decisions == ()


def test_an_offset_that_is_not_that_of_the_place_is_believed_and_said() -> None:
    """Seven hours in Chengdu; in New York -5 h in summer; without a place nothing can be said."""
    (note,) = settle_zone(_clock(9, zone="UTC", stated_offset_s=25200.0, **CHENGDU), (), TraceSettings()).decisions
    assert (note.item, tell(note).decision) == ("local.csv", "offset +7.0 h of the stamps believed")
    assert tell(note).evidence.startswith("but Asia/Shanghai was at +8.0 h that day: ")
    york = {"lon": np.full(31, -74.0), "lat": np.full(31, 40.7)}
    (note,) = settle_zone(_clock(9, zone="UTC", stated_offset_s=-18000.0, **york), (), TraceSettings()).decisions
    assert (
        tell(note).decision == "offset -5.0 h of the stamps believed"
        and "America/New_York was at -4.0 h" in tell(note).evidence
    )
    assert settle_zone(_clock(9, zone="UTC", stated_offset_s=-14400.0, **york), (), TraceSettings()).decisions == ()
    assert settle_zone(_clock(9, zone="UTC", stated_offset_s=25200.0), (), TraceSettings()).decisions == ()
    nowhere = {"lon": np.zeros(31), "lat": np.zeros(31)}
    assert settle_zone(_clock(9, zone="UTC", stated_offset_s=25200.0, **nowhere), (), TraceSettings()).decisions == ()


def _gnss(offset_s: float, *, noise: float = 0.0, good: int = 31, hour: float = 9.0) -> Record:
    """A local clock, and beside it a GNSS time of day that is so much behind it."""
    record = _clock(hour)
    clock = ((record.time - record.time.astype("datetime64[D]")) / np.timedelta64(1, "s") - offset_s) % 86400.0
    clock = clock + np.where(np.arange(31) % 2, noise, -noise)
    clock[good:] = np.nan
    return replace(record, gnss_clock_s=clock)


@pytest.mark.parametrize(
    ("offset", "hour", "taken"),
    [
        (28800, 9, 28800),
        (28800 + 300, 9, 28800),
        (28800 - 300, 9, 28800),
        (-18000, 20, -18000),
        (20700, 9, 20700),
        (28800, 3, 28800),  # the day of the two clocks differs
        (43199, 20, 43200),
        (0, 9, 0),
    ],
)
def test_a_gnss_clock_gives_the_offset(offset: float, hour: float, taken: int) -> None:
    """To the quarter of an hour, up to five minutes off, east or west, over midnight; before any declaration."""
    record = _gnss(offset, hour=hour)
    outcome = settle_zone(record, (), TraceSettings(time_zone="Europe/Berlin"))
    assert outcome.value.zone == "UTC"
    assert (record.time - outcome.value.time == np.timedelta64(taken, "s")).all()
    assert said(outcome.decisions) == [
        (
            f"clock taken as UTC{taken / 3600:+.2f} h",
            f"clock minus GNSS time of day is {offset:.0f} s (median, spread 0.0 s)",
        )
    ]


@pytest.mark.parametrize(
    ("record", "settled"),
    [
        (_gnss(28800 + 301), False),
        (_gnss(28800 - 301), False),
        (_gnss(28800, noise=60.0, good=30), True),
        (_gnss(28800, noise=60.1, good=30), False),
        (_gnss(28800, good=10), True),
        (_gnss(28800, good=9), False),
        (replace(_clock(9, step_s=1.0), gnss_clock_s=np.zeros(31)), False),
        (replace(_clock(9, step_s=1.0), gnss_clock_s=np.full(31, 86400.0)), False),
    ],
)
def test_a_gnss_clock_that_decides_nothing(record: Record, settled: bool) -> None:
    """More than 300 s from a quarter, a spread above 60 s, fewer than ten values, zeros: the declaration counts."""
    outcome = settle_zone(record, (), TraceSettings(time_zone="+08:30"))
    words = "clock taken as UTC+8.00 h" if settled else "times taken as +08:30"
    assert tell(outcome.decisions[0]).decision == words
    assert outcome.value.time[0] == FROM - np.timedelta64(0 if settled else 30, "m")


def test_a_declared_zone_is_taken_and_flags_what_is_doubtful() -> None:
    """Flags add to those the rows have; the number of doubtful stamps is said."""
    time = np.array(["2024-10-27T02:30", "2024-10-27T12:00"], "datetime64[ns]")
    record = make_record(time=time, zone="", flags=[1, 1])
    outcome = settle_zone(record, (), TraceSettings(time_zone="Europe/Berlin"))
    assert outcome.value.qc_flag.tolist() == [1 | int(Flag.TIME_REPAIRED), 1]
    assert outcome.value.zone == "UTC" and outcome.value.time[1] == np.datetime64("2024-10-27T11:00")
    assert said(outcome.decisions) == [
        ("times taken as Europe/Berlin", "declared as time_zone"),
        ("standard time taken where the clock was changed", "1 stamps are double or impossible"),
    ]
    assert len(settle_zone(_clock(9), (), TraceSettings(time_zone="UTC")).decisions) == 1


@pytest.mark.parametrize(
    ("hour", "zone", "moved", "local", "as_utc"),
    [(9.0, "Asia/Shanghai", 8, "100%", "0%"), (1.0, "UTC", 0, "0%", "100%"), (9.2, "Asia/Shanghai", 8, "60%", "0%")],
)
def test_agreement_by_hand(hour: float, zone: str, moved: int, local: str, as_utc: str) -> None:
    """More than half in common one way, less than 5 % the other way; the place of either record will do."""
    for own, other in (({}, _in_utc(1)), (CHENGDU, _in_utc(1, lon=None))):
        record = _clock(hour, **own)
        outcome = settle_zone(record, (other,), TraceSettings())
        assert (record.time - outcome.value.time == np.timedelta64(moved, "h")).all()
        assert said(outcome.decisions) == [
            (
                f"times taken as {zone}",
                f"overlaps utc.gpx (UTC) by {local} of the shorter as Asia/Shanghai, by {as_utc} as UTC; "
                "Asia/Shanghai is the civil zone of the place",
            )
        ]


@pytest.mark.parametrize("hour", [9.25, 1.25, 5.0])
def test_half_of_the_time_in_common_is_not_enough(hour: float) -> None:
    """Fifteen of thirty minutes, or none: refused, with the zone of the place in the line to write."""
    with raises_told(NoTimeZone, match='time_zone = "Asia/Shanghai"'):
        settle_zone(_clock(hour), (_in_utc(1),), TraceSettings())


def test_what_agrees_both_ways_decides_nothing() -> None:
    """A log of a whole day in UTC overlaps local time and UTC alike; a second one may decide."""
    day = make_record(
        time=seconds(*np.arange(-3600, 82800, 600.0)), item="day.gpx", lon=[104.0] * 144, lat=[30.6] * 144
    )
    with pytest.raises(NoTimeZone):
        settle_zone(_clock(9), (day,), TraceSettings())
    outcome = settle_zone(_clock(9), (day, _in_utc(1)), TraceSettings())
    assert "overlaps utc.gpx" in tell(outcome.decisions[0]).evidence


def test_an_agreement_the_other_way_must_be_below_five_percent() -> None:
    """Two logs in one: the shorter has all of its time as local, and 89 or 90 s of 1800 s as UTC."""
    for common_s, settled in ((89.0, True), (90.0, False)):
        start, end = 0.0, 8 * 3600 + common_s
        other = make_record(time=seconds(start, end), item="b.gpx", lon=[104.0] * 2, lat=[30.6] * 2)
        if settled:
            assert settle_zone(_clock(9), (other,), TraceSettings()).value.time[0] == FROM
        else:
            with pytest.raises(NoTimeZone):
                settle_zone(_clock(9), (other,), TraceSettings())


def test_one_row_agrees_with_nothing() -> None:
    """Nor do records without length."""
    for short in (_clock(9, count=1), _clock(9, count=2, step_s=0.0)):
        with pytest.raises(NoTimeZone):
            settle_zone(short, (_in_utc(1),), TraceSettings())
    one = make_record(time=seconds(60), lon=[104.0], lat=[30.6])
    with pytest.raises(NoTimeZone):
        settle_zone(_clock(9), (one,), TraceSettings())


def test_places_at_sea_or_in_utc_settle_nothing() -> None:
    """A zone is needed that differs from UTC: the next record is asked."""
    nowhere = make_record(time=_clock(1).time, item="a.gpx")
    iceland = _in_utc(1, lon=-18.1, lat=65.7, item="b.gpx")
    outcome = settle_zone(_clock(9), (nowhere, iceland, _in_utc(1)), TraceSettings())
    assert "overlaps utc.gpx" in tell(outcome.decisions[0]).evidence


@pytest.mark.parametrize(
    ("lon", "lat", "known"),
    [
        ([0.0, 0.0, 104.0], [0.0, 0.0, 30.6], True),
        ([np.nan, 104.0, 104.1], [30.6, 30.6, 30.6], True),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], False),
        ([181.0] * 3, [30.6] * 3, False),
        ([104.0] * 3, [91.0] * 3, False),
    ],
)
def test_the_place_of_a_record(lon: Sequence[float], lat: Sequence[float], known: bool) -> None:
    """The median of real places; zeros are none, nor what is beyond the earth."""
    record = _clock(9, count=3, lon=np.array(lon), lat=np.array(lat))
    rules = TraceSettings(unsettled_zone="position")
    if known:
        assert settle_zone(record, (), rules).value.time[0] == FROM
    else:
        with raises_told(NoTimeZone, match='time_zone = "Asia/Shanghai"'):  # as an example
            settle_zone(record, (), rules)


@pytest.mark.parametrize(
    ("hint", "rules", "why"),
    [
        ("local", TraceSettings(), "civil zone of the place; the heading says local time"),
        (
            "",
            TraceSettings(unsettled_zone="position"),
            "civil zone of the place; not settled; allowed by unsettled_zone",
        ),
    ],
)
def test_the_zone_of_the_place(hint: str, rules: TraceSettings, why: str) -> None:
    """Where the heading says local or it is allowed; its own place before that of others; New York: -4 h."""
    york = {"lon": np.full(31, -74.0), "lat": np.full(31, 40.7)}
    for record, others in ((_clock(9, zone_hint=hint, **york), (_in_utc(20),)), (_clock(9, zone_hint=hint), ())):
        if record.has_position:
            outcome = settle_zone(record, others, rules)
            assert outcome.value.time[0] == np.datetime64("2024-10-08T13:00")
            assert said(outcome.decisions) == [("times taken as America/New_York", why)]
        else:
            with pytest.raises(NoTimeZone):
                settle_zone(record, others, rules)
    borrowed = settle_zone(_clock(9, zone_hint=hint), (_in_utc(20, lon=None), _in_utc(20)), rules)
    assert tell(borrowed.decisions[0]).decision == "times taken as Asia/Shanghai"


def test_a_refused_clock_says_what_to_write() -> None:
    """The first stamp, the zone of the place (of others, else Chengdu's), the file and the option."""
    paris = make_record(time=_clock(20).time, lon=[2.35] * 31, lat=[48.85] * 31)
    for others, zone in (((), "Asia/Shanghai"), ((paris,), "Europe/Paris")):
        with pytest.raises(NoTimeZone) as caught:
            settle_zone(_clock(9), others, TraceSettings())
        assert (caught.value.item, caught.value.where) == ("local.csv", "time column")
        assert "(first 2024-10-08T09:00:00)" in tell(caught.value)
        assert f'put `time_zone = "{zone}"` (or "UTC"' in tell(caught.value)
        assert f"give --time-zone {zone}" in tell(caught.value)
