"""Small files of positions and gas in formats that crews have, over the half minute of the other samples."""

from __future__ import annotations

__all__ = ["CREW_SAMPLES"]

_ROWS = 30
_PLACES = [(104.05 + i * 1e-4, 30.66 + i * 1e-4) for i in range(_ROWS)]

_KML = (
    '<?xml version="1.0"?><kml xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><Placemark><gx:Track>'
    + "".join(
        f"<when>2024-10-08T01:00:{i:02d}Z</when><gx:coord>{lon:.6f} {lat:.6f} 500</gx:coord>"
        for i, (lon, lat) in enumerate(_PLACES)
    )
    + "</gx:Track></Placemark></Document></kml>"
)
_POS = "%  GPST  latitude(deg) longitude(deg)  height(m)   Q  ns   sdn(m)   sde(m)\n" + "".join(
    f"2024/10/08 01:00:{i + 18:02d}.000 {lat:.9f} {lon:.9f} 500.0 1 12 0.01 0.01\n"
    for i, (lon, lat) in enumerate(_PLACES)
)
_COLUMBUS = "INDEX,TAG,DATE,TIME,LATITUDE N/S,LONGITUDE E/W,HEIGHT,SPEED,HEADING\r\n" + "".join(
    f"{i},T,241008,0100{i:02d},{lat:.6f}N,{lon:.6f}E,500,36,45\r\n" for i, (lon, lat) in enumerate(_PLACES)
)
_G1000 = (
    '#airframe_info, airframe_name="C172"\n#yyy-mm-dd, hh:mm:ss, hh:mm, degrees, degrees, kt, deg\n'
    "  Lcl Date, Lcl Time, UTCOfst, Latitude, Longitude, GndSpd, TRK\n"
    + "".join(
        f"2024-10-08, 09:00:{i:02d}, +08:00, {lat:.6f}, {lon:.6f}, 60, 45\n" for i, (lon, lat) in enumerate(_PLACES)
    )
)
_AIRDATA = "time(millisecond),datetime(utc),latitude,longitude,height_above_takeoff(feet),speed(mph)\n" + "".join(
    f"{i * 1000},2024-10-08 01:00:{i:02d},{lat:.6f},{lon:.6f},100,20\n" for i, (lon, lat) in enumerate(_PLACES)
)
_DJI = "CUSTOM.updateTime,OSD.latitude,OSD.longitude,OSD.height [m],OSD.hSpeed [m/s]\n" + "".join(
    f"2024/10/08 01:00:{i:02d}.000,{lat:.6f},{lon:.6f},30,8\n" for i, (lon, lat) in enumerate(_PLACES)
)
_LGR = "VC:1 BD:May 23 2013 SN:LGR-13-0171\n  Time,  [CH4]_ppm,  [CH4]_ppm_sd,  [CH4]d_ppm\n" + "".join(
    f"  2024/10/08 09:00:{i:02d}.000,  {2 + i / 100},  1e-3,  {2.1 + i / 100}\n" for i in range(_ROWS)
)
_HT8700 = "".join(
    f"2024-10-08T01:00:{i:02d}.0Z,HT8700-1,{12 + i},8.9,31,35,15,1013,85,120,25,30,-60,20,80,0.9,0,0,0,1\n"
    for i in range(_ROWS)
)
_ISOTOPES = "".join(
    "".join(cell.ljust(26) for cell in row) + "\n"
    for row in (
        ("DATE", "TIME", "FRAC_DAYS_SINCE_JAN1", "EPOCH_TIME", "12CO2", "13CO2", "HP_12CH4", "HP_13CH4"),
        *(
            ("2024-10-08", f"01:00:{i:02d}", "1.0", f"{1728349200 + i}.0", "396.0", "4.4", f"{2 + i / 100}", "0.022")
            for i in range(_ROWS)
        ),
    )
)
_GASMET = "Line\tDate\tTime\tMethane CH4\tUnit\tResidual\n" + "".join(
    f"{i}\t2024-10-08\t09:00:{i:02d}\t{2 + i / 100}\tppm\t0.001\n" for i in range(_ROWS)
)
_PURPLEAIR = "UTCDateTime,pressure,pm2_5_cf_1,pm2_5_atm,pm2_5_cf_1_b\n" + "".join(
    f"2024/10/08T01:00:{i:02d}z,1013,{10 + i},9,{11 + i}\n" for i in range(_ROWS)
)
_MA200 = (
    '"Serial number","Date / time local","Timezone offset (mins)","GPS lat (ddmm.mmmmm)","GPS long (dddmm.mmmmm)",'
    '"UV BCc","IR BCc"\n'
    + "".join(
        f'"MA200-1","2024-10-08T09:00:{i:02d}","480","{lat:.6f}","{lon:.6f}","{900 + i}","{800 + i}"\n'
        for i, (lon, lat) in enumerate(_PLACES)
    )
)
_AIRVIEW = "gps_timestamp,latitude,longitude,NO2_ugm3,CO_mgm3\n" + "".join(
    f"2024-10-08 01:00:{i:02d}+00,{lat:.6f},{lon:.6f},{20 + i},0.3\n" for i, (lon, lat) in enumerate(_PLACES)
)

CREW_SAMPLES = {
    "KML, KMZ": ("a.kml", _KML.encode()),
    "RTKLIB, Emlid .pos": ("a.pos", _POS.encode()),
    "Columbus V-900": ("a.csv", _COLUMBUS.encode()),
    "Garmin G1000": ("a.csv", _G1000.encode()),
    "Airdata flight log": ("a.csv", _AIRDATA.encode()),
    "DJI flight record as a table": ("a.csv", _DJI.encode()),
    "LGR, ABB GLA": ("a.txt", _LGR.encode()),
    "HealthyPhoton HT8700": ("a.csv", _HT8700.encode()),
    "Picarro G2201-i .dat": ("a.dat", _ISOTOPES.encode()),
    "Gasmet results": ("a.txt", _GASMET.encode()),
    "PurpleAir SD card": ("a.csv", _PURPLEAIR.encode()),
    "microAeth MA200, MA300, MA350": ("a.csv", _MA200.encode()),
    "Google AirView": ("a.csv", _AIRVIEW.encode()),
}
