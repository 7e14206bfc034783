"""Road segments handed over: medians of pass means by hand, what a feature says, and where nothing is to say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely

from ingest.roads.read import Road, Roads
from onevisit.handover.data.segments import SegmentLine, segment_lines, write_segments
from onevisit.segments import map_region
from onevisit.words.telling import tell
from tests.onevisit import two_streets as made
from tracks.segments.medians import SegmentMap
from tracks.settings import TrackSettings

SETTINGS = TrackSettings()


def _mapped(roads: Roads | None = None) -> SegmentMap:
    found = map_region([made.drive()], [0], "", roads, SETTINGS).value
    assert found is not None
    return found


def _lines() -> list[SegmentLine]:
    return list(segment_lines(_mapped(made.streets())))


def test_medians_of_two_passes_over_two_streets() -> None:
    """The mean of the two pass means of each segment, and the one where the second pass has no value."""
    lines = _lines()
    assert [line.enhancement for line in lines] == pytest.approx(made.MEDIANS)
    assert [line.median for line in lines] == pytest.approx([made.BACKGROUND + m for m in made.MEDIANS])
    assert [line.passes for line in lines] == list(made.PASSES)
    assert {(line.species, line.unit) for line in lines} == {("so2", "ppb")}


def test_segments_have_their_streets_lengths_and_places() -> None:
    """Numbers along the streets, 30 m each, the middle of each; a street without a name has none."""
    lines = _lines()
    assert [line.id for line in lines] == [f"S0000{k}" for k in range(1, 6)]
    assert [line.street for line in lines] == ["Main"] * 3 + [""] * 2
    assert [line.length_m for line in lines] == pytest.approx([30.0] * 5)
    x, y = made.PLANE.forward(np.array([line.lon for line in lines]), np.array([line.lat for line in lines]))
    np.testing.assert_allclose(x, [15, 45, 75, 90, 90], atol=0.02)
    np.testing.assert_allclose(y, [0, 0, 0, 15, 45], atol=0.02)
    x, y = made.PLANE.forward(*shapely.get_coordinates(lines[3].line).T)
    np.testing.assert_allclose(np.column_stack([x, y]), [(90, 0), (90, 30)], atol=1e-6)


def test_times_are_those_of_the_first_and_the_last_value() -> None:
    """Seconds after the start; the last segment was measured in the first pass only."""
    start = datetime(2024, 5, 1, 2, tzinfo=UTC)
    spans = [((line.first - start).total_seconds(), (line.last - start).total_seconds()) for line in _lines()]
    assert spans == [(0, 602), (3, 605), (6, 608), (9, 611), (12, 14)]


def test_an_interval_needs_three_passes() -> None:
    """Two passes have none; of three it is their range."""
    assert all(np.isnan([line.median_low, line.enhancement_high]).all() for line in _lines())
    tracks = [made.drive(made.FIRST, made.SECOND, (7.0,) * 15)]
    found = map_region(tracks, [0], "", made.streets(), SETTINGS).value
    assert found is not None
    first, *_, last = segment_lines(found)
    assert (first.enhancement_low, first.enhancement, first.enhancement_high) == pytest.approx((2.0, 4.0, 7.0))
    assert (first.median_low, first.median_high) == pytest.approx((52.0, 57.0))
    assert (last.passes, last.enhancement) == (2, pytest.approx(4.5))


def test_a_file_of_lines_with_their_properties(tmp_path: Path) -> None:
    """RFC 7946: a feature a segment and species, longitude first; no interval is null; regions bear their names."""
    mapped = _mapped(made.streets())
    write_segments(tmp_path / "segments.geojson", [("", mapped), ("-2", mapped)])
    content = json.loads((tmp_path / "segments.geojson").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    features = content["features"]
    assert content["type"] == "FeatureCollection" and len(features) == 10
    assert [f["properties"]["id"] for f in features[4:6]] == ["S00005", "S00001-2"]
    first = features[0]
    middle = {"lon": first["properties"].pop("lon"), "lat": first["properties"].pop("lat")}
    assert first["properties"] == {
        "id": "S00001", "street": "Main", "length_m": 30.0, "species": "so2", "unit": "ppb", "passes": 2,
        "median": 53.0, "median_low": None, "median_high": None,
        "enhancement": 3.0, "enhancement_low": None, "enhancement_high": None,
        "first": "2024-05-01T02:00:00Z", "last": "2024-05-01T02:10:02Z",
    }  # fmt: skip
    assert first["geometry"]["type"] == "LineString"
    (west, south), (east, north) = first["geometry"]["coordinates"]
    assert (west, south, north) == (104.0, 30.0, 30.0)
    assert east == pytest.approx(104.0 + 30.0 / made.PLANE.metres_per_degree[0], abs=1e-7)
    assert middle["lon"] == pytest.approx((west + east) / 2, abs=1e-7) and middle["lat"] == 30.0


def test_a_species_without_a_value_on_a_segment_is_not_there() -> None:
    """A track that measured on Main only adds nothing on the side street."""
    track = made.drive()
    other = made.drive((2.0,) * 9 + (np.nan,) * 6)
    passes = other.passes.rename({name: name.replace("so2", "co") for name in other.passes if "so2" in str(name)})
    found = map_region([track, type(other)(passes, other.plumes)], [0, 1], "", made.streets(), SETTINGS).value
    assert found is not None
    assert [(line.id, line.species) for line in segment_lines(found)] == [
        *((f"S0000{k}", species) for k in (1, 2, 3) for species in ("co", "so2")),
        ("S00004", "so2"), ("S00005", "so2"),
    ]  # fmt: skip


def test_tracks_of_other_regions_do_not_count() -> None:
    """Only the chosen ones."""
    loud = made.drive((90.0,) * 15)
    found = map_region([loud, made.drive()], [1], "", made.streets(), SETTINGS).value
    assert found is not None
    assert [line.enhancement for line in segment_lines(found)] == pytest.approx(made.MEDIANS)


# --- where segments say something ----------------------------------------------------------------------------------


def test_repeated_driving_needs_no_streets() -> None:
    """Two passes over the same way make its streets; the decision says from what."""
    outcome = map_region([made.drive()], [0], "", None, SETTINGS)
    assert outcome.value is not None and outcome.value.network.source == "tracks"
    assert {line.street for line in segment_lines(outcome.value)} == {""}
    (said,) = outcome.decisions
    assert (said.item, tell(said).evidence) == ("segments", "no street network was given")
    assert tell(said).decision.endswith("road segments of about 30 m made from the tracks")


def test_one_pass_without_streets_is_not_mapped_and_that_is_said() -> None:
    """The tracks over again would say nothing new; the decision bears the name of the region."""
    outcome = map_region([made.drive(made.FIRST)], [0], "-2", None, SETTINGS)
    assert outcome.value is None
    (said,) = outcome.decisions
    assert (said.item, tell(said).decision) == ("segments-2", "medians of road segments are not mapped")
    assert (
        tell(said).evidence == "no street network was given; 0 of 4 segments of the tracks were passed twice or more"
    )


@pytest.mark.parametrize(("share", "mapped"), [(0.25, True), (0.26, False)])
def test_a_share_of_the_segments_passed_again_is_enough(
    monkeypatch: pytest.MonkeyPatch, share: float, mapped: bool
) -> None:
    """A second pass with values on the first of four segments only."""
    monkeypatch.setattr("onevisit.segments._SHARE_REPEATED", share)
    track = made.drive(made.FIRST, made.SECOND[:3] + (np.nan,) * 12)
    outcome = map_region([track], [0], "", None, SETTINGS)
    assert (outcome.value is not None) == mapped


def test_one_pass_on_known_streets_is_mapped() -> None:
    """A street network is enough."""
    found = map_region([made.drive(made.FIRST)], [0], "", made.streets(), SETTINGS).value
    assert found is not None
    assert [line.enhancement for line in segment_lines(found)] == pytest.approx([2.0, 4.0, 2.0, 1.0, 2.0])


def test_streets_of_another_place_count_as_none() -> None:
    """A network that the drive is not on does not make one pass worth mapping."""
    far = Roads(tuple(Road(road.vertices + 0.1) for road in made.streets().lines))
    outcome = map_region([made.drive(made.FIRST)], [0], "", far, SETTINGS)
    assert outcome.value is None
    assert tell(outcome.decisions[0]).evidence.startswith("0 of 15 moving rows are on a street within 15 m; 0 of ")


def test_nothing_driven_is_nothing_mapped() -> None:
    """Streets without a row on them, and no track at all."""
    for tracks in ([], [made.drive((np.nan,) * 15)]):
        assert map_region(tracks, range(len(tracks)), "", made.streets(), SETTINGS).value is None
