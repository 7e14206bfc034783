"""Progress on a terminal: one line of what is going on, gone when it is done; silent where nobody looks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dask.callbacks import Callback
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ingest.outcome import Phrase
from onevisit.names import ROOMS
from onevisit.words.telling import say

Advance = Callable[[Phrase, float | None], None]
"""Called with what is going on, and the share of the whole that is done (None: not known)."""


def quieten(quiet: bool) -> None:
    """Let only errors through to standard error."""
    if quiet:
        for name in ("", *ROOMS):
            logging.getLogger(name).setLevel(logging.ERROR)


_SHOWN: list[Progress] = []


@contextmanager
def pausing() -> Iterator[None]:
    """Take the line of progress away while a person is asked."""
    for bar in _SHOWN:
        bar.stop()
    yield
    for bar in _SHOWN:
        bar.start()


@contextmanager
def showing_progress(quiet: bool, lang: str = "en") -> Iterator[Advance]:
    """Yield a function that shows what is going on; chunks that dask computes on threads move the bar in between."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description:<44}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        doing, whole = Phrase("doing_start"), False
        task = bar.add_task(say(doing, lang), total=None)

        def advance(what: Phrase, share: float | None) -> None:
            nonlocal doing, whole
            doing, whole = what, share is not None
            bar.update(task, description=say(what, lang), total=1.0 if whole else None, completed=share or 0.0)

        def finished(
            _key: object, _result: object, _dsk: object, state: dict[str, set[object]], _worker: object
        ) -> None:
            done = len(state["finished"])
            left = len(state["waiting"]) + len(state["ready"]) + len(state["running"])
            steps = Phrase("doing_steps", {"what": doing, "done": done, "count": done + left})
            bar.update(task, description=say(steps, lang))
            if not whole:
                bar.update(task, total=done + left, completed=done)

        _SHOWN.append(bar)
        try:
            with Callback(posttask=finished):
                yield advance
        finally:
            _SHOWN.remove(bar)
