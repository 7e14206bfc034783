"""Machine code of the loops, made once after an installation with the help of a child process.

``python -m onevisit.warm`` is the child: it follows a small drive past a source, fuses it and asks who explains it,
so that numba compiles every loop that a mission needs and keeps it on disk. `warming` starts it where that has not
been done since the program changed; a mark beside the machine code says that it has.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from ingest.outcome import Phrase
from onevisit.manifest import code_version

_log = logging.getLogger(__name__)
_WITH_LOOPS = ("numerics", "tracks", "fusion")


def machine_code_folder() -> Path:
    """Where numba keeps machine code: ``NUMBA_CACHE_DIR``, or beside the modules."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    return Path(named) if named else Path(str(resources.files("numerics"))) / "__pycache__"


def _mark() -> Path:
    return machine_code_folder() / f"onevisit-{code_version(_WITH_LOOPS)}.compiled"


@contextmanager
def warming() -> Iterator[None]:
    """Let a child compile where nobody has yet, while the run goes on and compiles what it needs before.

    Nobody waits for it: a run that did took longer than one without a child (72 against 63 s on two cores, 49 s so).
    Where the folder of machine code cannot be written nothing is started: numba keeps it elsewhere then.
    """
    mark = _mark()
    if mark.exists() or not os.access(mark.parent if mark.parent.is_dir() else mark.parent.parent, os.W_OK):
        yield
        return
    _log.info(Phrase("log_first_run"))
    with subprocess.Popen([sys.executable, "-m", "onevisit.warm"], stdout=subprocess.DEVNULL) as child:
        try:
            yield
        finally:
            child.terminate()


def main() -> None:
    """Compile every loop of a mission and leave the mark; what fails here fails in the run, where it is told."""
    from onevisit.warm_drive import follow_a_drive

    follow_a_drive()
    mark = _mark()
    mark.parent.mkdir(parents=True, exist_ok=True)
    for old in mark.parent.glob("onevisit-*.compiled"):
        old.unlink(missing_ok=True)
    mark.touch()


if __name__ == "__main__":
    main()
