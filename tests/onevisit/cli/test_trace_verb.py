"""`onevisit trace`: what is printed and written for a drive whose numbers are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

from ingest.errors import NothingUsable
from onevisit.cli import cli
from tests.told import raises_told


def _drive(path: Path, seconds: int = 300) -> Path:
    """Due east at 10 m/s with a plume of 40 ppb over a background of 20; two rows before the end have no fix."""
    rows = ["time,lon,lat,no2 (ppb)"]
    for s in range(seconds):
        lon = "" if s == seconds - 2 else f"{104.0 + 10 * s / 95_700:.7f}"
        value = 20.0 + (s % 2) * 0.4 + 40.0 * np.exp(-0.5 * ((s - 150) / 5) ** 2)
        rows.append(f"2024-10-08T01:{s // 60:02d}:{s % 60:02d}Z,{lon},30.65,{value:.2f}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_trace_is_written_with_its_enhancement_and_summed_up(tmp_path: Path) -> None:
    """Rows, flags and lag as JSON; the file holds background and plume."""
    drive, out = _drive(tmp_path / "drive.csv"), tmp_path / "t.nc"
    result = CliRunner().invoke(
        cli, ["trace", str(drive), "-o", str(out), "--json", "--quiet"], catch_exceptions=False
    )
    told = json.loads(result.stdout)
    assert told["output"] == str(out)
    (line,) = told["traces"]
    assert (line["rows"], line["lag_s"]) == (300, 0.0)
    with xr.open_dataset(out) as written:
        assert line["trajectory"] == written["trajectory"].values.astype(str).item()
        assert line["flagged"] == np.count_nonzero(written["qc_flag"].values)
        assert line["flagged"] >= 1
        assert sum(line["flags"].values()) >= line["flagged"]
        assert float(written["no2_background"][150]) == pytest.approx(20.2, abs=0.4)
        assert float(written["no2_enhancement"].max()) == pytest.approx(40.0, abs=0.7)


def test_a_trace_is_summed_up_for_a_person(tmp_path: Path) -> None:
    """One line a drive, what was believed, and the file."""
    drive, out = _drive(tmp_path / "drive.csv"), tmp_path / "t.nc"
    said = CliRunner().invoke(cli, ["trace", str(drive), "-o", str(out), "--quiet"], catch_exceptions=False).stdout
    assert ": 300 rows, flagged " in said
    assert ", lag 0.0 s" in said
    assert "  believed  " in said
    assert f"written: {out}" in said


def test_files_without_a_trace_say_why(tmp_path: Path) -> None:
    """The reject comes with the error, and nothing is written."""
    (tmp_path / "notes.txt").write_text("nothing measured\n", encoding="utf-8")
    with raises_told(NothingUsable, match="^no trace in these files$") as caught:
        CliRunner().invoke(
            cli, ["trace", str(tmp_path / "notes.txt"), "-o", str(tmp_path / "t.nc")], catch_exceptions=False
        )
    assert isinstance(caught.value, NothingUsable)
    assert [Path(reject.item).name for reject in caught.value.rejects] == ["notes.txt"]
    assert not (tmp_path / "t.nc").exists()


def test_the_zone_that_is_named_is_believed(tmp_path: Path) -> None:
    """09:00 on a clock of +08:00 is 01:00 UTC."""
    drive, out = _drive(tmp_path / "drive.csv"), tmp_path / "t.nc"
    drive.write_text(drive.read_text(encoding="utf-8").replace("T01:", " 09:").replace("Z,", ","), encoding="utf-8")
    CliRunner().invoke(
        cli, ["trace", str(drive), "-o", str(out), "--time-zone", "+08:00", "--quiet"], catch_exceptions=False
    )
    with xr.open_dataset(out) as written:
        assert written["time"].values[0] == np.datetime64("2024-10-08T01:00:00")
