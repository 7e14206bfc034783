"""What column headings mean, in Chinese and English, and how a heading splits into name and unit.

A heading is folded (compatibility characters, case, separators) and looked up whole; then as a known word with the
name of an instrument before it ("GPS Latitude", "WS Wind Speed", "Cerex-Benzene"). What is not in the table but has
the unit of a concentration is a species under its own name. All else is listed as not read, never guessed.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from ingest.species import SPECIES, Species, fold
from ingest.text.heading_units import in_brackets, places_of_unit, tidied
from ingest.text.parts import OF_ANOTHER_KIND, is_at_oxygen, is_of_instrument, part_of, split_part, unwrapped
from ingest.text.qualifiers import side_of
from ingest.text.times.parts import WORDS
from ingest.units import Unit, parse_unit

MOLE, MASS, NUMBER = "mole fraction", "mass concentration", "number concentration"
CONCENTRATIONS = (MOLE, MASS, NUMBER)


@dataclass(frozen=True)
class Quantity:
    """A measured quantity: its slug, what it is used for, its canonical unit, its plausible range in that unit.

    ``role`` is one of ``time``, ``date``, ``clock``, ``epoch``, ``gps_week``, ``gps_seconds``,
    ``gnss_clock``, ``stamp_year`` to ``stamp_second``, ``lon``, ``lat``, ``species``,
    ``wind_speed``, ``wind_direction``, ``wind`` (a component), ``status``, ``other``, ``ignore``. ``unit`` is the
    canonical unit, for a species the unit in which ``low`` and ``high`` are given. ``guesses`` are units that a
    heading without one may mean, with the range of the median of values that makes each of them believable.
    """

    slug: str
    role: str
    long_name: str
    words: tuple[str, ...]
    unit: str = ""
    low: float = float("-inf")
    high: float = float("inf")
    cf: str = ""
    guesses: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class Heading:
    """A column heading as it stands in the file, split into its name and the text of its unit."""

    text: str
    name: str
    unit_text: str

    @property
    def unit(self) -> Unit | None:
        """The unit, or None where the text is empty or unknown."""
        return parse_unit(self.unit_text)


@dataclass(frozen=True)
class Meaning:
    """What a heading was taken to mean; ``instrument`` is the prefix before the known word."""

    quantity: Quantity
    instrument: str = ""


def _species(species: Species) -> Quantity:
    return Quantity(
        species.slug,
        "species",
        species.long_name,
        species.words,
        species.logger_unit,
        species.low,
        species.high,
        species.cf,
        species.guesses,
    )


@lru_cache(maxsize=1)
def _more_words() -> dict[str, tuple[str, ...]]:
    """Headings by slug, as they are folded."""
    text = (files("ingest.text") / "trace_headings.csv").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        found[row["slug"]] = (*found.get(row["slug"], ()), row["heading"])
    return found


def _other(
    slug: str,
    role: str,
    long_name: str,
    words: str = "",
    unit: str = "",
    low: float = -1e30,
    high: float = 1e30,
    cf: str = "",
) -> Quantity:
    own = tuple(words.split("|")) if words else ()
    return Quantity(slug, role, long_name, (*own, *_more_words().get(slug, ())), unit, low, high, cf)


QUANTITIES: tuple[Quantity, ...] = (
    # --- time and place
    _other(
        "time",
        "time",
        "time",
        "time|timestamp|datetime|date time|date and time|system time|sample time|gps timestamp|date lt|lst|utc "
        "time|time utc|"
        "timestamp utc|gpst|gpst time|采样点时间|采样时间|监测时间|数据时间|时间|日期时间|采集时间|"
        "记录时间|测量时间|北京时间|local time",
    ),
    _other("date", "date", "date", "date|log date|logdate|system date y m d|system date|日期|监测日期|采样日期"),
    _other("clock", "clock", "time of day", "log time|logtime|system time h m s|clock|时刻|时分秒"),
    _other("epoch", "epoch", "seconds since 1970", "epoch time|epoch|unix time|unixtime|seconds since 1970"),
    _other("epoch_ns", "epoch_ns", "nanoseconds of the epoch second", "nanoseconds", "1", 0, 1e9),
    *(_other(part, part, word.replace("stamp part", "part of the time:"), word, "1") for part, word in WORDS.items()),
    _other("gps_week", "gps_week", "GPS week", "gps week|gpsweek|gps week number|gps周|gps周数", "1", 0, 1e4),
    _other(
        "gps_seconds",
        "gps_seconds",
        "seconds of a GPS clock: of the week, or since 1980-01-06",
        "gps seconds|gps second|gps tow|gps sow|gpsseconds|gps seconds of week|gps time of week|gps周内秒|gps秒",
        "s",
        0,
        4e9,
    ),
    _other("gnss_clock", "gnss_clock", "GNSS time of day, UTC", "gps time|gnss time", "s", 0, 86400),
    _other(
        "lon",
        "lon",
        "longitude",
        "lon|long|lng|longitude|east longitude|gps longitude|gps abs long|gps lon|gps long|x|经度|东经|gps经度|"
        "经度 e",
        "degree",
        -180,
        180,
    ),
    _other(
        "lat",
        "lat",
        "latitude",
        "lat|latitude|north latitude|gps latitude|gps abs lat|gps lat|y|纬度|北纬|gps纬度|纬度 n",
        "degree",
        -90,
        90,
    ),
    _other("lon_west", "lon", "longitude, degrees west", unit="degree"),
    _other("lat_south", "lat", "latitude, degrees south", unit="degree"),
    *(
        _other(f"{axis}_{part}", f"{axis}_{part}", f"{name} of {axis}", unit="1")
        for axis in ("lon", "lat")
        for part, name in (("deg", "degrees"), ("min", "minutes"), ("sec", "seconds"))
    ),
    _other("lon_side", "lon_side", "east or west"),
    _other("lat_side", "lat_side", "north or south"),
    _other("fix", "fix", "whether the position is a fix"),
    _other("platform", "platform", "which vehicle or device the row is of"),
    _other("unit", "unit", "unit of the column before"),
    _other(
        "altitude",
        "other",
        "altitude",
        "altitude|alt|ele|elevation|gps altitude|海拔|海拔高度|高度|高程",
        "m",
        -500,
        12000,
        "altitude",
    ),
    _other(
        "height_above_takeoff",
        "other",
        "height above the take-off point",
        "相对高度|relative altitude|height ato|height above takeoff",
        "m",
        -500,
        12000,
    ),
    _other(
        "speed",
        "other",
        "platform speed over ground",
        "speed|car speed|carspeed|vehicle speed|gps speed|gps ground speed|ground speed|velocity|车速|速度|"
        "行驶速度|航速",
        "m s-1",
        0,
        70,
        "platform_speed_wrt_ground",
    ),
    _other(
        "heading",
        "other",
        "direction of travel, clockwise from north",
        "heading|course|bearing|gps track|track|航向|航向角|方向角|gps course",
        "rad",
        -7,
        7,
        "platform_course",
    ),
    _other(
        "position_sd",
        "other",
        "position accuracy as stated by the receiver",
        "accuracy|gps accuracy|hacc",
        "m",
        0,
        1e4,
    ),
    _other("satellites", "other", "satellites used", "sat used|satellites|sat|num sats|卫星数", "1", 0, 100),
    _other("hdop", "other", "horizontal dilution of precision", "hdop|gps dop|dop", "1", 0, 100),
    _other(
        "status",
        "status",
        "what the logger says of the row; calibration and faults are flagged",
        "status|state|flag|flags|qc|qc flag|qa qc|data flag|data status|status flag|status code|instrument status|"
        "instrument state|analyzer status|analyser status|operating state|operating mode|mode|sample mode|"
        "measurement mode|valve|valve state|valve status|calibration|calibration status|状态|状态码|状态标识|"
        "仪器状态|分析仪状态|设备状态|运行状态|工作状态|监测状态|测量状态|采样状态|校准状态|数据状态|数据标识|数据标记|标识|标记|"
        "质控标识|质控状态|阀状态|阀门状态",
    ),
    # --- wind and weather
    _other(
        "wind_speed",
        "wind_speed",
        "wind speed",
        "wind speed|windspeed|ws|wind magnitude|wind spd|风速|瞬时风速|平均风速",
        "m s-1",
        0,
        75,
        "wind_speed",
    ),
    _other(
        "wind_direction",
        "wind_direction",
        "direction the wind comes from",
        "wind direction|winddirection|winddir|wd|wind dir|风向|瞬时风向",
        "rad",
        0,
        6.2832,
        "wind_from_direction",
    ),
    _other(
        "apparent_wind_speed",
        "apparent_wind_speed",
        "speed of the wind felt on the platform",
        "apparent wind speed|relative wind speed|视风速|相对风速",
        "m s-1",
        0,
        100,
    ),
    _other(
        "apparent_wind_direction",
        "apparent_wind_direction",
        "direction, clockwise from the bow, the felt wind comes from",
        "apparent wind direction|apparent wind angle|relative wind direction|relative wind angle|wind angle|"
        "视风向|相对风向",
        "rad",
        -3.1416,
        6.2832,
    ),
    _other(
        "temperature",
        "other",
        "air temperature",
        "temperature|temp|air temperature|air temp|t a|ambient temperature|气温|温度|环境温度|大气温度|temp "
        "bme|temp sht|amb t",
        "K",
        203.15,
        333.15,
        "air_temperature",
    ),
    _other(
        "relative_humidity",
        "other",
        "relative humidity",
        "relative humidity|humidity|rh|rel humidity|2 p rh|2 p|湿度|相对湿度|环境湿度",
        "1",
        0,
        1.05,
        "relative_humidity",
    ),
    _other(
        "pressure",
        "other",
        "air pressure",
        "pressure|air pressure|barometer|bar pressure|barometric pressure|气压|大气压|大气压力|amb p",
        "Pa",
        30000,
        110000,
        "air_pressure",
    ),
    _other("sonic_u", "other", "sonic anemometer u, as given", "3ds u|sonic u", "m s-1", -75, 75),
    _other("sonic_v", "other", "sonic anemometer v, as given", "3ds v|sonic v", "m s-1", -75, 75),
    _other("sonic_w", "other", "sonic anemometer w, upward", "3ds w|sonic w", "m s-1", -75, 75),
    _other("sonic_temperature", "other", "sonic temperature", "3ds sonic temp|sonic temp", "K", 203.15, 343.15),
    _other("attenuation", "other", "filter attenuation", "atn", "1", -1e3, 1e3),
    *(_species(species) for species in SPECIES.values() if species.words),
)

_BY_WORD = {word: quantity for quantity in QUANTITIES for word in quantity.words}
#: Words as they are written together: ``UTCDateTime``, ``WindSpeed``. Short ones would be other words.
_SHORTEST_TOGETHER = 6
_BY_TOGETHER = {
    word.replace(" ", ""): quantity
    for word, quantity in _BY_WORD.items()
    if " " in word and word.isascii() and len(word.replace(" ", "")) >= _SHORTEST_TOGETHER
}
_SHORT = {
    "x",
    "y",
    "t a",
    "ws",
    "wd",
    "no",
    "co",
    "hf",
    "pm",
    "bc",
    "concentration",
    "total",
    "time",
    "date",
    "flow",
    "track",
}
#: Roles whose words mean it only when they are the whole heading.
_WHOLE_ONLY = ("status", "fix", "platform", "unit", "lon_side", "lat_side")
_QUALIFIERS = re.compile(
    r"\b(mdl|r2|flag|status|sd|std|sdev|stdev|error|err|raw|bits|code|absorption|ratio|smooth\w*|corrected|background|avg|"
    r"average|count|id|number|strength)\b|状态|标记|单位"
)
_INSTRUMENT_SUFFIX = re.compile(r"^(?:pid|cem|sensor|ch\d+)$")


@lru_cache(maxsize=4096)
def split_heading(text: str) -> Heading:
    """Split a heading into name and unit: ``CO(ppb)``, ``温度 ℃``, ``SO2 / ppm``, ``BC ng/m^3``.

    Examples
    --------
    >>> split_heading("SO2 μg/m3")
    Heading(text='SO2 μg/m3', name='SO2', unit_text='μg/m3')
    >>> split_heading("EAST_LONGITUDE(deg)").name
    'EAST_LONGITUDE'
    """
    clean = unwrapped(text.replace("﻿", "").strip().strip("\"'").strip()[:200])
    clean = tidied(clean)
    if (bracket := in_brackets(clean)) is not None:
        return Heading(clean, *bracket)
    for separator in (" / ", " ", ",", "_"):
        name, found, unit = clean.rpartition(separator)
        if (
            found
            and name.strip()
            and parse_unit(unit)
            and _may_stand_alone(name, unit, among_words=separator in " _")
        ):
            return Heading(clean, name.strip(" /_,"), unit.strip())
    for name, unit in places_of_unit(clean):
        if _may_stand_alone(name, unit, among_words=True):
            return Heading(clean, name, unit)
    return Heading(clean, clean, "")


def _may_stand_alone(name: str, unit: str, *, among_words: bool) -> bool:
    """Whether a unit may be meant: "相对高度 m" has one, "group C" has none."""
    return not among_words or len(unit.strip()) > 1 or unit.strip() in "%℃" or fold(name) in _BY_WORD


@lru_cache(maxsize=4096)
def understand(text: str) -> Meaning | None:
    """Return what a heading means, or None.

    Examples
    --------
    >>> understand("AirMar Wind Speed [m/s]")
    Meaning(quantity=..., instrument='airmar')
    >>> understand("PM2.5(ug/m^3)").quantity.slug
    'pm25'
    """
    heading = split_heading(text)
    whole = fold(heading.name)
    if not whole:
        return None
    if (is_of_instrument(heading.unit_text) and heading.unit is None) or is_at_oxygen(text):
        return None
    for candidate in (fold(text), whole):
        if candidate in _BY_WORD or candidate in _BY_TOGETHER:
            return Meaning(_on_side(_BY_WORD.get(candidate) or _BY_TOGETHER[candidate], heading.unit_text))
    of_part = _value_of(heading)
    if of_part is not None:
        return of_part[0]
    if _of_two(heading.name) or _QUALIFIERS.search(whole) or _QUALIFIERS.search(fold(heading.text)):
        return None
    words = whole.split()
    for start in range(1, len(words)):
        tail = " ".join(words[start:])
        if tail not in _BY_WORD or tail in _SHORT or _BY_WORD[tail].role in _WHOLE_ONLY:
            continue
        if not is_of_instrument(" ".join(words[:start])):
            return Meaning(_BY_WORD[tail], " ".join(words[:start]))
    if (
        len(words) > 1
        and words[0] in _BY_WORD
        and (parse_unit(heading.unit_text) or _INSTRUMENT_SUFFIX.match(words[-1]))
    ):
        quantity = _BY_WORD[words[0]]
        return Meaning(quantity, " ".join(words[1:])) if quantity.role == "species" else None
    return _unlisted_species(heading)


def _of_two(name: str) -> bool:
    """Whether a name is of a ratio or sum of two quantities (``NO/NO2``), which is neither of them."""
    parts = [fold(part) for part in re.split(r"[/÷+]", unicodedata.normalize("NFKC", name))]
    return len(parts) > 1 and all(part in _BY_WORD and _BY_WORD[part].role == "species" for part in parts)


def _on_side(quantity: Quantity, unit_text: str) -> Quantity:
    """Degrees west or south where the brackets say so: ``Longitude (W)``."""
    other = {"lon": "lon_west", "lat": "lat_south"}.get(quantity.slug)
    if other is None or side_of(unit_text) != -1:
        return quantity
    return next(known for known in QUANTITIES if known.slug == other)


def _value_of(heading: Heading) -> tuple[Meaning | None] | None:
    """What a quantity with a part beside it means (``NO2浓度``, ``CH4_dry``): its own value, or nothing to be used.

    None where no quantity with a part is named.
    """
    for subject, part in split_part(heading.name):
        quantity = _BY_WORD.get(fold(subject))
        inner = None if quantity is not None else _value_of(replace(heading, name=subject))
        meaning = Meaning(quantity) if quantity is not None else inner[0] if inner is not None else None
        if inner is None and (meaning is None or meaning.quantity.role != "species"):
            continue
        if meaning is None or part in OF_ANOTHER_KIND:
            return (None,)
        return (replace(meaning, quantity=_in_dry_air(meaning.quantity)) if part == "dry" else meaning,)
    return None


def _in_dry_air(quantity: Quantity) -> Quantity:
    """The quantity that is the dry mole fraction of another."""
    known = next((species for species in SPECIES.values() if species.dry_of == quantity.slug), None)
    if known is not None:
        return _species(known)
    return replace(quantity, slug=f"{quantity.slug}_dry", long_name=f"{quantity.long_name}, dry air", cf="")


_STATUS_OF = re.compile(
    r"(?P<of>.+?)[\s_\-]*(?:分析仪|监测仪|仪器|传感器|analy[sz]er|instrument|sensor)?[\s_\-]*"
    r"(?:状态码?|数据标识|数据标记|标识|标记|(?:qc|status)?[\s_\-]*flag|status(?:[\s_\-]*code)?|state|qc|valve|mode)",
    re.IGNORECASE,
)


def status_subject(text: str) -> str:
    """Return the heading that a heading is the status of, empty where it is not that of another column's status.

    Examples
    --------
    >>> status_subject("PM2.5(ug/m3)状态"), status_subject("NO2_flag"), status_subject("时间")
    ('PM2.5(ug/m3)', 'NO2', '')
    """
    match = _STATUS_OF.fullmatch(unicodedata.normalize("NFKC", text).strip().strip("\"'").strip()[:200])
    return match["of"] if match else ""


def _unlisted_species(heading: Heading) -> Meaning | None:
    """Take a name that is not in the table but carries the unit of a concentration as a species of its own."""
    unit = heading.unit
    if unit is None or unit.kind not in CONCENTRATIONS or part_of(heading.name) in OF_ANOTHER_KIND:
        return None
    slug = re.sub(r"\W+", "_", fold(heading.name)).strip("_")[:40]
    if not slug:
        return None
    slug = slug if slug[0].isalpha() else f"x{slug}"
    return Meaning(Quantity(slug, "species", heading.name, (), unit.name))
