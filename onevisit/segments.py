"""Road segments of a region, where they say more than the tracks do: on known streets, or where drives repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.outcome import Decision, Outcome
from ingest.roads.read import Roads
from tracks.schema import Track
from tracks.segments.medians import SegmentMap, map_segments
from tracks.settings import TrackSettings

_SHARE_REPEATED = 0.2
"""Of the segments, passed twice or more: below, streets made from the tracks are the tracks over again."""


def map_region(
    tracks: Sequence[Track], chosen: Sequence[int], suffix: str, roads: Roads | None, settings: TrackSettings
) -> Outcome[SegmentMap | None]:
    """Map the medians of pass means on the road segments of one region; None where they would say nothing new.

    Parameters
    ----------
    chosen : sequence of int
        Which of the tracks belong to the region.
    suffix : str
        Of the region's name, for decisions.
    """
    found = map_segments([tracks[k] for k in chosen], settings, roads=roads)
    (said,) = (replace(decision, item=f"segments{suffix}") for decision in found.decisions)
    mapped, again = found.value.medians.sizes["segment"], found.value.driven_again
    enough = found.value.network.source == "roads" or again >= _SHARE_REPEATED * mapped
    if mapped and enough:
        return Outcome(found.value, (said,))
    unmapped = Decision(said.item, "segments_not_mapped", {"streets": said.why, "again": again, "segments": mapped})
    return Outcome(None, (unmapped,))
