"""The benchmark of rules on drawn records: its tables, and one small run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from benchmarks.sections import put_section, wilson_interval
from benchmarks.skill_records import Drawn, activity_rows, cause_rows, kind_rows, run_seed, section, upset_rows
from ingest.outcome import Outcome
from monitors.schema import Anomaly
from onevisit.truth.score.records import Paired, Real, Said, real_anomalies
from onevisit.truth.simulate.records.alone import draw_records

T0, T1 = np.datetime64("2026-03-04T00:00:00", "s"), np.datetime64("2026-03-04T05:00:00", "s")


def _real(kind: str, cause: str, name: str, **changed: Any) -> Real:
    return Real(kind, "A", "a21026", T0, T1, cause, name=name, **changed)


def _pair(kind: str, cause: str | None, real: Real | None) -> Paired:
    return Paired(Said(kind, "A", "a21026", T0, T1, cause), real)


JUMP, EMITTED = _real("exceedance", "fault", "jump"), _real("exceedance", "emission", "exceed")


def test_a_row_a_kind() -> None:
    """Three findings of which two are right; both cases found."""
    pairs = [_pair("exceedance", None, JUMP), _pair("exceedance", None, EMITTED), _pair("exceedance", None, None)]
    rows = kind_rows(pairs, [(JUMP, True), (EMITTED, True)])
    low, high = wilson_interval(2, 3)
    assert rows[2] == f"| `exceedance` | 0.67 ({low:.2f} to {high:.2f}), 3 | 1.00 (0.34 to 1.00), 2 | no |"
    assert kind_rows([], [])[2:] == []


def test_a_row_a_thing_that_happened() -> None:
    """What is said of it, and what it is called."""
    pairs = [_pair("exceedance", "fault", JUMP), _pair("step", "fault", JUMP), _pair("step", "emission", JUMP)]
    [row] = upset_rows([(JUMP, True)], pairs)[2:]
    assert row.endswith("| step 2, exceedance 1 | fault 2, emission 1 |") and row.startswith(
        "| jump | `exceedance` |"
    )


def test_every_emission_that_is_called_a_fault_is_listed() -> None:
    """With its quantity, hours and site; shares of each question."""
    pairs = [_pair("exceedance", "fault", JUMP), _pair("exceedance", "fault", EMITTED), _pair("zero", "fault", None)]
    rows = cause_rows(pairs)
    assert rows[2].startswith("| faults of analysers and meters | 1.00") and rows[3].split("|")[2].startswith(" 1.00")
    assert rows[-1] == "- exceed, a21026, said `exceedance` of a21026, 5 h from 2026-03-04T00:00:00 at A"
    assert cause_rows([_pair("exceedance", None, JUMP)]) == ["Causes: *not built*."]


def _run(*activity: tuple[list[float], list[float], list[float]]) -> Drawn:
    parts = tuple(tuple(np.array(part) for part in site) for site in activity)
    return Drawn(1000, (), (), parts, 2, 0, 0.5, 0.25)  # type: ignore[arg-type]


def test_activity_tells_of_minutes_and_of_classes() -> None:
    """Two hours that are right, one that is half right; a day of which six hours ran and all are claimed."""
    rows = activity_rows(
        [_run(([0.9, 0.1], [1.0, 0.0], [60.0, 60.0]), ([0.9], [0.5], [60.0]), ([0.95], [0.25], [1440.0]))]
    )
    assert rows[0].startswith("Whether a site ran at a minute, of 3 sites (0 more")
    assert rows[4] == f"| all | 27 | {100 * 8.5 / 27:.1f} % | {100 * 20.5 / 27:.1f} % | 0.637 |"
    assert rows[5] == "| by the hour | 3 | 83.3 % | 83.3 % | 0.133 |"
    assert rows[6] == "| by the day | 24 | 25.0 % | 75.0 % | 0.700 |"
    assert rows[-2:] == ["| 0.1 to 0.2 | 1 | 0.100 | 0.000 |", "| 0.9 to 1.0 | 26 | 0.946 | 0.288 |"]
    assert activity_rows([_run()]) == ["Activity: *not built*."]


def test_sections_of_several_benchmarks_share_a_page() -> None:
    """A new one goes behind the others, a known one stays where it is."""
    page = put_section("# Title\n\n## One\n\na\n", "## Two\n\nb\n")
    assert page == "# Title\n\n## One\n\na\n\n## Two\n\nb\n"
    assert put_section(page, "## One\n\nc\n") == "# Title\n\n## One\n\nc\n\n## Two\n\nb\n"


def _as_said(real: Real) -> Anomaly:
    start, end = (t.astype(datetime).replace(tzinfo=UTC) for t in (real.start, real.end))
    return Anomaly(real.kind, real.site_id, "", "", "", "", real.code, start, end, 1.0)


def test_one_small_seed_from_drawing_to_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that say the truth of series, sites and orders are right in all, and what they say is in the section."""
    drawn = draw_records(3, sites=12, weeks=4)

    def say_the_truth(series: Any, sites: Any, orders: Any) -> Outcome[tuple[Anomaly, ...]]:
        assert (len(series), sites, orders) == (len(drawn.series), drawn.sites, drawn.orders)
        return Outcome(tuple(_as_said(real) for real in real_anomalies(drawn.truth)))

    monkeypatch.setattr("monitors.rules.seek_anomalies", say_the_truth)
    run = run_seed(3, sites=12, weeks=4)
    assert run.sites == 12 and run.cases
    assert all(hit for _, hit in run.cases) and all(pair.real is not None for pair in run.pairs)
    text = section([run], "command")
    assert text.startswith("## Simulated sites\n") and "12 sites of 1 seeds from 3 on" in text


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (5, 10, 0.237, 0.763)]
)
def test_intervals_of_shares_are_those_of_wilson(part: int, whole: int, low: float, high: float) -> None:
    """As tables have them."""
    assert wilson_interval(part, whole) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))
