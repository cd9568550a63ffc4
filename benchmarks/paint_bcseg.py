"""Measures the brush of our window on one picture and prints JSON, a line a round: python paint_bcseg.py PICTURE.

Run by brush.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from painting import ROUNDS, Canvas, Painted, Round, recorded, told, way_in_picture
from PySide6.QtCore import QPointF
from walk import wait

from bcseg_gui import app
from bcseg_gui.core import i18n
from bcseg_gui.core.geometry import Region
from bcseg_gui.session.document import Document
from bcseg_gui.ui.main_window import MainWindow


def main() -> None:
    path = Path(sys.argv[1])
    i18n.install("en")
    application = app.make_application("en")
    running = app.Running(app.Options())
    window = running.window
    window.show()
    wait(5)  # the compute process has loaded what it needs
    window.operations.files.open_paths([path])
    document = window.session.document
    assert document is not None
    document.needed_mask()
    window.session.tools.choose_tool("brush")
    wait(1)
    for round_ in ROUNDS:
        print(json.dumps(told(round_, measured(window, document, round_))), flush=True)
    window.close()
    application.processEvents()


def measured(window: MainWindow, document: Document, round_: Round) -> Painted:
    view, size = window.view, document.slide.dimensions
    zoom = round_.zoom(max(size))

    def look() -> None:
        view.zoom_by(zoom / view.zoom)
        view.center_on(QPointF(size[0] / 2, size[1] / 2))

    look()
    wait(1.5)  # all tiles are there
    window.session.tools.set_brush_radius(round_.radius)
    canvas = Canvas(
        view.viewport(),
        undo=window.actions_["undo"].trigger,
        redo=window.actions_["redo"].trigger,
        patience=0.05,
        saved=lambda: getattr(document, "is_saved", True),
    )
    strokes = recorded()
    painted = canvas.play(strokes)
    wait(0.5)
    way = way_in_picture(strokes, size, zoom)
    painted.covered = sum(bool(document.read_mask(Region(x, y, 1, 1)).any()) for x, y in way) / len(way)
    for _ in strokes:  # the next round begins as this one did
        window.actions_["undo"].trigger()
    wait(0.5)
    return painted


if __name__ == "__main__":
    main()
