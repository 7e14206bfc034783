"""What is found in a mission folder, and what is said of a folder that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import NothingUsable, SettingError
from onevisit.mission import open_mission


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


def test_a_loose_file_is_rejected_with_what_to_do(tmp_path: Path) -> None:
    """Nothing is lost: what lies beside the folders is named."""
    _put(tmp_path, "traces/a.csv", "drive.csv", "photos/1.jpg")
    rejects = open_mission(tmp_path).rejects
    assert [reject.item for reject in rejects] == ["drive.csv", "photos/"]
    assert "move it into the folder" in rejects[0].reason


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
    with pytest.raises(NothingUsable, match=message):
        open_mission(tmp_path)


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    """The message says what a mission is."""
    _put(tmp_path, "a")
    with pytest.raises(NothingUsable, match="not a folder; a mission is"):
        open_mission(tmp_path / "a")


def test_broken_configuration_names_file_and_line(tmp_path: Path) -> None:
    """TOML's own message, with its place, behind the name of the file."""
    _put(tmp_path, "traces/a.csv")
    (tmp_path / "mission.toml").write_text("crs = \n", encoding="utf-8")
    with pytest.raises(SettingError, match=r"mission\.toml: .*line 1"):
        open_mission(tmp_path)
