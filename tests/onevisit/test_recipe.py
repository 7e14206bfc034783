"""A recipe says what was believed, is read again, and an instrument's calibration stands in every lead."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from ingest.errors import SettingError
from ingest.outcome import Phrase
from onevisit.cards.instrument import Instrument, calibration_of, read_instrument, with_calibration
from onevisit.cards.recipe import write_recipe
from onevisit.check import read_mission
from onevisit.mission import merged
from onevisit.profile import load_profile, read_recipe
from onevisit.result import Options
from onevisit.schema import Disposition, Lead
from onevisit.words.telling import say
from tests.told import raises_told

DRIVE = "\n".join(
    [
        "时间,经度,纬度,SO2(ug/m3),车速,风速(m/s),风向",
        *(f"2024-05-01 10:00:{k:02d},{104 + k * 1e-4:.4f},30.66,{k % 7},{34 + k % 5},2,{40 + k}" for k in range(60)),
    ]
)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_was_believed_is_declared_the_next_time(tmp_path: Path, lang: str) -> None:
    """Zone, unit and wind frame: the same trace, and nothing left to believe."""
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "A.CSV").write_text(DRIVE, encoding="utf-8")
    records, recorder, profile = read_mission(tmp_path / "card", Options(), on_stage=lambda *_: None)
    text = write_recipe(tmp_path / "card", records, recorder, profile, lang=lang)
    content = tomllib.loads(text)
    assert content["time_zone"] == "Asia/Shanghai" and content["columns"]["车速"].startswith("speed ")
    assert content["traces"]["wind_frame"] == "ground"
    (tmp_path / "van.toml").write_text(text, encoding="utf-8")
    again, said, _ = read_mission(tmp_path / "card", Options(recipe=tmp_path / "van.toml"), on_stage=lambda *_: None)
    assert again.traces.value[0].equals(records.traces.value[0])
    assert {"column_unit_believed", "zone_likeliest_by_place"} & {d.why.code for d in said.decisions} == set()


def test_the_folder_wins_over_the_recipe(tmp_path: Path) -> None:
    """Table by table, name by name; a recipe that cannot be is refused by its name."""
    path = tmp_path / "van.toml"
    path.write_text('time_zone = "UTC"\n[vehicle]\nlag_s = 3\ninlet_height_m = 2\n', encoding="utf-8")
    recipe = read_recipe(path)
    assert recipe is not None
    own = {"vehicle": {"lag_s": 5.0}}
    profile = load_profile("default", merged(recipe.content, own), recipe=recipe)
    assert (profile.tracks.lag_s, profile.tracks.inlet_height_m, profile.traces.time_zone) == (5.0, 2.0, "UTC")
    assert load_profile("default", own, recipe=recipe, time_zone="+08:00").traces.time_zone == "+08:00"
    path.write_text("[vehicel]\nlag_s = 3\n", encoding="utf-8")
    with raises_told(SettingError, match=r"van\.toml: unknown name 'vehicel'; did you mean 'vehicle'"):
        load_profile("default", {}, recipe=read_recipe(path))
    path.write_text("lag_s = \n", encoding="utf-8")
    with raises_told(SettingError, match=r"recipe .*van\.toml: "):
        read_recipe(path)


def test_an_instrument_is_read_and_kept() -> None:
    """Each value of its kind; the day as TOML's own or as a text."""
    table = {"maker": "Picarro", "serial": 2274, "last_calibration": date(2024, 4, 28), "zero": "0.3 ppb"}
    expected = Instrument("Picarro", "2274", date(2024, 4, 28), "0.3 ppb", "", 5.0)
    assert read_instrument(table | {"response_time_s": 5}, "mission.toml") == expected
    assert load_profile("default", {"instrument": table}).instrument is not None
    assert load_profile("default", {}).instrument is None


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"makr": "x"}, "unknown name 'makr'; did you mean 'maker'"),
        ({"last_calibration": "28/4/2024"}, "last_calibration: '28/4/2024' is not a day such as 2024-04-28"),
        ({"response_time_s": -1}, "response_time_s: -1 is not a number of seconds"),
        ({"zero": True}, "zero: True is not a text"),
        ("x", "must be a table"),
    ],
)
def test_an_instrument_that_cannot_be_is_refused(table: object, words: str) -> None:
    """With the file, the table, the name, and what was expected."""
    with raises_told(SettingError, match=words):
        read_instrument(table, "van.toml")


def test_every_lead_says_what_is_known_of_the_calibration() -> None:
    """Unknown without a table, without a day, or where the day is after the measurement; else the day."""
    day = date(2024, 5, 1)
    lead = Lead("s", "n", "", 104.0, 30.0, (), (), 0.0, Disposition.NONE, Phrase("a"), ())
    for known in (None, Instrument("Picarro")):
        (told,) = with_calibration([lead], known, day=day).value
        assert say(told.calibration).startswith("calibration of the instrument unknown")
        assert say(told.calibration, "zh").startswith("仪器校准情况未知")
    (told,) = with_calibration([lead], Instrument("Picarro", "7", date(2024, 4, 28)), day=day).value
    assert say(told.calibration) == "instrument calibrated on 2024-04-28, 3 days before (Picarro 7)"
    assert calibration_of(Instrument(last_calibration=date(2024, 5, 2)), day).code == "calibrated_after"
