"""Measures the window of Cellpose on one flat picture and prints JSON: python show_cellpose.py PICTURE SIDE SECONDS.

Run by viewer.py, in an environment of its own: cellpose and segment-anything without their dependencies, then what
they need without torchvision, which looking at pictures does not use: a stub stands in for it.
"""

from __future__ import annotations

import importlib
import json
import logging
import math
import sys
from types import ModuleType
from unittest.mock import MagicMock

from PySide6.QtWidgets import QApplication, QWidget
from walk import Viewer, measure, wait

WHEEL_FACTOR = 1.02**15
"""Zoom of one notch of the wheel in pyqtgraph."""


class Stub(ModuleType):
    """A package in which every name is there."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> MagicMock:
        return MagicMock()


def main() -> None:
    path, side, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    for name in ("", ".transforms", ".transforms.functional", ".transforms._functional_tensor", ".ops", ".ops.boxes"):
        sys.modules["torchvision" + name] = Stub("torchvision" + name)
    gui, files = importlib.import_module("cellpose.gui.gui"), importlib.import_module("cellpose.gui.io")
    application = QApplication([])
    window = gui.MainW(image=None, logger=logging.getLogger())
    QWidget.resize(window, 1320, 860)  # it has a `resize` of its own
    wait(5)

    def fit() -> None:
        window.p0.setRange(xRange=(0, side), yRange=(0, side), padding=0)

    def actual() -> None:
        w, h = window.win.width() / 2, window.win.height() / 2
        window.p0.setRange(xRange=(side / 2 - w, side / 2 + w), yRange=(side / 2 - h, side / 2 + h), padding=0)

    depth = math.ceil(math.log(2 * side / 800, WHEEL_FACTOR))
    viewer = Viewer(window.win.viewport(), fit)
    print(json.dumps(measure(viewer, lambda: files._load_image(window, path), actual, seconds, depth)))
    window.close()
    application.processEvents()


if __name__ == "__main__":
    main()
