"""The program is killed while a person paints; every finished stroke has to be there afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL, Mask
from bcseg_gui.core.tools.brush import stroke_segment

SIZE = (1300, 700)
ROUNDS = 10

PAINTER = """
import sys
from pathlib import Path
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.tools.brush import stroke_segment

mask = Mask.open(Path(sys.argv[1]), (1300, 700))
number = len(mask.edits())
while True:
    edit = mask.begin("brush")
    x, y = number * 97 % 1300, number * 61 % 700
    edit.paint(*stroke_segment((x, y), (x + 40, y + 25), 30), number % 127 + 1)
    edit.commit()
    mask.flush()
    number = mask.edits()[-1].seq
    print(number, flush=True)
"""


def painted(strokes: int) -> np.ndarray:
    """What the painter's first strokes leave."""
    frame = Region(-200, -200, 1800, 1200)
    canvas = np.zeros((frame.h, frame.w), np.uint8)
    for number in range(strokes):
        x, y = number * 97 % 1300, number * 61 % 700
        region, where = stroke_segment((x, y), (x + 40, y + 25), 30)
        canvas[region.slices_in(frame)][where] = (number % 127 + 1) | MANUAL
    return canvas[Region(0, 0, *SIZE).slices_in(frame)]


def test_every_finished_stroke_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "mask.sqlite"
    moments = np.random.default_rng()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for _ in range(ROUNDS):
        painter = subprocess.Popen(
            [sys.executable, "-c", PAINTER, str(path)], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert painter.stdout is not None
        for _ in range(moments.integers(1, 12)):
            line = painter.stdout.readline()
        painter.kill()
        rest, _ = painter.communicate()
        promised = int([line, *rest.split()][-1])
        with Mask.open(path, SIZE) as mask:
            strokes = len(mask.edits())
            assert strokes in (promised, promised + 1), "the last one may be written and not yet announced"
            assert np.array_equal(mask.read(Region(0, 0, *SIZE)), painted(strokes))
            assert mask.can_undo
