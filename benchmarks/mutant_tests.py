"""Which tests run which function, and whether they notice a fault in it.

A map from functions to tests is made once with coverage's contexts and kept between runs; only test files that
changed since are run again. Each fault is put into a copy of the tree, never into the tree itself, and its tests run
in a fork of a process that has the libraries loaded, cheapest tests first, until one fails.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from pathlib import Path

from benchmarks.mutants import Mutant, functions
from benchmarks.real_data import VARIABLE, data_folder

__all__ = ["Copy", "TestMap", "borrow_copy", "load_map", "run_mutant"]

ROOT = Path(__file__).resolve().parents[1]
KEPT = Path(tempfile.gettempdir()) / f"onevisit-mutation-{os.getuid() if hasattr(os, 'getuid') else 0}"
PACKAGES = ("numerics", "ingest", "tracks", "imagery", "monitors", "fusion", "onevisit")
_MANY = 12
"""From so many tests of one file on, the file is run as a whole."""
_MOST_S = 60.0
"""Seconds of tests, the cheapest first, that a fault is held against; what they do not notice counts as survived."""
_OF_EVERY_MODULE = ("tests/test_immutable.py", "tests/test_docs.py")
"""Tests that look at modules without running a function of theirs."""
_LEFT_OUT = ("tests/benchmarks/test_mutate.py",)
"""The tests of this program itself."""


@dataclass
class TestMap:
    """``tests[file] = {"sha": ..., "seconds": {test: s}, "runs": {"module::function": [tests]}}``."""

    __test__ = False
    tests: dict[str, dict[str, object]] = field(default_factory=dict)

    def of(self, mutant: Mutant) -> list[tuple[str, float]]:
        """Tests that run the function of a fault (else: the module), the cheapest first, with their seconds."""
        key = f"{mutant.module}::{mutant.function}" if mutant.function else None
        chosen: list[tuple[str, float]] = []
        for file, record in self.tests.items():
            runs: dict[str, list[str]] = record["runs"]  # type: ignore[assignment]
            seconds: dict[str, float] = record["seconds"]  # type: ignore[assignment]
            names = set(runs.get(key, ())) if key else {file} if _reads(file, mutant.module) else set()
            if not names and (not key or _is_compiled(mutant)):
                of = (mutant.module, *(_users(mutant.module) if _is_compiled(mutant) else ()))
                names = {n for k, v in runs.items() if k.split("::")[0] in of for n in v}
            if not key and file in _OF_EVERY_MODULE:
                names.add(file)
            if not names:
                continue
            if file in names or len(names) > _MANY:
                chosen.append((file, sum(seconds.values())))
            else:
                chosen += [(name, seconds.get(name, 0.1)) for name in names]
        chosen.sort(key=lambda one: (one[1], one[0]))
        spent = list(accumulate(seconds for _, seconds in chosen))
        return [one for one, until in zip(chosen, spent, strict=True) if until <= _MOST_S or one is chosen[0]]


@cache
def _reads(file: str, module: str) -> bool:
    """Whether a test file imports a module: its constants may be looked at without running a function of it."""
    package, _, name = module.removesuffix(".py").replace("/", ".").rpartition(".")
    path = ROOT / file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return re.search(rf"from {package}(\.{name} import| import .*\b{name}\b)", text) is not None


@cache
def _users(module: str) -> tuple[str, ...]:
    """Modules that import a module: where numba compiles all of it, theirs are the lines that coverage sees."""
    name = module.removesuffix(".py").replace("/", ".")
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    found = [path for path in paths if f"from {name} import" in path.read_text(encoding="utf-8")]
    return tuple(path.relative_to(ROOT).as_posix() for path in found)


def _is_compiled(mutant: Mutant) -> bool:
    """Whether numba compiles something in the module: coverage does not see such lines run."""
    return "@compiled" in mutant.code or "njit" in mutant.code


# --- a copy of the tree --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Copy:
    """A copy of the working tree with a cache of compiled functions of its own."""

    root: Path
    numba: Path


@contextlib.contextmanager
def borrow_copy() -> Iterator[Copy]:
    """Take the first copy that nobody uses, brought up to date."""
    for slot in range(64):
        home = KEPT / f"slot-{slot}"
        home.mkdir(parents=True, exist_ok=True)
        with (home / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            copy = Copy(home / "tree", home / "numba")
            _bring_up_to_date(copy)
            yield copy
            return
    raise RuntimeError("all copies of the tree are in use")


def _bring_up_to_date(copy: Copy) -> None:
    """Copy what differs, with its time so that compiled functions stay valid, and remove what is gone."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    names = {name for name in listed if (ROOT / name).is_file()}
    for name in names:
        source, target = ROOT / name, copy.root / name
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for path in [p for p in copy.root.rglob("*") if p.is_file() and ".git" not in p.parts]:
        if path.relative_to(copy.root).as_posix() not in names and "__pycache__" not in path.parts:
            path.unlink()
    if not (copy.root / ".git").exists():
        subprocess.run(["git", "init", "-q"], cwd=copy.root, check=True)


# --- which tests run which function --------------------------------------------------------------------------------


def load_map() -> TestMap:
    """The map of all test files, those that changed since the last call run anew."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "map.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _read_map()
        shas = {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in _test_files()}
        stale = [name for name, sha in shas.items() if known.get(name, {}).get("sha") != sha]
        if stale:
            print(f"looking which functions {len(stale)} test files run", file=sys.stderr)
            fresh = _cover(stale)
            known |= {name: {"sha": shas[name], **fresh[name]} for name in stale}
        known = {name: known[name] for name in shas}
        (KEPT / "map.json").write_text(json.dumps(known), encoding="utf-8")
    return TestMap(known)


def _read_map() -> dict[str, dict[str, object]]:
    try:
        known: dict[str, dict[str, object]] = json.loads((KEPT / "map.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _test_files() -> list[str]:
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    return [name for path in paths if (name := path.relative_to(ROOT).as_posix()) not in _LEFT_OUT]


def _cover(files: Sequence[str]) -> dict[str, dict[str, object]]:
    """Run test files under coverage; seconds of each test and the functions that it runs."""
    import coverage

    with tempfile.TemporaryDirectory() as scratch, borrow_copy() as copy:
        report, data = Path(scratch) / "junit.xml", Path(scratch) / "coverage"
        packages = [f"--cov={name}" for name in PACKAGES if (ROOT / name).is_dir()]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "not slow", "-p", "no:cacheprovider",
             f"--junitxml={report}", *packages, "--cov-context=test", "--cov-report=", *files],
            cwd=copy.root, env=_environment(copy) | {"COVERAGE_FILE": str(data)}, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        seconds = _seconds(report, files) if report.is_file() else {}
        if done.returncode not in (0, 1) or not any(seconds.values()):
            raise RuntimeError(f"the tests cannot be run:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
        if done.returncode:
            print("some tests fail without any fault:\n" + done.stdout[-2000:], file=sys.stderr)
        covered = coverage.CoverageData(str(data))
        covered.read()
        runs: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in files}
        for path in covered.measured_files():
            _add_runs(Path(path), covered, copy.root, runs)
    return {
        name: {"seconds": seconds[name], "runs": {key: sorted(tests) for key, tests in runs[name].items()}}
        for name in files
    }


def _add_runs(path: Path, covered: object, root: Path, runs: dict[str, dict[str, set[str]]]) -> None:
    module = path.relative_to(root).as_posix()
    spans = [
        (n.body[0].lineno, n.end_lineno or n.lineno, q) for n, q in functions(ast.parse(path.read_text("utf-8")))
    ]
    owner: dict[int, str] = {}
    for first, last, qualified in spans:  # outer functions first, so that inner ones win
        owner.update(dict.fromkeys(range(first, last + 1), qualified))
    for line, contexts in covered.contexts_by_lineno(str(path)).items():  # type: ignore[attr-defined]
        for context in contexts if line in owner else ():
            test, _, phase = context.rpartition("|")
            file = test.split("::")[0]
            if file in runs:  # what a fixture runs serves every test of its file
                runs[file][f"{module}::{owner[line]}"].add(file if phase == "setup" else test)


def _seconds(report: Path, files: Sequence[str]) -> dict[str, dict[str, float]]:
    seconds: dict[str, dict[str, float]] = {name: {} for name in files}
    for case in ElementTree.parse(report).iter("testcase"):
        parts = case.get("classname", "").split(".")
        for cut in range(len(parts), 0, -1):
            if (file := "/".join(parts[:cut]) + ".py") in seconds:
                seconds[file]["::".join([file, *parts[cut:], case.get("name", "")])] = float(case.get("time", 0))
                break
    return seconds


# --- one fault -----------------------------------------------------------------------------------------------------


def _environment(copy: Copy) -> dict[str, str]:
    return {
        **os.environ, "PYTHONPATH": str(copy.root), "NUMBA_CACHE_DIR": str(copy.numba),
        "PYTHONDONTWRITEBYTECODE": "1", VARIABLE: str(data_folder()),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(copy.root.parent / "hypothesis"),
    }  # fmt: skip


def preload() -> None:
    """Import the libraries that most tests need, so that forks have them; none that is a plugin of pytest."""
    import xarray  # noqa: F401


def run_mutant(mutant: Mutant, tests: Sequence[tuple[str, float]], copy: Copy) -> tuple[str, float]:
    """``caught``, ``survived`` or ``no test``, and the seconds that it took."""
    started = time.perf_counter()
    if not tests:
        return "no test", 0.0
    target = copy.root / mutant.module
    original, times = target.read_bytes(), target.stat()
    target.write_text(mutant.code, encoding="utf-8")
    try:
        status = _run(copy, [name for name, _ in tests], limit_s=60 + 8 * sum(s for _, s in tests),
                      own_cache=_is_compiled(mutant))  # fmt: skip
    finally:
        target.write_bytes(original)
        os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
    # pytest's 0: all passed, 5: none was selected
    return ("survived" if status in (0, 5) else "caught"), time.perf_counter() - started


def _run(copy: Copy, tests: Sequence[str], *, limit_s: float, own_cache: bool) -> int:
    """Exit status of the tests, 1 where they take too long."""
    with tempfile.TemporaryDirectory() as scratch:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            _test_and_exit(copy, tests, Path(scratch), own_cache=own_cache)
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return 1


def _test_and_exit(copy: Copy, tests: Sequence[str], scratch: Path, *, own_cache: bool) -> None:
    """In the fork: run pytest on the copy with its modules first in the path, and leave without cleaning up."""
    status = 1
    try:
        os.environ.update(_environment(copy))
        os.chdir(copy.root)
        sys.path.insert(0, str(copy.root))
        sys.dont_write_bytecode = True
        for name in [n for n in sys.modules if n.split(".")[0] in (*PACKAGES, "benchmarks", "tests")]:
            del sys.modules[name]
        import numba
        import pytest

        numba.config.CACHE_DIR = str(scratch if own_cache else copy.numba)
        with (scratch / "said").open("w") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            status = int(pytest.main(["-x", "-q", "-n", "0", "-m", "not slow", "-p", "no:cacheprovider", *tests]))
    finally:
        os._exit(status)
