"""A mission folder in real file formats, and beside it the truth that `onevisit score` holds against the results.

::

    OUT/mission/traces/*.csv images/*.JPG registers/*.csv monitors/* roads/*.geojson
    OUT/truth.json, OUT/truth_scene.jpg       never read by ``process``
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ingest.errors import SettingError
from ingest.outcome import Phrase
from onevisit.truth.simulate.air.sources import EmissionSource
from onevisit.truth.simulate.confounders import WORLDS, choose_confounders
from onevisit.truth.simulate.drives.handheld import write_handheld
from onevisit.truth.simulate.drives.outings import SPIN_UP_S, Outing, declared_lag, drive_all, stream
from onevisit.truth.simulate.drives.vehicle import air_along, write_log
from onevisit.truth.simulate.flights.mission import fly_over
from onevisit.truth.simulate.labels import beyond_permit
from onevisit.truth.simulate.records.fixed import write_fixed
from onevisit.truth.simulate.records.monitors import draw_monitored_sites, write_monitors
from onevisit.truth.simulate.records.outlet import SiteRecord
from onevisit.truth.simulate.records.plants import draw_plant, trade_of_industry
from onevisit.truth.simulate.records.registers import draw_entries, misplace, write_registers
from onevisit.truth.simulate.records.tables import write_weeks
from onevisit.truth.simulate.records.weeks import draw_weeks
from onevisit.truth.simulate.truth import Park, rules, truth_of
from onevisit.truth.simulate.world import SIZES, ParkSite, World, build_world

WEEKS: Mapping[str, int] = {"demo": 4, "district": 4, "city": 1}
"""Of long records, by size: in four a rule can learn what is usual by hour and weekday; a city's would be 500 MB."""


def simulate_mission(
    out: Path,
    *,
    seed: int,
    size: Literal["demo", "district", "city"] = "demo",
    world: Literal[1, 2] = 1,
    flights: bool = True,
    without: tuple[str, ...] = (),
    only: tuple[str, ...] | None = None,
) -> None:
    """Write ``out/mission/`` and ``out/truth.json``; the same seed gives the same bytes.

    Parameters
    ----------
    out : Path
        Folder to write into; made where it is missing.
    seed : int
        Seeds 1000-1999 are for scoring, and never used to choose a threshold.
    size : {"demo", "district", "city"}
        About 45, 220 or 5000 sites.
    world : {1, 2}
        Which air, vans and registers: world 2 has the confounders of both.
    flights : bool
        Whether a drone flies, too; without it the other files are the same, and made in a fraction of the time.
    without : tuple of str
        Confounders to switch off (`onevisit.truth.simulate.confounders.CONFOUNDERS`).
    only : tuple of str, optional
        Exactly these confounders are on.

    Raises
    ------
    SettingError
        If the size, the world or a confounder is unknown.
    """
    if size not in SIZES:
        raise SettingError(Phrase("size_not_known", {"size": str(size), "known": tuple(SIZES)}))
    if world not in WORLDS:
        raise SettingError(Phrase("world_not_known", {"world": str(world), "known": tuple(map(str, WORLDS))}))
    on = choose_confounders(stream(seed, "confounders"), world=world, without=without, only=only)
    write_park(out, draw_park(seed, size, world, on), flights=flights)


def write_park(out: Path, park: Park, *, flights: bool) -> None:
    """Write the files of a mission that was drawn (`draw_park`), and its truth.

    A park with a further drive (`onevisit.truth.simulate.again.drive_again`) is written like any other.
    """
    seed, on, day, outings, ground = park.seed, park.on, park.day, park.outings, park.world
    mission = out / "mission"
    (mission / "traces").mkdir(parents=True, exist_ok=True)
    for number, outing in enumerate(outings, 1):
        write_log(
            mission / outing.file,
            ground,
            outing.log,
            outing.fixes,
            outing.drive,
            outing.start,
            outing.analyser,
            on,
            encoding=str(stream(seed, outing.file).choice(["utf-8-sig", "gb18030"])),
        )
        if number == 1 and (on["local_clock"] or stream(seed, "handheld").random() < 0.4):
            dust = air_along(park.sources, outing.per_source)["PM2.5"]
            write_handheld(
                mission / f"traces/dust_{outing.start:%Y%m%d}.csv", ground, dust, outing.drive, outing.start,
                stream(seed, "handheld log"), says_utc=on["local_clock"],
            )  # fmt: skip
    write_registers(mission / "registers", ground, park.entries, stream(seed, "addresses"))
    _write_roads(mission / "roads" / "道路.geojson", ground)
    if park.weeks:
        write_weeks(mission, park.weeks, day, stream(seed, "readings"))
    else:
        write_monitors(mission / "monitors", park.stations, day)
    write_fixed(mission / "monitors", ground, [record for outing in outings for record in outing.fixed])
    lag_s = declared_lag(outings[0].analyser, seed, undeclared=on["undeclared_lag"])
    _write_toml(mission / "mission.toml", ground, lag_s)
    truth = truth_of(park) | (fly_over(out, ground, day, seed) if flights else {"photos": []})
    text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "truth.json").write_text(text + "\n", encoding="utf-8")


def draw_park(seed: int, size: str, number: int, on: Mapping[str, bool]) -> Park:
    """Everything that a mission's files are written from, in the world of that number."""
    parcels = stream(seed, "parcels") if on["real_parcels"] else None
    world = build_world(SIZES[size], stream(seed, "world"), parcels=parcels)
    day = _day(seed)
    world, sources, outings = drive_all(world, day, seed, on)
    emitting_sites = [s.place.site_id for s in sources]
    entries = draw_entries(
        world,
        day.date(),
        stream(seed, "registers"),
        shifted=on["register_shift"],
        sources=[] if on["blind_shifts"] else emitting_sites,
    )
    if on["register_points"]:
        entries = misplace(entries, world, stream(seed, "register points"))
    running = _running(sources, outings, day) if on["following_records"] else None
    if on["long_records"]:
        weeks = _draw_weeks(world.places, day, WEEKS[size], seed, on, running, sources)
        return Park(seed, size, day, world, sources, outings, entries, (), on, number, weeks)
    stations = draw_monitored_sites(world.places, day, on, stream(seed, "monitors"), running=running)
    return Park(seed, size, day, world, sources, outings, entries, stations, on, number)


def _draw_weeks(
    places: Sequence[ParkSite],
    day: datetime,
    weeks: int,
    seed: int,
    on: Mapping[str, bool],
    running: Mapping[str, NDArray[np.float64]] | None,
    sources: Sequence[EmissionSource],
) -> tuple[SiteRecord, ...]:
    """Weeks of records that end at midnight of the mission's day.

    Of the sites that emit more than they may, every second one's own records look clean; all show it without the
    confounder of that name.
    """
    rng = stream(seed, "weeks")
    plants = [
        draw_plant(p.site_id, p.name, p.uscc, trade_of_industry(p.industry.code), on, rng,
                   monitored=p.management_class == "重点管理")
        for p in places if p.listed and p.management_class != "登记管理"
    ]  # fmt: skip
    beyond = beyond_permit(sources)
    clean = {s for s in beyond if on["clean_records"] and stream(seed, f"clean records {s}").random() < 0.5}
    start = day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1 - 7 * weeks)
    return draw_weeks(plants, start, 168 * weeks, on, rng, running=running, shown=set(beyond) - clean)


def _running(
    sources: Sequence[EmissionSource], outings: Sequence[Outing], day: datetime
) -> dict[str, NDArray[np.float64]]:
    """Share of each hour of the day in which the site of each source emits; NaN in hours without any drive."""
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    second = np.arange(24 * 3600) - int((day - midnight).total_seconds())
    last = (outings[-1].start - day).total_seconds() + len(outings[-1].drive.x)
    drawn = ((second >= -SPIN_UP_S) & (second < last)).reshape(24, 3600)
    result = {}
    for source in sources:
        spans = source.active or ((-SPIN_UP_S, int(last)),)
        on = np.any([(second >= a) & (second < b) for a, b in spans], axis=0).reshape(24, 3600)
        known = np.maximum(drawn.sum(axis=1), 1)
        result[source.place.site_id] = np.where(drawn.any(axis=1), (on & drawn).sum(axis=1) / known, np.nan)
    return result


def _day(seed: int) -> datetime:
    """A working day of spring 2026, start of the first drive in local time."""
    rng = stream(seed, "day")
    day = datetime(2026, 3, 2) + timedelta(days=int(rng.integers(0, 100)))
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day + timedelta(hours=9, minutes=int(rng.integers(0, 240)), seconds=int(rng.integers(0, 60)))


def _write_roads(path: Path, world: World) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    features = [
        {
            "type": "Feature",
            "geometry": world.geometry(street.line),
            "properties": {
                "name": street.name,
                "highway": "secondary" if street.main else "tertiary",
                "maxspeed": "50" if street.main else "40",
                "oneway": "no",
            },
        }
        for street in world.streets
    ]
    _write_json(path, {"type": "FeatureCollection", "features": features})


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def _write_toml(path: Path, world: World, lag_s: float | None) -> None:
    given = rules(world)
    lines = [
        'time_zone = "Asia/Shanghai"',
        "",
        "[visits]",
        f"yearly_cap = {given['yearly_cap']}",
        "",
        "[teams]",
        f"teams = {given['teams']}",
        f"shift_h = {given['shift_h']}",
        f"depot = {given['depot']}",
    ]
    lines += [] if lag_s is None else ["", "[vehicle]", f"lag_s = {lag_s}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
