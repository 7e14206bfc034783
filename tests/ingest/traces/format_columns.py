"""What the tests of formats values share."""

from __future__ import annotations

from ingest.flags import Flag

NAN = float("nan")


MISSING, FAULT, POOR = int(Flag.VALUE_MISSING), int(Flag.INSTRUMENT_FAULT), int(Flag.GNSS_POOR)


def _gas(
    slug: str, text: str, units: str, instrument: str, cf: str = "", kind: str = "mole_fraction_of"
) -> dict[str, str]:
    attrs = {"units": units, "long_name": text, "species": slug, "instrument": instrument}
    return attrs | ({"standard_name": f"{kind}_{cf}_in_air"} if cf else {})


def dust(slug: str, text: str, units: str, instrument: str, cf: str = "") -> dict[str, str]:
    """Attributes of a channel of particles."""
    attrs = {"units": units, "long_name": text, "species": slug, "instrument": instrument}
    name = f"mass_concentration_of_{cf}_ambient_aerosol_particles_in_air"
    return attrs | ({"standard_name": name} if cf else {})


def _other(units: str, text: str, instrument: str, cf: str = "") -> dict[str, str]:
    attrs = {"units": units, "long_name": text, "instrument": instrument}
    return attrs | ({"standard_name": cf} if cf else {})


LI7810 = (
    "Model:\tLI-7810\nSN:\tTG10-01234\nSoftware Version:\t2.0.24\nTimezone:\tAsia/Shanghai\n"
    "DATAH\tSECONDS\tNANOSECONDS\tNDX\tDIAG\tREMARK\tDATE\tTIME\tH2O\tCO2\tCH4\tN2O\tCAVITY_P\n"
    "DATAU\tsecs\tnsecs\tindex\tdiag\t\tdate\ttime\tppm\tppm\tppb\tppb\tkPa\n"
    "DATA\t1728349200\t250000000\t1\t0\t\t2024-10-08\t09:00:00\t9000.5\t420.5\t2001.5\t331.5\t39.1\n"
    "DATA\t1728349201\t999999999\t2\t8\t\t2024-10-08\t09:00:01\t9001.5\t421.5\tnan\t332.5\t39.1\n"
    "DATA\t1728349202\tnan\t3\tnan\t\t2024-10-08\t09:00:02\t9002.5\t422.5\t2003.5\t333.5\t39.1\n"
)


GMAP_COLUMNS = {
    "Time": ("06/12/18 14:17:48", "06/12/18 14:17:49"), "CO2": (408.5, 409.5), "CH4": (2.5, 2.75),
    "3DS U": (0.5, -0.5), "3DS V": (-8.5, -7.5), "3DS W": (-0.25, 0.25), "3DS 2D Speed": (8, 8),
    "3DS 3D Speed": (8, 8), "3DS Azimuth": (177, 182), "3DS Elevation": (-3, -1), "3DS SoS": (342, 342),
    "3DS Sonic Temp": (18.5, 19.5), "3DS Error Code": (0, 3), "GPS Track": (90, 180),
    "GPS Ground Speed": (0.5, 0.25), "GPS Time": (69468, 69469), "GPS Latitude": (48.5, 48.25),
    "GPS Longitude": (-103.5, -103.25), "GPS DoP": (0.75, 1.25), "WS Wind Speed ": (3, 6),
    "WS Wind Direction": (90, 180), "WS Temperature": (20, 21), "WS Rel Humidity": (60, 61),
    "WS Bar. Pressure": (1000, 1001), "WS Compass Heading": (15, 16), "BEN": (5, 6), "TOL": (1, 1), "ETB": (1, 1),
    "XYO": (1, 1), "XYM": (1, 1), "XYP": (1, 1), "SO2": (1, 1), "STY": (1, 1), "FOR": (1, 1), "NH3": (1, 1),
    "NO": (1, 1), "NO2": (1, 1), "O3": (1, 1), "Cell Pressure": (25, 25), "Cell Temperature": (-1, -1),
    "SUMMA Pressure": (174, 174), "VOC": (1, 1), "AirMar Wind Speed [m/s] ": (2, 4),
    "AirMar Wind Direction [TRUE]": (270, 0), "AirMar Air Temp [oC]": (18, 19), "AirMar Rel Humidity [%]": (50, 51),
    "AirMar Barometer [mBar]": (1010, 1011), "AirMar Heading": (15, 16), "AirMar Ground Speed [MPH]": (0, 0),
    "AirMar Latitude": (1, 1), "AirMar Longitude": (2, 2), "Cerex-Benzene": (3, 4), "Cerex-Toluene": ("NaN", "NaN"),
    "Tiger-VOC": (1, 1), "MPOD PID": (1, 1), "Cerex-Benzene_MDL(ppb)": (1, 1), "Cerex-Benzene_R2": (1, 1),
}  # fmt: skip


def gmap(**changes: tuple[object, object]) -> str:
    """Two rows of a GMAP table, some columns changed."""
    columns = GMAP_COLUMNS | changes
    rows = ("\t".join(str(pair[i]) for pair in columns.values()) for i in range(2))
    return "\n".join(["Description\t", "Time\tDelay\tCO2", "<<<DATA>>>", "\t".join(columns), *rows]) + "\n"


DT8530 = "Model Number:,8530\n\nDate,Time,AEROSOL\nMM/dd/yyyy,hh:mm:ss,mg/m^3\n03/04/2019,09:10:01,0.090\n"


DT8530 += "03/04/2019,09:10:02,0.093\n"
