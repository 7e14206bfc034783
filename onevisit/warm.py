"""Machine code of the loops, made once after an installation by a child process while the first files are read.

``python -m onevisit.warm`` is the child: it follows a small drive past a source, fuses it and asks who explains it,
so that numba compiles every loop that a mission needs and keeps it on disk. `warming` starts it where that has not
been done since the program changed; a mark beside the machine code says that it has.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from onevisit.manifest import code_version

_log = logging.getLogger(__name__)
_WITH_LOOPS = ("numerics", "tracks", "fusion")
_LONGEST_S = 120.0  # then the run goes on and compiles for itself


def machine_code_folder() -> Path:
    """Where numba keeps machine code: ``NUMBA_CACHE_DIR``, or beside the modules."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    return Path(named) if named else Path(str(resources.files("numerics"))) / "__pycache__"


def _mark() -> Path:
    return machine_code_folder() / f"onevisit-{code_version(_WITH_LOOPS)}.compiled"


@contextmanager
def warming() -> Iterator[Callable[[], None]]:
    """Let a child compile where nobody has yet; yields a function that waits until it is done.

    Where the folder of machine code cannot be written nothing is started: numba keeps it elsewhere then.
    """
    mark = _mark()
    if mark.exists() or not os.access(mark.parent if mark.parent.is_dir() else mark.parent.parent, os.W_OK):
        yield lambda: None
        return
    _log.info("first run since the program was installed: its loops are compiled once, which takes half a minute")
    with subprocess.Popen([sys.executable, "-m", "onevisit.warm"], stdout=subprocess.DEVNULL) as child:

        def wait() -> None:
            try:
                child.wait(_LONGEST_S)
            except subprocess.TimeoutExpired:
                _log.info("compiling takes longer than %.0f s; going on without", _LONGEST_S)

        try:
            yield wait
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
