"""Measures the brush of napari on one flat picture and prints JSON, a line a round: python paint_napari.py PICTURE.

Run by brush.py, in the environment that show_napari.py describes. The labels layer is a plain array: napari cannot
paint on a pyramid of labels.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import napari
import numpy as np
import tifffile
from napari.layers import Labels
from painting import ROUNDS, Canvas, Painted, Round, Way, recorded, told, way_in_picture
from walk import wait

UNDONE = 4
"""Each takes about a second."""


def main() -> None:
    picture = tifffile.imread(sys.argv[1])
    viewer = napari.Viewer()
    viewer.window.resize(1320, 860)
    wait(3)
    viewer.add_image(picture, rgb=True)
    for round_ in ROUNDS:
        labels = viewer.add_labels(np.zeros(picture.shape[:2], np.uint8))
        print(json.dumps(told(round_, _measured(viewer, labels, round_, recorded()))), flush=True)
        viewer.layers.remove(labels)
    viewer.close()


def _measured(viewer: napari.Viewer, labels: Labels, round_: Round, strokes: Sequence[Way]) -> Painted:
    height, width = labels.data.shape
    zoom = round_.zoom(max(width, height))
    viewer.camera.center = (height / 2, width / 2)
    viewer.camera.zoom = zoom
    labels.mode, labels.brush_size, labels.selected_label = "paint", 2 * round_.radius, 1
    wait(1.5)
    canvas = Canvas(viewer.window._qt_viewer.canvas.native, undo=labels.undo, redo=labels.redo)
    painted = canvas.play(strokes, undone=UNDONE)
    way = way_in_picture(strokes[: len(painted.press)], (width, height), zoom)
    painted.covered = sum(bool(labels.data[y, x]) for x, y in way) / len(way)
    return painted


if __name__ == "__main__":
    main()
