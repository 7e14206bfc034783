"""A mission folder in real file formats, and beside it the truth that `onevisit score` holds against the results.

::

    OUT/mission/traces/*.csv images/*.JPG registers/*.csv monitors/* roads/*.geojson
    OUT/truth.json, OUT/truth_scene.jpg       never read by ``process``
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from ingest.errors import SettingError
from ingest.outcome import Phrase
from onevisit.truth.simulate.confounders import choose_confounders
from onevisit.truth.simulate.drives.handheld import write_handheld
from onevisit.truth.simulate.drives.outings import declared_lag, drive_all, stream
from onevisit.truth.simulate.drives.vehicle import air_along, write_log
from onevisit.truth.simulate.flights.mission import fly_over
from onevisit.truth.simulate.records.monitors import draw_monitored_sites, write_monitors
from onevisit.truth.simulate.records.registers import draw_entries, write_registers
from onevisit.truth.simulate.truth import Park, rules, truth_of
from onevisit.truth.simulate.world import SIZES, World, build_world


def simulate_mission(
    out: Path,
    *,
    seed: int,
    size: Literal["demo", "district", "city"] = "demo",
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
    without : tuple of str
        Confounders to switch off (`onevisit.truth.simulate.confounders.CONFOUNDERS`).
    only : tuple of str, optional
        Exactly these confounders are on.

    Raises
    ------
    SettingError
        If the size or a confounder is unknown.
    """
    if size not in SIZES:
        raise SettingError(Phrase("size_not_known", {"size": str(size), "known": tuple(SIZES)}))
    on = choose_confounders(stream(seed, "confounders"), without=without, only=only)
    world = build_world(SIZES[size], stream(seed, "world"))
    day = _day(seed)
    world, sources, outings = drive_all(world, day, seed, on)
    entries = draw_entries(
        world,
        day.date(),
        stream(seed, "registers"),
        shifted=on["register_shift"],
        sources=[s.place.site_id for s in sources],
    )
    stations = draw_monitored_sites(world.places, day, on, stream(seed, "monitors"))
    park = Park(seed, size, day, world, sources, outings, entries, stations, on)
    mission = out / "mission"
    (mission / "traces").mkdir(parents=True, exist_ok=True)
    for number, outing in enumerate(outings, 1):
        write_log(
            mission / outing.file,
            world,
            outing.log,
            outing.fixes,
            outing.drive,
            outing.start,
            outing.analyser,
            on,
            encoding=str(stream(seed, outing.file).choice(["utf-8-sig", "gb18030"])),
        )
        if number == 1 and (on["local_clock"] or stream(seed, "handheld").random() < 0.4):
            dust = air_along(sources, outing.per_source)["PM2.5"]
            write_handheld(
                mission / f"traces/dust_{outing.start:%Y%m%d}.csv", world, dust, outing.drive, outing.start,
                stream(seed, "handheld log"), says_utc=on["local_clock"],
            )  # fmt: skip
    write_registers(mission / "registers", world, entries, stream(seed, "addresses"))
    _write_roads(mission / "roads" / "道路.geojson", world)
    write_monitors(mission / "monitors", stations, day)
    _write_toml(mission / "mission.toml", world, declared_lag(outings[0].analyser, seed))
    truth = truth_of(park) | fly_over(out, world, day, seed)
    text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "truth.json").write_text(text + "\n", encoding="utf-8")


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
