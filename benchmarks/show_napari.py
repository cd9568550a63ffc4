"""Measures napari on one slide and prints JSON: python show_napari.py SLIDE SIDE SECONDS. Run by viewer.py.

In an environment of its own: napari 0.9.2, PySide6 < 6.12, tifffile, zarr, dask, imagecodecs. A pyramid is given to it
as its documentation says, as dask arrays of its levels; napari itself does not find them.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import dask.array
import napari
import tifffile
import zarr
from walk import Viewer, measure, wait

WHEEL_FACTOR = 1.007**30
"""Zoom of one notch of the wheel in vispy's camera."""


def levels(path: Path) -> list[dask.array.Array]:
    store = zarr.open(tifffile.imread(path, aszarr=True), mode="r")
    arrays = [store] if isinstance(store, zarr.Array) else [store[name] for name in sorted(store, key=int)]
    return [dask.array.from_zarr(array) for array in arrays]


def main() -> None:
    path, side, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    viewer = napari.Viewer()
    viewer.window.resize(1320, 860)
    wait(5)

    def begin() -> None:
        pyramid = levels(path)
        if len(pyramid) > 1:
            viewer.add_image(pyramid, rgb=True, multiscale=True)
        else:
            viewer.add_image(tifffile.imread(path), rgb=True)

    def actual() -> None:
        viewer.camera.zoom = 1.0

    port = viewer.window._qt_viewer.canvas.native
    depth = math.ceil(math.log(2 * side / 800, WHEEL_FACTOR))
    print(json.dumps(measure(Viewer(port, viewer.reset_view), begin, actual, seconds, depth)))
    viewer.close()


if __name__ == "__main__":
    main()
