"""Measures our window while it segments a slide: python show_segmenting.py SLIDE SECONDS. Run by segment_slide.py.

Prints a row of its table a line, cells parted by “|”.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from walk import Played, Step, Viewer, panned, wait

from bcseg_gui import app
from bcseg_gui.core import i18n


def resting() -> Iterator[Step]:
    while True:
        yield Step("rest", 0.1)


def row(name: str, played: Played) -> str:
    late = np.percentile(played.lateness, [50, 99, 100])
    moves = list(chain.from_iterable(played.steps.values()))
    steps = "{:.1f} / {:.1f}".format(*np.percentile(moves, [50, 95])) if moves else "–"
    return "|".join((name, *(f"{ms:.1f}" for ms in late), str(len(moves)), steps))


def main() -> None:
    path, seconds = Path(sys.argv[1]), float(sys.argv[2])
    i18n.install("en")
    application = app.make_application("en")
    running = app.Running(app.Options())
    window = running.window
    window.show()
    wait(5)  # the compute process has loaded what it needs
    viewer = Viewer(window.view.viewport(), window.view.fit)
    viewer.appearance(lambda: window.operations.files.open_paths([path]))
    viewer.appearance(window.view.actual_pixels)
    viewer.appearance(lambda: window.view.zoom_by(0.5))
    print(row("nothing", viewer.play(seconds, resting())), flush=True)
    print(row("panned", viewer.play(seconds, panned())), flush=True)
    window.operations.cells.segment_whole()
    document = window.session.document
    assert document is not None
    wait(5)
    print(row("segmented", viewer.play(seconds, resting())), flush=True)
    print(row("segmented and panned", viewer.play(seconds, panned())), flush=True)
    if not document.segmenting:
        print("The segmentation ended before the measurement did: take a larger slide.", file=sys.stderr)
        sys.exit(1)
    document.stream.cancel()
    wait(2)
    window.close()
    application.processEvents()


if __name__ == "__main__":
    main()
