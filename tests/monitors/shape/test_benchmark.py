"""The benchmark of shapes runs on a small folder, and its figures are those counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import skill_monitors
from benchmarks.fit_shapes import fit_odds
from benchmarks.series_monitors import Labelled, Tally, count_found, events_of, naive_alarms, read_folder, told_rows
from monitors.shape.curves import Curve
from monitors.shape.detect import CurveEvent

QUARTERS = np.datetime64("2026-01-05", "ns") + np.arange(2000) * np.timedelta64(15, "m")


def _write(folder: Path) -> None:
    """One site with two quantities: a spike that is marked, one that is not, and a gap."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"datetime": [str(t)[:16].replace("T", " ") for t in QUARTERS]})
    for name in ("one", "two"):
        values = (10.0 + np.sin(np.arange(2000) / 15.0) + rng.normal(0.0, 0.05, 2000)).round(2)
        values[[500, 900]] = 20.0
        said = [str(v) for v in values]
        said[1500:1503] = ["NULL", "-9999", ""]
        table[name], table[f"{name}_qual"] = said, "NULL"
        table.loc[500, f"{name}_qual"] = "7"
    text = table.to_csv(index=False) + "2026-01-30 00:00,1.0\n"
    (folder / "Site2026.csv").write_text(text, encoding="utf-8")


def test_a_folder_gives_a_line_a_series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The marked spike and the gap are found, the other spike is an alarm that is not true; a short row is no row."""
    _write(tmp_path)
    assert skill_monitors.main(["--series", str(tmp_path)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["site"], line["series"]) for line in lines] == [("Site2026", "one"), ("Site2026", "two")]
    assert list(lines[0]) == [
        "site", "series", "events", "found", "alarms", "true_alarms",
        "naive_found", "naive_alarms", "naive_true_alarms",
    ]  # fmt: skip
    for line in lines:
        assert (line["events"], line["found"], line["true_alarms"]) == (2, 2, 2)
        assert 3 <= line["alarms"] <= 6 and line["naive_found"] == 2


def test_events_are_joined_over_three_hours_and_counted_by_overlap() -> None:
    """Rows 10 and 22 are three hours apart and one event, 35 is another; an alarm on 15 to 16 finds the first."""
    bad = np.isin(np.arange(100), [10, 22, 35])
    assert events_of(QUARTERS[:100], bad) == [(10, 22), (35, 35)]
    one = Labelled("s", "x", Curve(QUARTERS[:100], np.arange(100.0)), bad)
    told = np.isin(np.arange(100), [15, 16, 60])
    assert count_found(one, told) == Tally(2, 1, 2, 1, 3, 3)
    assert told_rows(one.curve, [CurveEvent("spike", 3, 4, 1.0)]).nonzero()[0].tolist() == [3, 4]


def test_the_naive_rules_tell_spikes_constants_and_gaps() -> None:
    """A spike of a hundred times the noise, twelve equal quarters of an hour and missing rows; nothing else."""
    values = 10.0 + 0.1 * (np.arange(200) % 7)
    values[50], values[100:113], values[150] = 90.0, 10.3, np.nan
    told = naive_alarms(Labelled("s", "x", Curve(QUARTERS[:200], values), np.zeros(200, bool)))
    assert told[50] and told[100:113].all() and told[150]
    assert not told[:50].any() and not told[155:].any()


def test_the_fit_gives_weights_that_are_not_below_zero(tmp_path: Path) -> None:
    """Two marked spikes are enough for a fit; it keeps all else of the model."""
    _write(tmp_path)
    fitted = fit_odds(list(read_folder(tmp_path)))
    assert len(fitted.weights) == 5 and min(fitted.weights) >= 0.0 and max(fitted.weights) > 0.1
    assert fitted.offset < 0.0


def test_windows_are_found_and_alarms_outside_of_them_counted() -> None:
    """A machine of eight weeks that fails in one window and has a spike outside of it."""
    rng = np.random.default_rng(2)
    time = np.datetime64("2026-01-05", "ns") + np.arange(1344) * np.timedelta64(1, "h")
    values = 70.0 + rng.normal(0.0, 1.0, 1344)
    values[600:700] -= 30.0
    values[1000] = 120.0
    machine = skill_monitors.score_machine("m", Curve(time, values), [(time[590], time[710])])
    assert (machine.windows, machine.found) == (1, 1) and machine.false_alarms >= 1
    assert machine.months == pytest.approx(1343 / 24 / 30.44)
