"""Ways in which people write a table: the plain one is right, a false value is wrong, a named refusal is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import robustness
from benchmarks.robustness_tables import draw_drive
from ingest.outcome import Outcome, Reject
from ingest.traces.read import TraceSettings, read_traces

PLAIN = [k for k, way in enumerate(robustness.ALL) if way.kind == "as it should be"]


@pytest.mark.parametrize("number", PLAIN)
def test_a_plain_table_is_right(number: int, tmp_path: Path) -> None:
    """Of every reader."""
    assert robustness.try_way(number, 3, tmp_path).verdict == robustness.RIGHT


def test_a_false_value_is_wrong_and_a_lost_one_must_be_named(tmp_path: Path) -> None:
    """The judge sees a value changed by a tenth, a row moved by a second, a place by 10 m, and a silent loss."""
    truth = draw_drive(np.random.default_rng(1))
    (tmp_path / "a.csv").write_bytes(robustness.DRIVE_WAYS[0].write(np.random.default_rng(), truth)[1])
    read = read_traces([tmp_path / "a.csv"], TraceSettings(time_zone="Asia/Shanghai"))
    assert robustness.judge_drive(truth, read, ()) == (robustness.RIGHT, "")
    for false in (
        replace(truth, no2=truth.no2 * 1.1), replace(truth, lon=truth.lon + 1e-4),
        replace(truth, time=truth.time + np.timedelta64(600, "ms")),
    ):  # fmt: skip
        assert robustness.judge_drive(false, read, ("a",))[0] == robustness.WRONG
    refused = Outcome((), (), (Reject("a.csv", "", "as_said", {"text": "no time stamp"}),))
    assert robustness.judge_drive(truth, refused, ("time stamp",))[0] == robustness.NAMED
    assert robustness.judge_drive(truth, refused, ("heading",))[0] == robustness.WRONG


def test_the_page_counts_every_verdict() -> None:
    """A row a kind and a row a way, with an example of what was wrong."""
    results = [robustness.Result(0, 1, robustness.RIGHT), robustness.Result(0, 2, robustness.WRONG, "NO2 2 | 3")]
    text = robustness.page(results, 1.0)
    assert "| traces | as it should be | 1 | 2 | 1 | 0 | 1 | 0 |" in text
    assert "| traces | as it should be: plain | 1 | 0 | 1 | seed 2: NO2 2 / 3 |" in text
