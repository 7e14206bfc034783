"""Thermal mosaics: frames levelled by their overlaps, raw counts as an anomaly, one unit in a flight, labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from imagery import ImagerySettings, process_frames
from imagery.mosaic.radiometry import Tone, balance_tones
from imagery.mosaic.thermal import judge_units, relative_tones, value_attributes
from imagery.orientation.tiepoints import Features, PairMatch, extract_features, match_neighbours, neighbour_pairs
from ingest.images.read import PhotoSettings, read_frames, read_values
from ingest.schema import Frame
from onevisit.handover.data.cog import write_ortho
from onevisit.handover.data.mosaic import open_mosaic
from onevisit.words.telling import tell
from tests.imagery.conftest import EAST, GRID, NORTH, Block

_PER_LEVEL = 4.0


def _as_thermal(frames: Sequence[Frame], offsets: Sequence[float]) -> list[Frame]:
    """Put raw counts (18000 + 4 a grey level + an offset of the frame) beside each picture, as DJI does."""
    thermal = []
    for frame, offset in zip(frames, offsets, strict=True):
        grey = cv2.imread(str(frame.path), cv2.IMREAD_GRAYSCALE).astype(float)
        counts = np.round(18000 + _PER_LEVEL * grey + offset).astype("<u2").tobytes()
        parts = [counts[at : at + 60000] for at in range(0, len(counts), 60000)]
        plain = frame.path.read_bytes()
        segments = b"".join(b"\xff\xe3" + (len(part) + 2).to_bytes(2, "big") + part for part in parts)
        frame.path.write_bytes(plain[:2] + segments + plain[2:])
        thermal.append(replace(frame, kind="thermal", tags={"ThermalUnit": "count"}))
    return thermal


def test_counts_become_a_level_anomaly(block: Block, settings: ImagerySettings) -> None:
    """Offsets of ±300 counts between frames are gone; what is left is the ground's pattern around zero."""
    offsets = [0, 300, -300, 150, -250, 280, 0, -100, 200, -300, 100, 50]
    outcome = process_frames(_as_thermal(block.frames, offsets), settings, crs=GRID)
    mosaic = outcome.value.mosaic.compute()
    x, y = np.meshgrid(mosaic["x"], mosaic["y"])
    maps = np.stack([(x - EAST) / block.pixel_m - 0.5, (NORTH - y) / block.pixel_m - 0.5], -1).astype(np.float32)
    grey = cv2.cvtColor(block.texture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    truth = _PER_LEVEL * cv2.remap(cv2.blur(grey, (2, 2)), maps, None, cv2.INTER_LINEAR)
    off = mosaic["value"].values - truth
    off -= np.nanmedian(off)
    smooth = np.array([np.nanmedian(part) for part in np.array_split(off, 6, axis=1)])
    assert np.nanmedian(np.abs(off)) < 30.0
    assert np.ptp(smooth) < 40.0
    assert abs(np.nanmedian(mosaic["value"])) < 60.0
    assert "not a temperature" in mosaic["value"].attrs["long_name"]


def test_label_survives_the_file(block: Block, settings: ImagerySettings, tmp_path: Path) -> None:
    """The GeoTIFF on its own says what its values are, and so does the mosaic that is read back from it."""
    outcome = process_frames(_as_thermal(block.frames[:4], [0.0] * 4), settings, crs=GRID)
    write_ortho(outcome.value.mosaic, tmp_path / "ortho.tif")
    with rasterio.open(tmp_path / "ortho.tif") as file:
        assert "not a temperature" in file.tags(1)["long_name"]
    assert open_mosaic(tmp_path / "ortho.tif")["value"].attrs["units"] == "1"


def test_one_unit_in_a_flight(block: Block) -> None:
    """A photo in °C among raw counts is refused with both units named; colour photos are not asked."""
    frames = [replace(f, kind="thermal", tags={"ThermalUnit": "count"}) for f in block.frames]
    frames[3] = replace(frames[3], tags={"ThermalUnit": "degC"})
    (reject,) = judge_units(frames)
    assert reject.item == "photo_03.jpg"
    assert "values in °C among photos in raw counts" in tell(reject).reason
    assert judge_units(block.frames) == []


def test_labels_of_values(block: Block) -> None:
    """Degrees are only claimed where the reader gave degrees."""
    frame = replace(block.frames[0], kind="thermal")
    assert value_attributes(replace(frame, tags={"ThermalUnit": "degC"}))["units"] == "degC"
    assert value_attributes(replace(frame, tags={"ThermalUnit": "count"}))["units"] == "1"
    assert "not a temperature" in value_attributes(frame)["long_name"]


@pytest.mark.parametrize(
    ("units", "refused", "words"),
    [
        (
            ["degC", "count", "degC"],
            [1],
            "values in raw counts among photos in °C; export the whole flight in one way",
        ),
        (["count", "degC"], [1], "values in °C among photos in raw counts"),  # as many: the first by name stays
        (["", "degC", "degC"], [0], "values in no unit among photos in °C"),
        (["degC", "degC"], [], ""),
        (["degC"], [], ""),
    ],
)
def test_units_of_the_few_are_refused(block: Block, units: list[str], refused: list[int], words: str) -> None:
    """Most photos decide; photos of other kinds are not counted."""
    frames = [
        replace(f, kind="thermal", tags={"ThermalUnit": u} if u else {})
        for f, u in zip(block.frames, units, strict=False)
    ]
    rejects = judge_units([*frames, block.frames[5]])
    assert [r.item for r in rejects] == [frames[k].item for k in refused]
    assert all(r.where == "values" and tell(r).reason.startswith(words) for r in rejects)


def test_zero_of_raw_counts_is_the_median_of_the_levelled_photos() -> None:
    """Levels 100 + 5, 120 − 10 and 103 + 1 have the median 105, which is taken off every offset; gains stay."""
    smalls = [np.full((2, 2, 1), v, np.float32) for v in (100.0, 120.0, 103.0)]
    smalls[0][0, 0] = np.nan
    empty = np.empty((0, 0, 0), np.float32)
    features = [Features(np.empty((0, 2)), np.empty((0, 128), np.uint8), 0, 0, 0, s) for s in (*smalls, empty)]
    tones = [Tone((1.0,), (v,)) for v in (5.0, -10.0, 1.0, 0.0)]
    found = relative_tones(tones, features)
    assert [t.offset for t in found] == [(-100.0,), (-115.0,), (-104.0,), (-105.0,)]
    assert {t.gain for t in found} == {(1.0,)}
    assert relative_tones(tones[3:], features[3:]) == (tones[3],)


def test_every_label_word_by_word(block: Block) -> None:
    """Units and names of degrees, counts, pictures, and of bands of other kinds."""
    thermal = replace(block.frames[0], kind="thermal")
    told = {unit: value_attributes(replace(thermal, tags={"ThermalUnit": unit})) for unit in ("degC", "count", "")}
    assert told["degC"] == {
        "units": "degC", "long_name": "temperature as the camera states it, frames levelled by their overlaps",
    }  # fmt: skip
    assert told["count"]["units"] == "1" and told["count"]["long_name"].startswith(
        "thermal anomaly relative to the flight's median"
    )
    assert told[""] == {"units": "1", "long_name": "grey level of a thermal picture; not a temperature"}
    other = replace(thermal, kind="multispectral", tags={"ThermalUnit": "degC"})
    assert value_attributes(replace(other, band="NIR")) == {"units": "1", "long_name": "NIR value of the camera"}
    assert value_attributes(other) == {"units": "1", "long_name": "multispectral value of the camera"}


@pytest.mark.slow
def test_frames_of_the_river_are_levelled(shared_data: Path) -> None:
    """Frames 0183 to 0187, which another mean tells apart, agree with their neighbours after levelling."""
    settings = ImagerySettings()
    photos = sorted((shared_data / "uav" / "m2ea_thermal_river").glob("*.JPG"))
    files = [photo for photo in photos if 177 <= int(photo.stem.split("_")[2]) <= 193]
    frames = read_frames(files, PhotoSettings()).value
    features = extract_features(frames, settings, coarse=False)
    pairs = neighbour_pairs(np.array([[k, 0.0] for k in range(len(frames))]), settings, reach_m=2.5)
    matches = match_neighbours(features, pairs, settings, scale_px=1)
    tones = balance_tones(features, [f.camera for f in frames], matches, settings, additive=True)
    levelled = _overlap_steps(frames, features, matches, tones)
    raw = _overlap_steps(frames, features, matches, [Tone((1.0,), (0.0,))] * len(frames))
    assert np.max(np.abs(raw)) > 100.0
    assert np.median(np.abs(levelled)) < 0.5 * np.median(np.abs(raw))
    assert np.max(np.abs(levelled)) < 0.5 * np.max(np.abs(raw))


def _overlap_steps(
    frames: Sequence[Frame], features: Sequence[Features], matches: Sequence[PairMatch], tones: Sequence[Tone]
) -> NDArray[np.float64]:
    """Difference of two photos at the features that both show, after their tones, from full-size values."""

    def values(photo: int, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        at = features[photo].pixels[rows].round().astype(int)
        return read_values(frames[photo])[at[:, 1], at[:, 0], 0] + tones[photo].offset[0]

    return np.array([np.median(values(m.second, m.rows_second) - values(m.first, m.rows_first)) for m in matches])
