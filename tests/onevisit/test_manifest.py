"""What the recorder keeps, and that hashes tell what they must."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.schema import Decision, Outcome, Reject
from onevisit.manifest import Recorder, digest, hash_inputs
from onevisit.mission import InputFile


def test_outcomes_leave_their_decisions_and_rejects() -> None:
    """The value goes on, what was said about it stays."""
    recorder = Recorder()
    outcome = Outcome(3, (Decision("a", "b", "c"),), (Reject("d", "e", "f"),))
    assert recorder.take(outcome) == 3
    assert (recorder.decisions, recorder.rejects) == (list(outcome.decisions), list(outcome.rejects))


def test_a_stage_counts_its_own_rejects_and_its_own_memory() -> None:
    """Rejects of earlier stages are not counted again; 200 MB held in a stage are its own peak only."""
    recorder = Recorder(rejects=[Reject("a", "", "")])
    with recorder.stage("large"):
        recorder.rejects.append(Reject("b", "", ""))
        held = np.ones(200 * 2**20, np.uint8)
        assert held.sum() == held.size
        del held
    with recorder.stage("small"):
        pass
    large, small = recorder.stages
    assert (large.rejected, small.rejected) == (1, 0)
    assert large.peak_mb > small.peak_mb + 150


def test_inputs_carry_the_hash_of_their_bytes(tmp_path: Path) -> None:
    """SHA-256 of the three bytes "abc" (FIPS 180-4, appendix B.1)."""
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    record = hash_inputs([InputFile(path, "traces/a", "traces")])[0]
    assert record.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert record.bytes == 3


def test_a_digest_does_not_depend_on_the_order_of_names() -> None:
    """Equal settings give equal keys, different ones do not."""
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})
