"""Register files → rows of named texts: headings, rows, features, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from importlib.resources import files
from pathlib import Path

import openpyxl
import pytest
import shapely

from ingest.errors import FileError, UnknownFormat
from ingest.outcome import Decision
from ingest.registers import rows as registers
from ingest.registers.rows import Register, RegisterRow, read_register
from ingest.text.fields import field_of_heading, heading_vocabulary
from ingest.text.sources import Limits
from onevisit.words.telling import ToldDecision, tell
from tests.ingest.immutable import mutable_values
from tests.told import raises_told


def read(folder: Path, content: str | bytes, name: str = "a.csv") -> Register:
    """Write a file and read it."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_register(path, f"registers/{name}", Limits())


def table(*rows: list[str]) -> str:
    """CSV of these rows."""
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


def collection(*features: object, **members: object) -> str:
    """A FeatureCollection."""
    return json.dumps({"type": "FeatureCollection", "features": list(features), **members})


# --- headings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "headings"),
    [
        ("permit_code", "排污许可证编号 许可证号 排污登记编号 Permit_Code permit-no"),
        ("uscc", "统一社会信用代码 统一社会信用代码/组织机构代码 信用代码 USCC"),
        ("name", "单位名称 企业名称 *企业名称 名称： 站点名称 Site&Name Facility"),
        ("lon", "经度 经度（°） 中心经度(度) 【经度】经度 Longitude[deg] LNG jd"),
        ("lat", "纬度 北纬 lat. wd"),
        ("lonlat", "经纬度 坐标 经、纬度"),
        ("x", "X x坐标 Easting E"),
        ("y", "Y y坐标 Northing N"),
        ("crs", "坐标系 坐标系统 EPSG datum"),
        ("gate_lon", "大门经度 Gate/Lon"),
        ("gate_lat", "大门纬度 gate:lat"),
        ("address", "地址 生产经营场所地址"),
        ("industry_code", "行业类别 行业代码"),
        ("species", "主要污染物 特征污染物 pollutants"),
        ("management_class", "管理类别"),
        ("credit", "信用等级 环保信用等级"),
        ("grade", "绩效分级 grade"),
        ("disclosure", "披露情况"),
        ("permit_valid_to", "有效期限 valid_to"),
        ("outlet", "排放口编号 stack_id"),
        ("visit_day", "检查日期"),
        ("visit_kind", "检查类型"),
        ("visit_result", "检查结果"),
        ("part", "要素类型 layer"),
        ("site_id", "编号 ID"),
        ("", "联系电话 联系人 身份证号 长度 经度备注 站点"),
    ],
)
def test_headings_of_a_field(field: str, headings: str) -> None:
    """Units in any brackets, punctuation, stars and case do not matter; other words are no field."""
    found = {heading: field_of_heading(heading.replace("&", " ")) for heading in headings.split()}
    assert found == dict.fromkeys(found, field)


def test_the_vocabulary_holds_what_can_be_found() -> None:
    """Every heading of the table is written as headings are compared, and stands there once."""
    text = (files("ingest.text") / "register_headings.csv").read_text(encoding="utf-8")
    headings = [line.split(",")[1] for line in text.splitlines()[1:]]
    assert len(headings) == len(set(headings)) == len(heading_vocabulary())
    for heading in headings:
        assert field_of_heading(heading) == heading_vocabulary()[heading] != ""
        assert heading == re.sub(r"\s", "", heading.lower())


# What a heading means by the words in it; the first that fits.
WORDS = (
    ("permitted_kg_h", "排放速率|许可小时|^permitted(kgh|rate)"), ("permitted_t_a", "许可.*(排放量|总量)|^permitted"),
    ("lon_side", r"^(ew|eastwest|东西|经度(方向|半球)|东经西经|ewind)|^(gps)?(lon|lng)\w*(dir|hem|ref)"),
    ("lat_side", r"^(ns|northsouth|南北|纬度(方向|半球)|北纬南纬|nsind)|^(gps)?lat\w*(dir|hem|ref)"),
    ("lon_deg", "^(经度|lon)度$"), ("lon_min", "^经度分$"), ("lon_sec", "^经度秒$"),
    ("lat_deg", "^纬度度$"), ("lat_min", "^纬度分$"), ("lat_sec", "^纬度秒$"),
    ("lon_west", r"西经|westlon|^(lon|lng|经度)\w*w$"), ("lat_south", "南纬|southlat|latitudesouth|^纬度s$"),
    ("visit_day", "(检查|执法|入企)(日期|时间)|(visit|inspection)da"),
    ("visit_kind", "(检查|任务)(类型|类别|方式)|(visit|inspection)(kind|type)"),
    ("visit_result", "检查(结果|结论|情况)|处理结果|(visit|inspection)result"),
    ("gate_lon", "(门|口)经度|(gate|entrance)l(on|ng)"), ("gate_lat", "(门|口)纬度|(gate|entrance)lat"),
    ("crs", "坐标(系|类型)|crs|srs|epsg|coordinatesystem|datum"),
    ("outlet", "(排口|排放口|排污口)(编号|名称)|outlet|stack"), ("permit_valid_to", "有效期|截止|到期|valid|expir"),
    ("management_class", "管理类|management"), ("disclosure", "披露|disclosure"),
    ("grade", "绩效|^(performance)?grade$"), ("permit_code", "(许可证?|登记)(编|回执编)?号|^permit"),
    ("credit", "信用(评价)?等级|信用评价结果|^评价等级|^credit(grade)?$"), ("uscc", "信用代码|uscc|creditcode"),
    ("industry_code", "行业|industry"), ("address", "地址|厂址|address|location"),
    ("species", "因子|污染物|species|pollutant"), ("lonlat", "经纬度|^(中心|位置)?坐标$|lonlat|^coordinates?$"),
    ("lon", "经度|东经|^(lon|lng|long|longitude|jd)$"), ("lat", "纬度|北纬|^(lat|latitude|wd)$"),
    ("x", "^x|x$|横坐标$|东坐标|^e$|east|pointx"), ("y", "^y|坐标y$|纵坐标$|北坐标|^n$|north|pointy"),
    ("park", "园区|park"), ("district", "区县|行政区|区市县|district|county"),
    ("site_id", "编号|编码|序号|id$"), ("part", "要素|图层|^(part|feature|layer|kind|role)$"),
    ("name", "名称|单位|企业|对象|name|company|enterprise|facility|site"),
)  # fmt: skip


def test_every_heading_means_what_its_words_say() -> None:
    """All of the vocabulary by the words that each field is called by."""
    found = {h: next((field for field, words in WORDS if re.search(words, h)), "") for h in heading_vocabulary()}
    assert found == heading_vocabulary()


# --- tables --------------------------------------------------------------------------------------------------------


def test_rows_keep_their_line_and_every_known_text(tmp_path: Path) -> None:
    """Texts without blanks around them, empty cells absent; of two columns of one field the first with a text."""
    text = table(
        ["名录"],
        ["企业名称", "经度", "电话", "单位名称", "", "备注"],
        [" 甲 ", "104.1", "028", "乙", "x", ""],
        ["", "", "", "", "", ""],
        ["", "", "1", " 丙", "", "z"],
    )
    register = read(tmp_path, text)
    assert register.item == "registers/a.csv"
    assert register.rows == (
        RegisterRow("line 3", {"name": "甲", "lon": "104.1"}),
        RegisterRow("line 5", {"name": "丙"}),
    )
    assert [tell(decision) for decision in register.decisions] == [
        ToldDecision("registers/a.csv", "columns left out: 备注", "their headings are not in the vocabulary"),
        ToldDecision("registers/a.csv", "1 columns of natural persons dropped: 电话", "no value of them was kept"),
    ]
    assert (register.rows[0].get("name"), register.rows[0].get("lat")) == ("甲", "")


def test_no_more_than_twelve_columns_are_named(tmp_path: Path) -> None:
    """The thirteenth unknown heading is not in the decision."""
    unknown = [f"备注{k}" for k in range(13)]
    [decision] = read(tmp_path, table(["企业名称", "经度", *unknown])).decisions
    assert tell(decision).decision == "columns left out: " + ", ".join(unknown[:12])


def test_rows_longer_and_shorter_than_the_heading(tmp_path: Path) -> None:
    """Cells beyond the heading are nobody's, missing ones are empty."""
    register = read(tmp_path, "企业名称,经度,纬度\n甲,1\n乙,1,2,3,4\n")
    assert [row.values for row in register.rows] == [
        {"name": "甲", "lon": "1"},
        {"name": "乙", "lon": "1", "lat": "2"},
    ]


def test_a_cell_is_kept_to_a_million_characters(tmp_path: Path) -> None:
    """Longer texts are cut."""
    [row] = read(tmp_path, f"企业名称,经度\n{'x' * 1_000_001},1\n").rows
    assert len(row.get("name")) == 1_000_000


@pytest.mark.parametrize(("titles", "found"), [(0, True), (25, True), (26, False)])
def test_the_heading_is_looked_for_in_the_first_26_rows(tmp_path: Path, titles: int, found: bool) -> None:
    """25 title rows may stand above it, one more is too many."""
    text = table(*[[f"标题{k}", "x"] for k in range(titles)], ["企业名称", "经度"], ["甲", "1"])
    if found:
        assert [row.get("name") for row in read(tmp_path, text).rows] == ["甲"]
    else:
        with raises_told(UnknownFormat, match="the first row is '标题0, x'; expected 单位名称, 经度, 纬度"):
            read(tmp_path, text)


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("企业名称,经度", True), ("许可证编号,绩效分级", True), ("统一社会信用代码,经度", True), ("编号,经度", True),
        ("经度,纬度", False), ("企业名称,单位名称", False), ("企业名称,电话", False),
    ],
)  # fmt: skip
def test_a_heading_row_names_a_site_and_one_thing_more(tmp_path: Path, heading: str, found: bool) -> None:
    """A code, name or key with another known field; two columns of one field are one."""
    if found:
        assert len(read(tmp_path, f"{heading}\n1,2\n").rows) == 1
    else:
        with raises_told(UnknownFormat, match="no heading row names a site"):
            read(tmp_path, f"{heading}\n1,2\n")


def test_a_file_without_a_heading_quotes_its_first_row(tmp_path: Path) -> None:
    """The first eight cells up to 100 characters of the first row that is not empty; no name of its own, no field."""
    cells = [f"c{k}" for k in range(10)]
    with pytest.raises(UnknownFormat) as caught:
        read(tmp_path, table([], ["", " "], cells, ["x"]))
    reject = tell(caught.value.reject)
    came = "c0, c1, c2, c3, c4, c5, c6, c7"
    expected = f"no heading row names a site; the first row is {came!r}; expected 单位名称, 经度, 纬度"
    assert (reject.item, reject.reason, reject.where) == ("registers/a.csv", expected, "")
    with raises_told(UnknownFormat, match=f"is '{'y' * 100}';"):
        read(tmp_path, "y" * 120 + "\n")
    with raises_told(UnknownFormat, match="is 'nothing';"):
        read(tmp_path, ",,\n,,\n")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.kml", b"x,y\n"), ("A.SHP", b"x,y\n"), ("a.csv", b"<kml>\n"), ("a.csv", b"a,\x00b\n")],
)
def test_maps_of_other_kinds_are_told_from_tables(tmp_path: Path, name: str, content: bytes) -> None:
    """By their name or their first bytes, with what to do."""
    words = "export it as GeoJSON" if b"\x00" not in content else "no heading row"  # zeros are dropped on reading
    with raises_told(UnknownFormat, match=words):
        read(tmp_path, content, name)


def test_sheets_of_a_workbook_are_read_in_order(tmp_path: Path) -> None:
    """Rows and decisions of all sheets with a heading; where a row stands names the sheet."""
    book = openpyxl.Workbook()
    book.active.append(["说明", "x"])
    for title, cells in (("一", ["甲", 104.0, "1"]), ("二", ["乙", 104.5, "2"])):
        sheet = book.create_sheet(title)
        sheet.append(["企业名称", "经度", f"备注{title}"])
        sheet.append(cells)
    book.save(tmp_path / "b.xlsx")
    register = read_register(tmp_path / "b.xlsx", "b.xlsx", Limits())
    assert register.rows == (
        RegisterRow("sheet 一, row 2", {"name": "甲", "lon": "104"}),
        RegisterRow("sheet 二, row 2", {"name": "乙", "lon": "104.5"}),
    )
    assert [tell(d).decision for d in register.decisions] == [
        "columns left out: 备注一",
        "columns left out: 备注二",
        "sheet or table Sheet not read",
    ]
    assert {d.item for d in register.decisions} == {"b.xlsx"}


def test_a_workbook_without_any_heading_tells_the_first_sheet(tmp_path: Path) -> None:
    """The first sheet's row is quoted."""
    book = openpyxl.Workbook()
    book.active.append(["first", "x"])
    book.create_sheet("b").append(["second", "x"])
    book.save(tmp_path / "b.xlsx")
    with raises_told(UnknownFormat, match="the first row is 'first, x'"):
        read_register(tmp_path / "b.xlsx", "b.xlsx", Limits())


def test_the_allowed_size_reaches_the_reading(tmp_path: Path) -> None:
    """A file of a byte too many is refused, a workbook that unpacks to too much too."""
    (tmp_path / "a.csv").write_text("企业名称,经度\n")
    with raises_told(FileError, match="more than the 10 allowed"):
        read_register(tmp_path / "a.csv", "a.csv", Limits(maximum_file_mb=10e-6))
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"0" * 3_000_000)
    with raises_told(FileError, match=r"unpacks to 3 MB from 0\.00 MB; refused as a likely bomb; save it as CSV"):
        read_register(tmp_path / "b.xlsx", "b.xlsx", Limits(maximum_file_mb=2.9))


# --- GeoJSON -------------------------------------------------------------------------------------------------------


POINT = {"type": "Point", "coordinates": [104.1, 30.7]}


def test_features_become_rows(tmp_path: Path) -> None:
    """Properties by field as text, lists joined, the feature's own id where no property gives one, and its shape."""
    properties = {
        "企业名称": " 甲 ", "name": "乙", "排放口编号": None, "污染物": ["SO2", 1], "行业代码": 3670.0, "地址": "",
        "电话": "028", "经度": 104.5,
    }  # fmt: skip
    text = collection(
        {"type": "Feature", "properties": properties, "geometry": POINT, "id": 7},
        {"properties": {"编号": "K1"}, "geometry": None, "id": "9"},
        {"properties": None, "id": 2.5},
        "no feature",
    )
    register = read(tmp_path, text, "a.geojson")
    values = {"name": "甲", "species": "SO2,1", "industry_code": "3670", "lon": "104.5", "site_id": "7"}
    assert register == Register(
        "registers/a.geojson",
        (
            RegisterRow("feature 1", values, shapely.Point(104.1, 30.7)),
            RegisterRow("feature 2", {"site_id": "K1"}),
            RegisterRow("feature 3", {}),
            RegisterRow("feature 4", {}),
        ),
        (Decision("registers/a.geojson", "personal_columns_dropped", {"count": 1, "columns": ("电话",)}),),
    )


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        ({"type": "name", "properties": {"name": "EPSG:4544"}}, "EPSG:4544"),
        ({"type": "name", "properties": {"name": 4544}}, ""),
        ({"type": "name", "properties": None}, ""),
        ({"type": "name"}, ""),
        ("EPSG:4544", ""),
        (None, ""),
    ],
)
def test_the_crs_member_is_of_all_features(tmp_path: Path, crs: object, expected: str) -> None:
    """Its name if it is a text, also for what is no feature; other shapes of it say nothing."""
    register = read(tmp_path, collection({"properties": {}, "geometry": POINT}, 5, crs=crs))
    assert [row.crs for row in register.rows] == [expected, expected]


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        "POINT",
        {},
        {"type": "Point"},
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "Nothing", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": [[1, 2]]},
        {"type": "Polygon", "coordinates": 5},
    ],
)
def test_shapes_that_cannot_be_are_none(tmp_path: Path, geometry: object) -> None:
    """The row is kept without a shape."""
    [row] = read(tmp_path, collection({"properties": {"name": "甲"}, "geometry": geometry})).rows
    assert (row.geometry, row.get("name")) == (None, "甲")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not valid JSON"),
        ("  {]", "is not valid JSON"),
        ("[1]", "is JSON without features"),
        ("{}", "is JSON without features"),
        ('{"features": 5}', "is JSON without features"),
        ("[" * 100_000, "is not valid JSON"),
    ],
)
def test_json_without_features_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """Cut, nested without end, or something else: one error that names the file."""
    with raises_told(FileError, match=words) as caught:
        read(tmp_path, text)
    assert caught.value.item == "registers/a.csv"


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(registers) == []


def test_persons_in_geojson_are_counted_as_in_tables(tmp_path: Path) -> None:
    """Contact and phone are dropped and named; what is of no person and not known is named apart."""
    properties = [
        {"name": "甲厂", "联系人": "张三", "phone": "13800000000"},
        {"name": "乙厂", "联系人": "李四", "颜色": "红"},
    ]
    features = [
        {"type": "Feature", "properties": p, "geometry": {"type": "Point", "coordinates": [104.0, 30.6]}}
        for p in properties
    ]
    path = tmp_path / "sites.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    register = read_register(path, "sites.geojson", Limits())
    said = {d.code: d.values for d in register.decisions}
    assert said["personal_columns_dropped"] == {"count": 2, "columns": ("联系人", "phone")}
    assert said["unknown_columns_left_out"] == {"columns": ("颜色",)}
    assert [dict(row.values) for row in register.rows] == [{"name": "甲厂"}, {"name": "乙厂"}]
