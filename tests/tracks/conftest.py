"""Small parsers of the real traces, so that these tests do not depend on how `ingest` reads files."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ingest.schema import new_trace

METHANE = {"units": "ppm", "species": "methane", "instrument": "Picarro", "long_name": "methane"}


def _amld_trace(path: Path) -> xr.Dataset:
    """A Picarro file of the AMLD sample as a trace (methane, GPS, wind over the ground)."""
    table = pd.read_fwf(path, widths=[26] * 34, compression="gzip", na_values=["nan", "1.#QNAN"])
    table = table.drop_duplicates("EPOCH_TIME").sort_values("EPOCH_TIME")
    time = pd.to_datetime(table["EPOCH_TIME"].to_numpy(float), unit="s").as_unit("ns").to_numpy()
    numbers = {name: pd.to_numeric(table[name], errors="coerce").to_numpy(float) for name in table.columns[6:]}
    wind = {"units": "m s-1"}
    variables = {
        "methane": (numbers["CH4"], METHANE),
        "u": (-numbers["WIND_E"], wind),
        "v": (-numbers["WIND_N"], wind),
        "gps_fit": (numbers["GPS_FIT"], {"units": "1"}),
    }
    name = path.name.removesuffix("-DataLog_User.dat.gz")
    return new_trace(name, time, numbers["GPS_ABS_LONG"], numbers["GPS_ABS_LAT"], variables)


def _retigo_trace(path: Path) -> xr.Dataset:
    """A well-formed RETIGO file as a trace; every column that is not place, time or speed is a species."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        lines = [line for line in stream if line.strip() and not line.startswith("##")]
    header = lines[0].strip().split(",")
    table = pd.DataFrame([line.strip().split(",") for line in lines[1:]], columns=header)
    stamp = pd.to_datetime(table[header[0]], utc=True, format="ISO8601").dt.tz_localize(None)
    keep = (~stamp.duplicated()).to_numpy()
    variables = {}
    for column in header[4:]:
        if "speed" in column.lower():
            continue
        name, unit = column.rstrip(")").split("(", 1)
        values = pd.to_numeric(table[column], errors="coerce").replace(-9999, np.nan).to_numpy(float)
        attrs = {"units": unit, "species": name, "instrument": "retigo"}
        variables[name.replace(".", "_").replace("-", "_")] = (values[keep], attrs)
    lon, lat = (pd.to_numeric(table[header[k]], errors="coerce").to_numpy(float)[keep] for k in (1, 2))
    return new_trace(path.name.split(".")[0], stamp.to_numpy("datetime64[ns]")[keep], lon, lat, variables)


@pytest.fixture(scope="session")
def make_drive() -> Callable[..., xr.Dataset]:
    """Build a simulated drive: x, y in metres from (104 E, 30 N), 1 Hz unless ``t`` is given."""

    def build(
        x: np.ndarray,
        y: np.ndarray | None = None,
        *,
        methane: np.ndarray | None = None,
        t: np.ndarray | None = None,
        **others: np.ndarray,
    ) -> xr.Dataset:
        n = len(x)
        seconds = np.arange(n, dtype=float) if t is None else t
        time = np.datetime64("2024-05-01T02:00:00", "ns") + (seconds * 1e9).astype("timedelta64[ns]")
        lat = 30 + (np.zeros(n) if y is None else y) / 110852.4
        variables = {"methane": (np.full(n, 2.0) if methane is None else methane, METHANE)}
        variables |= {name: (values, {"units": "m s-1"}) for name, values in others.items()}
        return new_trace("drive", time, 104 + x / 96486.3, lat, variables)

    return build


@pytest.fixture(scope="session")
def make_passes() -> Callable[..., xr.Dataset]:
    """Build what comes after the background by hand: metres, passes, and the enhancements of species in ppb.

    ``noise`` and ``species`` are by variable, 1 and the variable's own name unless told; the background is 50.
    """

    def build(
        x: np.ndarray,
        y: np.ndarray | None = None,
        *,
        excess: dict[str, np.ndarray],
        number: np.ndarray | None = None,
        t: np.ndarray | None = None,
        flags: np.ndarray | None = None,
        noise: dict[str, float] | None = None,
        species: dict[str, str] | None = None,
        **others: np.ndarray,
    ) -> xr.Dataset:
        n = len(x)
        seconds = np.arange(n, dtype=float) if t is None else np.asarray(t, float)
        time = np.datetime64("2024-05-01T02:00:00", "ns") + (seconds * 1e9).astype("timedelta64[ns]")
        lat = 30 + (np.zeros(n) if y is None else np.asarray(y, float)) / 110852.4
        variables = {
            name: (50 + values, {"units": "ppb", "species": (species or {}).get(name, name), "instrument": "a"})
            for name, values in excess.items()
        }
        variables |= {name: (values, {"units": "1"}) for name, values in others.items()}
        trace = new_trace("made", time, 104 + np.asarray(x, float) / 96486.3, lat, variables, qc_flag=flags)
        index = np.zeros(n, np.int32) if number is None else np.asarray(number, np.int32)
        trace = trace.assign(pass_index=("obs", index))
        for name, values in excess.items():
            sd = (noise or {}).get(name, 1.0)
            attrs = {"units": "ppb", "noise_sd": sd, "detection_limit": 3 * sd}
            trace = trace.assign(
                {
                    f"{name}_enhancement": ("obs", np.asarray(values, float), attrs),
                    f"{name}_background": ("obs", np.full(n, 50.0), attrs),
                    f"{name}_qc": ("obs", np.zeros(n, np.uint32)),
                }
            )
        return trace

    return build


@pytest.fixture(scope="session")
def amld_trace() -> Callable[[Path], xr.Dataset]:
    """Reader of one AMLD file."""
    return _amld_trace


@pytest.fixture(scope="session")
def retigo_trace() -> Callable[[Path], xr.Dataset]:
    """Reader of one RETIGO file."""
    return _retigo_trace
