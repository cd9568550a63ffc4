"""How quickly a brush paints, and takes back what it painted, in our window and in the rivals'.

    python benchmarks/brush.py [--napari PYTHON] [--cellpose PYTHON] [--only WORD]

Makes its pictures in build/bench. The rivals run only where the Python of an environment that has them is given, also
by BENCH_NAPARI and BENCH_CELLPOSE. On Linux every program has a private virtual screen of its own (xvfb-run). Writes
its tables into RESULTS.md; takes about ten minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from painting import MOVES, STROKES
from report import write_section
from viewer import HERE, SCREEN, WORK, Program, slide_of

from bcseg_gui.core.slides import open_slide

LIMIT = 300.0
PYRAMID = 40_000
FLAT = ((1600, 1200), (8192, 8192))
COVERED = 0.5
"""Of the way at least so much must be in the mask, or nothing was painted and the figures mean nothing"""

Found = dict[str, Any]

HEADS = (
    *("picture", "zoom", "radius", "program", "moves", "move median / p95 / max ms", "p95 × ours"),
    *("release ms", "on disk after ms", "undo median / p95 ms", "redo median / p95 ms"),
)
NOTE = """Every program in a fresh process with the same window, 1320 × 860, on the same virtual screen (raster;
OpenGL by software, which is unfair to a napari on a graphics card). One recorded way, {strokes} strokes of {moves}
moves at 300 to 1,300 pixels a second, sent as Qt mouse events to the view; a move is from its event to the end of the
repaint, or of the event where nothing on the screen changes, as within a brush larger than the window; a slow program
does fewer of them. Zoom: 1:1, or “whole”, where the longer side takes 600 pixels of the screen. Radius in pixels of
the picture. Release: the most that it held the main thread; on disk: the most from there until the transaction was
written; undo and redo: until repainted, by the action in the menu or, of the rivals, the function behind it. “cells”:
on a mask of a cell every few pixels; else the mask is empty. napari paints on a plain array of labels, for it cannot
on a pyramid; Cellpose opens flat pictures alone, and its brush draws the outline of a cell, closed, filled and saved
at the end of the stroke, has a widest brush of 9 pixels (radius 4), wider ones being set from here, undoes by
deleting the cell drawn last, and has no redo.{missing}"""


def pictures() -> Iterator[tuple[str, Path]]:
    """Name and file; each in a folder of its own, made when it is not there."""
    for width, height in FLAT:
        path = WORK / f"flat_{width}x{height}" / "smear.tif"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            corner = ((PYRAMID - width) // 2, (PYRAMID - height) // 2)
            with open_slide(slide_of(PYRAMID)) as slide:
                tifffile.imwrite(path, slide.read_region(corner, 0, (width, height)), photometric="rgb")
        yield f"{width:,} × {height:,}", path
    yield f"{PYRAMID:,}² plain", slide_of(PYRAMID)
    yield f"{PYRAMID:,}² cells", slide_of(PYRAMID, cells=True)


def rounds(program: Program, path: Path) -> list[Found]:
    """What the program measured of itself, in a fresh process on a copy of the picture's folder."""
    screen = SCREEN if shutil.which(SCREEN[0]) else ()
    with tempfile.TemporaryDirectory() as home:
        folder = shutil.copytree(path.parent, Path(home) / path.parent.name)
        environment = os.environ | {"HOME": home, "XDG_CONFIG_HOME": home, "QT_QPA_UPDATE_IDLE_TIME": "0"}
        environment.pop("QT_QPA_PLATFORM" if screen else "", None)
        command = [*screen, program.python, str(HERE / program.script), str(folder / path.name)]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
            printed, errors = done.stdout, done.stderr
        except subprocess.TimeoutExpired as late:
            printed, errors = (late.stdout or b"").decode(), f"no end within {LIMIT:.0f} s"
    found = [json.loads(line) for line in printed.splitlines() if line.startswith('{"radius"')]
    if not found:
        print(f"{program.name}: {errors[-2000:]}", file=sys.stderr)
    return found


def row(picture: str, program: str, found: Found, ours: Found | None) -> Sequence[str]:
    ratio = p95(found["move"]) / p95(ours["move"]) if ours else None
    return (
        *(picture, "whole" if found["whole"] else "1:1", f"{found['radius']:,}", program, str(len(found["move"]))),
        "{:.1f} / {:.1f} / {:.0f}".format(*np.percentile(found["move"], [50, 95, 100])),
        *("–" if ratio is None else f"{ratio:.1f}", f"{max(found['release']):.1f}"),
        *(f"{max(found['saved']):.0f}" if found["saved"] else "–", both(found["undo"]), both(found["redo"])),
    )


def p95(times: Sequence[float]) -> float:
    return float(np.percentile(times, 95))


def both(times: Sequence[float]) -> str:
    return "{:.1f} / {:.1f}".format(*np.percentile(times, [50, 95])) if times else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--napari", default=os.environ.get("BENCH_NAPARI"), help="its Python")
    parser.add_argument("--cellpose", default=os.environ.get("BENCH_CELLPOSE"), help="its Python")
    parser.add_argument("--only", default="", help="pictures whose name has this word; RESULTS.md is left alone then")
    choice = parser.parse_args()
    programs = [Program("bcseg-gui", "paint_bcseg.py", sys.executable)]
    rivals = [
        Program(name, f"paint_{name.lower()}.py", python)
        for name, python in (("napari", choice.napari), ("Cellpose", choice.cellpose))
        if python
    ]
    rows: list[Sequence[str]] = [HEADS]
    for picture, path in pictures():
        ours: dict[tuple[int, bool], Found] = {}
        for program in [*programs, *(rivals if "²" not in picture else [])] if choice.only in picture else ():
            for found in rounds(program, path):
                key = found["radius"], found["whole"]
                if program in programs:
                    ours[key] = found
                if found["covered"] < COVERED:
                    print(f"{program.name}: nothing was painted with radius {key[0]}", file=sys.stderr)
                    continue
                rows.append(row(picture, program.name, found, ours.get(key)))
                print(" | ".join(rows[-1]), flush=True)
    absent = [name for name in ("napari", "Cellpose") if name not in [rival.name for rival in rivals]]
    missing = f" Not run here: {', '.join(absent)}." if absent else ""
    if not choice.only:
        note = NOTE.format(strokes=STROKES, moves=MOVES, missing=missing)
        write_section("Painting with a brush", rows, note.replace("\n", " "))


if __name__ == "__main__":
    main()
