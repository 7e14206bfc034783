"""Monitor records of a mission: found, believed and rejected as `onevisit check` and the manifest say it."""

from __future__ import annotations

from pathlib import Path

from onevisit.check import check_mission
from onevisit.result import Options
from tests.ingest.monitors.slow_crc import crc_hj212


def _packet(clock: str, *, damage: bool = False) -> bytes:
    segment = (
        f"QN={clock}000;ST=31;CN=2061;PW=123456;MN=A510100000001;Flag=4;CP=&&DataTime={clock};"
        "a21026-Avg=12.5,a21026-Flag=N&&"
    ).encode()
    return b"##%04d%s%04X\r\n" % (len(segment), segment, crc_hj212(segment) ^ damage)


def test_check_says_what_monitor_records_are_there(tmp_path: Path) -> None:
    """Two good hours become a series, a damaged packet is counted, and the zone taken is a decision."""
    folder = tmp_path / "mission" / "monitors"
    folder.mkdir(parents=True)
    packets = [_packet("20241008090000"), _packet("20241008100000"), _packet("20241008110000", damage=True)]
    (folder / "hj212.log").write_bytes(b"".join(packets))
    (folder / "export.csv").write_bytes(b"\x00\x01nothing of the kind")
    found = check_mission(tmp_path / "mission", Options(), on_stage=lambda name, share: None)
    [line] = [row for row in found["found"] if row["kind"] == "monitor"]
    assert line["item"] == "A510100000001"
    assert line["what"].startswith("2 hour records, 2024-10-08 01:00 to 10-08 02:00 UTC")
    assert any("times read as Asia/Shanghai" in row["decision"] for row in found["decisions"])
    reasons = {row["item"]: row["reason"] for row in found["rejects"]}
    assert reasons["monitors/hj212.log"].startswith("1 packets refused: CRC")
    assert "monitors/export.csv" in reasons
