"""One line of what is going on, on a terminal and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import dask
import pytest

from ingest.outcome import Phrase
from onevisit.names import ROOMS
from onevisit.progress import quieten, showing_progress

LOGGERS = ("", *ROOMS)


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    """Levels of the loggers are as before."""
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def test_quiet_lets_only_errors_through() -> None:
    """Of every room, and of the libraries below."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    quieten(False)
    assert {logging.getLogger(name).level for name in LOGGERS} == {logging.DEBUG}
    quieten(True)
    assert {logging.getLogger(name).level for name in LOGGERS} == {logging.ERROR}


@pytest.mark.parametrize(("quiet", "terminal"), [(True, True), (False, False)])
def test_nothing_is_shown_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], quiet: bool, terminal: bool
) -> None:
    """Asked to be quiet, or no terminal: neither on standard output nor on standard error."""
    monkeypatch.setenv("FORCE_COLOR", "1") if terminal else monkeypatch.delenv("FORCE_COLOR", raising=False)
    with showing_progress(quiet) as advance:
        advance(Phrase("as_said", {"text": "reading"}), 0.5)
    out, err = capfd.readouterr()
    assert out == "" and err.strip() == ""


def test_what_is_going_on_is_shown_on_a_terminal_and_taken_away(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """On standard error; the last words are those told last, with the tasks that dask has done meanwhile."""
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "120", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    with showing_progress(False) as advance:
        advance(Phrase("as_said", {"text": "reading"}), None)
        advance(Phrase("as_said", {"text": "weighing"}), 0.25)
        dask.delayed(sum)([1, 2]).compute(scheduler="sync")
    out, err = capfd.readouterr()
    assert out == ""
    assert "weighing, 1 of 1 steps" in err
    assert err.endswith("\x1b[2K") or "\x1b[?25h" in err  # the line is erased, the cursor is back


@pytest.mark.parametrize(("share", "bars"), [(0.25, 10), (None, 40), (1.0, 40)])
def test_the_bar_is_as_long_as_what_is_done(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], share: float | None, bars: int
) -> None:
    """A quarter of forty where a share was told, whatever dask does; without one, all of dask's one task."""
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "120", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    with showing_progress(False) as advance:
        advance(Phrase("as_said", {"text": "weighing"}), share)
        dask.delayed(sum)([1, 2]).compute(scheduler="sync")
    last = capfd.readouterr().err.split("weighing, 1 of 1 steps")[-1]
    assert last.count("━") == bars
