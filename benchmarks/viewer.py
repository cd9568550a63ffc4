"""How calm the view of a slide is: opening it, and a walk over it, in our window and in the rivals'.

    python benchmarks/viewer.py [--sides 40000 100000] [--seconds 60] [--napari PYTHON] [--cellpose PYTHON]

Makes its slides in build/bench. The rivals run only where the Python of an environment that has them is given, also by
BENCH_NAPARI and BENCH_CELLPOSE; what such an environment needs is said in show_napari.py and show_cellpose.py. On
Linux every program has a private virtual screen of its own (xvfb-run). Writes its tables into RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from overlay import write_overlay
from report import write_section
from synthetic_slide import write_slide

from bcseg_gui.core.slides import open_slide

HERE = Path(__file__).parent
WORK = HERE.parent / "build" / "bench"
SCREEN = ("xvfb-run", "-a", "-s", "-screen 0 1600x1000x24")
LIMIT = 900.0


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    script: str
    python: str


def slide_of(side: int, *, cells: bool = False) -> Path:
    """Made when it is not there. With `cells` it has a project beside it, whose mask is full of them."""
    path = WORK / ("cells" if cells else "plain") / str(side) / f"smear_{side}.tif"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_slide(path, side)
    if cells:
        write_overlay(path)
    return path


def flat_picture(side: int) -> Path:
    """The middle of a slide as a plain, uncompressed TIFF."""
    path = WORK / f"flat_{side}.tif"
    if not path.exists():
        with open_slide(slide_of(2 * side)) as slide:
            pixels = slide.read_region((side // 2, side // 2), 0, (side, side))
        tifffile.imwrite(path, pixels, photometric="rgb")
    return path


def run(program: Program, path: Path, side: int, seconds: float) -> dict[str, Any] | None:
    """What the program measured of itself, in a fresh process; None when it failed, which is printed."""
    screen = SCREEN if shutil.which(SCREEN[0]) else ()
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"HOME": home, "XDG_CONFIG_HOME": home, "QT_QPA_UPDATE_IDLE_TIME": "0"}
        environment.pop("QT_QPA_PLATFORM" if screen else "", None)
        command = [*screen, program.python, str(HERE / program.script), str(path), str(side), str(seconds)]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            print(f"{program.name}: no end within {LIMIT:.0f} s", file=sys.stderr)
            return None
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(f"{program.name}:\n{done.stderr[-2000:]}", file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(lines[-1])
    return found


HEADS = (
    *("slide", "program", "first paint s", "sharp s", "1:1 sharp s", "steps", "step median / p95 / max ms"),
    *("late p99 ms", "peak MB", "of which its own MB", "step p95 × ours"),
)


def row(slide: str, program: str, found: dict[str, Any] | None, ours: float) -> Sequence[str]:
    if found is None:
        return slide, program, *("failed",) * (len(HEADS) - 2)
    opened, jumped, played = found["opened"], found["jumped"], found["played"]
    steps = np.concatenate(list(played["steps"].values()))
    median, p95, most = np.percentile(steps, [50, 95, 100])
    return (
        *(slide, program, f"{opened['first']:.2f}", f"{opened['sharp']:.2f}", f"{jumped['sharp']:.2f}"),
        *(str(len(steps)), f"{median:.1f} / {p95:.1f} / {most:.0f}", f"{np.percentile(played['lateness'], 99):.1f}"),
        *(f"{found['peak']:.0f}", f"{found['pss']:.0f}", f"{p95 / ours:.1f}" if ours else "–"),
    )


def step_p95(found: dict[str, Any] | None) -> float:
    return float(np.percentile(np.concatenate(list(found["played"]["steps"].values())), 95)) if found else 0.0


NOTE = """Every program in a fresh process with the same window, 1320 × 860, on the same virtual screen (raster; OpenGL
by software, which is unfair to a napari on a graphics card). First paint: from the call that opens the file to the
first pixels of it in the middle of the view, read back from the screen; sharp: to the last change of these pixels;
1:1 sharp: the same after a jump from the whole slide to 1:1. Then a recorded walk of {seconds:.0f} s: the wheel at the
cursor from the whole slide to twice its pixels and out again, drags, flicks, jumps to the whole slide, sent as Qt
events to the view. A step is one such event, until its repaint has ended; a slow program does fewer of them. Late: a
timer of 10 ms in the main thread. Peak: the most resident memory since the start, by the kernel; its own: the
proportional part at the end. Pyramids are JPEG tiles of 512² without (“plain”) or with a mask of a cell every few
pixels on disk (“cells”); napari gets them as dask arrays of their levels, Cellpose opens flat pictures
alone.{missing}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="*", default=[40_000, 100_000])
    parser.add_argument("--flat", type=int, default=6_000, help="side of the flat picture; 0 for none")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--napari", default=os.environ.get("BENCH_NAPARI"), help="its Python")
    parser.add_argument("--cellpose", default=os.environ.get("BENCH_CELLPOSE"), help="its Python")
    choice = parser.parse_args()
    ours = Program("bcseg-gui", "show_bcseg.py", sys.executable)
    napari = [Program("napari", "show_napari.py", choice.napari)] if choice.napari else []
    cellpose = [Program("Cellpose", "show_cellpose.py", choice.cellpose)] if choice.cellpose else []
    looks = [
        (f"{side:,}² {kind}", slide_of(side, cells=kind == "cells"), side, [ours, *(napari if kind == "plain" else [])])
        for side in choice.sides
        for kind in ("plain", "cells")
    ]
    if choice.flat:
        looks.append((f"{choice.flat:,}² flat", flat_picture(choice.flat), choice.flat, [ours, *napari, *cellpose]))
    rows: list[Sequence[str]] = [HEADS]
    for name, path, side, programs in looks:
        reference = 0.0
        for program in programs:
            found = run(program, path, side, choice.seconds)
            reference = step_p95(found) if program is ours else reference
            rows.append(row(name, program.name, found, reference))
            print(" | ".join(rows[-1]), flush=True)
    absent = [name for name, given in (("napari", napari), ("Cellpose", cellpose)) if not given]
    missing = f" Not run here: {', '.join(absent)}." if absent else ""
    write_section("Looking at slides", rows, NOTE.format(seconds=choice.seconds, missing=missing).replace("\n", " "))


if __name__ == "__main__":
    main()
