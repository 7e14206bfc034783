"""Whether the probabilities of rival explanations hold: of those that say 0.7, seven in ten are so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onevisit.truth.score.doses import Match
from onevisit.truth.score.leads import site_of
from onevisit.truth.score.measures import Measure, calibration_of, not_built, share
from onevisit.truth.score.records import Paired, pair_findings, real_anomalies, said_in_features
from onevisit.truth.score.results import Feature, Results, Truth

_KEYS = {
    "explanations.calibration": "difference of stated and true shares of explanations, over ten classes",
    "explanations.likeliest": "leads whose likeliest explanation is the true one",
}
_OF_CAUSE: Mapping[str, str] = {
    "emission": "unlawful_emission", "tampering": "wrong_mark", "fault": "analyser_fault",
    "transmission": "analyser_fault", "maintenance": "maintenance", "operation": "permitted_emission",
}  # fmt: skip
_OF_PLACES = {"neighbour", "unlisted_source", "passing_traffic"}


def score_explanations(results: Results, truth: Truth, matches: Sequence[Match]) -> list[Measure]:
    """Calibration of all explanations of all leads that were weighed, and how often the likeliest is true."""
    if results.leads is None:
        return [not_built(key, title, "" if "cal" in key else "%", "low") for key, title in _KEYS.items()]
    pairs = _paired(results, truth)
    shifted = {site for c in truth.content["confounders"] if "shift" in c["name"] for site in c["sites"]}
    stated, likeliest = list[tuple[float, bool]](), list[bool]()
    for lead in results.leads:
        told = {str(e["name"]): float(e["probability"]) for e in lead.properties.get("explanations") or ()}
        true = true_explanation(lead, set(told), matches, pairs, shifted)
        if true is None:
            continue
        stated += [(p, name == true) for name, p in told.items()]
        stated += [(0.0, True)] if true not in told else []
        likeliest.append(max(told, key=lambda name: told[name]) == true)
    return [
        calibration_of("explanations.calibration", _KEYS["explanations.calibration"], stated),
        share("explanations.likeliest", _KEYS["explanations.likeliest"], likeliest),
    ]


def _paired(results: Results, truth: Truth) -> Mapping[str, Paired]:
    """Findings of records by their ids, with what they tell of."""
    features = results.anomalies or ()
    pairs = pair_findings(said_in_features(features), real_anomalies(truth.content))
    return {str(f.properties.get("id")): pair for f, pair in zip(features, pairs, strict=True)}


def true_explanation(
    lead: Feature,
    names: set[str],
    matches: Sequence[Match],
    pairs: Mapping[str, Paired],
    shifted: set[str],
) -> str | None:
    """The explanation that is true of what a lead's explanations are about; None where nothing was weighed.

    Parameters
    ----------
    lead : Feature
    names : set of str
        Names of its explanations: those of a place tell that they are about its first hotspot, else they are about
        the first of its records.
    matches : sequence of Match
        Hotspots and the sources that they show.
    pairs : mapping of str to Paired
        Findings of records by id.
    shifted : set of str
        Sites whose register position is wrong.
    """
    if names & _OF_PLACES:
        first = next(iter(lead.properties.get("hotspots", ())), None)
        return _of_hotspot(str(first), site_of(lead), matches, shifted) if first is not None else None
    records = [str(e.get("id")) for e in lead.properties.get("evidence", ()) if e.get("kind") == "record"]
    pair = next((pairs[number] for number in records if number in pairs), None)
    if not names or pair is None:
        return None
    return "permitted_emission" if pair.real is None else _OF_CAUSE.get(pair.real.cause)


def _of_hotspot(hotspot: str, site_id: str, matches: Sequence[Match], shifted: set[str]) -> str | None:
    found = [m for m in matches if str(m.hotspot.properties.get("id")) == hotspot]
    if not found:
        return None
    source = found[0].source
    if source is None:
        return "passing_traffic"
    if source["site_id"] is None:
        return "unlisted_source"
    if source["site_id"] == site_id:
        return "permitted_emission" if source.get("lawful") else "unlawful_emission"
    return "wrong_position" if site_id in shifted else "neighbour"
