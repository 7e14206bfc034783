"""What a mission may set, and what it may not."""

from __future__ import annotations

import ast
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import xarray as xr
from pyproj import CRS

from fusion import region_geobox
from imagery.surface import height_of_dem
from ingest.coordinates import crs_from_text
from ingest.errors import ContractError, FileError, SettingError
from ingest.images.elevation import read_elevation
from ingest.settings import describe_settings
from onevisit.names import ROOMS as RUNNING
from onevisit.profile import Profile, changed_settings, describe_profile, load_profile, profile_dict
from onevisit.words.telling import tell
from tests.told import raises_told

ROOMS = [
    "regions", "traces", "photos", "sites", "monitors", "records", "tracks", "imagery", "fusion", "evidence",
    "acute", "visits", "rivals", "routes",
]  # fmt: skip


def test_without_a_word_everything_is_as_built_in() -> None:
    """No file, no configuration."""
    assert load_profile("default", {}) == Profile()
    assert Profile().name == "default" and Profile().crs is None


@pytest.mark.parametrize(
    ("table", "room"), [("vehicle", "tracks"), ("tracks", "tracks"), ("teams", "routes"), ("routes", "routes")]
)
def test_a_table_is_that_of_its_room(table: str, room: str) -> None:
    """[vehicle] is [tracks] and [teams] is [routes]; no other room changes."""
    values: dict[str, Any] = {"lag_s": 6.5} if room == "tracks" else {"teams": 7}
    profile = load_profile("default", {table: values})
    ((name, value),) = values.items()
    assert getattr(getattr(profile, room), name) == value
    changed = [r for r in ROOMS if getattr(profile, r) != getattr(Profile(), r)]
    assert changed == [room]


def test_a_zone_is_that_of_all_that_read_or_show_local_times() -> None:
    """Declared once, known to traces, photos, monitors and routes."""
    profile = load_profile("default", {"time_zone": "Asia/Urumqi"})
    assert profile.traces.time_zone == profile.photos.time_zone == profile.routes.time_zone == "Asia/Urumqi"
    assert [r for r in ROOMS if getattr(profile, r) != getattr(Profile(), r)] == [
        "traces", "photos", "monitors", "records", "routes"
    ]  # fmt: skip


def test_the_zone_of_one_room_wins_over_that_of_all() -> None:
    """A camera set to another zone, wherever the two lines stand."""
    profile = load_profile("default", {"photos": {"time_zone": "UTC+7"}, "time_zone": "UTC+8"})
    assert (profile.photos.time_zone, profile.traces.time_zone) == ("UTC+7", "UTC+8")


def test_one_size_limits_the_files_of_all_readers() -> None:
    """Above all tables, for traces, registers and monitor records."""
    profile = load_profile("default", {"maximum_file_mb": 3000})
    assert {p.file_bytes for p in (profile.traces, profile.sites, profile.monitors)} == {3_000_000_000}


def test_the_inlet_is_as_high_for_who_explains_a_hotspot() -> None:
    """One height of the vehicle, read by rates and by attribution."""
    profile = load_profile("default", {"vehicle": {"inlet_height_m": 3}})
    assert (profile.tracks.inlet_height_m, profile.fusion.inlet_height_m) == (3.0, 3.0)


def test_registers_are_the_sites() -> None:
    """The table that messages about coordinates name."""
    assert load_profile("default", {"registers": {"crs": "EPSG:4544"}}).sites.crs == "EPSG:4544"


def test_columns_are_those_of_the_traces() -> None:
    """A table beside the rooms."""
    profile = load_profile("default", {"columns": {"CH4": "ch4"}})
    assert profile.traces.columns == {"CH4": "ch4"}


def test_values_take_the_kind_of_the_threshold() -> None:
    """A whole number for a decimal one becomes decimal, a list a tuple; what may be unknown takes what comes."""
    profile = load_profile("default", {"teams": {"depot": [104.0, 30.0], "shift_h": 8}, "visits": {"yearly_cap": 2}})
    assert profile.routes.depot == (104.0, 30.0)
    assert profile.routes.shift_h == 8.0 and isinstance(profile.routes.shift_h, float)
    assert profile.visits.yearly_cap == 2


@pytest.mark.parametrize(
    ("configuration", "kind"),
    [
        ({"teams": {"teams": 1.5}}, "int"),
        ({"teams": {"teams": True}}, "int"),
        ({"teams": {"teams": "2"}}, "int"),
        ({"teams": {"shift_h": "8"}}, "float"),
        ({"teams": {"shift_h": True}}, "float"),
        ({"teams": {"shift_start": 9}}, "str"),
        ({"teams": {"depot": "104, 30"}}, "tuple"),
        ({"columns": ["a"]}, "dict"),
    ],
)
def test_a_value_of_another_kind_is_refused(configuration: dict[str, Any], kind: str) -> None:
    """The message names where it stands, the value and the kind."""
    if "columns" in configuration:
        with raises_told(SettingError, match=r"mission\.toml, \[traces\] columns: \['a'\] is not of the kind"):
            load_profile("default", configuration)
        return
    ((name, value),) = configuration["teams"].items()
    with pytest.raises(SettingError) as caught:
        load_profile("default", configuration)
    assert tell(caught.value) == f"mission.toml, [routes] {name}: {value!r} is not of the kind {kind}"


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"visit": {}}, "mission.toml: unknown name 'visit'; did you mean 'visits'?"),
        ({"vehicles": {}}, "mission.toml: unknown name 'vehicles'; did you mean 'vehicle'?"),
        ({"timezone": "x"}, "mission.toml: unknown name 'timezone'; did you mean 'time_zone'?"),
        ({"visits": 3}, "mission.toml: [visits] must be a table of names and values, not 3"),
        ({"teams": {"team": 3}}, "mission.toml, [routes]: unknown name 'team'; did you mean 'teams'?"),
        ({"sites": {"q": 3}}, "mission.toml, [sites]: unknown name 'q'; known are crs"),
        ({"regions": {"q": 3}}, "mission.toml, [regions]: unknown name 'q'; nothing of it may be set"),
    ],
)
def test_what_nobody_reads_is_refused_with_what_is_known(configuration: dict[str, Any], message: str) -> None:
    """The nearest name, or all of them; the name of the profile and the grid are none of the rooms."""
    with pytest.raises(SettingError) as caught:
        load_profile("default", configuration)
    assert tell(caught.value) == message


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"vehicle": {"response_s": 5.0}}, "[tracks]: unknown name 'response_s'; did you mean 'response_of'?"),
        (
            {"visits": {"mention_probability": 0.1}},
            "[visits]: 'mention_probability' {}; the nearest setting is 'visit_probability'",
        ),
        ({"teams": {"time_zone": "UTC"}}, "[routes]: 'time_zone' {}; set 'time_zone' above all tables"),
        ({"fusion": {"inlet_height_m": 3.0}}, "[fusion]: 'inlet_height_m' {}; set 'inlet_height_m' under [tracks]"),
        ({"fusion": {"surrogates": 99}}, "[fusion]: 'surrogates' {}; known are cell_m"),
        (
            {"evidence": {"bare_soil_particles": [4, 0.7]}},
            "[evidence]: 'bare_soil_particles' {}; nothing of it may be set",
        ),
    ],
)
def test_a_parameter_of_a_model_is_no_setting(configuration: dict[str, Any], message: str) -> None:
    """It is refused as what it is, with what may be set instead."""
    with pytest.raises(SettingError) as caught:
        load_profile("default", configuration)
    assert tell(caught.value) == "mission.toml, " + message.format("is a parameter of the model, not a setting")


@pytest.mark.parametrize("table", ["name", "crs"])
def test_the_name_is_no_table(table: str) -> None:
    """``name`` is unknown, ``crs`` is not a table: neither replaces a field of the profile."""
    with raises_told(SettingError, match=table):
        load_profile("default", {table: {"a": 1}})


def test_the_grid_may_be_declared() -> None:
    """As text or number; a projection in metres."""
    for value in ("EPSG:4544", 4544):
        profile = load_profile("default", {"crs": value})
        assert profile.crs is not None and profile.crs.to_epsg() == 4544


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        ("EPSG:4326", "not a projected CRS in metres"),
        ("EPSG:2263", "not a projected CRS in metres"),
        ("EPSG:4978", "not a projected CRS in metres"),
        ("Chengdu", "is not known"),
    ],
)
def test_a_grid_in_degrees_feet_or_unknown_is_refused(crs: str, message: str) -> None:
    """Degrees, feet (New York), metres that are not projected (geocentric), and a word."""
    with raises_told(SettingError, match=rf"mission\.toml: crs:? .*{crs}.* {message}"):
        load_profile("default", {"crs": crs})


@pytest.mark.parametrize("code", [2380, 2431, 4610])
def test_a_system_that_proj_would_guess_is_refused_by_every_stack(code: int) -> None:
    """Xi'an 1980 and Beijing 1954 are tens of metres off: profile, register, cube and DEM all say so."""
    crs, place, refused = f"EPSG:{code}", (np.array([104.0]), np.array([30.0])), "no datum shift"
    dem = xr.DataArray(np.zeros((3, 3)), {"y": np.arange(3.0), "x": np.arange(3.0)}, ("y", "x"), attrs={"crs": crs})
    with raises_told(SettingError, match=refused):
        load_profile("default", {"crs": crs})
    with raises_told(SettingError, match=refused):
        crs_from_text(crs)
    with raises_told(ContractError, match=refused):
        region_geobox(*place, crs=crs, resolution_m=30.0)
    with raises_told(SettingError, match=refused):
        height_of_dem(dem, crs=CRS.from_epsg(4544), place=(400_000.0, 3_300_000.0))


def test_a_dem_in_such_a_system_is_rejected_by_name(tmp_path: Path) -> None:
    """The photos go on without it."""
    profile = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": "float32", "crs": "EPSG:2380",
               "transform": rasterio.transform.from_origin(400_000, 3_300_000, 30, 30)}  # fmt: skip
    with rasterio.open(tmp_path / "dem.tif", "w", **profile) as file:
        file.write(np.zeros((1, 4, 4), np.float32))
    with raises_told(FileError, match="no datum shift"):
        read_elevation(tmp_path / "dem.tif", "dem.tif", lon=(104.0, 104.01), lat=(30.0, 30.01))


def test_the_mission_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    """A byte order mark is no trouble; the key that names the profile is not a threshold."""
    path = tmp_path / "bureau.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'profile = "x"\ncrs = "EPSG:4545"\n[teams]\nteams = 3\nshift_h = 6.0\n')
    profile = load_profile(str(path), {"profile": str(path), "teams": {"teams": 4}})
    assert profile.name == str(path) and profile.crs is not None and profile.crs.to_epsg() == 4545
    assert (profile.routes.teams, profile.routes.shift_h) == (4, 6.0)


def test_a_profile_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, no TOML, not UTF-8, and a fault inside of it, which bears the name of the file."""
    with raises_told(SettingError, match=r"profile .*none\.toml: cannot be read \(No such file"):
        load_profile(str(tmp_path / "none.toml"), {})
    path = tmp_path / "bad.toml"
    for content in (b"= 3", b'a = "\xff"'):
        path.write_bytes(content)
        with raises_told(SettingError, match=r"profile .*bad\.toml: "):
            load_profile(str(path), {})
    path.write_text("[team]\n", encoding="utf-8")
    with raises_told(SettingError, match=r"bad\.toml: unknown name 'team'"):
        load_profile(str(path), {})


def test_the_profile_as_plain_values() -> None:
    """Every room, the name, and the grid as text or null."""
    profile = load_profile("default", {"crs": 4544, "teams": {"teams": 9}})
    values = profile_dict(profile)
    assert list(values) == ["name", "crs", "instrument", *ROOMS]
    assert (values["name"], values["crs"], values["routes"]["teams"]) == ("default", "EPSG:4544", 9)
    assert profile_dict(Profile())["crs"] is None
    assert values["visits"] == asdict(profile.visits)


def test_settings_are_described_room_by_room() -> None:
    """What stands above all tables, then the rooms that have any, in the order in which they work."""
    lines = describe_profile(load_profile("default", {"teams": {"teams": 9}}))
    assert list(lines) == [
        "",
        "traces",
        "photos",
        "sites",
        "monitors",
        "records",
        "tracks",
        "imagery",
        "fusion",
        "acute",
        "visits",
        "routes",
    ]
    assert [line.name for line in lines[""]] == ["crs", "time_zone", "maximum_file_mb", "columns"]
    assert next(line for line in lines["routes"] if line.name == "teams").value == 9


def test_a_bureau_may_set_little() -> None:
    """Forty at most, each told once: what is one more goes into the dataclass of its model, or another leaves."""
    told = [(room, line.name) for room, lines in describe_profile(Profile()).items() for line in lines]
    assert len(told) == len(set(told)) <= 40


@pytest.mark.parametrize("room", list(describe_profile(Profile())))
def test_what_is_described_may_be_set(room: str) -> None:
    """Every line of the page is taken from a profile, as a value of its own kind."""
    for line in describe_profile(Profile())[room]:
        value = list(line.value) if isinstance(line.value, tuple) else line.value
        value = {"crs": 4544, "yearly_cap": 2}.get(line.name, value) if not room or value is None else value
        load_profile("default", {room: {line.name: value}} if room else {line.name: value})


def test_only_what_differs_from_the_default_is_told() -> None:
    """Nothing at first; a grid, an offset of a clock and a value as built in: the first two."""
    assert changed_settings(Profile()) == {}
    own = {"crs": 4544, "traces": {"clock_offset_s": {"a.csv": 5.0}}, "teams": {"teams": Profile().routes.teams}}
    changed = changed_settings(load_profile("default", own))
    assert {room: [(line.name, line.value) for line in lines] for room, lines in changed.items()} == {
        "": [("crs", "EPSG:4544")], "traces": [("clock_offset_s", {"a.csv": 5.0})],
    }  # fmt: skip


def test_the_zone_of_the_place_is_no_setting_that_was_changed() -> None:
    """What the job finds out for itself is a decision, and is told as one."""
    profile = replace(Profile(), routes=replace(Profile().routes, time_zone="Asia/Shanghai"))
    assert changed_settings(profile) == {}


# The same word for different things: a site near another and a crossing near a hotspot, draws and turns of routes,
# steps of an adjustment and of a search; particles mark vehicles among hotspots only; each clock has its own zone.
_OF_THEIR_OWN = {"crs", "near_m", "seed", "iterations", "combustion_species", "time_zone"}


def test_rooms_that_use_one_name_mean_one_value() -> None:
    """A gap, a height or a limit that two rooms need is stated in one of them (`ingest.settings.same_as`)."""
    stated: dict[str, set[str]] = {}
    for room in ROOMS:
        for line in describe_settings(getattr(Profile(), room)):
            stated.setdefault(line.name, set()).add(f"{line.value} {line.unit}, {line.source}")
    assert {name for name, lines in stated.items() if len(lines) > 1} == _OF_THEIR_OWN


def test_every_setting_is_read_by_running_code() -> None:
    """A threshold that no function reads is there for nothing; rows of [evidence] are read by kind and family."""
    root = Path(__file__).parents[2]
    read: set[str] = set()
    for room in RUNNING:
        for path in (root / room).rglob("*.py"):
            if not path.name.endswith("settings.py"):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                read |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for room in ROOMS:
        for name in asdict(getattr(Profile(), room)):
            assert name in read or (room == "evidence" and name.startswith(("bare_soil_", "hot_surface_"))), (
                f"{room}.{name}"
            )


_UNIT_OF_SUFFIX = {
    "_m": "m", "_s": "s", "_m_s": "m s-1", "_deg": "degree", "_rad": "rad", "_px": "px", "_m2": "m2", "_k": "K",
    "_h": "h", "_km_h": "km h-1", "_days": "day", "_min": "min", "_mb": "MB", "_bytes": "byte", "_percent": "%",
    "_torr": "torr",
    "_per_km2": "km-2", "wind_sensor_sd": "m s-1", "_sd": "1",
    "_share": "1", "_ratio": "1",
    "_probability": "1", "_factor": "1",
}  # fmt: skip
_OF_NO_SUFFIX = {"", "1", "m s-1", "m2 s-3", "%", "px", "degree", "s", "m"}


def test_every_threshold_has_a_unit_that_its_name_agrees_with_and_a_source() -> None:
    """A name that ends in a unit is in that unit; only names and numbers without one are left to themselves."""
    for room in ROOMS:
        for line in describe_settings(getattr(Profile(), room)):
            suffix = max((s for s in _UNIT_OF_SUFFIX if line.name.endswith(s)), key=len, default="")
            units = {_UNIT_OF_SUFFIX[suffix]} if suffix else _OF_NO_SUFFIX
            assert line.unit in units, (room, line.name, line.unit)
            assert (line.unit == "") <= isinstance(line.value, str | tuple | dict | bool | type(None)), (
                room,
                line.name,
            )
            assert re.match(r"[\w§‹«\"(]", line.source), (room, line.name)
