"""Gas analysers in their own layouts: LGR, HealthyPhoton, Picarro isotopes, Gasmet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.flags import Flag
from ingest.traces.record import Record, TraceSettings
from onevisit.words.telling import tell
from tests.ingest.traces.readings import read_file, the_record, utc


def units(record: Record) -> dict[str, tuple[str, float]]:
    """Unit and first value of every channel."""
    return {c.name: (c.attrs["units"], round(float(c.values[0]), 6)) for c in record.channels}


_GGA = (
    "                     Time,      [CH4]_ppm,   [CH4]_ppm_sd,      [H2O]_ppm,   [H2O]_ppm_sd,      [CO2]_ppm,"
    "   [CO2]_ppm_sd,     [CH4]d_ppm,  [CH4]d_ppm_sd,     [CO2]d_ppm,  [CO2]d_ppm_sd,    GasP_torr,   GasP_torr_sd,"
    "       GasT_C,      GasT_C_sd,       AmbT_C,      AmbT_C_sd,         RD0_us,      RD0_us_sd,     Fit_Flag\n"
)
_ROW = ",2.0E+00,1e-3,1.0E+04,1e1,4.0E+02,1e-1,2.03E+00,1e-3,4.04E+02,1e-1,140,0.1,25.5,0,31.0,0,12,0,3\n"


@pytest.mark.parametrize(
    ("name", "stamps", "first"),
    [
        ("f0000.txt", ("05/13/2024 10:00:00.500", "05/13/2024 10:00:01.500"), "2024-05-13T10:00:00.500"),
        ("f0000.txt", ("13/05/2024 10:00:00.500", "13/05/2024 10:00:01.500"), "2024-05-13T10:00:00.500"),
        ("f0000.txt", ("05/01/2024 10:00:00.500", "05/01/2024 10:00:01.500"), "2024-05-01T10:00:00.500"),
        ("gga_2024-01-05_f0000.txt", ("05/01/2024 10:00:00", "05/01/2024 10:00:01"), "2024-01-05T10:00:00"),
        ("gga_2024-05-01_f0000.txt", ("05/01/2024 10:00:00", "05/01/2024 10:00:01"), "2024-05-01T10:00:00"),
        ("f0000.txt", ("2024/05/01 10:00:00.500", "2024/05/01 10:00:01.500"), "2024-05-01T10:00:00.500"),
    ],
)
@pytest.mark.parametrize("signed", [False, True])
def test_lgr(tmp_path: Path, name: str, stamps: tuple[str, str], first: str, signed: bool) -> None:
    """Wet and dry, any order of day and month, a signed block at the end, no standard deviation among the gases."""
    end = (
        "-----BEGIN PGP MESSAGE-----\nVersion: GnuPG\n\nowGbwMvMwME\n=Jh3f\n-----END PGP MESSAGE-----\n"
        if signed
        else ""
    )
    text = "VC:904M BD:May 23 2013 SN:LGR-13-0171\n" + _GGA + "".join(f"  {s}{_ROW}" for s in stamps) + end
    outcome = read_file(tmp_path, name, text)
    record = the_record(outcome)
    assert str(record.time[0])[: len(first)] == first and len(record.time) == 2
    assert (record.instrument, record.zone) == ("LGR LGR-13-0171", "")
    told = [d.why.code for d in outcome.decisions if d.code == "date_order_taken"]
    doubtful, named = stamps[0].startswith("05/01"), name.startswith("gga")
    assert told == (["date_order_taken.why"] if named else ["date_order_of_maker"] if doubtful else [])
    assert units(record) == {
        "ch4": ("ppm", 2.0),
        "h2o": ("ppm", 10000.0),
        "co2": ("ppm", 400.0),
        "ch4_dry": ("ppm", 2.03),
        "co2_dry": ("ppm", 404.0),
    }


@pytest.mark.parametrize(
    ("name", "stamp"), [("a.csv", "2024-05-01T10:00:0{}.1Z"), ("ht8700_20240501_1000.csv", "10:00:0{}.1")]
)
def test_ht8700(tmp_path: Path, name: str, stamp: str) -> None:
    """NH3 in ppb; the box, the laser and the repeated mass are left out; 999.99 is no value."""
    row = "{},HT8700E-101,{},8.9,31.2,35.5,15.0,1013.2,85.2,120,25.1,30.2,-60.1,20.0,80.5,0.99,0,0,0,1.0\n"
    text = "".join(row.format(stamp.format(n), nh3) for n, nh3 in enumerate(("12.5", "999.99", "14.5")))
    record = the_record(read_file(tmp_path, name, text))
    assert list(record.time[:1]) == utc("2024-05-01T10:00:00.1")
    assert record.instrument == "HealthyPhoton HT8700 HT8700E-101"
    assert units(record) == {
        "nh3": ("ppb", 12.5),
        "temperature": ("K", 288.15),
        "pressure": ("Pa", 101320.0),
    }
    assert np.isnan(record.channels[0].values).tolist() == [False, True, False]


_ISOTOPES = (
    *(
        "DATE",
        "TIME",
        "FRAC_DAYS_SINCE_JAN1",
        "EPOCH_TIME",
        "ALARM_STATUS",
        "CavityPressure",
        "12CO2",
        "12CO2_dry",
        "13CO2",
    ),
    *("Delta_Raw_iCO2", "HP_12CH4", "HP_12CH4_dry", "HP_13CH4", "HP_Delta_iCH4_Raw", "HR_12CH4", "HR_13CH4", "H2O"),
)


def test_picarro_isotopes(tmp_path: Path) -> None:
    """Methane is the sum of both carbons, of the high range where the precise one ends; a lost cavity is flagged."""
    rows = []
    for n, (precise, wide, pressure) in enumerate([(1.98, 1.9, 148.0), (30.0, 19.8, 148.0), (1.98, 1.9, 155.0)]):
        row = (
            "2024-05-01",
            f"10:00:0{n}.0",
            "121.4",
            f"{1714557600.5 + n}",
            "0",
            f"{pressure}",
            "396.0",
            "400.0",
            "4.4",
        )
        rows.append((*row, "-9.5", f"{precise}", "2.0", "0.022", "-48.5", f"{wide}", "0.2", "1.1"))
    text = "\n".join("".join(f"{cell:<26}" for cell in row) for row in (_ISOTOPES, *rows)) + "\n"
    outcome = read_file(tmp_path, "a.dat", text)
    record = the_record(outcome)
    assert list(record.time[:1]) == utc("2024-05-01T10:00:00.5") and record.zone == "UTC"
    found = {c.name: c.values.round(6).tolist() for c in record.channels}
    assert found["ch4"] == [2.002, 20.0, 2.002] and found["co2"] == [400.4] * 3
    assert found["ch4_dry"] == [2.0] * 3 and found["co2_dry"] == [400.0] * 3
    assert found["delta_13c_ch4"] == [-48.5] * 3 and found["delta_13c_co2"] == [-9.5] * 3
    assert found["h2o"] == [1.1] * 3
    assert record.qc_flag.tolist() == [0, 0, int(Flag.INSTRUMENT_FAULT)]
    assert "carbon_12_only" in [d.code for d in outcome.decisions]


@pytest.mark.parametrize("separator", ["\t", ";"])
@pytest.mark.parametrize("comma", [False, True])
def test_gasmet(tmp_path: Path, separator: str, comma: bool) -> None:
    """A unit behind each gas, decimal commas, headings that repeat; residuals are no gas."""
    names = ["Line", "Date", "Time", "SpectrumFile"]
    for gas in ("Water vapor H2O", "Methane CH4", "Ammonia NH3"):
        names += [gas, "Unit", "Compensation", "Residual"]
    lines = [separator.join(names)]
    for n in range(3):
        row = [f"{n}", "2024-05-13", f"10:00:{20 * n:02d}", f"S{n}.SPE"]
        for value, unit in (("1.25", "vol-%"), (f"2.{n}", "ppm"), ("0.35", "ppm")):
            row += [value, unit, "1.0", "0.001"]
        lines.append(separator.join(c.replace(".", ",") if comma and c != f"S{n}.SPE" else c for c in row))
        if n == 1:
            lines.append(lines[0])
    record = the_record(read_file(tmp_path, "RESULTS.TXT", "\n".join(lines) + "\n"))
    assert list(record.time) == utc("2024-05-13T10:00:00", "2024-05-13T10:00:20", "2024-05-13T10:00:40")
    assert units(record) == {"h2o": ("percent", 1.25), "ch4": ("ppm", 2.0), "nh3": ("ppm", 0.35)}
    assert record.channels[1].values.tolist() == [2.0, 2.1, 2.2]


def test_a_gas_of_gasmet_without_a_unit_is_refused_with_the_line_that_helps(tmp_path: Path) -> None:
    """The advice, followed, reads it."""
    text = "Datum\tZeit\tAmmonia NH3\n2024-05-13\t10:00:00\t0.35\n2024-05-13\t10:00:20\t0.45\n"
    outcome = read_file(tmp_path, "RESULTS.TXT", text)
    assert '[columns] "Ammonia NH3" = "nh3 ppm"' in tell(outcome.rejects[0]).line
    declared = TraceSettings(columns={"Ammonia NH3": "nh3 ppb"})
    record = the_record(read_file(tmp_path, "RESULTS.TXT", text, declared))
    assert units(record) == {"nh3": ("ppb", 0.35)}


def test_rows_settle_the_order_of_an_analyser_set_to_days_first(tmp_path: Path) -> None:
    """From 30 April to 1 May: months first, the rows would leap back by months."""
    rows = ("30/04/2024 23:59:59", "01/05/2024 00:00:00", "01/05/2024 00:00:01")
    text = "VC:904M BD:May 23 2013 SN:LGR-13-0171\n" + _GGA + "".join(f"  {s}{_ROW}" for s in rows)
    record = the_record(read_file(tmp_path, "f0000.txt", text))
    assert [str(t)[:10] for t in record.time] == ["2024-04-30", "2024-05-01", "2024-05-01"]
    rows = ("03/05/2024 23:59:59", "04/05/2024 00:00:00")  # 5 March to 5 April, or the night of 3 May
    text = "VC:904M BD:May 23 2013 SN:LGR-13-0171\n" + _GGA + "".join(f"  {s}{_ROW}" for s in rows)
    outcome = read_file(tmp_path, "f0000.txt", text)
    assert [str(t)[:10] for t in the_record(outcome).time] == ["2024-05-03", "2024-05-04"]
    assert [d.why.code for d in outcome.decisions if d.code == "date_order_taken"] == ["date_order_by_rows"]
