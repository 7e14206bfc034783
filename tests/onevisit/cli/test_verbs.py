"""What each verb asks of the rooms, what it prints of their answer, and the status with which it ends."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest

import onevisit.truth.score.score
import onevisit.truth.simulate
import onevisit.truth.simulate.overlay
from ingest.errors import FileError, NothingUsable, OnevisitError, SettingError
from ingest.monitors.crc import crc_modbus
from ingest.outcome import Reject
from onevisit import check, job
from onevisit import cli as command_line
from onevisit.result import Options
from onevisit.truth.score.measures import Measure, share
from tests.ingest.monitors.slow_crc import crc_hj212

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(log_as_before: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process: exit status, standard output, standard error."""
    monkeypatch.setattr("onevisit.warm.warming", nullcontext)

    def run_it(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["onevisit", *arguments])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run_it


def _asked(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, answer: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Put a stand-in at a place; the calls it gets."""
    calls: list[tuple[tuple[Any, ...], Any]] = []

    def stand_in(*arguments: Any, **options: Any) -> Any:
        calls.append((arguments, {k: v for k, v in options.items() if k != "on_stage"}))
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(where, name, stand_in)
    return calls


# --- how a run ends ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (SettingError("[tracks] lag_s = -1"), 2, "onevisit: [tracks] lag_s = -1"),
        (FileError("a.csv", "is empty"), 1, "onevisit: a.csv: is empty"),
        (OnevisitError("no"), 1, "onevisit: no"),
        (ZeroDivisionError("by hand"), 1, "onevisit: ZeroDivisionError: by hand (this is a defect; run again with"),
        (click.Abort(), 1, "onevisit: stopped by the user; what is complete is in place, run the same command"),
    ],
)
def test_every_error_is_one_line_and_a_status(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException, status: int, words: str
) -> None:
    """1 for what failed, 2 for a wrong call or setting; nothing on standard output."""
    _asked(monkeypatch, check, "check_mission", error)
    code, out, err = run("check", str(tmp_path), "--quiet")
    assert (code, out) == (status, "")
    assert err.startswith(words)
    assert err.count("\n") == 1


def test_what_was_refused_stands_below_an_error(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where nothing is usable: a line each, no more than twenty."""
    rejects = [Reject(f"{k}.csv", "line 2", "rejected_by_hand", {"comment": "x"}) for k in range(22)]
    for count, last in ((0, []), (20, []), (22, ["  ... and 2 more"])):
        _asked(monkeypatch, check, "check_mission", NothingUsable("nothing", rejects=rejects[:count]))
        code, out, err = run("check", str(tmp_path), "--quiet")
        lines = [f"  {k}.csv, line 2: rejected by hand: x" for k in range(min(count, 20))]
        assert (code, out, err.splitlines()) == (1, "", ["onevisit: nothing", *lines, *last])


def test_a_wrong_call_ends_with_two(run: Run) -> None:
    """An option that is none, and a folder that is not there."""
    assert run("check", "--colour")[0] == 2
    code, out, err = run("process", "no-such-folder")
    assert (code, out) == (2, "")
    assert "no-such-folder" in err


def test_messages_of_the_rooms_go_to_standard_error(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From INFO on without --debug, whose traceback is asked for; other libraries from WARNING on."""

    def speak(*_: Any, **__: Any) -> dict[str, Any]:
        logging.getLogger("tracks.lag.align").info("heard")
        logging.getLogger("rasterio").info("not heard")
        return {"found": [], "decisions": [], "rejects": []}

    monkeypatch.setattr(check, "check_mission", speak)
    code, out, err = run("check", str(tmp_path), "--json")
    assert (code, json.loads(out)) == (0, {"found": [], "decisions": [], "rejects": []})
    assert "heard" in err
    assert "not heard" not in err


# --- verbs ---------------------------------------------------------------------------------------------------------


def test_process_hands_its_options_on(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each under its own name; the lines of the summary are printed as they are."""
    calls = _asked(monkeypatch, job, "process_mission", {"lines": ["1 hotspot [H001]", "open out"], "n": 1})
    options = "--profile p.toml --scheduler tcp://a:1 --memory 3GB --lang zh --from fusion --keep-store 4 --quiet"
    options += " --day 2026-05-06"
    assert run("process", str(tmp_path), "-o", str(tmp_path / "o"), *options.split()) == (
        0, "1 hotspot [H001]\nopen out\n", "",
    )  # fmt: skip
    expected = Options("p.toml", "zh", "fusion", "tcp://a:1", "3GB", 4, day=date(2026, 5, 6))
    assert calls == [((tmp_path, tmp_path / "o", expected), {})]


def test_process_without_options(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beside the mission, in English, with one run kept; as JSON the whole summary."""
    mission = tmp_path / "m"
    mission.mkdir()
    calls = _asked(monkeypatch, job, "process_mission", {"lines": [], "n": 1})
    code, out, _ = run("process", str(mission), "--json", "--quiet")
    assert (code, json.loads(out)) == (0, {"lines": [], "n": 1})
    assert calls == [((mission, tmp_path / "m-out", Options(None, "en", None, None, None, 1)), {})]


def test_check_reads_with_the_profile(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The folder and the profile are handed on."""
    calls = _asked(monkeypatch, check, "check_mission", {"found": [], "decisions": [], "rejects": []})
    options = "--profile p.toml --time-zone +08:00 --lang zh --quiet"
    assert "读取到：无" in run("check", str(tmp_path), *options.split())[1]
    assert calls == [((tmp_path, Options("p.toml", "zh", time_zone="+08:00")), {})]


def test_simulate_hands_its_options_on(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Seed, size and what is left out; both paths are printed."""
    calls = _asked(monkeypatch, onevisit.truth.simulate, "simulate_mission", None)
    options = "--seed 3 --size city --without traffic --without drift --quiet"
    code, out, _ = run("simulate", str(tmp_path), *options.split())
    assert (code, out) == (0, f"mission: {tmp_path / 'mission'}\ntruth:   {tmp_path / 'truth.json'}\n")
    given = {"seed": 3, "size": "city", "without": ("traffic", "drift")}
    assert calls == [((tmp_path,), {**given, "world": 1, "flights": True})]


def test_simulate_makes_world_2_without_flights(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both are handed on; over a real drive they have no meaning, and the call is refused."""
    calls = _asked(monkeypatch, onevisit.truth.simulate, "simulate_mission", None)
    (tmp_path / "d.csv").write_text("time\n", encoding="utf-8")
    call = ("simulate", str(tmp_path), "--seed", "3", "--quiet")
    assert run(*call, "--world", "2", "--no-flights")[0] == 0
    assert calls == [((tmp_path,), {"seed": 3, "size": "demo", "world": 2, "flights": False, "without": ()})]
    for options in (("--world", "2"), ("--no-flights",)):
        code, _, told = run(*call, "--drive", str(tmp_path / "d.csv"), *options)
        assert code == 2 and "leave out --world and --no-flights" in told
    assert run(*call, "--world", "3")[0] == 2


def test_simulate_over_a_drive(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file of the drive and the seed."""
    (tmp_path / "d.csv").write_text("time\n", encoding="utf-8")
    calls = _asked(monkeypatch, onevisit.truth.simulate.overlay, "simulate_over_drive", None)
    code, out, _ = run("simulate", str(tmp_path / "o"), "--seed", "5", "--drive", str(tmp_path / "d.csv"), "--json")
    assert code == 0
    assert json.loads(out) == {
        "mission": str(tmp_path / "o" / "mission"),
        "truth": str(tmp_path / "o" / "truth.json"),
    }
    assert calls == [((tmp_path / "o", tmp_path / "d.csv"), {"seed": 5})]


def test_score_prints_and_writes_the_measures(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A table for a person, an object with --json; the same in score.json."""
    (tmp_path / "truth.json").write_text("{}", encoding="utf-8")
    measures: list[Measure] = [share("a.b", "leads that are right", [True, False])]
    scores = onevisit.truth.score.score.Scores(3, "demo", tuple(measures))
    calls = _asked(monkeypatch, onevisit.truth.score.score, "score_output", scores)
    arguments = ("score", str(tmp_path), str(tmp_path / "truth.json"), "--quiet")
    assert "leads that are right" in run(*arguments)[1]
    told = json.loads(run(*arguments, "--json")[1])
    written = (tmp_path / "score.json").read_text(encoding="utf-8")
    assert told == json.loads(written)
    assert '\n "seed": 3,\n' in written  # a person can read it and a diff shows what changed
    assert calls == [((tmp_path, tmp_path / "truth.json"), {})] * 2


def _packet(path: Path, crc: str = "") -> str:
    head = "QN=20240601085857223;ST=31;CN=2011;PW=123456;MN=0100000A8900016F000169DC;Flag=4"
    body = f"{head};CP=&&DataTime=20240601085857;a34013-Rtd=1.5&&"
    path.write_text(f"##{len(body):04d}{body}{crc or format(crc_hj212(body.encode()), '04X')}\r\n", encoding="ascii")
    return str(path)


def test_hj212_prints_a_message_a_line(run: Run, tmp_path: Path) -> None:
    """With its values, under the names of the contract."""
    code, out, _ = run("hj212", _packet(tmp_path / "s.log"), "--quiet")
    (message,) = map(json.loads, out.splitlines())
    assert (code, message["crc"], message["items"]) == (0, "ok", {"a34013": {"Rtd": "1.5"}})
    assert list(message) == ["mn", "st", "cn", "qn", "data_time", "crc", "length_ok", "items", "flags", "errors"]


def test_hj212_tolerates_what_it_is_told_to(run: Run, tmp_path: Path) -> None:
    """A sum like MODBUS is an error of the message, unless it is tolerated of every device."""
    _packet(tmp_path / "s.log")
    text = (tmp_path / "s.log").read_text(encoding="ascii")[6:-5]
    path = _packet(tmp_path / "s.log", f"{crc_modbus(text.encode()):04X}")
    strict, lenient = (json.loads(run("hj212", path, *more)[1]) for more in ((), ("--tolerate", "*:modbus")))
    assert (strict["crc"], lenient["crc"]) == ("modbus", "modbus")
    assert strict["errors"] != []
    assert lenient["errors"] == []


@pytest.mark.parametrize("entry", ["*:modbuss", "modbus", "M1:"])
def test_hj212_refuses_a_tolerance_that_nobody_knows(run: Run, tmp_path: Path, entry: str) -> None:
    """A wrong call, with the words that there are."""
    code, out, err = run("hj212", _packet(tmp_path / "s.log"), "--tolerate", entry)
    assert (code, out) == (2, "")
    assert "modbus, length, long, order" in err


def test_hj212_counts_lines_between_packets(run: Run, tmp_path: Path) -> None:
    """Stamps of receipt are no messages: counted on standard error, not printed."""
    path = Path(_packet(tmp_path / "s.log"))
    path.write_bytes(b"[2024-10-08 01:00:47]\r\n" + path.read_bytes())
    code, out, err = run("hj212", str(path))
    assert (code, len(out.splitlines())) == (0, 1)
    assert "1 lines between packets passed over" in err


def test_hj212_says_why_a_file_cannot_be_read(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The name of the file and what the system says."""
    path = _packet(tmp_path / "s.log")
    monkeypatch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(OSError(13, "Permission denied")))
    code, out, err = run("hj212", path)
    assert (code, out) == (1, "")
    assert "s.log: cannot be read: Permission denied" in err
