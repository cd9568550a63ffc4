"""Measures the brush of Cellpose on one flat picture and prints JSON, a line a round: python paint_cellpose.py PICTURE.

Run by brush.py, in the environment that show_cellpose.py describes. A click of the right button begins a stroke, and
another ends it; the stroke is the outline of a cell, which is filled and saved at its end. Its widest brush has 9
pixels; the wider ones are set from here. Each event appends all pixels under the brush to a list, so that the widest
would fill the memory: they are left out.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
from collections.abc import Sequence
from typing import Any

from painting import ROUNDS, Canvas, Painted, Round, Way, recorded, told, way_in_picture
from PySide6.QtWidgets import QApplication, QWidget
from show_cellpose import Stub
from walk import wait

LARGEST = 100
STROKES, UNDONE = 3, 3


def main() -> None:
    path = sys.argv[1]
    for name in ("", ".transforms", ".transforms.functional", ".transforms._functional_tensor", ".ops", ".ops.boxes"):
        sys.modules["torchvision" + name] = Stub("torchvision" + name)
    gui, files = importlib.import_module("cellpose.gui.gui"), importlib.import_module("cellpose.gui.io")
    application = QApplication([])
    window = gui.MainW(image=None, logger=logging.getLogger())
    QWidget.resize(window, 1320, 860)  # it has a `resize` of its own
    wait(3)
    files._load_image(window, path)
    wait(2)
    for round_ in (Round(4), *(known for known in ROUNDS if known.radius <= LARGEST)):
        print(json.dumps(told(round_, _measured(window, round_, recorded()[:STROKES]))), flush=True)
    window.close()
    application.processEvents()


def _measured(window: Any, round_: Round, strokes: Sequence[Way]) -> Painted:
    size = window.Lx, window.Ly
    zoom = round_.zoom(max(size))
    port = window.win.viewport()
    w, h = port.width() / 2 / zoom, port.height() / 2 / zoom
    x, y = size[0] / 2, size[1] / 2
    window.p0.setRange(xRange=(x - w, x + w), yRange=(y - h, y + h), padding=0)
    window.brush_size = 2 * round_.radius + 1
    window.layer.setDrawKernel(kernel_size=window.brush_size)
    wait(1)
    drawn: set[tuple[int, int]] = set()
    end_stroke, is_at_start = window.layer.end_stroke, window.layer.is_at_start

    def end() -> None:
        drawn.update((column, row) for _z, row, column, _centre in window.current_stroke)
        end_stroke()

    window.layer.end_stroke = end
    # Asked at each event, but a way that crosses its beginning goes on.
    window.layer.is_at_start = lambda place: is_at_start(place) and False
    painted = Canvas(port, undo=window.undo_action, by_clicks=True).play(strokes, undone=UNDONE)
    window.layer.end_stroke, window.layer.is_at_start = end_stroke, is_at_start
    way = way_in_picture(strokes[: len(painted.press)], size, zoom)
    painted.covered = sum(place in drawn for place in way) / len(way)
    return painted


if __name__ == "__main__":
    main()
