"""Files that are not what their name says, in all three readers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome
from ingest.registers.read import SiteSettings, read_sites
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

HEADINGS = ["企业名称", "监测时间", "经度", "纬度", "二氧化硫(ug/m3)"]
ROWS = [["甲厂", f"2024-10-08 01:00:0{i}", "104.1", "30.6", str(10 + i)] for i in range(4)]


def _html() -> str:
    head = "".join(f"<th>{text}</th>" for text in HEADINGS)
    body = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in ROWS)
    return f"<html><head><title>x</title></head><body><table><tr>{head}</tr>{body}</table></body></html>"


def _xml() -> str:
    def row(cells: list[str]) -> str:
        return "<Row>" + "".join(f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in cells) + "</Row>"

    name = "urn:schemas-microsoft-com:office:spreadsheet"
    rows = "".join(map(row, [HEADINGS, *ROWS]))
    return (
        f'<?xml version="1.0"?>\n<Workbook xmlns="{name}" xmlns:ss="{name}"><Worksheet ss:Name="a"><Table>{rows}'
        "</Table></Worksheet></Workbook>"
    )


def _read(path: Path) -> list[Outcome[object]]:
    return [
        read_traces([path], TraceSettings(time_zone="Asia/Shanghai")),
        read_monitors([path], MonitorSettings()),
        read_sites([path], SiteSettings()),
    ]  # type: ignore[list-item]


def _told(outcome: Outcome[object]) -> str:
    said = [tell(d) for d in outcome.decisions]
    return "\n".join([f"{d.decision} ({d.evidence})" for d in said] + [tell(r).line for r in outcome.rejects])


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize(
    "text", [_html(), _xml(), "\n".join(map(",".join, [HEADINGS, *ROWS]))], ids=["html", "xml", "csv"]
)
def test_tables_of_any_form_are_read(tmp_path: Path, text: str, codec: str) -> None:
    """A page, an XML spreadsheet or a CSV that is named .xls, in any encoding, by every reader."""
    path = tmp_path / "a.xls"
    path.write_bytes(text.encode(codec))
    traces, monitors, sites = _read(path)
    assert traces.value[0]["so2"].values.tolist() == [10, 11, 12, 13]  # type: ignore[index]
    assert monitors.value[0]["a21026"].values.tolist() == [10, 11, 12, 13]  # type: ignore[index]
    assert [site.name for site in sites.value] == ["甲厂"]  # type: ignore[attr-defined]


def _two(kind: str) -> str:
    """A page or an XML spreadsheet with two tables of another hour, and one of legends between them."""
    whole = _html() if kind == "html" else _xml()
    begin, end = ("<table>", "</table>") if kind == "html" else ("<Worksheet", "</Worksheet>")
    table = whole[whole.index(begin) : whole.index(end) + len(end)]
    legend = table.replace("监测时间", "说明").replace("企业名称", "图例").replace("二氧化硫(ug/m3)", "备注")
    second = table.replace("01:00:0", "02:00:0").replace("甲厂", "乙厂")
    names = [part.replace('ss:Name="a"', f'ss:Name="{n}"') for n, part in enumerate((table, legend, second), 1)]
    return whole.replace(table, "".join(names))


@pytest.mark.parametrize("kind", ["html", "xml"])
def test_all_tables_of_a_page_are_read(tmp_path: Path, kind: str) -> None:
    """By every reader; what is no table for it is told by its name."""
    path = tmp_path / "a.xls"
    path.write_text(_two(kind), encoding="utf-8")
    traces, monitors, sites = _read(path)
    assert [t["so2"].values.tolist() for t in traces.value] == [[10, 11, 12, 13]] * 2  # type: ignore[index]
    assert [str(t["time"].values[0])[:19] for t in traces.value] == [  # type: ignore[index]
        "2024-10-07T17:00:00",
        "2024-10-07T18:00:00",
    ]
    assert sorted(m.attrs["site_name"] for m in monitors.value) == ["乙厂", "甲厂"]  # type: ignore[attr-defined]
    assert [m["a21026"].values.tolist() for m in monitors.value] == [[10, 11, 12, 13]] * 2  # type: ignore[index]
    assert {site.name for site in sites.value} == {"甲厂", "乙厂"}  # type: ignore[attr-defined]
    for outcome in (traces, monitors, sites):
        assert "sheet or table 2 not read" in _told(outcome)
        assert "3 tables of 15 rows" in _told(outcome)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<!DOCTYPE html><html><head><title>Login</title></head><body>please log in</body></html>", "Login"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "git lfs pull"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "picture"),
        (b"\x00" * 5000, "empty"),
        (b"", "empty"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n", "web archive"),
    ],
    ids=["login", "pdf", "lfs", "png", "zeros", "nothing", "mhtml"],
)
def test_what_is_no_table_is_named(tmp_path: Path, data: bytes, word: str) -> None:
    """By every reader, with what to do."""
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    for outcome in _read(path):
        assert not outcome.value and word in _told(outcome)


def test_an_archive_is_no_workbook(tmp_path: Path) -> None:
    """It is to be unpacked."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "time,so2\n")
    for outcome in _read(path):
        assert not outcome.value and "unpack it" in _told(outcome)


@pytest.mark.parametrize("trash", [b"\xff" * 40, b"\x00" * 40], ids=["ff", "00"])
@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_run_of_trash_costs_its_line(tmp_path: Path, trash: bytes, codec: str) -> None:
    """And is told with the number of the line, by every reader of tables."""
    lines = [",".join(row).encode(codec) for row in [HEADINGS, *ROWS]]
    lines[2] = lines[2][:10] + trash
    path = tmp_path / "a.csv"
    path.write_bytes(b"\n".join(lines) + b"\n")
    traces, monitors, _ = _read(path)
    for outcome, name in ((traces, "so2"), (monitors, "a21026")):
        assert outcome.value[0][name].values.tolist() == [10, 12, 13]  # type: ignore[index]
        assert "line 3" in _told(outcome)


@pytest.mark.parametrize("heading", ["NO2 (µg/m³)", "T (°C)", "Höhe (m)", "µ"])
def test_latin_letters_are_not_chinese(tmp_path: Path, heading: str) -> None:
    """Single signs of Windows Latin make no GB 18030."""
    path = tmp_path / "a.csv"
    rows = "2024-05-01T10:00:00Z,9,55,1,2\n2024-05-01T10:00:01Z,9,55,1,2\n"
    path.write_bytes(f"Time,lon,lat,SO2 (µg/m3),{heading}\n{rows}".encode("latin-1"))
    (trace,) = read_traces([path], TraceSettings()).value
    assert trace["so2"].attrs["units"] == "ug m-3"
