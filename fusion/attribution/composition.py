"""What the mixture at a hotspot says of a site: how far it is from what its industry gives off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.attribution.candidates import Candidates
from fusion.attribution.fingerprint import Companion
from fusion.attribution.mixtures import EXHAUST, MIXTURES, industry_class
from fusion.attribution.witness_settings import WitnessSettings
from fusion.attribution.witnesses import Witness
from ingest.species import substance_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TAIL_WIDTH = 3.0
_KNOWN = {name for profile in MIXTURES.values() for name in profile.shares}


def hear_composition(
    species: str,
    companions: Sequence[Companion],
    sites: Candidates,
    chosen: Ints,
    near: Ints,
    settings: WitnessSettings,
) -> Witness | None:
    """The witness of the mixture: how likely its ratios are by the industry of each site, over an average industry.

    Ratios are logarithms over the species of which most was measured, and most is expected; what is below
    ``settings.profile_floor`` stands there. An unlisted source, and a site of an industry without a profile, is of
    each industry as the registered sites around are, by their shares; background is as likely traffic as that.

    Parameters
    ----------
    species : str
        That leads at the hotspot.
    companions : sequence of Companion
        Of which those with a ratio of masses and a place in the profiles are heard.
    sites : Candidates
    chosen : (sites,) indices of sites that may explain the hotspot.
    near : (places,) indices of places of sites around it.
    settings : WitnessSettings

    Returns
    -------
    Witness or None
        None where there is nothing to compare, or too few candidates are of an industry with a profile.
    """
    heard = [c for c in companions if c.by_mass and substance_of(c.species) in _KNOWN]
    classes = [_class_of(sites, k) for k in chosen]
    known = sum(name is not None for name in classes)
    comparable = heard and substance_of(species) in _KNOWN
    if not comparable or not known or known < settings.profile_known * len(classes):
        return None
    measured = {substance_of(species): 1.0} | {substance_of(c.species): c.ratio if c.present else 0.0 for c in heard}
    likelihood = {name: _log_likelihood(measured, MIXTURES[name].shares, settings) for name in MIXTURES}
    usual = _usual(likelihood, sites, near if near.size else np.flatnonzero(np.isin(sites.site, chosen)))
    said = np.array([likelihood.get(name or "", usual) - usual for name in classes])
    exhaust = _log_likelihood(measured, EXHAUST.shares, settings)
    background = float(np.logaddexp(exhaust, usual) - np.log(2.0) - usual)
    return Witness("composition", tuple(f"rose:{c.species}" for c in heard), said, 0.0, background, "composition")


def _class_of(sites: Candidates, site: int) -> str | None:
    return industry_class(sites.industries[site]) if sites.industries else None


def _usual(likelihood: Mapping[str, float], sites: Candidates, places: Ints) -> float:
    """Logarithm of the mean likelihood over the industries of places, by their shares; of all where none is known."""
    shares = dict.fromkeys(likelihood, 0.0)
    for k in places:
        if (name := _class_of(sites, sites.site[k])) is not None:
            shares[name] += float(sites.share[k])
    weights = np.array(list(shares.values())) if any(shares.values()) else np.ones(len(shares))
    return float(logsumexp(list(likelihood.values()), b=weights / weights.sum()))


def _log_likelihood(measured: Mapping[str, float], shares: Mapping[str, float], settings: WitnessSettings) -> float:
    """Of measured masses by the shares of a profile: log-ratios with a normal error, and one in ten far off."""
    values = _log_ratios([measured[name] for name in measured], settings.profile_floor)
    expected = _log_ratios([shares.get(name, 0.0) for name in measured], settings.profile_floor)
    off, tail = ((values - expected) / settings.profile_sd) ** 2, settings.profile_tail
    mixed = (1 - tail) * np.exp(-off / 2) + tail / _TAIL_WIDTH * np.exp(-off / (2 * _TAIL_WIDTH**2))
    return float(np.log(mixed).sum())


def _log_ratios(masses: Sequence[float], floor: float) -> Floats:
    largest = max(masses) or 1.0
    return np.log(np.maximum(np.array(masses) / largest, floor))
