"""The store of stages: what was kept comes back, and nothing is believed that is not what a stage made."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
import xarray as xr
from filelock import FileLock
from pyproj import CRS

from fusion.schema import Hotspot
from ingest.errors import NothingUsable
from ingest.flags import Flag
from ingest.outcome import Decision, Notes, Outcome, Phrase, Reject
from ingest.schema import CrsSource, Site
from onevisit.store import FOLDER, Store, open_store
from onevisit.words.telling import tell
from tracks.schema import Track


@contextmanager
def _opened(out: Path, program: str = "p1", *, keep: int = 1, notes: Notes | None = None) -> Iterator[Store]:
    with open_store(out, program, keep=keep, notes=notes or Notes()) as store:
        yield store


def _said(notes: Notes) -> list[tuple[str, str, str]]:
    """Item, decision and evidence in words."""
    return [(d.item, tell(d).decision, tell(d).evidence) for d in notes.decisions]


def _kept(out: Path, value: object = 3, **options: Any) -> Path:
    """Keep one value and return its file."""
    with _opened(out, **options) as store:
        store.save("tracks", "k1", Outcome(value))
        store.close({})
    return next((out / FOLDER).glob("tracks-k1-*.bin"))


def _value(out: Path, **options: Any) -> object:
    with _opened(out, **options) as store:
        outcome = store.load("tracks", "k1")
    return outcome and outcome.value


def test_an_outcome_comes_back_with_all_that_was_said(tmp_path: Path) -> None:
    """Value, decisions and rejects, under the same name, key and program only."""
    outcome = Outcome((1, 2.5), (Decision("a", "b", {"n": (1, Phrase("m"))}, Phrase("c")),), (Reject("d", "e", "f"),))
    with _opened(tmp_path) as store:
        store.save("tracks", "k1", outcome)
        assert store.load("tracks", "k1") == outcome
        assert store.load("tracks", "k2") is None
        assert store.load("flight", "k1") is None
    notes = Notes()
    with _opened(tmp_path, "p2", notes=notes) as store:
        assert store.load("tracks", "k1") is None and store.load("tracks", "k1") is None
    assert _said(notes) == [(FOLDER, "made again", "the program or a library has changed since it was stored")]


def test_records_of_every_room_come_back(
    tmp_path: Path, make_track: Callable[..., Track], make_hotspot: Callable[..., Hotspot]
) -> None:
    """Datasets, geometries, systems of coordinates, times, zones, flags and enumerations survive the reader."""
    site = Site("S1", "Works", 104.0, 30.0, 10.0, "EPSG:4326", CrsSource.DECLARED)
    when = datetime(2026, 5, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    values = (
        *(make_track(), make_hotspot(), site, CRS.from_epsg(4544), when, datetime(2026, 5, 1, tzinfo=UTC)),
        *(date(2026, 5, 1), Flag.CALIBRATION, frozenset({1}), Path("a/b"), shapely.box(0, 0, 1, 2), np.float64(2.5)),
        *(np.datetime64("2026-05-01", "ns"), np.array(["a", "bc"]), {"x": [None, True]}),
    )
    _kept(tmp_path, values)
    back: Any = _value(tmp_path)
    for before, after in zip(values, back, strict=True):
        if isinstance(before, Track):
            assert isinstance(after, Track)
            xr.testing.assert_identical(after.passes, before.passes)
        elif isinstance(before, np.ndarray):
            np.testing.assert_array_equal(after, before)
        elif isinstance(before, Hotspot):
            assert isinstance(after, Hotspot)
            assert vars(after) == vars(before)
        else:
            assert after == before and type(after) is type(before)


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch pwned",)


def test_a_pickle_that_calls_something_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of results may come from anybody: nothing but records is made of it; the line says what it named."""
    monkeypatch.chdir(tmp_path)
    for value, named in (
        (_Evil(), "system"),
        (print, "print"),
        (Path.cwd, "cwd"),
        (np.memmap, "memmap"),
        (open_store, "open_store"),
    ):
        notes = Notes()
        _kept(tmp_path / "out", value)
        assert _value(tmp_path / "out", notes=notes) is None
        said = _said(notes)
        assert said[0][1] == "not believed, made again" and named in said[0][2]
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: data[:-1], "cut off or was changed"),
        (lambda data: data[:40], "cut off or was changed"),
        (lambda data: data[:-3] + bytes([data[-3] ^ 1]) + data[-2:], "cut off or was changed"),
        (lambda data: data.replace(b"store 2", b"store 9", 1), "another format"),
        (lambda _data: b"", "another format"),
    ],
)
def test_a_spoilt_entry_is_made_again_and_said(tmp_path: Path, spoil: Callable[[bytes], bytes], reason: str) -> None:
    """Cut short, one bit changed, of another format, empty: never believed, and a line says so."""
    path = _kept(tmp_path)
    path.write_bytes(spoil(path.read_bytes()))
    notes = Notes()
    assert _value(tmp_path, notes=notes) is None
    said = _said(notes)
    assert said == [(f"{FOLDER}/{path.name}", "not believed, made again", said[0][2])] and reason in said[0][2]


def test_an_entry_is_worth_what_its_files_are(tmp_path: Path) -> None:
    """A mosaic that is gone or was changed since is made again."""
    (tmp_path / "ortho.tif").write_bytes(b"pixels")
    with _opened(tmp_path) as store:
        store.save("flight", "k1", Outcome(1), ["ortho.tif"])
        assert store.load("flight", "k1") == Outcome(1)
    for spoil, reason in ((lambda p: p.write_bytes(b"Pixels"), "not as it was written"), (Path.unlink, "no longer")):
        spoil(tmp_path / "ortho.tif")
        notes = Notes()
        with _opened(tmp_path, notes=notes) as store:
            assert store.load("flight", "k1") is None
        evidence = _said(notes)[0][2]
        assert "ortho.tif" in evidence and reason in evidence


def test_only_the_last_runs_are_kept(tmp_path: Path) -> None:
    """With one run kept, what it did not use is gone; with two, what the one before used is there."""
    for keep, left in ((1, ["c"]), (2, ["b", "c"])):
        out = tmp_path / str(keep)
        for key in "abc":
            with _opened(out, keep=keep) as store:
                store.save("tracks", key, Outcome(key))
                store.close({})
        assert sorted(path.name.split("-")[1] for path in (out / FOLDER).glob("*.bin")) == left


def test_what_a_run_took_from_the_store_counts_as_used(tmp_path: Path) -> None:
    """An entry that was only loaded stays."""
    _kept(tmp_path)
    for _ in range(2):
        with _opened(tmp_path) as store:
            assert store.load("tracks", "k1") is not None
            store.close({})
    assert _value(tmp_path) == 3


def test_keeping_nothing_removes_what_is_there(tmp_path: Path) -> None:
    """``--keep-store 0``: nothing is believed, nothing stays."""
    _kept(tmp_path)
    with _opened(tmp_path, keep=0) as store:
        assert store.load("tracks", "k1") is None
        store.save("tracks", "k1", Outcome(3))
        store.close({})
    assert not (tmp_path / FOLDER).exists()


def test_a_store_that_another_run_holds_is_left_alone(tmp_path: Path) -> None:
    """The second run does all stages, says so, and takes nothing away from the first."""
    path, notes = _kept(tmp_path), Notes()
    with FileLock(tmp_path / FOLDER / "lock"), _opened(tmp_path, notes=notes) as store:
        assert store.load("tracks", "k1") is None
        store.save("tracks", "k2", Outcome(4))
        store.close({})
    assert _said(notes) == [
        (FOLDER, "not used, all stages are done", "another run holds the store of this folder of results")
    ]
    assert [p.name for p in (tmp_path / FOLDER).glob("*.bin")] == [path.name]
    assert _value(tmp_path) == 3


def test_a_full_disk_costs_the_store_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be kept is said, the half-written file is gone, what was kept before stays."""

    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    notes = Notes()
    _kept(tmp_path)
    with _opened(tmp_path, notes=notes) as store:
        with monkeypatch.context() as patched:
            patched.setattr(pickle, "dump", full)
            store.save("flight", "k2", Outcome(4))
        assert store.load("tracks", "k1") is not None
    assert _said(notes)[0][1:] == ("not kept, the next run makes it again", "No space left on device")
    assert not list((tmp_path / FOLDER).glob("*.part"))


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """OUT below a file: the store does without, with the reason."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    notes = Notes()
    with _opened(tmp_path / "file", notes=notes) as store:
        assert store.load("tracks", "k1") is None
    said = _said(notes)
    assert said[0][:2] == (FOLDER, "not used, all stages are done") and "cannot be written" in said[0][2]


def test_a_run_that_found_nothing_usable_leaves_no_folder(tmp_path: Path) -> None:
    """A new OUT is removed; one that was there stays, and so does what a run that failed otherwise had kept."""
    (tmp_path / "old").mkdir()
    for name, error, stays in (
        ("new", NothingUsable, False),
        ("old", NothingUsable, True),
        ("third", KeyError, True),
    ):
        with pytest.raises(error), _opened(tmp_path / name) as store:
            store.save("tracks", "k1", Outcome(3))
            raise error("")
        assert (tmp_path / name).is_dir() == stays
    assert _value(tmp_path / "third") == 3


def test_an_output_is_as_good_as_its_key_and_its_bytes(tmp_path: Path) -> None:
    """Written under the same key by the same program and unchanged: its hash; otherwise it is written again."""
    file = tmp_path / "routes.csv"
    file.write_bytes(b"abc")
    sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with _opened(tmp_path) as store:
        assert store.hash_if_written("routes.csv", "k1") is None
        store.close({"routes.csv": ("k1", sha)})
    with _opened(tmp_path) as store:
        assert store.hash_if_written("routes.csv", "k1") == sha
        assert store.hash_if_written("routes.csv", "k2") is None
        assert store.hash_if_written("routes.xlsx", "k1") is None
    with _opened(tmp_path, "p2") as store:
        assert store.hash_if_written("routes.csv", "k1") is None
    file.write_bytes(b"abd")
    with _opened(tmp_path) as store:
        assert store.hash_if_written("routes.csv", "k1") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"'])
def test_lists_of_the_store_that_were_cut_off_know_nothing(tmp_path: Path, content: str) -> None:
    """Neither runs nor outputs are believed; the next close writes them anew."""
    _kept(tmp_path)
    for name in ("runs.json", "outputs.json"):
        (tmp_path / FOLDER / name).write_text(content, encoding="utf-8")
    with _opened(tmp_path) as store:
        assert store.hash_if_written("routes.csv", "k1") is None
        assert store.load("tracks", "k1") is not None
        store.close({})
    assert json.loads((tmp_path / FOLDER / "runs.json").read_text(encoding="utf-8"))[0][0].startswith("tracks-k1-")


def test_a_replay_takes_what_another_program_made_last(tmp_path: Path) -> None:
    """Asked for on purpose only; its own result comes first, else the newest."""
    for age, program in enumerate(("p1", "p2", "p3")):
        with _opened(tmp_path, program, keep=9) as store:
            store.save("tracks", "k1", Outcome(program))
        path = next((tmp_path / FOLDER).glob(f"tracks-k1-{program}.bin"))
        os.utime(path, ns=(0, (10 - age) * 10**9))
    with _opened(tmp_path, "p4", keep=9) as store:
        assert store.load("tracks", "k1") is None
        assert store.load("tracks", "k1", any_program=True) == Outcome("p1")
    with _opened(tmp_path, "p3", keep=9) as store:
        assert store.load("tracks", "k1", any_program=True) == Outcome("p3")
