"""The page of formats: the lines that it gives for files of unknown layout make such a file readable."""

from __future__ import annotations

import tomllib
from pathlib import Path

from ingest.traces.read import TraceSettings, read_traces

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"


def test_the_lines_for_unknown_layouts_work(tmp_path: Path) -> None:
    """A van's table with headings that nobody knows is refused without them and read with them."""
    chapter = PAGE.read_text(encoding="utf-8").split("## Sought and not found")[1]
    lines = tomllib.loads(chapter.split("```toml\n")[1].split("```")[0])
    path = tmp_path / "van.csv"
    rows = "".join(f"2024-10-08 09:00:0{n},104.06,30.6,{20 + n}\n" for n in range(3))
    path.write_text(f"采集时刻,经度,纬度,苯系物总量\n{rows}", encoding="utf-8")
    assert read_traces([path], TraceSettings(time_zone=lines["time_zone"])).value == ()
    (trace,) = read_traces([path], TraceSettings(time_zone=lines["time_zone"], columns=lines["columns"])).value
    assert trace["tvoc"].values.tolist() == [20, 21, 22] and trace["tvoc"].attrs["units"] == "ug m-3"
    assert str(trace["time"].values[0])[:19] == "2024-10-08T01:00:00"
