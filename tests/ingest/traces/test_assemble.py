"""A table becomes a record: which column is what, in which unit, under which name, with which flags and words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.outcome import Phrase
from ingest.text.headings import QUANTITIES, Meaning, Quantity, understand
from ingest.traces.assemble import _GUESSED_SPECIES_CODES, _UNIT_KIND_CODES, make_channel, species_attributes
from ingest.traces.read import read_traces
from ingest.traces.record import TraceSettings
from ingest.units import _UNITS, parse_unit
from onevisit.words.telling import say, tell
from tests.ingest.traces.assembled_tables import read
from tests.ingest.traces.readings import read_file, said, the_record, utc
from tests.told import raises_told

NAN = float("nan")

RANGE = int(Flag.VALUE_OUT_OF_RANGE)


# --- other quantities ----------------------------------------------------------------------------------------------


def _channel(
    heading: str, values: list[float], instrument: str = ""
) -> tuple[list[float], str, list[tuple[str, str]]]:
    meaning = understand(heading)
    assert meaning is not None
    from ingest.text.headings import split_heading

    outcome = make_channel(np.array(values), meaning, split_heading(heading).unit, "a.csv", heading, instrument)
    assert outcome.value is not None and all(d.item == "a.csv" for d in outcome.decisions)
    return outcome.value.values.tolist(), outcome.value.attrs["units"], said(outcome.decisions)


@pytest.mark.parametrize(
    ("heading", "value", "expected", "unit"),
    [
        ("speed (km/h)", 36.0, 10.0, "m s-1"),
        ("speed (mph)", 10.0, 4.4704, "m s-1"),
        ("speed (kn)", 18.0, 9.26, "m s-1"),
        ("heading (deg)", 90.0, np.pi / 2, "rad"),
        ("heading (rad)", 1.5, 1.5, "rad"),
        ("temperature (℃)", 20.0, 293.15, "K"),
        ("temperature (°F)", 50.0, 283.15, "K"),
        ("humidity (%)", 55.0, 0.55, "1"),
        ("pressure (hPa)", 955.0, 95500.0, "Pa"),
        ("pressure (mmHg)", 750.0, 750 * 101325 / 760, "Pa"),
        ("altitude (ft)", 1000.0, 304.8, "m"),
        ("altitude (km)", 1.5, 1500.0, "m"),
        ("altitude", 512.0, 512.0, "m"),
        ("hdop", 0.9, 0.9, "1"),
        ("satellites", 9.0, 9.0, "1"),
        ("accuracy", 5.0, 5.0, "m"),
    ],
)
def test_a_stated_unit_is_converted_without_a_word(heading: str, value: float, expected: float, unit: str) -> None:
    """And what has a natural unit (metres, a number) needs none."""
    values, stated, notes = _channel(heading, [value])
    assert values == [pytest.approx(expected, rel=1e-12)]
    assert (stated, notes) == (unit, [])


@pytest.mark.parametrize(
    ("heading", "value", "expected", "believed"),
    [
        ("temperature", 21.5, 294.65, "degC"),
        ("temperature", 294.65, 294.65, "K"),
        ("temperature", 77.0, 298.15, "degF"),
        ("humidity", 60.0, 0.6, "percent"),
        ("humidity", 106.0, 106.0, ""),
        ("pressure", 955.0, 95500.0, "hPa"),
        ("pressure", 95.5, 95500.0, "kPa"),
        ("pressure", 95500.0, 95500.0, "Pa"),
        ("speed", 20.0, 20.0, "m s-1"),
        ("speed", 100.0, 100 / 3.6, "km h-1"),
        ("heading", 90.0, np.pi / 2, "degree"),
        ("heading", 500.0, 500.0, ""),
    ],
)
def test_a_unit_that_is_not_stated_is_the_first_plausible_one(
    heading: str, value: float, expected: float, believed: str
) -> None:
    """By the median; where none is plausible the numbers stay and it is said."""
    values, _, notes = _channel(heading, [value, NAN])
    assert values[0] == pytest.approx(expected, rel=1e-12)
    where = f'column "{heading}"'
    if believed:
        evidence = f"the heading gives no unit; the median {value:.4g} is plausible in it"
        assert notes == [(f"{where} believed to be in {believed}", evidence)]
    else:
        assert notes[0] == (f"{where} kept as it is", "no unit in the heading makes its values plausible")
        assert len(notes) == 2  # and then out of range


def test_a_fraction_of_humidity_is_not_taken_for_a_percentage() -> None:
    """0.6 would be plausible as 0.6 %: percent comes first, since the table says so; 1.05 is the limit of it."""
    assert _channel("humidity", [0.6])[0] == [pytest.approx(0.006)]
    assert _channel("humidity", [105.0])[0] == [pytest.approx(1.05)]


def test_a_unit_of_another_kind_is_not_believed() -> None:
    """A temperature in metres: kept and said."""
    values, unit, notes = _channel("temperature (m)", [300.0])
    assert (values, unit) == ([300.0], "K")
    assert notes == [('column "temperature (m)" kept as it is', "its unit m is a length, expected a temperature")]


def test_every_kind_of_unit_and_every_species_of_a_guess_has_words() -> None:
    """A kind with its article; a species as it is named in the table of species; both in Chinese too."""
    kinds = {kind for _, kind, *_ in _UNITS}
    assert {say(Phrase(code)) for code in _UNIT_KIND_CODES.values()} == {
        f"an {kind}" if kind == "angle" else f"a {kind}" for kind in kinds
    }
    names = {quantity.slug: quantity.long_name for quantity in QUANTITIES if quantity.guesses}
    assert {slug: say(Phrase(code)) for slug, code in _GUESSED_SPECIES_CODES.items()} == names
    (note,) = make_channel(np.array([1.9]), Meaning(_quantity("ch4")), None, "a.csv", "甲烷", "").decisions
    assert tell(note, "zh").decision == "“甲烷”列的单位按 ppm 处理"
    assert tell(note, "zh").evidence == "列名未注明单位；对甲烷而言，中位数 1.9 合理"


def _quantity(slug: str) -> Quantity:
    return next(quantity for quantity in QUANTITIES if quantity.slug == slug)


def test_values_beyond_what_is_plausible_are_flagged_and_counted() -> None:
    """The limits themselves are plausible; the decision has the limits and the median."""
    meaning = understand("speed")
    assert meaning is not None
    values = np.array([0.0, -0.001, 70.0, 70.001, NAN])
    outcome = make_channel(values, meaning, parse_unit("m/s"), "a.csv", "speed", "")
    channel = outcome.value
    assert channel is not None and channel.qc is not None and channel.qc.dtype == np.uint32
    assert channel.qc.tolist() == [0, RANGE, 0, RANGE, 0]
    assert said(outcome.decisions) == [
        ('2 values of column "speed" flagged value_out_of_range', "outside 0 to 70 m s-1; the median is 35")
    ]


def test_attributes_of_other_quantities() -> None:
    """Instruments of file and heading in one; a datum for altitudes; a standard name where CF has one."""
    altitude = make_channel(np.ones(1), understand("roof altitude"), None, "", "", "GNSS").value  # type: ignore[arg-type]
    assert altitude is not None and dict(altitude.attrs) == {
        "units": "m",
        "long_name": "altitude",
        "standard_name": "altitude",
        "vertical_datum": "unknown",
        "instrument": "GNSS roof",
    }
    bare = make_channel(np.ones(1), understand("hdop"), None, "", "", "").value  # type: ignore[arg-type]
    assert bare is not None and dict(bare.attrs) == {"units": "1", "long_name": "horizontal dilution of precision"}
    raw = Meaning(Quantity("odd", "other", "odd thing", (), ""))
    for unit, expected in ((parse_unit("V"), "V"), (None, "1")):
        channel = make_channel(np.ones(1), raw, unit, "", "", "").value
        assert channel is not None and channel.attrs["units"] == expected


# --- species -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "median", "believed"),
    [
        ("CH4", 1.2, "ppm"),
        ("CH4", 500.0, "ppm"),
        ("CH4", 1200.0, "ppb"),
        ("CH4", 500000.0, "ppb"),
        ("CO2", 250.0, "ppm"),
        ("CO2", 20000.0, "ppm"),
        ("CH4", 1.19, ""),
        ("CH4", 501.0, ""),
        ("CH4", 1199.0, ""),
        ("CH4", 500001.0, ""),
        ("CO2", 249.0, ""),
        ("NO2", 20.0, ""),
    ],
)
def test_units_of_greenhouse_gases_may_be_guessed(tmp_path: Path, heading: str, median: float, believed: str) -> None:
    """By their background and no other; a species without a unit is refused with the line to write."""
    outcome = read(tmp_path, f"{heading},speed (m/s)", f"{median},1", f"{median},2")
    names = {channel.name: channel.attrs["units"] for channel in the_record(outcome).channels}
    slug = heading.lower()
    if believed:
        assert names[slug] == believed
        text = {"ch4": "methane", "co2": "carbon dioxide"}[slug]
        evidence = f"the heading gives no unit; the median {median:.4g} is plausible for {text}"
        assert said(outcome.decisions) == [(f'column "{heading}" believed to be in {believed}', evidence)]
    else:
        assert slug not in names
        (reject,) = outcome.rejects
        assert (reject.item, reject.where) == ("a.csv", f'column "{heading}"')
        unit = "ppb" if slug == "no2" else "ppm"
        assert tell(reject).reason == (f'no unit; state it in mission.toml: [columns] "{heading}" = "{slug} {unit}"')


def test_a_species_in_a_unit_of_another_kind(tmp_path: Path) -> None:
    """Volts are no concentration: guessed where its background tells it, refused else."""
    outcome = read(tmp_path, "CH4 (V),NO2 (V)", "2.0,1", "2.0,2")
    assert [channel.attrs["units"] for channel in the_record(outcome).channels] == ["ppm"]
    evidence = "unit V is not one of a concentration; the median 2 is plausible for methane"
    assert said(outcome.decisions) == [('column "CH4 (V)" believed to be in ppm', evidence)]
    assert [reject.where for reject in outcome.rejects] == ['column "NO2 (V)"']


def test_an_unknown_instrument_is_called_so() -> None:
    """A species always names one."""
    quantity, unit = understand("no2"), parse_unit("ppb")
    assert quantity is not None and unit is not None
    assert species_attributes(quantity.quantity, unit, "")["instrument"] == "unknown"
    assert species_attributes(quantity.quantity, unit, "X")["instrument"] == "X"


def test_names_that_clash_take_that_of_their_instrument_or_a_number(tmp_path: Path) -> None:
    """The first keeps its name."""
    columns = "NO2 (ppb),NO2 (ppb),NO2 (ppb),Left-Hand NO2 (ppb),Left-Hand NO2 (ppb),temperature (℃),temperature (℃)"
    record = the_record(read(tmp_path, columns, "1,2,3,4,5,6,7", "1,2,3,4,5,6,8"))
    assert {channel.name: channel.values[0] for channel in record.channels} == {
        "no2": 1,
        "no2_2": 2,
        "no2_3": 3,
        "no2_left_hand": 4,
        "no2_4": 5,
        "temperature": pytest.approx(279.15),
        "temperature_2": pytest.approx(280.15),
    }


# --- rows and columns ----------------------------------------------------------------------------------------------


def test_rows_without_a_time_are_rejected_with_their_lines(tmp_path: Path) -> None:
    """Five of them by number; a row of nothing at all is none; what stands elsewhere in the row goes with it."""
    rows = ["2024-10-08 09:00:00,1,x", *(f"bad,{i},x" for i in range(2, 8)), ",,", "2024-10-08 09:00:09,9,y"]
    text = "some title\ntime,no2 (ppb),status\n" + "\n".join(rows) + "\n"
    outcome = read_file(tmp_path, "a.csv", text)
    record = the_record(outcome)
    assert list(record.time) == utc("2024-10-08T09:00:00", "2024-10-08T09:00:09")
    assert record.channels[0].values.tolist() == [1.0, 9.0] and record.qc_flag.tolist() == [0, 0]
    assert [(r.item, r.where, tell(r).reason) for r in outcome.rejects] == [
        ("a.csv", "data lines 4, 5, 6, 7, 8, ...", "6 of 9 rows have no readable time and cannot be placed")
    ]
    assert any("x (1 rows), y (1 rows)" in decision for decision, _ in said(outcome.decisions))
    few = read_file(tmp_path, "a.csv", text.replace("bad,7,x\n", ""))
    assert few.rejects[0].where == "data lines 4, 5, 6, 7, 8"


def test_infinities_are_no_measurements(tmp_path: Path) -> None:
    """Of either sign."""
    record = the_record(read(tmp_path, "no2 (ppb),co (ppb)", "inf,1", "-inf,2", "5,3"))
    np.testing.assert_array_equal(record.channels[0].values, [NAN, NAN, 5.0])
    np.testing.assert_array_equal(record.channels[1].values, [1.0, 2.0, 3.0])


def test_columns_without_a_value_are_left_out_and_named(tmp_path: Path) -> None:
    """Twelve of them by name; position columns stay; a status whose column is left out says nothing."""
    names = [f"a{i} (ppb)" for i in range(13)]
    headings = ",".join(["no2 (ppb)", "lon", "lat", *names, "a0 flag"])
    row = ",".join(["1", "", "", *[""] * 13, "fault"])
    outcome = read(tmp_path, headings, row, row)
    record = the_record(outcome)
    assert [channel.name for channel in record.channels] == ["no2"] and record.channels[0].qc is None
    assert record.lon is not None and np.isnan(record.lon).all()
    shown = ", ".join(names[:12])
    assert said(outcome.decisions) == [("13 columns left out", f"they hold no value: {shown} and 1 more")]
    twelve = read(tmp_path, ",".join(["no2 (ppb)", *names[:12]]), ",".join(["1", *[""] * 12]))
    assert said(twelve.decisions) == [("12 columns left out", f"they hold no value: {shown}")]


def test_columns_that_mean_nothing_are_named(tmp_path: Path) -> None:
    """Twelve of them; a heading without a name is not worth a word."""
    names = [f"remark{i}" for i in range(13)]
    outcome = read(tmp_path, ",".join(["no2 (ppb)", "", *names]), ",".join(["1"] * 15))
    shown = ", ".join(names[:12])
    assert said(outcome.decisions) == [
        ("13 columns not read", f"headings that mean nothing here: {shown} and 1 more")
    ]


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    """With the line of its headings."""
    with raises_told(FileError, match="no rows below the headings") as caught:
        read_file(tmp_path, "a.csv", "title\ntime,no2 (ppb)\n")
    assert caught.value.where == "line 2"


@pytest.mark.parametrize("headings", ["lon,lat,no2 (ppb)", "lat,lon,no2 (ppb)"])
def test_the_first_column_of_a_place_is_taken(tmp_path: Path, headings: str) -> None:
    """A second longitude is named as not read; so is a second clock."""
    outcome = read(tmp_path, f"{headings},GPS lon,GPS lat,timestamp", "1,2,3,4,5,x", "1,2,3,4,5,x")
    record = the_record(outcome)
    first, second = (1.0, 2.0) if headings.startswith("lon") else (2.0, 1.0)
    assert record.lon is not None and record.lon.tolist() == [first] * 2
    assert record.lat is not None and record.lat.tolist() == [second] * 2
    unread = "headings that mean nothing here: GPS lon, GPS lat, timestamp"
    assert said(outcome.decisions) == [("3 columns not read", unread)]


def test_a_column_of_utc_before_local_ones(tmp_path: Path) -> None:
    """The first that states a zone; others that state one, or none, are passed over."""
    text = "time,time UTC,time (UTC+8),no2 (ppb)\n2020-01-01 00:00:00,2024-10-08 01:00:00,2019-01-01 00:00:00,1\n" * 1
    outcome = read_file(tmp_path, "a.csv", text + "2020-01-01 00:00:01,2024-10-08 01:00:01,2019-01-01 00:00:01,2\n")
    assert list(the_record(outcome).time) == utc("2024-10-08T01:00:00", "2024-10-08T01:00:01")
    unread = "headings that mean nothing here: time, time (UTC+8)"
    assert said(outcome.decisions) == [("2 columns not read", unread)]


@pytest.mark.parametrize(
    ("heading", "declared", "name", "units", "kind"),
    [
        ("S1", "so2 ug/m3", "so2", "ug m-3", "species"),
        ("S1 (ppm)", "so2", "so2", "ppm", "species"),
        ("S1 (ppm)", "so2 ppb", "so2", "ppb", "species"),
        ("s1", "hexane ppb", "hexane", "ppb", "species"),
        ("S1", "raw:thing V", "thing", "V", "other"),
        ("S1", "temperature degF", "temperature", "K", "other"),
    ],
)
def test_a_declared_column(tmp_path: Path, heading: str, declared: str, name: str, units: str, kind: str) -> None:
    """By its folded heading, with or without its unit; the declared unit before that of the heading."""
    rules = TraceSettings(columns={"S1": declared})
    (channel,) = the_record(read(tmp_path, heading, "50", "51", rules=rules)).channels
    assert (channel.name, channel.attrs["units"]) == (name, units)
    assert ("species" in channel.attrs) == (kind == "species")
    if kind == "species":
        assert channel.values.tolist() == [50.0, 51.0]
    elif name == "temperature":
        assert channel.values.tolist() == pytest.approx([283.15, 283.15 + 5 / 9])


def test_a_declaration_of_the_whole_heading_goes_before_that_of_its_name(tmp_path: Path) -> None:
    """So that two columns of one name may mean two things; an empty one leaves the column out."""
    rules = TraceSettings(columns={"S1": "so2 ppb", "S1 (V)": "co ppb", "S2": ""})
    record = the_record(read(tmp_path, "S1 (V),S1,S2,no2 (ppb)", "1,2,3,4", "1,2,3,4", rules=rules))
    assert [(channel.name, channel.values[0]) for channel in record.channels] == [("co", 1), ("so2", 2), ("no2", 4)]


def test_a_declared_clock_is_a_heading_row(tmp_path: Path) -> None:
    """A table whose clock only the mission knows is found by it."""
    rules = TraceSettings(columns={"当地": "time", "S1": "so2 ppb"})
    text = "当地,S1\n2024-10-08 09:00:00,1\n2024-10-08 09:00:01,2\n"
    record = the_record(read_file(tmp_path, "a.csv", text, rules))
    assert record.time[1] == np.datetime64("2024-10-08T09:00:01") and record.channels[0].name == "so2"


def test_units_of_a_row_below_the_headings(tmp_path: Path) -> None:
    """Bracketed or not; a unit in the heading goes before it; a word that is none is nothing."""
    text = "time,no2,co (ppm),so2,speed\n,[ppb],ppb,furlongs,km/h\n"
    text += "2024-10-08T01:00:00Z,1,2,3,36\n2024-10-08T01:00:01Z,1,2,3,36\n"
    outcome = read_file(tmp_path, "a.csv", text)
    channels = {channel.name: channel for channel in the_record(outcome).channels}
    assert {name: channel.attrs["units"] for name, channel in channels.items()} == {
        "no2": "ppb",
        "co": "ppm",
        "speed": "m s-1",
    }
    assert channels["speed"].values.tolist() == pytest.approx([10.0, 10.0])
    assert [reject.where for reject in outcome.rejects] == ['column "so2"']


def test_the_limit_of_detection_in_cells_is_kept(tmp_path: Path) -> None:
    """Of 0.025, 0.05 mg/m3 (its unit behind it: 50 µg/m3 in a column of µg/m3) and none; a file without has none."""
    head = "time,lon,lat,so2 (ug/m3),no2 (ug/m3),speed (m/s)\n"
    rows = ["<25,<2,<1", "<0.05 mg/m3,3,2", "60,ND,2", "12L,4,2"]
    body = "".join(f"2024-10-08T09:00:0{n}Z,104.1,30.6,{row}\n" for n, row in enumerate(rows))
    path = tmp_path / "a.csv"
    path.write_text(head + body, encoding="utf-8")
    (trace,) = read_traces([path], TraceSettings()).value
    assert trace["so2"].attrs["detection_limit_reported"] == pytest.approx(50.0, rel=1e-12)
    assert trace["so2"].attrs["units"] == "ug m-3"
    assert trace["no2"].attrs["detection_limit_reported"] == 2.0
    assert "detection_limit_reported" not in trace["speed"].attrs
    path.write_text(head + "".join(f"2024-10-08T09:00:0{n}Z,104.1,30.6,1,2,3\n" for n in range(3)), encoding="utf-8")
    (plain,) = read_traces([path], TraceSettings()).value
    assert "detection_limit_reported" not in plain["so2"].attrs
