"""What else could explain a lead: probabilities of nine rivals that sum to one, by Bayes' rule from small tables.

A *place* (a hotspot as seen from one site) starts from fusion's posterior: this site, other listed sites, a source on
no list, background or traffic. What is left of it for the site is divided: its register position may be wrong, and
what it emits may be within its permit or beyond it. The odds of the latter are those of any listed source that shows
(`RivalTables.beyond_permit`) times the likelihood ratio of every witness that fusion has not heard
(`onevisit.leads.lawful`). A *record* starts from the causes that the rules weigh (`monitors.causes`), each of which
is one rival; they are multiplied by what was learnt of the kind (`RivalTables.records`).

The tables were fitted on simulated missions of seeds below 1000 (world 2) and are parameters of the model, not
settings of a bureau. The posterior is only as good as they are: real parks have other shares.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from fusion.schema import Attribution
from ingest.errors import ContractError
from monitors.schema import Anomaly, Cause
from onevisit.leads.tables import RivalTables
from onevisit.schema import Explanation, Rival

_OF_CAUSE: Mapping[Cause, Rival] = {
    Cause.EMISSION: Rival.UNLAWFUL,
    Cause.OPERATION: Rival.PERMITTED,
    Cause.FAULT: Rival.FAULT,
    Cause.TRANSMISSION: Rival.FAULT,
    Cause.MAINTENANCE: Rival.MAINTENANCE,
    Cause.TAMPERING: Rival.MARK,
}
"""What a cause of a record is as an explanation: what was lost on its way is a fault of the line."""


def explain_place(
    attribution: Attribution, site_id: str, *, fault: float, misplaced: float, unlawful: float
) -> tuple[Explanation, ...]:
    """Explanations of a hotspot, as seen from one site.

    Parameters
    ----------
    attribution : Attribution
        Fusion's posterior of the hotspot.
    site_id : str
        The site; one that is not among the candidates has no share of its own.
    fault : float
        Probability that the instrument made it (`onevisit.leads.clues.fault_probability`).
    misplaced : float
        Probability that the site does not stand where the register says, given that the register's place fits.
    unlawful : float
        Probability that what the site emits is more than it may, given that it is the source.

    Raises
    ------
    ContractError
        If the shares of the attribution are no probabilities.

    Examples
    --------
    >>> from fusion.schema import SiteProbability
    >>> seen = Attribution("H1", (SiteProbability("S1", 0.8, 100.0, 0.0),), 0.1, 0.1, 0.2, 0.0, 30.0, (), ())
    >>> told = explain_place(seen, "S1", fault=0.0, misplaced=0.0, unlawful=0.25)
    >>> [(e.name, round(e.probability, 2)) for e in told][:2]
    [('permitted_emission', 0.6), ('unlawful_emission', 0.2)]
    """
    own = sum(one.probability for one in attribution.sites if one.site_id == site_id)
    shares = {
        Rival.UNLAWFUL: own * (1.0 - misplaced) * unlawful,
        Rival.PERMITTED: own * (1.0 - misplaced) * (1.0 - unlawful),
        Rival.POSITION: own * misplaced,
        Rival.NEIGHBOUR: sum(one.probability for one in attribution.sites if one.site_id != site_id),
        Rival.UNLISTED: attribution.unlisted,
        Rival.TRAFFIC: attribution.background,
    }
    total = sum(shares.values())
    if not math.isfinite(total) or total <= 0:
        raise ContractError(f"attribution of hotspot {attribution.hotspot_id}: probabilities sum to {total}")
    scaled = {name: share / total * (1.0 - fault) for name, share in shares.items()}
    return _ordered({**scaled, Rival.FAULT: fault})


def explain_record(one: Anomaly, tables: RivalTables) -> tuple[Explanation, ...]:
    """Explanations of an anomaly of a record; none where its causes were not weighed."""
    if not one.causes:
        return ()
    learnt = tables.records.get(one.kind, {})
    shares: dict[Rival, float] = {}
    for cause, probability in one.causes.items():
        shares[_OF_CAUSE[cause]] = shares.get(_OF_CAUSE[cause], 0.0) + probability
    weighed = {name: share * learnt.get(name, 1.0) for name, share in shares.items()}
    total = sum(weighed.values())
    return _ordered({name: share / total for name, share in weighed.items()}) if total > 0 else ()


def probability_of(explanations: Iterable[Explanation], *names: Rival) -> float:
    """The probability that one of these explanations holds."""
    return sum(one.probability for one in explanations if one.name in names)


def unlawful_given(ratios: Iterable[float], tables: RivalTables) -> float:
    """Probability that a listed source emits more than it may, by what was heard of it.

    Witnesses are taken as independent given the answer; each ratio is that of its probability beyond the permit to
    that within it.

    Examples
    --------
    >>> round(unlawful_given((), RivalTables(beyond_permit=0.25)), 2)
    0.25
    >>> round(unlawful_given((3.0, 2.0), RivalTables(beyond_permit=0.25)), 3)
    0.667
    """
    prior = tables.beyond_permit
    odds = prior / (1.0 - prior) * math.prod(ratios)
    return odds / (1.0 + odds) if math.isfinite(odds) else 1.0


def ratio_of_rate(times_limit: float, ln_sd: float, tables: RivalTables) -> float:
    """Likelihood ratio, beyond the permit to within it, of a rate that was measured as so many times the permitted.

    The logarithms of true rates over limits are normal about ``within`` and ``beyond``, that of the measured one
    scatters about the true one by its own interval and by ``rate_sd`` of the method.

    Parameters
    ----------
    times_limit : float
        Median of the measured rate over the permitted one.
    ln_sd : float
        Standard deviation of its logarithm, from its interval.
    tables : RivalTables

    Examples
    --------
    >>> tables = RivalTables()
    >>> ratio_of_rate(5.0, 0.2, tables) > 5.0, ratio_of_rate(0.3, 0.2, tables) < 0.4
    (True, True)
    """
    log, error = math.log(times_limit), math.hypot(ln_sd, tables.rate_sd)
    within, beyond = (
        _normal_log_density(log, mean, math.hypot(sd, error)) for mean, sd in (tables.within, tables.beyond)
    )
    least, most = math.log(1.0 / tables.rate_most), math.log(tables.rate_most)
    return float(np.exp(np.clip(beyond - within, least, most)))


def _normal_log_density(value: float, mean: float, sd: float) -> float:
    return -0.5 * ((value - mean) / sd) ** 2 - math.log(sd)


def _ordered(shares: Mapping[Rival, float]) -> tuple[Explanation, ...]:
    """Likeliest first, equal ones in the order of `Rival`; what cannot be at all is left out."""
    order = list(Rival)
    named = sorted(shares.items(), key=lambda pair: (-pair[1], order.index(pair[0])))
    return tuple(Explanation(name.value, share) for name, share in named if share > 0.0)
