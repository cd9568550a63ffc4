"""Segmenting a whole slide: memory of the compute process, stopping and going on, and how calm the window stays.

    python benchmarks/segment_slide.py [--part memory resume lateness] [--sides 5000 20000] [--resume-side 5000]

Slides are made in build/bench; the network is TernausNet-16 as bundled with random weights. A side of 20,000 takes a
quarter of an hour on two cores. Writes its tables into RESULTS.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

import memory
import numpy as np
from PySide6.QtCore import QCoreApplication, QEventLoop
from report import write_section
from viewer import HERE, SCREEN, WORK, slide_of

from bcseg_gui.compute.client import ComputeClient
from bcseg_gui.compute.protocol import Cancelled, Event, Failed, Finished, Progress, Segment, TilePredicted
from bcseg_gui.core.geometry import TILE_SIZE, TileKey
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.slides import open_slide

THRESHOLD = 0.53
"""Where random weights of seed 0 give a mask with something in it: their probabilities are all about that."""
CELL_DIAMETER = 106.0
"""Level-0 pixels, as in photographs at 100×."""
STOP_AT = 0.4
QUARTERS = (0.25, 0.5, 0.75, 1.0)
SETTINGS = "benchmark"


@dataclass(slots=True)
class Outcome:
    """`first`, `done`, `total`: tiles that were there from the start, at the end, and of the plan. `peaks`: the most MB
    that the child had, up to each of QUARTERS of the tiles; `writer`: our own."""

    mask: Path
    seconds: float = 0.0
    first: int | None = None
    done: int = 0
    total: int = 0
    empty_share: float = 0.0
    peaks: list[float] = field(default_factory=list)
    writer: float = 0.0


@cache
def random_model() -> Path:
    """Made in another process: this one is measured, and stays without torch as the window's does."""
    folder = WORK / "random"
    script = "from model.checkpoint import *; save_model(new_model(ModelInfo('random'), seed=0), Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", f"import sys; {script}", str(folder)], check=True)
    return folder


def segment(side: int, mask_path: Path, stop_at: float = 2.0) -> Outcome:
    """In a fresh child, into the mask, going on with what is finished there; cancelled at a part `stop_at` of all."""
    path, model = slide_of(side), random_model()
    outcome, loop = Outcome(mask_path), QEventLoop()
    client = ComputeClient()
    with open_slide(path) as slide:
        dimensions = slide.dimensions
    with Mask.open(mask_path, dimensions) as mask:
        run = mask.unfinished_run
        edit = mask.begin_run(SETTINGS)
        last: list[Event] = []

        def take(event: Event) -> None:
            if isinstance(event, Progress):
                outcome.done, outcome.total = event.done, event.total
                outcome.first = event.done if outcome.first is None else outcome.first
                outcome.empty_share = outcome.empty_share or sum(r.area for r in event.empty) / side**2
                if event.done >= event.total * QUARTERS[min(len(outcome.peaks), 3)] and len(outcome.peaks) < 4:
                    outcome.peaks.append(child_peak())
                if event.done >= event.total * stop_at:
                    client.cancel(event.job)
            elif isinstance(event, TilePredicted):
                edit.predict(event.region, event.classes)
                if event.finished is not None:
                    edit.finish_block(event.finished)
            elif isinstance(event, Finished | Cancelled | Failed):
                last.append(event)
                loop.quit()

        client.received.connect(take)
        memory.forget_peak()
        started = time.perf_counter()
        finished = run.finished if run is not None else ()
        client.submit(Segment(1, path, model, cell_diameter=CELL_DIAMETER, threshold=THRESHOLD, finished=finished))
        loop.exec()
        outcome.seconds, outcome.writer = time.perf_counter() - started, memory.peak_rss()
        outcome.peaks[3:] = [child_peak()]
        if isinstance(last[0], Failed):
            raise RuntimeError(last[0].template.format(**last[0].fields))
        if isinstance(last[0], Finished):
            mask.end_run()
        else:
            edit.rollback()
        client.shutdown()
    return outcome


def child_peak() -> float:
    return max(memory.peak_rss(child.pid or 0) for child in multiprocessing.active_children())


@cache
def whole(side: int) -> Outcome:
    return segment(side, fresh(f"whole_{side}"))


def fresh(name: str) -> Path:
    path = WORK / f"{name}.sqlite"
    path.unlink(missing_ok=True)
    return path


def measure_memory(sides: Sequence[int]) -> None:
    outcomes = [whole(side) for side in sides]
    first = outcomes[0].peaks[-1]
    rows: list[Sequence[str]] = [
        ("slide", "empty", "child MB up to 25 / 50 / 75 / 100 %", "× first", "writer MB", "s", "s a megapixel")
    ]
    for side, found in zip(sides, outcomes, strict=True):
        rows.append(
            (
                *(f"{side:,}²", f"{found.empty_share:.0%}", " / ".join(f"{peak:.0f}" for peak in found.peaks)),
                *(f"{found.peaks[-1] / first:.2f}", f"{found.writer:.0f}", f"{found.seconds:.0f}"),
                f"{found.seconds / (side**2 * (1 - found.empty_share) / 1e6):.2f}",
            )
        )
    note = (
        "TernausNet-16 with random weights, cells of 106 px; each slide in a fresh compute process, whose most "
        "resident memory so far the kernel tells (VmHWM). Writer: the most of the process that writes the mask. Empty: "
        "glass that is left out; seconds a megapixel are of the rest, loading of the model included."
    )
    write_section("Segmenting a whole slide", rows, note)


def measure_resume(side: int) -> None:
    uninterrupted = whole(side)
    stopped = segment(side, fresh(f"resumed_{side}"), STOP_AT)
    resumed = segment(side, stopped.mask)
    different, filled = compare(uninterrupted.mask, stopped.mask, side)
    seconds = stopped.seconds + resumed.seconds
    rows = [
        ("slide", "stopped at", "taken up at", "pixels that differ", "mask filled", "both parts / in one go"),
        (
            *(
                f"{side:,}²",
                f"{stopped.done / stopped.total:.0%}",
                f"{(resumed.first or 0) / resumed.total:.0%}",
                f"{different:,}",
            ),
            *(f"{filled:.0%}", f"{seconds:.0f} s / {uninterrupted.seconds:.0f} s"),
        ),
    ]
    note = (
        "Cancelled, mask closed, compute process ended; then taken up in a new one and compared, pixel by pixel, with "
        "the mask of the same slide segmented in one go. What an unfinished block had is computed again."
    )
    write_section("Stopping a segmentation and going on", rows, note)


def compare(one: Path, other: Path, side: int) -> tuple[int, float]:
    """How many pixels differ, and the part of the first that is not background."""
    count = -(-side // TILE_SIZE)
    nothing = np.zeros((TILE_SIZE, TILE_SIZE), np.uint8)
    different = filled = 0
    with Mask.open(one, (side, side)) as first, Mask.open(other, (side, side)) as second:
        for row, col in product(range(count), repeat=2):
            a, b = (mask.tile(TileKey(0, row, col)) for mask in (first, second))
            a, b = nothing if a is None else a, nothing if b is None else b
            different += int(np.count_nonzero(a != b))
            filled += int(np.count_nonzero(a))
    return different, filled / side**2


def measure_lateness(side: int, seconds: float) -> None:
    screen = SCREEN if shutil.which(SCREEN[0]) else ()
    path = WORK / "lateness" / f"smear_{side}.tif"
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir(parents=True)
    shutil.copy(slide_of(side), path)
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"HOME": home, "XDG_CONFIG_HOME": home}
        environment.pop("QT_QPA_PLATFORM" if screen else "", None)
        script = HERE / "show_segmenting.py"
        command = [*screen, sys.executable, str(script), str(path), str(seconds)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    rows: list[Sequence[str]] = [
        ("what happens", "timer late by ms: median", "p99", "max", "pan steps", "step median / p95 ms")
    ]
    rows += [tuple(line.split("|")) for line in done.stdout.splitlines() if "|" in line]
    note = (
        f"The real window on a slide of {side:,}², {seconds:.0f} s each: a timer of 10 ms in its main thread, while it "
        "rests, while the picture is dragged to and fro at 1:2, while the bundled model segments the whole slide into "
        "the view, and while it is dragged during that. A step is one mouse move, until its repaint has ended."
    )
    write_section("How late the window's main thread is", rows, note)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("memory", "resume", "lateness")
    parser.add_argument("--part", choices=parts, nargs="*", default=parts)
    parser.add_argument("--sides", type=int, nargs="*", default=[5_000, 20_000])
    parser.add_argument("--resume-side", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each row of the lateness part")
    choice = parser.parse_args()
    application = QCoreApplication([])
    del sys.modules["__main__"].__file__  # else a child loads this script too, and with it what the app's does not
    if "lateness" in choice.part:
        measure_lateness(max(choice.sides), choice.seconds)
    if "memory" in choice.part:
        measure_memory(choice.sides)
    if "resume" in choice.part:
        measure_resume(choice.resume_side)
    application.processEvents()


if __name__ == "__main__":
    main()
