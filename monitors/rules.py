"""Every rule on monitor series, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import xarray as xr

from ingest.outcome import Decision, Outcome
from monitors.limits import seek_exceedances
from monitors.schema import Anomaly

RULES: tuple[Callable[[xr.Dataset], tuple[Anomaly, ...]], ...] = (seek_exceedances,)
"""One family a file; each takes one series and gives what it finds in it."""


def seek_anomalies(series: Sequence[xr.Dataset]) -> Outcome[tuple[Anomaly, ...]]:
    """Ask every rule of every series.

    Parameters
    ----------
    series : sequence of xarray.Dataset
        Monitor series (`ingest.schema`).

    Returns
    -------
    Outcome of tuple of Anomaly
        By series, then by rule; a decision says how many series were asked and what was found in them.
    """
    found = tuple(anomaly for one in series for rule in RULES for anomaly in rule(one))
    if not series:
        return Outcome(())
    limited = sum(any("limit" in v.attrs for v in one.data_vars.values()) for one in series)
    values = {"limited": limited, "series": len(series), "exceedances": len(found)}
    return Outcome(found, (Decision("monitors/", "records_held_against_limits", values),))
