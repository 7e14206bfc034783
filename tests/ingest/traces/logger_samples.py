"""One small file of every logger format, written as the instruments write them: what the fuzzers damage."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl

from ingest.traces.read import TraceSettings, read_traces
from tests.ingest.traces.crew_samples import CREW_SAMPLES

__all__ = ["POSITIONS", "SAMPLES", "TABLE", "netcdf_bytes"]

_ROWS = 30
_PLACES = [(104.05 + i * 1e-4, 30.66 + i * 1e-4) for i in range(_ROWS)]

TABLE = "时间,经度,纬度,PM2.5(μg/m3),风速(m/s)\n" + "".join(
    f"2024/10/8 9:00:{i:02d},{lon:.6f},{lat:.6f},{20 + i % 7},{2.1 + i % 5}\n" for i, (lon, lat) in enumerate(_PLACES)
)

#: A log of positions over the same half minute, which instruments without positions are joined to.
POSITIONS = "time,longitude,latitude\n" + "".join(
    f"2024-10-08T01:00:{i:02d}Z,{lon:.6f},{lat:.6f}\n" for i, (lon, lat) in enumerate(_PLACES)
)


def _picarro() -> str:
    names = "DATE TIME FRAC_DAYS_SINCE_JAN1 FRAC_HRS_SINCE_JAN1 EPOCH_TIME CavityPressure species CH4 "
    names += "GPS_ABS_LAT GPS_ABS_LONG"
    lines = ["".join(name.ljust(26) for name in names.split())]
    for i, (lon, lat) in enumerate(_PLACES):
        values = ["2024-10-08", f"01:00:{i:02d}.000", "1.0", "2.0", f"{1728349200 + i}.000", "1.40E+02", "2.0E+00"]
        values += [f"{2 + i * 0.01:.5f}", f"{lat:.6f}", f"{lon:.6f}"]
        lines.append("".join(value.ljust(26) for value in values))
    return "\n".join(lines) + "\n"


def _gpx() -> str:
    points = "".join(
        f'<trkpt lat="{lat:.6f}" lon="{lon:.6f}"><ele>500</ele><time>2024-10-08T01:00:{i:02d}Z</time></trkpt>'
        for i, (lon, lat) in enumerate(_PLACES)
    )
    return f'<?xml version="1.0"?><gpx version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>'


_RETIGO = "##\nTimestamp,EAST_LONGITUDE(deg),NORTH_LATITUDE(deg),ID(-),CO(ppb)\n" + "".join(
    f"2024-10-08T09:00:{i:02d}+08:00,{lon:.4f},{lat:.4f},run,{300 + i}\n" for i, (lon, lat) in enumerate(_PLACES)
)
_LICOR = (
    "Model:\tLI-7810\nSN:\tTG10\nTimezone:\tUTC\nDATAH\tSECONDS\tNANOSECONDS\tDIAG\tH2O\tCO2\tCH4\n"
    "DATAU\tsecs\tnsecs\tdiag\tppm\tppm\tppb\n"
    + "".join(f"DATA\t{1728349200 + i}\t5\t0\t9000\t420\t{2000 + i}\n" for i in range(_ROWS))
)
_LI850 = (
    "2024-10-08 at 9:00,,,\nSystem_Date_(Y-M-D),System_Time_(h:m:s),CO₂_(µmol_mol⁻¹),H₂O_(mmol_mol⁻¹)\n"
    + "".join(f"25-09-2024,09:00:{i:02d},4.{i:02d}E+02,2.71E+01\n" for i in range(_ROWS))
)
_GMAP = (
    "Description\t\nMast Heading\t0.000000E+0\n<<<DATA>>>\n"
    "Time\tCO2\tCH4\t3DS U\t3DS V\t3DS W\tGPS Time\tGPS Latitude\tGPS Longitude\tWS Temperature\n"
    + "".join(
        f"10/8/2024 9:00:{i:02d} AM\t400\t{2 + i * 0.01:.3f}\t0.1\t-2\t0\t1000{i:02d}\t{lat:.6f}\t{lon:.6f}\t21\n"
        for i, (lon, lat) in enumerate(_PLACES)
    )
)
_OTM33A = (
    "Time,CO2,CH4,GPS Latitude,GPS Longitude,3DS 3D Speed,3DS Azimuth,WS Wind Speed ,WS Wind Direction,3DS W,3DS U,"
    "3DS V,3DS Sonic Temp\n"
    + "".join(
        f"2024-10-08 09:00:{i:02d}.251,383.1,{3 + i * 0.01:.3f},{lat:.6f},{lon:.6f},3.67,188,"
        f"3.3,218,0.05,-0.5,-3.6,24\n"
        for i, (lon, lat) in enumerate(_PLACES)
    )
)
_AIRCASTING = (
    ",,,,,Sensor_Package_Name\n,,,,,AirBeam2:00189610719F\n,,,,,Sensor_Name\n,,,,,AirBeam2-PM2.5\n"
    ",,,,,Measurement_Type\n,,,,,Particulate Matter\n,,,,,Measurement_Units\n,,,,,microgram per cubic meter\n"
    "ObjectID,Session_Name,Timestamp,Latitude,Longitude,1:Measurement_Value\n"
    + "".join(
        f"{i},Example,2024-10-08T09:00:{i:02d}.244,{lat:.6f},{lon:.6f},{12 + i}\n"
        for i, (lon, lat) in enumerate(_PLACES)
    )
)
_ICARTT = (
    "18, 1001\nDoe\nLab\nVan\nCAMP\n1, 1\n2024, 10, 08, 2024, 10, 08\n1\nTime_Start, s\n3\n1, 1, 1\n"
    "-9999, -9999, -9999\nLatitude, deg\nLongitude, deg\nCH4, ppb\n0\n1\nTime_Start,Latitude,Longitude,CH4\n"
) + "".join(f"{3600 + i},{lat:.6f},{lon:.6f},{2000 + i}\n" for i, (lon, lat) in enumerate(_PLACES))
_AE51 = (
    "AethLabs\nDevice ID = AE51-S2-358-1012\nTimebase = 1 s\nStart date = 2024/10/08\nStart time = 09:00:00\n"
    "BC units = ng/m^3\n\nDate,Time,Ref,Sen,ATN,Flow,PCB temp,Status,Battery,BC\n\n"
    + "".join(f'2024/10/08,09:00:{i:02d},918458,858953,"6.{i:03d}",99,31,0,100,{8000 + i}\n' for i in range(_ROWS))
)
_DUSTTRAK = (
    "TrakPro Version 4.70 ASCII Data File\n\nModel:,DustTrak DRX\nModel Number:,8533\nStart Date:,08-10-2024\n"
    "Statistics,Channel:,PM1,PM2.5,RESP,PM10,TOTAL\n,Units:,mg/m^3,mg/m^3,mg/m^3,mg/m^3,mg/m^3\n\n"
    "Date,Time,PM1,PM2.5,RESP,PM10,TOTAL\ndd-MM-yyyy,hh:mm:ss,mg/m^3,mg/m^3,mg/m^3,mg/m^3,mg/m^3\n"
    + "".join(f"08-10-2024,09:00:{i:02d},0.035,0.0{38 + i},0.045,0.075,0.316\n" for i in range(_ROWS))
)
_CPC3007 = (
    "Sample File,C:\\AIM10.C07\nModel,3007\n\nSample #,2,,\nStart Date,10/08/24,,\nStart Time,09:00:00,,\n"
    "Averaging Interval (secs),1,,\n\nMean,16460,,\n\nTime,Concentration (#/cm³),\n"
    + "".join(f"09:00:{i:02d},{4600 + i},\n" for i in range(_ROWS))
)
_SNIFFER4D = (
    "\ufeff#Created by: Sniffer4DMapper 2.2.06.29\n项目名称 :气体监测\n"
    "采样点时间,相对高度 m,经度,纬度,温度 ℃,CO mg/m3,"
    "NO2 μg/m3,PM2.5 μg/m3,设备序列号\n"
    + "".join(
        f"2024-10-08 09:00:{i:02d},50.0,{lon:.6f},{lat:.6f},21.5,0.6,{35 + i},35,SN1\n"
        for i, (lon, lat) in enumerate(_PLACES)
    )
)
_BASICAIRDATA = (
    "type,time,latitude,longitude,accuracy (m),altitude (m),geoid_height (m),speed (m/s),bearing (deg),sat_used,"
    "sat_inview,name,desc\n"
    + "".join(
        f"T,2024-10-08 01:00:{i:02d},{lat:.8f},{lon:.8f},5,84.000,,0.188,248,16,19,,\n"
        for i, (lon, lat) in enumerate(_PLACES)
    )
)


def _sentence(body: str) -> str:
    checksum = 0
    for character in body:
        checksum ^= ord(character)
    return f"${body}*{checksum:02X}\r\n"


def _nmea() -> str:
    lines = []
    for i, (lon, lat) in enumerate(_PLACES):
        place = f"30{(lat - 30) * 60:07.4f},N,104{(lon - 104) * 60:07.4f},E"
        lines.append(_sentence(f"GPRMC,0100{i:02d}.00,A,{place},0.01,10.0,081024,,,A"))
        lines.append(_sentence(f"GPGGA,0100{i:02d}.00,{place},1,04,2.6,100.00,M,-33.9,M,,"))
    return "".join(lines)


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    if sheet is None:
        raise RuntimeError("openpyxl made a workbook without a sheet")
    for line in TABLE.splitlines():
        sheet.append(line.split(","))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


#: Reader's name → (file name, content); netCDF is made by `netcdf_bytes`, since it needs a trace.
SAMPLES: dict[str, tuple[str, bytes]] = {
    "Picarro .dat": ("a.dat", _picarro().encode()),
    "EPA RETIGO": ("a.csv", _RETIGO.encode()),
    "LI-COR LI-78xx .data": ("a.data", _LICOR.encode()),
    "LI-COR LI-850": ("a.csv", _LI850.encode()),
    "EPA GMAP": ("a.txt", _GMAP.encode()),
    "EPA OTM 33A table": ("a.csv", _OTM33A.encode()),
    "AirCasting": ("a.csv", _AIRCASTING.encode()),
    "ICARTT 1001": ("a.ict", _ICARTT.encode()),
    "microAeth AE51": ("a.csv", _AE51.encode()),
    "DustTrak 8530, 8533": ("a.csv", _DUSTTRAK.encode()),
    "CPC 3007": ("a.csv", _CPC3007.encode("latin-1")),
    "Sniffer4D Mapper": ("a.csv", _SNIFFER4D.encode()),
    "BasicAirData GPS Logger": ("a.txt", _BASICAIRDATA.encode()),
    "GPX": ("a.gpx", _gpx().encode()),
    "NMEA 0183": ("a.nmea", _nmea().encode()),
    **CREW_SAMPLES,
    "workbook": ("a.xlsx", _workbook()),
    "delimited table": ("a.csv", TABLE.encode("gb18030")),
}


def netcdf_bytes(folder: Path) -> bytes:
    """A CF trajectory as this program writes it."""
    (folder / "source.csv").write_text(TABLE, encoding="utf-8")
    [trace] = read_traces([folder / "source.csv"], TraceSettings(time_zone="Asia/Shanghai")).value
    trace.to_netcdf(folder / "source.nc")
    return (folder / "source.nc").read_bytes()
