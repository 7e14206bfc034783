"""The verb ``quantify``: one JSON object a file, of parked runs and of transects."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from onevisit.cli import cli

KEYS = ["file", "method", "rate_g_s", "low_g_s", "high_g_s", "confidence", "flags"]


def test_a_parked_run_and_a_drive_give_one_object_each(shared_data: Path) -> None:
    """One of EPA's releases (0.6 g/s) and an AMLD drive: a line each with the promised keys, the truth inside."""
    files = [
        shared_data / "otm33a" / "STR_4042011_03.csv.gz",
        shared_data / "amld" / "CFADS2274-20170314-213411Z-DataLog_User.dat.gz",
    ]
    options = ["--distance-m", "59.83", "--source-height-m", "3.1", "--lag-s", "3.8", "--time-zone", "UTC"]
    result = CliRunner().invoke(cli, ["quantify", *map(str, files), *options])
    assert result.exit_code == 0, result.output
    parked, driven = (json.loads(line) for line in result.stdout.splitlines() if line.startswith("{"))
    for estimate, file in ((parked, files[0]), (driven, files[1])):
        assert list(estimate)[:7] == KEYS
        assert estimate["file"] == file.name
        assert estimate["low_g_s"] < estimate["rate_g_s"] < estimate["high_g_s"]
    assert parked["low_g_s"] < 0.6 < parked["high_g_s"]
    assert parked["method"].startswith("parked run")
    assert driven["method"].startswith("transects")


def test_a_parked_run_without_distance_is_a_wrong_call(shared_data: Path) -> None:
    """The object says what is missing, and so does the error; the exit status is that of a wrong call."""
    file = shared_data / "otm33a" / "STR_4042011_03.csv.gz"
    result = CliRunner().invoke(cli, ["quantify", str(file), "--time-zone", "UTC"])
    assert result.exit_code == 2
    assert "--distance-m" in result.stderr
    estimate = json.loads(next(line for line in result.stdout.splitlines() if line.startswith("{")))
    assert estimate["rate_g_s"] is None
    assert estimate["confidence"] == "none"
