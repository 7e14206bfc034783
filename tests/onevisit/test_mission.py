"""What is found in a mission folder, and what is said of a folder that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import NothingUsable, SettingError
from onevisit.mission import InputFile, hash_file, open_mission
from onevisit.words.telling import tell
from tests.told import raises_told


def _put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")


def test_files_are_listed_by_kind_in_order_of_name(tmp_path: Path) -> None:
    """Folders below a kind are searched; the noise of desktops is not a file."""
    _put(tmp_path, "traces/b.csv", "traces/day1/a.csv", "images/1.JPG", "images/Thumbs.db", "traces/.hidden")
    mission = open_mission(tmp_path)
    assert [file.item for file in mission.files] == ["traces/b.csv", "traces/day1/a.csv", "images/1.JPG"]


def test_a_loose_file_that_is_nothing_is_rejected_with_the_reason(tmp_path: Path) -> None:
    """Nothing is lost: what lies beside the folders and is no input is named."""
    _put(tmp_path, "traces/a.csv", "drive.csv", "photos/1.jpg")
    rejects = open_mission(tmp_path).rejects
    assert [reject.item for reject in rejects] == ["drive.csv", "photos/1.jpg"]
    assert tell(rejects[0]).reason.startswith("not used, no reader takes it")


def test_a_declared_elevation_model_is_an_input(tmp_path: Path) -> None:
    """It lies wherever mission.toml says, is hashed with the rest, and is not told to move."""
    _put(tmp_path, "images/1.jpg", "ground.tif")
    (tmp_path / "mission.toml").write_text('[imagery]\ndem = "ground.tif"\n', encoding="utf-8")
    mission = open_mission(tmp_path)
    assert [file.item for file in mission.files if file.kind == "terrain"] == ["ground.tif"]
    assert mission.rejects == ()


@pytest.mark.parametrize(("names", "message"), [((), "an empty folder"), (("drive.csv",), "found drive.csv")])
def test_a_folder_without_a_mission_says_what_it_found(tmp_path: Path, names: tuple[str, ...], message: str) -> None:
    """An empty folder, and one with a file that is not where it belongs."""
    _put(tmp_path, *names)
    with raises_told(NothingUsable, match=message):
        open_mission(tmp_path)


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    """The message says what a mission is."""
    _put(tmp_path, "a")
    with raises_told(NothingUsable, match="not a folder; a mission is"):
        open_mission(tmp_path / "a")


def test_broken_configuration_names_file_and_line(tmp_path: Path) -> None:
    """TOML's own message, with its place, behind the name of the file."""
    _put(tmp_path, "traces/a.csv")
    (tmp_path / "mission.toml").write_text("crs = \n", encoding="utf-8")
    with raises_told(SettingError, match=r"mission\.toml: .*line 1"):
        open_mission(tmp_path)


def test_every_file_has_its_path_its_name_and_its_kind(tmp_path: Path) -> None:
    """Kinds in the order of the folders, the configuration and the corrections after them."""
    names = ("roads/r.pbf", "monitors/m.csv", "registers/s.csv", "images/a/1.jpg", "traces/t.csv", "edits.csv")
    _put(tmp_path, *names)
    (tmp_path / "mission.toml").write_bytes(b"\xef\xbb\xbfcrs = 4544\n")
    mission = open_mission(tmp_path)
    kinds = {"traces/t.csv": "traces", "images/a/1.jpg": "images", "registers/s.csv": "registers"}
    kinds |= {"monitors/m.csv": "monitors", "roads/r.pbf": "roads"}
    kinds |= {"mission.toml": "mission", "edits.csv": "mission"}
    assert mission.files == tuple(InputFile(tmp_path / name, name, kind) for name, kind in kinds.items())
    assert mission.root == tmp_path and mission.configuration == {"crs": 4544} and mission.rejects == ()
    assert mission.paths("images") == [tmp_path / "images/a/1.jpg"]


def test_without_side_files_there_is_nothing_declared(tmp_path: Path) -> None:
    """No configuration."""
    _put(tmp_path, "traces/a.csv")
    mission = open_mission(tmp_path)
    assert mission.configuration == {} and len(mission.files) == 1


def test_paths_of_a_kind_come_in_order_of_name(tmp_path: Path) -> None:
    """Across folders below it."""
    _put(tmp_path, "traces/b.csv", "traces/a/z.csv", "images/1.jpg")
    assert open_mission(tmp_path).paths("traces") == [tmp_path / "traces/a/z.csv", tmp_path / "traces/b.csv"]


@pytest.mark.parametrize(
    "name", [".DS_Store", "Thumbs.db", "desktop.ini", "LICENSE", ".git/x", "__MACOSX/x", "a/.b/c", "a/__MACOSX/c"]
)
def test_noise_of_desktops_is_no_file(tmp_path: Path, name: str) -> None:
    """In the folders and beside them."""
    _put(tmp_path, "traces/a.csv", f"traces/{name}", *([name] if not name.startswith("a/") else []))
    mission = open_mission(tmp_path)
    assert [file.item for file in mission.files] == ["traces/a.csv"] and mission.rejects == ()


def test_loose_things_are_told_in_order(tmp_path: Path) -> None:
    """Each by its name."""
    _put(tmp_path, "traces/a.csv", "z.csv", "photos/1.jpg", "a.csv")
    told = [tell(reject) for reject in open_mission(tmp_path).rejects]
    assert [(one.item, one.where) for one in told] == [(n, "file") for n in ("a.csv", "photos/1.jpg", "z.csv")]


@pytest.mark.parametrize(
    "line", ["dem = 3", 'dem = "none.tif"', 'dem = ""', "dem_m = 3", 'imagery = "x"', 'dem = "registers"']
)
def test_an_elevation_model_that_is_not_there_is_no_input(tmp_path: Path, line: str) -> None:
    """Not a name, not a file, a folder, nothing, or another key: what it means is for the profile to say."""
    _put(tmp_path, "images/1.jpg", "registers/x.csv")
    text = line if line.startswith("imagery") else f"[imagery]\n{line}\n"
    (tmp_path / "mission.toml").write_text(text, encoding="utf-8")
    assert "terrain" not in {file.kind for file in open_mission(tmp_path).files}


def test_an_elevation_model_outside_of_the_mission_has_its_own_name(tmp_path: Path) -> None:
    """Inside, the name is that from the mission folder; outside, the file's."""
    root = tmp_path / "mission"
    _put(root, "images/1.jpg", "height/ground.tif")
    _put(tmp_path, "far/ground.tif")
    for declared, path, item in (
        ("height/ground.tif", root / "height/ground.tif", "height/ground.tif"),
        ((tmp_path / "far/ground.tif").as_posix(), tmp_path / "far/ground.tif", "ground.tif"),
    ):
        (root / "mission.toml").write_text(f'[imagery]\ndem = "{declared}"\n', encoding="utf-8")
        assert open_mission(root).files[-1] == InputFile(path, item, "terrain")


def test_an_elevation_model_alone_is_no_mission(tmp_path: Path) -> None:
    """Nothing was measured; five of the things that lie there are named."""
    _put(tmp_path, *"fedcba", "ground.tif")
    (tmp_path / "mission.toml").write_text('[imagery]\ndem = "ground.tif"\n', encoding="utf-8")
    with raises_told(NothingUsable, match=r"found a, b, c, d, e\. A file that is one all the same"):
        open_mission(tmp_path)


def test_configuration_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    """As a spreadsheet of Windows would save it."""
    _put(tmp_path, "traces/a.csv")
    (tmp_path / "mission.toml").write_bytes('crs = "成都"'.encode("gb18030"))
    with raises_told(SettingError, match=r"mission\.toml: .*it must be TOML in UTF-8"):
        open_mission(tmp_path)


def test_hash_of_a_file_is_the_published_one(tmp_path: Path) -> None:
    """SHA-256 of ``abc`` (FIPS 180-4, example of NIST)."""
    (tmp_path / "a").write_bytes(b"abc")
    assert hash_file(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
