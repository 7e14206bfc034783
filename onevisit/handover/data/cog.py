"""Lazy rasters → Cloud Optimized GeoTIFF, block by block, under a temporary name until it is whole.

Memory is bounded by the chunks that are in work, not by the size of the raster.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
import xarray as xr
from dask.local import get_sync
from dask.optimization import cull
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from ingest.errors import ContractError
from ingest.outcome import Phrase
from onevisit.handover.data.overviews import add_overviews, overview_path

_Window = tuple[slice, slice]
# GDAL would keep written blocks in a twentieth of the machine's memory [MB].
_GDAL_CACHE = 128

_log = logging.getLogger(__name__)
_QUALITY = ("photo_count", "photo_index", "gsd", "position_error")
_DIGITS = {"gsd": 3, "position_error": 2}
_COLOURS = {"red": ColorInterp.red, "green": ColorInterp.green, "blue": ColorInterp.blue, "alpha": ColorInterp.alpha}


@dataclass(frozen=True)
class _Layer:
    """One file of a set that is written in a single walk over the chunks."""

    path: Path
    names: tuple[str, ...]
    dtype: str
    nodata: float | None


def write_ortho(
    mosaic: xr.Dataset, path: Path, *, workers: int = 2, progress: Callable[[int, int], None] | None = None
) -> None:
    """Write a mosaic of `imagery.process_frames` as ``ortho.tif``, and its layers as ``ortho-quality.tif`` beside it.

    A GeoTIFF has one number type for all bands, so colour and alpha (uint8; thermal and single bands float32) are
    apart from photo count, photo index, ground sampling distance [m] and expected position error [m] (float32). All
    layers of a chunk are computed together, so that each photo is projected once.

    Parameters
    ----------
    progress : callable, optional
        Called with (chunks done, chunks in all).

    Raises
    ------
    ContractError
        If the dataset has no ``spatial_ref`` grid mapping.
    """
    measured = tuple(str(n) for n in mosaic.data_vars if n not in (*_QUALITY, "alpha"))
    colour = (*measured, "alpha") if "red" in mosaic else measured
    layers = [
        _Layer(path, colour, str(mosaic[colour[0]].dtype), None if "red" in mosaic else float("nan")),
        _Layer(path.with_name(f"{path.stem}-quality{path.suffix}"), _QUALITY, "float32", float("nan")),
    ]
    _write(mosaic, layers, workers=workers, progress=progress)


def _write(
    dataset: xr.Dataset, layers: Sequence[_Layer], *, workers: int, progress: Callable[[int, int], None] | None
) -> None:
    started = time.perf_counter()
    geobox = dataset.odc.geobox
    if geobox is None or geobox.crs is None:
        raise ContractError(f"{layers[0].path.name}: the dataset has no grid mapping (spatial_ref)")
    with rasterio.Env(GDAL_CACHEMAX=_GDAL_CACHE), _temporary(layers) as (striped, whole):
        _fill(dataset, layers, striped, geobox, workers, progress)
        for source, target in zip(striped, whole, strict=True):
            _optimise(source, target)
        for layer, target in zip(layers, whole, strict=True):
            target.replace(layer.path)
    seconds = time.perf_counter() - started
    _log.info(Phrase("log_mosaic_written", {"files": tuple(x.path.name for x in layers), "seconds": seconds}))


@contextlib.contextmanager
def _temporary(layers: Sequence[_Layer]) -> Iterator[tuple[list[Path], list[Path]]]:
    """Names in the target folder for the plain and the optimised file; whatever is left of them is removed."""
    tag = f".{os.getpid()}.part"
    striped = [x.path.with_name(f".{x.path.name}{tag}.plain.tif") for x in layers]
    whole = [x.path.with_name(f".{x.path.name}{tag}.tif") for x in layers]
    try:
        yield striped, whole
    finally:
        for leftover in (*striped, *whole, *(overview_path(p) for p in striped)):
            leftover.unlink(missing_ok=True)


def _fill(
    dataset: xr.Dataset,
    layers: Sequence[_Layer],
    paths: Sequence[Path],
    geobox: object,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Compute chunk after chunk, ``workers`` at a time, and put each into its place."""
    names = [name for layer in layers for name in layer.names]
    windows = _windows(dataset, names[0])
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_create(p, x, geobox)) for p, x in zip(paths, layers, strict=True)]
        for file, layer in zip(files, layers, strict=True):
            for band, name in enumerate(layer.names, start=1):
                file.update_tags(band, **_labels(dataset[name]))
        for done, (window, arrays) in enumerate(_in_order(dataset, names, windows, workers), start=1):
            for file, layer in zip(files, layers, strict=True):
                _put(file, layer, arrays, *window)
            if progress is not None:
                progress(done, len(windows))


def _in_order(
    dataset: xr.Dataset, names: Sequence[str], windows: Sequence[_Window], workers: int
) -> Iterator[tuple[_Window, dict[str, NDArray[np.generic]]]]:
    """Chunks in order; while one is written the next are computed, never more than ``workers`` and one to spare."""
    lazy = dataset[list(names)].chunk()
    # One look at the graph for all chunks: asked of dask one by one, each would walk through all the others.
    graph = dict(lazy.__dask_graph__() or {})  # type: ignore[no-untyped-call]
    columns = len({cols.start for _, cols in windows})

    def computed(number: int) -> dict[str, NDArray[np.generic]]:
        keys = [(lazy[name].data.name, *divmod(number, columns)) for name in names]
        needed, _ = cull(graph, keys)
        return dict(zip(names, get_sync(needed, keys), strict=True))

    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[tuple[_Window, Future[dict[str, NDArray[np.generic]]]]] = deque()
        for number, window in enumerate(windows):
            ahead.append((window, pool.submit(computed, number)))
            if len(ahead) > workers:
                first, future = ahead.popleft()
                yield first, future.result()
        while ahead:
            first, future = ahead.popleft()
            yield first, future.result()


def _labels(band: xr.DataArray) -> dict[str, str]:
    """Unit and name of a band, so that a file on its own says what its values are."""
    return {name: str(band.attrs[name]) for name in ("units", "long_name") if name in band.attrs}


def _windows(dataset: xr.Dataset, name: str) -> list[_Window]:
    """Chunks of a variable as row and column slices, row by row; a variable in memory is one chunk."""
    chunks = dataset[name].chunks or tuple((n,) for n in dataset[name].shape)
    edges = [np.concatenate([[0], np.cumsum(sizes)]).tolist() for sizes in chunks]
    rows, cols = ([slice(a, b) for a, b in itertools.pairwise(e)] for e in edges)
    return [(row, col) for row in rows for col in cols]


def _create(path: Path, layer: _Layer, geobox: object) -> rasterio.io.DatasetWriter:
    """A tiled scratch file, barely compressed: it is read once and removed."""
    return rasterio.open(
        path, "w", driver="GTiff", width=geobox.width, height=geobox.height, count=len(layer.names),  # type: ignore[attr-defined]
        dtype=layer.dtype, crs=str(geobox.crs), transform=geobox.transform, nodata=layer.nodata,  # type: ignore[attr-defined]
        tiled=True, blockxsize=256, blockysize=256, sparse_ok=True, compress="zstd", zstd_level=1, bigtiff="if_safer",
        interleave="band",
        photometric="rgb" if "red" in layer.names else "minisblack",
    )  # fmt: skip


def _put(
    file: rasterio.io.DatasetWriter,
    layer: _Layer,
    arrays: dict[str, NDArray[np.generic]],
    rows: slice,
    cols: slice,
) -> None:
    window = Window(cols.start, rows.start, cols.stop - cols.start, rows.stop - rows.start)
    if rows.start == 0 and cols.start == 0:
        file.colorinterp = [_COLOURS.get(name, ColorInterp.undefined) for name in layer.names]
        for band, name in enumerate(layer.names, start=1):
            file.set_band_description(band, name)
    for band, name in enumerate(layer.names, start=1):
        values = np.asarray(arrays[name])
        if name in _DIGITS:
            values = values.round(_DIGITS[name])
        file.write(values.astype(layer.dtype), band, window=window)


def _optimise(source: Path, target: Path) -> None:
    """Rearrange into a COG with overviews: averages of colour, nearest where averages would invent photo numbers."""
    with rasterio.open(source) as plain:
        numbers = plain.descriptions[0] == "photo_count"
        # Rounded numbers repeat: they pack better as they are.
        predictor = "no" if numbers else "yes"
    add_overviews(source, nearest=numbers)
    # The picture opens everywhere; the layers beside it, in half the time, where GDAL is of this decade.
    packing = {"compress": "zstd", "level": "1"} if numbers else {"compress": "deflate", "level": "1"}
    rasterio.shutil.copy(
        source, target, driver="COG", **packing, predictor=predictor,
        blocksize="512", num_threads="2", bigtiff="if_safer",
    )  # fmt: skip
