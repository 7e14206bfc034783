"""Every threshold of every room, with its unit and its source, and how a mission changes it.

A profile is a TOML file with a table per room; ``mission.toml`` may hold the same tables, and wins::

    time_zone = "Asia/Shanghai"      # of traces and photos without a zone
    crs = "EPSG:4544"                # of the grid

    [vehicle]                        # the same as [tracks]
    lag_s = 6.5

    [teams]                          # the same as [routes]
    teams = 2

An unknown table or name is an error that proposes the nearest known one: a misspelt threshold must not be ignored.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pyproj import CRS

from fusion.attribution.evidence_settings import EvidenceSettings
from fusion.settings import FusionSettings
from imagery.settings import ImagerySettings
from ingest.coordinates import crs_from_text
from ingest.errors import SettingError
from ingest.images.read import PhotoSettings
from ingest.monitors.read import MonitorSettings
from ingest.registers.read import SiteSettings
from ingest.settings import SettingLine, describe_settings
from ingest.traces.read import TraceSettings
from onevisit.settings import RouteSettings, VisitSettings
from onevisit.visits.regions import RegionSettings
from tracks.settings import TrackSettings

_ALIASES = {"vehicle": "tracks", "teams": "routes"}


@dataclass(frozen=True)
class Profile:
    """The settings of all rooms, and the grid's CRS (None: chosen from the data)."""

    name: str = "default"
    crs: CRS | None = None
    regions: RegionSettings = field(default_factory=RegionSettings)
    traces: TraceSettings = field(default_factory=TraceSettings)
    photos: PhotoSettings = field(default_factory=PhotoSettings)
    sites: SiteSettings = field(default_factory=SiteSettings)
    monitors: MonitorSettings = field(default_factory=MonitorSettings)
    tracks: TrackSettings = field(default_factory=TrackSettings)
    imagery: ImagerySettings = field(default_factory=ImagerySettings)
    fusion: FusionSettings = field(default_factory=FusionSettings)
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    visits: VisitSettings = field(default_factory=VisitSettings)
    routes: RouteSettings = field(default_factory=RouteSettings)


def load_profile(name: str, configuration: Mapping[str, Any]) -> Profile:
    """Build a profile: defaults, then the profile file, then the mission's own configuration.

    Parameters
    ----------
    name : str
        ``"default"`` or the path of a TOML file.
    configuration : mapping
        What ``mission.toml`` says; may be empty.

    Raises
    ------
    SettingError
        If the file is missing or not TOML, or a table, a name, a type or a CRS is not known.
    """
    profile = Profile(name=name)
    if name != "default":
        profile = _apply(profile, _read_toml(Path(name)), origin=name)
    return _apply(profile, configuration, origin="mission.toml")


def describe_profile(profile: Profile) -> dict[str, list[SettingLine]]:
    """All thresholds by room, for the report and the docs."""
    return {room: describe_settings(getattr(profile, room)) for room in _rooms()}


def profile_dict(profile: Profile) -> dict[str, Any]:
    """The profile as plain values, for the manifest and for stage keys."""
    rooms: dict[str, Any] = {room: asdict(getattr(profile, room)) for room in _rooms()}
    return {"name": profile.name, "crs": profile.crs.to_string() if profile.crs else None, **rooms}


def _rooms() -> list[str]:
    return [f.name for f in fields(Profile) if f.name not in {"name", "crs"}]


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingError(
            f"profile {path}: cannot be read ({error.strerror}); built in is only 'default'"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"profile {path}: {error}") from error


def _apply(profile: Profile, configuration: Mapping[str, Any], *, origin: str) -> Profile:
    tables = dict(configuration)
    tables.pop("profile", None)
    if (crs := tables.pop("crs", None)) is not None:
        profile = replace(profile, crs=_projected_crs(crs, origin))
    if (zone := tables.pop("time_zone", None)) is not None:
        for room in ("traces", "photos", "monitors", "routes"):
            profile = _override(profile, room, {"time_zone": zone}, origin)
    if (columns := tables.pop("columns", None)) is not None:
        profile = _override(profile, "traces", {"columns": columns}, origin)
    for table, values in tables.items():
        room = _ALIASES.get(table, table)
        known = [*_rooms(), *_ALIASES, "crs", "time_zone", "columns", "profile"]
        if room not in _rooms():
            raise SettingError(f"{origin}: unknown name {table!r}{_nearest(table, known)}")
        if not isinstance(values, Mapping):
            raise SettingError(f"{origin}: [{table}] must be a table of names and values, not {values!r}")
        profile = _override(profile, room, values, origin)
    return profile


def _override(profile: Profile, room: str, values: Mapping[str, Any], origin: str) -> Profile:
    settings = getattr(profile, room)
    known = {f.name: getattr(settings, f.name) for f in fields(settings)}
    for name, value in values.items():
        if name not in known:
            raise SettingError(f"{origin}, [{room}]: unknown name {name!r}{_nearest(name, list(known))}")
        if not _same_kind(known[name], value):
            expected = type(known[name]).__name__
            raise SettingError(f"{origin}, [{room}] {name}: {value!r} is not of the kind {expected}")
    converted = {name: _convert(known[name], value) for name, value in values.items()}
    return replace(profile, **{room: replace(settings, **converted)})


def _same_kind(default: object, value: object) -> bool:
    if default is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, int | float):
        return isinstance(value, int if isinstance(default, int) else (int, float))
    if isinstance(default, tuple):
        return isinstance(value, list)
    if isinstance(default, Mapping):
        return isinstance(value, Mapping)
    return isinstance(value, type(default))


def _convert(default: object, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return float(value) if isinstance(default, float) else value


def _nearest(name: str, known: list[str]) -> str:
    match = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {match[0]!r}?" if match else f"; known are {', '.join(sorted(known))}"


def _projected_crs(value: object, origin: str) -> CRS:
    try:
        crs = crs_from_text(str(value))
    except SettingError as error:
        raise SettingError(f"{origin}: crs: {error}") from error
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise SettingError(f"{origin}: crs {value!r} is not a projected CRS in metres, which the grid needs")
    return crs
