"""A mission that holds records and nothing else: what they say is handed over."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ingest.errors import NothingUsable
from onevisit.job import process_mission
from onevisit.result import Options
from tests.onevisit import small_mission as made


def _process(root: Path, out: Path) -> None:
    process_mission(root, out, Options(), on_stage=lambda _text, _share: None)


def _records_only(tmp_path: Path, *, zone: bool, sites: bool) -> Path:
    """The mission made by hand without drives and photos, with a meter that says production without treatment."""
    root = tmp_path / "mission"
    made.write_mission(root)
    for folder in ("traces", "images", "roads", *(() if sites else ("registers",))):
        shutil.rmtree(root / folder, ignore_errors=True)
    (root / "edits.csv").unlink(missing_ok=True)
    (root / "mission.toml").write_text('time_zone = "Asia/Shanghai"\n' if zone else "", encoding="utf-8")
    rows = ["排污许可证编号,企业名称,设备编号,设备类型,关联产污设备,时间,有功功率(kW)"]
    for hour in range(96):
        stamp, works, off = f"2026-03-0{1 + hour // 24} {hour % 24:02d}:00", 8 <= hour % 24 < 20, 72 <= hour < 96
        made_kw, treated_kw = 100.0 + hour % 7 if works else 5.0, 30.0 + hour % 5 if works and not off else 0.5
        rows.append(f"{made.SMELTER.code},,MF0001,产污设施,,{stamp},{made_kw:.2f}")
        rows.append(f"{made.SMELTER.code},,TA001,治污设施,MF0001,{stamp},{treated_kw:.2f}")
    (root / "monitors").mkdir(exist_ok=True)
    (root / "monitors" / "用电监控.csv").write_text("\n".join(rows), encoding="utf-8")
    return root


@pytest.mark.parametrize(("zone", "sites"), [(True, True), (False, True), (False, False)])
def test_records_alone_are_a_mission(tmp_path: Path, zone: bool, sites: bool) -> None:
    """Treatment was off in the working hours of the fourth day; the zone is that of the sites, else of records."""
    out = tmp_path / "out"
    _process(_records_only(tmp_path, zone=zone, sites=sites), out)
    told = [f["properties"] for f in json.loads((out / "anomalies.geojson").read_text("utf-8"))["features"]]
    (off,) = [one for one in told if one["kind"] == "treatment_off"]
    assert (off["start"], off["end"]) == ("2026-03-04T00:00:00Z", "2026-03-04T12:00:00Z")
    assert (off["cause"], off["site_id"]) == ("emission", made.SMELTER.code if sites else None)
    leads = [f["properties"] for f in json.loads((out / "leads.geojson").read_text("utf-8"))["features"]]
    assert [lead["site_id"] for lead in leads if lead["disposition"] == "visit"] == [made.SMELTER.code] * sites
    assert "2026-03-04 08:00" in (out / "report.html").read_text("utf-8")


def test_nothing_at_all_is_refused(tmp_path: Path) -> None:
    """Without a drive, a photo or a record there is nothing to process."""
    root = _records_only(tmp_path, zone=True, sites=True)
    shutil.rmtree(root / "monitors")
    with pytest.raises(NothingUsable):
        _process(root, tmp_path / "out")
