"""What a logger's reader gives: `Record` out, `TraceSettings` beside, `Reader` to declare it.

A record is what one file says, before it is known which zone its clock kept, which platform carried it and
where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.errors import SettingError
from ingest.flags import FlagArray
from ingest.outcome import Outcome, Reject
from ingest.settings import setting
from ingest.text.sources import Limits, Source
from ingest.text.times.stamps import TimeArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TraceSettings(Limits):
    """Thresholds and declarations for reading traces.

    ``time_zone`` (IANA name, ``"UTC"`` or ``"+08:00"``) is believed for every file whose times carry no zone.
    ``unsettled_zone`` says what happens to local times whose zone stays open: ``"reject"``, or ``"position"``
    to take the
    civil zone of the place where that only matters for labels, or ``"likeliest"`` to take ``assumed_zone`` (what a
    person answered), else that of the place, else China's. ``columns`` maps a heading as it stands in the file to
    ``"quantity unit"`` (``{"WS": "wind_speed m s-1"}``), or to ``""`` to leave it out. ``wind_frame`` is
    ``"ground"``,
    ``"vehicle"`` or empty for unknown. ``status_words`` maps a text or code of a status column to ``"normal"``,
    ``"calibration"`` or ``"fault"``. ``clock_offset_s`` maps a file name pattern to the seconds to add to its
    clock.
    """

    time_zone: str = setting("", unit="", source="declared in mission.toml", bureau=True)
    unsettled_zone: str = setting("reject", unit="", source="choice: a guessed zone shifts wind and shift by hours")
    assumed_zone: str = setting("", unit="", source="choice: of the person who is asked")
    date_order: str = setting("", unit="", source="declared in mission.toml: ymd, dmy or mdy", bureau=True)
    wind_frame: str = setting("", unit="", source="declared in mission.toml: ground or vehicle", bureau=True)
    columns: Mapping[str, str] = setting({}, unit="", source="declared in mission.toml [columns]", bureau=True)
    clock_offset_s: Mapping[str, float] = setting(
        {}, unit="s", source="declared in mission.toml [traces.clock_offset_s]", bureau=True
    )
    position_gap_s: float = setting(5.0, unit="s", source="CalMAPLab/VanDAQ: gaps up to 5 s are filled")
    join_gap_s: float = setting(
        2.5, unit="s", source="choice: two samples of a 1 Hz logger with one missing between them, and jitter"
    )
    split_gap_s: float = setting(1800.0, unit="s", source="choice: a pause of half an hour ends an outing")
    minimum_rows: int = setting(2, unit="1", source="a trajectory needs two observations")
    stuck_position_s: float = setting(
        5.0,
        unit="s",
        source="choice: five fixes of a 1 Hz receiver; fewer are a dropout, more may be a frozen receiver",
    )
    moving_speed: float = setting(2.0, unit="m s-1", source="choice: twice the noise of a receiver's speed at rest")
    constant_s: float = setting(
        120.0, unit="s", source="choice: no street has air of one value, to the last digit, for 2 min"
    )
    purge_s: float = setting(
        10.0,
        unit="s",
        source="choice: twice the response of 5 s that DB3502/T 153-2024 allows, after calibration gas",
    )
    status_words: Mapping[str, str] = setting(
        {}, unit="", source="declared in mission.toml [traces.status_words]", bureau=True
    )
    cavity_tolerance_torr: float = setting(
        1.0, unit="torr", source="JVF-CSU/MobileMethaneSurveys ProcessRawData.py: rows off 140 ± 1 torr are not used"
    )

    def __post_init__(self) -> None:
        """Refuse declarations that cannot be meant."""
        choices = {
            "unsettled_zone": ("reject", "position", "likeliest"),
            "wind_frame": ("", "ground", "vehicle"),
            "date_order": ("", "ymd", "dmy", "mdy"),
        }
        for name, allowed in choices.items():
            value = getattr(self, name)
            if value not in allowed:
                raise SettingError(f"[traces] {name} = {value!r}; expected one of {', '.join(map(repr, allowed))}")
        for heading, meaning in self.columns.items():
            if not isinstance(meaning, str):
                raise SettingError(f'[columns] "{heading}" = {meaning!r}; expected a text such as "no2 ug/m3"')
        for text, name in self.status_words.items():
            if name not in ("normal", "calibration", "fault"):
                raise SettingError(
                    f'[traces.status_words] "{text}" = {name!r}; expected "normal", "calibration" or "fault"'
                )
        if not self.purge_s >= 0:
            raise SettingError(f"[traces] purge_s = {self.purge_s!r}; expected seconds, 0 or more")
        for pattern, seconds in self.clock_offset_s.items():
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not abs(seconds) < 1e10:
                raise SettingError(f'[traces.clock_offset_s] "{pattern}" = {seconds!r}; expected seconds')


@dataclass(frozen=True)
class Channel:
    """One measured series: values (obs,), CF attributes, and the flags of single values.

    ``scale`` is what the numbers of the file were multiplied by, ``detection_limit`` what the file says that values
    are below (``<0.025``), in the unit of the values.
    """

    name: str
    values: FloatArray
    attrs: Mapping[str, str]
    qc: FlagArray | None = None
    scale: float = 1.0
    detection_limit: float | None = None

    @property
    def is_species(self) -> bool:
        """Whether the channel is a measured species, by its attribute."""
        return "species" in self.attrs


@dataclass(frozen=True)
class Record:
    """What one file says.

    ``time`` is UTC where ``zone`` is ``"UTC"``, else the reading of a local clock (``zone`` empty).
    ``stated_offset_s`` is
    the offset that the stamps carried themselves, if one. ``gnss_clock_s`` is a GNSS time of day in UTC
    seconds, NaN where
    absent: the best evidence for the zone of a local clock. ``frame`` is ``"ground"``, ``"vehicle"`` or empty
    for the wind. ``platforms`` (obs,) names the vehicle or device of each row where a file holds several, until it is
    split into records with a ``platform`` each.
    """

    item: str
    reader: str
    instrument: str
    time: TimeArray
    zone: str
    lon: FloatArray | None
    lat: FloatArray | None
    channels: tuple[Channel, ...]
    qc_flag: FlagArray
    stated_offset_s: float | None = None
    gnss_clock_s: FloatArray | None = None
    zone_hint: str = ""
    positions_lost: Reject | None = None
    platform: str = ""
    platforms: pl.Series | None = None

    @property
    def has_species(self) -> bool:
        """Whether any channel is a species."""
        return any(channel.is_species for channel in self.channels)

    @property
    def has_position(self) -> bool:
        """Whether any row has a position."""
        return self.lon is not None and self.lat is not None and bool(np.isfinite(self.lon + self.lat).any())


@dataclass(frozen=True)
class Layout:
    """What a delimited format fixes beyond its headings.

    ``columns`` maps a folded heading to ``"quantity unit"`` (empty text: leave out). ``date`` is the day of
    rows that carry
    a time of day only. ``date_order`` is what the file itself states, ``usual_date_order`` how the maker delivers it,
    for rows that do not settle it.
    ``missing`` are further tokens for "no value". ``status_words`` are codes of a status column
    that the format documents, as in `TraceSettings`.
    """

    instrument: str = ""
    zone: str = ""
    date_order: str = ""
    usual_date_order: str = ""
    date: date | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    comment: str = ""
    wind_frame: str = ""
    first_line: int = 0
    status_words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """The declaration of one format, from which docs/formats.md is made.

    ``recognises`` looks at the first bytes of a file (64 kB at most) and claims it or not; it never raises.
    ``read`` gives
    the records of the file. ``reads``, ``infers`` and ``tested_with`` are sentences for people.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    read: Callable[[Source, TraceSettings], Outcome[tuple[Record, ...]]]
    reads: str
    infers: str
    tested_with: str
