"""What a bureau may set, and how: the settings that name its own circumstances, at most forty.

A profile is a TOML file with a table per room; ``mission.toml`` may hold the same tables, and wins::

    time_zone = "Asia/Shanghai"      # of traces, photos, monitors and routes without a zone
    crs = "EPSG:4544"                # of the grid

    [vehicle]                        # the same as [tracks]
    lag_s = 6.5

    [teams]                          # the same as [routes]
    teams = 2

    [instrument]                     # what is known of it: `onevisit.cards.instrument`
    last_calibration = 2024-04-28

An unknown table or name is an error that proposes the nearest known one: a misspelt setting must not be ignored. So
is a parameter of a model: those are varied in code (``dataclasses.replace``), never by a bureau.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
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
from ingest.outcome import Phrase, Value
from ingest.registers.read import SiteSettings
from ingest.settings import SettingLine, describe_settings
from ingest.traces.read import TraceSettings
from monitors.settings import RecordSettings
from onevisit.cards.instrument import Instrument, read_instrument
from onevisit.leads.tables import RivalTables
from onevisit.settings import AcuteSettings, RouteSettings, VisitSettings
from onevisit.visits.regions import RegionSettings
from tracks.settings import TrackSettings

_ALIASES = {"vehicle": "tracks", "teams": "routes", "registers": "sites"}
# Names above all tables, and the rooms whose setting they are; the first of these speaks for all.
_ABOVE = {
    "time_zone": ("traces", "photos", "monitors", "records", "routes"),
    "maximum_file_mb": ("traces", "sites", "monitors"),
    "columns": ("traces",),
}
# A setting of one room that is read in another too.
_READ_IN_TOO = {("tracks", "inlet_height_m"): "fusion"}
_CRS_SOURCE = "choice: the 3-degree zone of CGCS2000 (in China) or UTM zone of the median position"


@dataclass(frozen=True)
class Profile:
    """Settings and parameters of all rooms, and the grid's CRS (None: chosen from the data)."""

    name: str = "default"
    crs: CRS | None = None
    instrument: Instrument | None = None
    regions: RegionSettings = field(default_factory=RegionSettings)
    traces: TraceSettings = field(default_factory=TraceSettings)
    photos: PhotoSettings = field(default_factory=PhotoSettings)
    sites: SiteSettings = field(default_factory=SiteSettings)
    monitors: MonitorSettings = field(default_factory=MonitorSettings)
    records: RecordSettings = field(default_factory=RecordSettings)
    tracks: TrackSettings = field(default_factory=TrackSettings)
    imagery: ImagerySettings = field(default_factory=ImagerySettings)
    fusion: FusionSettings = field(default_factory=FusionSettings)
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    acute: AcuteSettings = field(default_factory=AcuteSettings)
    visits: VisitSettings = field(default_factory=VisitSettings)
    rivals: RivalTables = field(default_factory=RivalTables)
    routes: RouteSettings = field(default_factory=RouteSettings)


def load_profile(
    name: str, configuration: Mapping[str, Any], *, recipe: Recipe | None = None, time_zone: str = ""
) -> Profile:
    """Build a profile: defaults, profile file, recipe, the mission's own configuration, the zone that was asked.

    Parameters
    ----------
    name : str
        ``"default"`` or the path of a TOML file.
    configuration : mapping
        What ``mission.toml`` says; may be empty.
    recipe : Recipe, optional
        A ``mission.toml`` that is kept elsewhere.
    time_zone : str, optional
        Of ``--time-zone``: wins over all files.

    Raises
    ------
    SettingError
        If the file is missing or not TOML, a table, a name, a type or a CRS is not known, or a name is a parameter.
    """
    profile = Profile(name=name)
    if name != "default":
        profile = _apply(profile, _read_toml(Path(name)), origin=name)
    if recipe is not None:
        profile = _apply(profile, recipe.content, origin=recipe.path.name)
    profile = _apply(profile, configuration, origin="mission.toml")
    return _apply(profile, {"time_zone": time_zone}, origin="--time-zone") if time_zone else profile


@dataclass(frozen=True)
class Recipe:
    """A ``mission.toml`` that is kept elsewhere, for one van or aircraft, and what it says."""

    path: Path
    content: Mapping[str, Any]


def read_recipe(path: Path | None) -> Recipe | None:
    """Read a recipe.

    Raises
    ------
    SettingError
        If the file is missing or not TOML.
    """
    return None if path is None else Recipe(path, _read_toml(path, "recipe"))


def describe_profile(profile: Profile) -> dict[str, list[SettingLine]]:
    """What a bureau may set, by room, for the report and the docs; under ``""`` what stands above all tables."""
    rooms = {room: {line.name: line for line in describe_settings(getattr(profile, room))} for room in _rooms()}
    crs = profile.crs.to_string() if profile.crs else ""
    above = [SettingLine("crs", crs, "", _CRS_SOURCE, profile.crs is None, for_bureau=True)]
    above += [replace(rooms[owners[0]].pop(name), for_bureau=True) for name, owners in _ABOVE.items()]
    told = {room: [line for line in lines.values() if line.for_bureau] for room, lines in rooms.items()}
    return {"": above, **{room: lines for room, lines in told.items() if lines}}


def changed_settings(profile: Profile) -> dict[str, list[SettingLine]]:
    """What of `describe_profile` is not as built in; empty where everything is."""
    told = {
        room: [line for line in lines if not line.is_default] for room, lines in describe_profile(profile).items()
    }
    return {room: lines for room, lines in told.items() if lines}


def profile_dict(profile: Profile) -> dict[str, Any]:
    """Every setting and every parameter as plain values, for the manifest and for stage keys."""
    rooms: dict[str, Any] = {room: asdict(getattr(profile, room)) for room in _rooms()}
    instrument = asdict(profile.instrument) if profile.instrument else None
    crs = profile.crs.to_string() if profile.crs else None
    return {"name": profile.name, "crs": crs, "instrument": instrument, **rooms}


def _rooms() -> list[str]:
    return [f.name for f in fields(Profile) if f.name not in {"name", "crs", "instrument"}]


def _read_toml(path: Path, what: str = "profile") -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        values = {"path": str(path), "error": error.strerror or str(error)}
        code = Phrase("profile_unreadable", values) if what == "profile" else Phrase("recipe_unreadable", values)
        raise SettingError(code) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        values = {"path": str(path), "error": str(error)}
        code = Phrase("profile_no_toml", values) if what == "profile" else Phrase("recipe_no_toml", values)
        raise SettingError(code) from error


def _apply(profile: Profile, configuration: Mapping[str, Any], *, origin: str) -> Profile:
    tables = dict(configuration)
    tables.pop("profile", None)
    if (crs := tables.pop("crs", None)) is not None:
        profile = replace(profile, crs=_projected_crs(crs, origin))
    if (table := tables.pop("instrument", None)) is not None:
        profile = replace(profile, instrument=read_instrument(table, origin))
    for name, owners in _ABOVE.items():
        if name in tables:
            value = tables.pop(name)
            for room in owners:
                profile = _override(profile, room, {name: value}, origin)
    for table, values in tables.items():
        room = _ALIASES.get(table, table)
        if room not in _rooms():
            known = [*_rooms(), *_ALIASES, "crs", "profile", "instrument", *_ABOVE]
            named: dict[str, Value] = {"origin": origin, "name": table, "instead": _nearest(table, known)}
            raise SettingError(Phrase("table_not_known", named))
        if not isinstance(values, Mapping):
            raise SettingError(Phrase("table_expected", {"origin": origin, "name": table, "value": str(values)}))
        _refuse_unknown(profile, room, values, origin)
        profile = _override(profile, room, values, origin)
    return profile


def _refuse_unknown(profile: Profile, room: str, names: Iterable[str], origin: str) -> None:
    """Refuse what the room does not have, and what it has but no bureau may set."""
    lines = {line.name: line for line in describe_settings(getattr(profile, room))}
    settable = [line.name for line in lines.values() if line.for_bureau]
    for name in names:
        named: dict[str, Value] = {"origin": origin, "room": room, "name": name}
        if name not in lines:
            raise SettingError(Phrase("setting_not_known", {**named, "instead": _nearest(name, settable)}))
        if name not in settable:
            raise SettingError(Phrase("setting_of_model", {**named, "instead": _instead(profile, name, settable)}))


def _instead(profile: Profile, name: str, settable: list[str]) -> Phrase:
    if name in _ABOVE:
        return Phrase("set_above_tables", {"name": name})
    for room, lines in describe_profile(profile).items():
        if name in [line.name for line in lines]:
            return Phrase("set_in_table", {"name": name, "room": room})
    match = difflib.get_close_matches(name, settable, n=1)
    return Phrase("nearest_setting", {"name": match[0]}) if match else _known(settable)


def _override(profile: Profile, room: str, values: Mapping[str, Any], origin: str) -> Profile:
    settings = getattr(profile, room)
    for name, value in values.items():
        if not _same_kind(getattr(settings, name), value):
            expected = type(getattr(settings, name)).__name__
            came = {"origin": origin, "room": room, "name": name, "value": repr(value), "kind": expected}
            raise SettingError(Phrase("setting_of_another_kind", came))
    converted = {name: _convert(getattr(settings, name), value) for name, value in values.items()}
    profile = replace(profile, **{room: replace(settings, **converted)})
    for name in converted:
        if (other := _READ_IN_TOO.get((room, name))) is not None:
            profile = _override(profile, other, {name: converted[name]}, origin)
    return profile


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


def _nearest(name: str, known: list[str]) -> Phrase:
    match = difflib.get_close_matches(name, known, n=1)
    return Phrase("did_you_mean", {"name": match[0]}) if match else _known(known)


def _known(names: list[str]) -> Phrase:
    return Phrase("known_names", {"names": sorted(names)}) if names else Phrase("nothing_may_be_set")


def _projected_crs(value: object, origin: str) -> CRS:
    try:
        crs = crs_from_text(str(value))
    except SettingError as error:
        raise SettingError(Phrase("crs_of_profile", {"origin": origin, "cause": error.phrase})) from error
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise SettingError(Phrase("crs_not_in_metres", {"origin": origin, "crs": str(value)}))
    return crs
