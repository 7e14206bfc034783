"""The command line: help that teaches, exit states, and where output goes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.monitors.crc import crc_modbus
from onevisit import check
from onevisit.cli import cli
from onevisit.cli.printing import finite
from onevisit.truth.simulate import simulate_mission
from tests.ingest.monitors.slow_crc import crc_hj212


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "onevisit.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


@pytest.mark.parametrize("verb", sorted(cli.commands))
def test_every_verb_explains_itself_with_an_example(verb: str) -> None:
    """The first line says what it does, and an example can be copied."""
    command = cli.commands[verb]
    assert command.help
    assert "Example:" in command.help
    assert f"onevisit {verb}" in command.help


@pytest.mark.parametrize("verb", sorted(cli.commands))
def test_every_verb_can_be_quiet(verb: str) -> None:
    """`--quiet` is part of the contract of every verb."""
    assert "--quiet" in {name for parameter in cli.commands[verb].params for name in parameter.opts}


def test_a_wrong_call_exits_with_2_and_says_what_is_wrong() -> None:
    """An unknown folder is the caller's mistake."""
    result = _run("process", "no-such-folder")
    assert result.returncode == 2
    assert "no-such-folder" in result.stderr
    assert result.stdout == ""


def test_a_mission_without_anything_exits_with_1_in_one_line(tmp_path: Path) -> None:
    """The message says what a mission is; there is no traceback."""
    result = _run("process", str(tmp_path))
    assert result.returncode == 1
    assert "holds no mission" in result.stderr
    assert "Traceback" not in result.stderr


def test_check_prints_json_on_standard_output_only(tmp_path: Path) -> None:
    """Scripts read standard output; with --quiet nothing else is said."""
    simulate_mission(tmp_path, seed=4)
    result = _run("check", str(tmp_path / "mission"), "--json", "--quiet")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert set(json.loads(result.stdout)) == {"found", "decisions", "rejects"}


def test_check_prints_three_tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was found, believed and rejected, each with its own columns."""
    found = {
        "found": [{"kind": "photo", "item": f"{k}.jpg", "what": "image"} for k in range(13)],
        "decisions": [{"item": "a.csv", "decision": "believed", "evidence": "the heading"}],
        "rejects": [{"item": "b.csv", "where": "line 7", "reason": "broken"}],
    }
    monkeypatch.setattr(check, "check_mission", lambda *_, **__: found)
    printed = CliRunner().invoke(cli, ["check", str(tmp_path), "--quiet"], env={"COLUMNS": "160"}).stdout
    words = "Found,kind,item,what,11.jpg,and 1 more,Believed,decision,evidence,a.csv,believed,the heading"
    for word in (words + ",Rejected,where,reason,b.csv,line 7,broken").split(","):
        assert word in printed
    assert "12.jpg" not in printed


@pytest.mark.slow
def test_check_shows_a_person_the_first_of_each_kind_and_how_many_more(tmp_path: Path) -> None:
    """24 photos are 12 lines and a line that says 12 more."""
    simulate_mission(tmp_path, seed=4)
    result = _run("check", str(tmp_path / "mission"), "--quiet")
    photos = [line for line in result.stdout.splitlines() if line.startswith("photo")]
    assert len(photos) == 13
    assert "and 12 more" in photos[-1]


@pytest.mark.parametrize("verb", sorted(cli.commands))
def test_every_verb_can_print_json(verb: str) -> None:
    """`--json` is part of the contract of every verb that prints, and all do."""
    assert "--json" in {name for parameter in cli.commands[verb].params for name in parameter.opts}


@pytest.mark.parametrize("verb", sorted(cli.commands))
def test_every_option_says_what_it_does(verb: str) -> None:
    """In words that begin like a sentence and end with a point."""
    for parameter in cli.commands[verb].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert re.match("[A-Z']", parameter.help), parameter.name
            assert parameter.help.endswith("."), parameter.name


def test_objects_a_line_are_the_same_with_json(tmp_path: Path) -> None:
    """`hj212` prints one object a message with and without ``--json``."""
    head = "QN=20240601085857223;ST=31;CN=2011;PW=123456;MN=0100000A8900016F000169DC;Flag=4"
    body = f"{head};CP=&&DataTime=20240601085857;a34013-Rtd=1.5&&"
    packet = f"##{len(body):04d}{body}{crc_hj212(body.encode()):04X}\r\n"
    (tmp_path / "station.log").write_text(packet, encoding="ascii")
    plain, asked = (_run("hj212", str(tmp_path / "station.log"), *more).stdout for more in ((), ("--json",)))
    assert plain == asked
    message = json.loads(asked)
    assert (message["mn"], message["crc"]) == ("0100000A8900016F000169DC", "ok")
    assert message["items"] == {"a34013": {"Rtd": "1.5"}}


def _packet(data: bytes, check: int) -> bytes:
    return b"##%04d%s%04X" % (len(data), data, check)


def _messages(folder: Path, stream: bytes, *options: str) -> list[dict[str, object]]:
    """What the verb prints of a stream."""
    (folder / "station.log").write_bytes(stream)
    result = CliRunner().invoke(cli, ["hj212", str(folder / "station.log"), *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_object_of_a_message(tmp_path: Path) -> None:
    """Every name that is printed, in its order, with what is wrong with the message."""
    head = "QN=20241001080001123;ST=31;CN=2011;PW=123456;MN=M1;Flag=8"
    data = f"{head};CP=&&DataTime=20241001080000;a21026-Rtd=1.5,a21026-Flag=N;Ia-Rtd=2;odd&&".encode()
    [message] = _messages(tmp_path, b"\n" + _packet(data, crc_modbus(data)), "--tolerate", "M1:modbus")
    assert list(message.items()) == list({
        "mn": "M1", "st": "31", "cn": "2011", "qn": "20241001080001123", "data_time": "20241001080000",
        "crc": "modbus", "length_ok": True, "items": {"a21026": {"Rtd": "1.5", "Flag": "N"}, "Ia": {"Rtd": "2"}},
        "flags": {"value": 8, "version": "HJ 212-2025", "split": False, "ack": False},
        "errors": ["data area has 1 parts that are no field: 'odd'"],
    }.items())  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_any_bytes_are_printed_as_objects(tmp_path: Path, data: bytes) -> None:
    """Hostile streams end in messages with errors, one object a line."""
    for message in _messages(tmp_path, b"##0100" + data + b"##" + data):
        assert {"crc", "items", "errors"} <= set(message)


def test_simulate_tells_where_it_wrote_as_json(tmp_path: Path) -> None:
    """Both paths, as strings."""
    result = _run("simulate", str(tmp_path / "park"), "--seed", "7", "--json", "--quiet")
    assert json.loads(result.stdout) == {
        "mission": str(tmp_path / "park" / "mission"), "truth": str(tmp_path / "park" / "truth.json")
    }  # fmt: skip


def test_help_does_not_load_the_rooms() -> None:
    """What shows help is click and the verbs' own modules; numba, xarray, dask and the job come when a verb runs."""
    heavy = {"numba", "xarray", "dask", "pandas", "onevisit.job"}
    code = f"import sys, onevisit.cli; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_what_is_not_a_number_is_null_at_any_depth() -> None:
    """JSON knows no NaN: in objects, lists and tuples."""
    value = {"a": [1.0, float("nan"), {"b": (float("inf"), "x")}], "c": 2}
    assert finite(value) == {"a": [1.0, None, {"b": [None, "x"]}], "c": 2}
