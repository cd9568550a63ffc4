"""Measures our window on one slide and prints JSON: python show_bcseg.py SLIDE SIDE SECONDS. Run by viewer.py."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

from walk import Viewer, measure, wait

from bcseg_gui import app
from bcseg_gui.core import i18n

WHEEL_FACTOR = 1.25
"""Zoom of one notch of the wheel."""


def main() -> None:
    path, side, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    i18n.install("en")
    application = app.make_application("en")
    running = app.Running(app.Options())
    window = running.window
    window.show()
    wait(5)  # the compute process has loaded what it needs
    view = window.view
    viewer = Viewer(view.viewport(), view.fit)
    depth = math.ceil(math.log(2 * side / 800, WHEEL_FACTOR))
    result = measure(viewer, lambda: window.operations.files.open_paths([path]), view.actual_pixels, seconds, depth)
    print(json.dumps(result))
    window.close()
    application.processEvents()


if __name__ == "__main__":
    main()
