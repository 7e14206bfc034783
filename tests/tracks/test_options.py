"""Options are given by name: two numbers of one kind cannot change places."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from numerics.noise import estimate_noise
from numerics.rolling import rolling_percentile
from tracks import quantify_parked, quantify_trace
from tracks.lag.align import shift_values
from tracks.lag.meetings import shuffled
from tracks.lag.response import correct_response
from tracks.rates.parked import vertical_density
from tracks.rates.transects import quantify_drive, quantify_transects, rate_from_maximum
from tracks.segments.medians import map_segments
from tracks.segments.network import cut_roads
from tracks.smoother import smooth_positions
from tracks.sources.detection import detection_curve
from tracks.sources.fingerprints import fingerprint
from tracks.sources.group import group_sources
from tracks.wind import true_wind


@pytest.mark.parametrize(
    ("function", "by_place"),
    [
        (cut_roads, 3),
        (correct_response, 3),
        (detection_curve, 2),
        (estimate_noise, 2),
        (fingerprint, 3),
        (group_sources, 4),
        (map_segments, 2),
        (quantify_drive, 1),
        (quantify_parked, 1),
        (quantify_trace, 1),
        (quantify_transects, 1),
        (rate_from_maximum, 1),
        (rolling_percentile, 2),
        (shift_values, 3),
        (shuffled, 2),
        (smooth_positions, 4),
        (true_wind, 4),
        (vertical_density, 0),
    ],
)
def test_options_are_given_by_name(function: Callable[..., Any], by_place: int) -> None:
    """Data may be given by place, everything after it only by name."""
    kinds = [one.kind for one in inspect.signature(function).parameters.values()]
    assert kinds[:by_place] == [inspect.Parameter.POSITIONAL_OR_KEYWORD] * by_place
    assert kinds[by_place:] == [inspect.Parameter.KEYWORD_ONLY] * (len(kinds) - by_place)
    assert len(kinds) > by_place
