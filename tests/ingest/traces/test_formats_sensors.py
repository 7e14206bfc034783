"""Sensors in their own layouts: PurpleAir, microAeth MA200, Google AirView, and tables that need one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.flags import Flag
from ingest.traces.record import TraceSettings
from onevisit.words.telling import tell
from tests.ingest.traces.readings import read_file, the_record, utc

_PURPLE = (
    "UTCDateTime,mac_address,current_temp_f,current_humidity,pressure,pm1_0_cf_1,pm2_5_cf_1,pm10_0_cf_1,"
    "pm1_0_atm,pm2_5_atm,pm10_0_atm,pm2.5_aqi_cf_1,p_0_3_um,pm1_0_cf_1_b,pm2_5_cf_1_b,pm10_0_cf_1_b,pm2_5_atm_b\n"
)


def test_purpleair(tmp_path: Path) -> None:
    """The mean of both channels of CF=1, flagged where they differ; UTC with a small z; the box is not the air."""
    rows = [
        "2024/05/01T10:00:00z,aa,86,30,1013.2,5,10,12,4,9,11,42,900,7,12,14,11\n",
        "2024/05/01T10:02:00z,aa,86,30,1013.2,5,10,12,4,9,11,42,900,7,60,14,50\n",
        "2024/05/01T10:04:00z,aa,86,30,1013.2,5,10,12,4,9,11,42,900,,,,\n",
    ]
    outcome = read_file(tmp_path, "20240501.csv", _PURPLE + "".join(rows))
    record = the_record(outcome)
    assert list(record.time[:2]) == utc("2024-05-01T10:00:00", "2024-05-01T10:02:00") and record.zone == "UTC"
    found = {c.name: c.values.tolist() for c in record.channels}
    assert found == {
        "pressure": [101320.0] * 3,
        "pm1": [6.0, 6.0, 5.0],
        "pm25": [11.0, 35.0, 10.0],
        "pm10": [13.0, 13.0, 12.0],
    }
    [pm25] = [c for c in record.channels if c.name == "pm25"]
    assert pm25.attrs["units"] == "ug m-3" and pm25.qc is not None
    assert pm25.qc.tolist() == [0, int(Flag.INSTRUMENT_FAULT), 0]
    assert [d.values["count"] for d in outcome.decisions if d.code == "purpleair_channels_apart"] == [1]


_MA = (
    '"Serial number","Datum ID","Date / time local","Timezone offset (mins)","Date local (yyyy/MM/dd)",'
    '"Time local (hh:mm:ss)","GPS lat (ddmm.mmmmm)","GPS long (dddmm.mmmmm)","GPS speed (km/h)","GPS sat count",'
    '"Sample temp (C)","Internal pressure (Pa)","UV BC1","UV BCc","IR BC1","IR BCc","Readable status",'
    '"IR BCc smoothed  (ng/m^3)"\n'
)


@pytest.mark.parametrize(
    ("minutes", "hour", "lat", "lon"),
    [("480", "02", "30.5", "-97.25"), ("-300", "15", "3030.0", "-9715.0"), ("0", "10", "3030.0N", "09715.0W")],
)
def test_ma200(tmp_path: Path, minutes: str, hour: str, lat: str, lon: str) -> None:
    """The offset of each row; degrees, or minutes with letters; infrared is black carbon; first rows are empty."""
    rows = "".join(
        f'"MA200-0492","{n}","2024-05-01T10:00:0{n}","{minutes}","2024/05/01","10:00:0{n}","{lat}","{lon}","36","9",'
        f'"29.9","98304","900","{uv}","800","{ir}","ok","850"\n'
        for n, (uv, ir) in enumerate((("", ""), ("950", "810"), ("960", "820")))
    )
    record = the_record(read_file(tmp_path, "a.csv", _MA + rows))
    assert str(record.time[0]) == f"2024-05-01T{hour}:00:00.000000000" and record.zone == "UTC"
    assert record.lat is not None and record.lat == pytest.approx([30.5] * 3)
    assert record.lon is not None and record.lon == pytest.approx([-97.25] * 3)
    found = {c.name: (c.attrs["units"], c.values[1:].tolist()) for c in record.channels}
    assert found == {
        "speed": ("m s-1", [10.0, 10.0]),
        "satellites": ("1", [9.0, 9.0]),
        "bc": ("ng m-3", [810.0, 820.0]),
        "bc_uv": ("ng m-3", [950.0, 960.0]),
    }
    assert record.instrument == "microAeth MA200-0492"


@pytest.mark.parametrize("offset", ["+00", "+00:00", " UTC", "", "Z"])
def test_airview(tmp_path: Path, offset: str) -> None:
    """Gases in the units of their headings; a stamp without an offset is UTC."""
    text = "gps_timestamp,latitude,longitude,NO2_ugm3,CO_mgm3,CO2_mgm3,PM25_ugm3,PMch1_perL\n" + "".join(
        f"2021-05-06 12:08:5{n}{offset},53.34,-6.2{n},2{n}.5,0.3,780,6.5,1000\n" for n in range(3)
    )
    record = the_record(read_file(tmp_path, "AirView_DublinCity.csv", text))
    assert list(record.time[:1]) == utc("2021-05-06T12:08:50") and record.zone == "UTC"
    assert record.lon is not None and record.lon.tolist() == [-6.2, -6.21, -6.22]
    found = {c.name: (c.attrs["units"], float(c.values[1])) for c in record.channels}
    assert found == {
        "no2": ("ug m-3", 21.5),
        "co": ("mg m-3", 0.3),
        "co2": ("mg m-3", 780.0),
        "pm25": ("ug m-3", 6.5),
    }


def test_a_table_of_pocketlab_with_the_line_that_its_refusal_gives(tmp_path: Path) -> None:
    """No public sample of PocketLab was found; what a table lacks is said with a line that works."""
    text = "Timestamp,Latitude,Longitude,Ozone,PM2.5 (ug/m3)\n" + "".join(
        f"2024-05-01T10:00:0{n}Z,30.5,104.0{n},3{n},12\n" for n in range(3)
    )
    outcome = read_file(tmp_path, "a.csv", text)
    assert '[columns] "Ozone" = "o3 ppb"' in tell(outcome.rejects[0]).line
    record = the_record(read_file(tmp_path, "a.csv", text, TraceSettings(columns={"Ozone": "o3 ppb"})))
    assert {c.name: float(c.values[1]) for c in record.channels} == {"o3": 31.0, "pm25": 12.0}
