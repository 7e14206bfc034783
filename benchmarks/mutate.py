"""Do the tests notice a wrong value? Small faults are put into the code one at a time; the tests should fail.

``python -m benchmarks.mutate --sample 100 --seed 1`` draws 100 faults over all rooms, runs the tests that reach each
one, prints every fault that no test noticed as a diff, and the share caught, by module. Faults that change nothing
are listed with the reason in ``benchmarks/equivalent.csv`` and left out. Nothing is written to the working tree.

``make mutate`` does it for a sample of about 100 in less than twenty minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.mutant_tests import PACKAGES, ROOT, TestMap, borrow_copy, load_map, preload, run_mutant
from benchmarks.mutants import Mutant, sample_mutants

_TOO_QUICK_S = 1.0
"""A fault that is caught within a second is tried once more without the fault."""

EQUIVALENT = Path(__file__).with_name("equivalent.csv")


def modules(only: Sequence[str]) -> list[str]:
    """Modules of the rooms below the paths ``only`` (none: all)."""
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    names = [path.relative_to(ROOT).as_posix() for path in found]
    return [
        name for name in names if not only or any(name == o or name.startswith(o.rstrip("/") + "/") for o in only)
    ]


def equivalent() -> set[tuple[str, str]]:
    """Module and change of the faults that are known to change nothing."""
    if not EQUIVALENT.is_file():
        return set()
    with EQUIVALENT.open(encoding="utf-8", newline="") as stream:
        return {(row["module"], row["change"]) for row in csv.DictReader(stream)}


def run_all(mutants: Sequence[Mutant], known: TestMap, workers: int) -> Iterable[tuple[Mutant, str, float]]:
    """Each fault with what became of it, in the order in which they are done."""
    context = multiprocessing.get_context("fork")
    queue, results = context.Queue(), context.Queue()
    for number in range(len(mutants)):
        queue.put(number)
    for _ in range(workers):
        queue.put(None)
    started = [context.Process(target=_work, args=(mutants, known, queue, results)) for _ in range(workers)]
    for process in started:
        process.start()
    for _ in mutants:
        number, status, seconds = results.get()
        yield mutants[number], status, seconds
    for process in started:
        process.join()


def _work(mutants: Sequence[Mutant], known: TestMap, queue: object, results: object) -> None:
    preload()
    with borrow_copy() as copy:
        while (number := queue.get()) is not None:  # type: ignore[attr-defined]
            mutant = mutants[number]
            status, seconds = run_mutant(mutant, known.of(mutant), copy)
            if status == "caught" and seconds < _TOO_QUICK_S:  # did the tests run at all?
                whole = replace(mutant, code=(copy.root / mutant.module).read_text(encoding="utf-8"))
                if run_mutant(whole, known.of(mutant), copy)[0] == "caught":
                    status = "fails without any fault"
            results.put((number, status, seconds))  # type: ignore[attr-defined]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it from the command line; 0 where at least the demanded share is caught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=100, help="number of faults (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default 1)")
    parser.add_argument(
        "--only", action="append", default=[], metavar="PATH", help="a room or module; may be repeated"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--least", type=float, default=0.9, help="share to be caught for exit status 0 (default 0.9)")
    parser.add_argument("--output", type=Path, help="file for the results as JSON lines")
    chosen = parser.parse_args(arguments)
    begun = time.perf_counter()
    mutants = sample_mutants(ROOT, modules(chosen.only), count=chosen.sample, seed=chosen.seed)
    known, left_out = load_map(), equivalent()
    mutants = [mutant for mutant in mutants if (mutant.module, mutant.change) not in left_out]
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for done, (mutant, status, seconds) in enumerate(run_all(mutants, known, chosen.workers), 1):
        counts[mutant.module][0] += status == "caught"
        counts[mutant.module][1] += 1
        if status != "caught":
            print(f"\n{status}: {mutant.module} {mutant.function} ({mutant.operator})\n{mutant.diff}", flush=True)
        if chosen.output:
            with chosen.output.open("a", encoding="utf-8") as stream:
                record = {"module": mutant.module, "function": mutant.function, "operator": mutant.operator,
                          "change": mutant.change, "status": status, "seconds": round(seconds, 1)}  # fmt: skip
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        print(f"\r{done} of {len(mutants)}", end="", file=sys.stderr, flush=True)
    caught, total = (sum(column) for column in zip(*counts.values(), strict=True)) if counts else (0, 0)
    print("\n" + "\n".join(f"{good:3d} of {all_:3d}  {module}" for module, (good, all_) in sorted(counts.items())))
    print(f"{caught} of {total} caught ({caught / max(total, 1):.0%}), seed {chosen.seed}, "
          f"{time.perf_counter() - begun:.0f} s")  # fmt: skip
    return 0 if total and caught >= chosen.least * total else 1


if __name__ == "__main__":
    sys.exit(main())
