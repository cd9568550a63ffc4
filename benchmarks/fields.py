"""From file to mask: a photograph of a field, a hundred of them, the first after launch, larger and larger pictures.

    python benchmarks/fields.py [--part field hundred first linear] [--count 100] [--sides 1000 3162 10000]

Pictures are generated, 1,600 × 1,200 px, with cells of 106 px, as JPEG; the models are the bundled ones, in the engine
that this computer chooses. Writes its tables into RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import tifffile
from PIL import Image
from report import write_section
from viewer import WORK

from bcseg_gui.compute import reading
from bcseg_gui.compute.segmenting import slide as one_slide
from bcseg_gui.compute.segmenting.methods import OpenMethod, open_method
from bcseg_gui.compute.segmenting.task import Method, SegmentTask
from bcseg_gui.core.resources import resource
from bcseg_gui.core.synthetic.smear import make_smear
from model import predict

MODELS = ("ternausnet16-bbbc041", "ternausnet11-bbbc041")
FIELD = 1600, 1200
CELL_DIAMETER = 106.0
LAUNCH = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from bcseg_gui.compute.client import ComputeClient
from bcseg_gui.compute.protocol import Failed, Finished, Segment, TilePredicted
if __name__ == "__main__":
    application = QCoreApplication([])
    started = time.perf_counter()
    client, first = ComputeClient(), []
    def take(event):
        if isinstance(event, TilePredicted) and not first:
            first.append(time.perf_counter() - started)
        if isinstance(event, Failed):
            raise SystemExit(event.template.format(**event.fields))
        if isinstance(event, Finished):
            print(first[0], time.perf_counter() - started, flush=True)
            application.quit()
    client.received.connect(take)
    client.submit(Segment(1, Path(sys.argv[1]), Path(sys.argv[2])))
    application.exec()
    client.shutdown()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("field", "hundred", "first", "linear")
    parser.add_argument("--part", choices=parts, nargs="*", default=parts)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sides", type=int, nargs="*", default=[1000, 3162, 10_000])
    choice = parser.parse_args()
    if "field" in choice.part:
        measure_field(choice.rounds)
    if "hundred" in choice.part:
        measure_hundred(choice.count)
    if "first" in choice.part:
        measure_first(3)
    if "linear" in choice.part:
        measure_linear(choice.sides)


def fields(count: int) -> list[Path]:
    folder = WORK / "fields"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"field-{number:03}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        if not path.exists():
            picture = make_smear(*FIELD, seed=number, cell_diameter=CELL_DIAMETER).image
            Image.fromarray(picture).save(path, quality=92)
    return paths


# A field -------------------------------------------------------------------------------------------------------------

STAGES: dict[str, Sequence[tuple[Any, str]]] = {
    "open": [(one_slide, "open_slide")],
    "cell diameter": [(one_slide, "slide_cell_diameter")],
    "decode, resize": [(reading, "read_scaled")],
    "network": [],
    "cells apart": [(predict, "_parted")],
    "draft": [(predict, "_enlarged_classes")],
    "write": [(one_slide, "write_mask_picture")],
    "count": [(one_slide, "find_cells")],
}
"""The functions of each stage, by where they are called from. What a stage calls of another counts there."""


class Stopwatch:
    """Seconds by stage; of one stage at a time."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._stages: list[str] = []
        self._since = 0.0

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            self._switch()
            self._stages.append(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self._switch()
                self._stages.pop()

        return run

    def _switch(self) -> None:
        now = time.perf_counter()
        if self._stages:
            self.seconds[self._stages[-1]] += now - self._since
        self._since = now


@contextmanager
def staged(engine: Any) -> Iterator[Stopwatch]:
    watch = Stopwatch()
    patches = [
        patch.object(place, name, watch.timed(stage, getattr(place, name)))
        for stage, functions in STAGES.items()
        for place, name in functions
    ]
    patches.append(patch.object(engine, "probabilities", watch.timed("network", engine.probabilities)))
    for one in patches:
        one.start()
    try:
        yield watch
    finally:
        for one in patches:
            one.stop()


def warm_method(name: str) -> OpenMethod:
    """A model in the fastest engine, which has seen a field."""
    method = open_method(Method(resource("weights", name)))
    (path,) = fields(1)
    segment(path, method)
    return method


def segment(path: Path, method: OpenMethod) -> None:
    folder = WORK / "masks"
    folder.mkdir(exist_ok=True)
    one_slide.segment(one_slide.open_task(SegmentTask(path, folder, method.method), {}), method)


def measure_field(rounds: int) -> None:
    rows: list[Sequence[str]] = [("model", "engine", "s: median", "min – max", *STAGES, "rest")]
    (path,) = fields(1)
    for name in MODELS:
        method = warm_method(name)
        assert method.model is not None
        engine, _info = method.model
        seconds, shares = [], []
        for _ in range(rounds + 1):
            started = time.perf_counter()
            segment(path, method)
            seconds.append(time.perf_counter() - started)
        for _ in range(rounds):
            with staged(engine) as watch:
                started = time.perf_counter()
                segment(path, method)
                whole = time.perf_counter() - started
            shares.append([watch.seconds[stage] / whole for stage in STAGES])
        medians = [statistics.median(column) for column in zip(*shares, strict=True)]
        warm = seconds[1:]
        rows.append(
            (
                *(name, method.engine, f"{statistics.median(warm):.2f}", f"{min(warm):.2f} – {max(warm):.2f}"),
                *(f"{share:.0%}" for share in (*medians, 1 - sum(medians))),
            )
        )
    note = (
        f"A JPEG of 1,600 × 1,200 px to its mask as PNG on disk, warm, one at a time; {rounds} rounds. "
        "Shares of the time by stage, measured in rounds of their own; “cells apart” holds the enlarging to level 0."
    )
    write_section("A field, from file to mask", rows, note)


# A hundred -----------------------------------------------------------------------------------------------------------

HUNDRED = """
import sys, time
from bcseg_gui.cli.main import main
from model.engines.openvino_engine import OpenVinoEngine
began = time.perf_counter()
inside = []
probabilities = OpenVinoEngine.probabilities
def timed(self, pictures):
    waited = time.perf_counter()
    with self.benchmark_lock:
        started = time.perf_counter()
        seen = probabilities(self, pictures)
        inside.append((started, time.perf_counter()))
    return seen
import threading
OpenVinoEngine.benchmark_lock = threading.Lock()
OpenVinoEngine.probabilities = timed
try:
    main()
finally:
    print(sum(b - a for a, b in inside), time.perf_counter() - began, inside[0][0] - began, file=sys.stderr)
"""


def measure_hundred(count: int) -> None:
    rows: list[Sequence[str]] = [("model", "fields", "s in all", "s a field", "start s", "inside the network")]
    paths = fields(count)
    for name in MODELS:
        words = ["segment", *map(str, paths), "--output", str(WORK / "masks"), "--model", name]
        done = subprocess.run(
            [sys.executable, "-c", HUNDRED, *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=True,
            text=True,
        )
        inside, whole, start = map(float, done.stderr.split()[-3:])
        rows.append((name, str(count), f"{whole:.1f}", f"{whole / count:.2f}", f"{start:.1f}", f"{inside / whole:.0%}"))
    note = (
        "`bcseg segment` on all of them in one go, in a fresh process, its start included. Inside the network: the "
        "part of all this time in which the network computes; decoding, parting of cells and writing of the pictures "
        "before and after go on meanwhile, on the same cores."
    )
    write_section("Many fields", rows, note)


# The first -----------------------------------------------------------------------------------------------------------


def measure_first(rounds: int) -> None:
    rows: list[Sequence[str]] = [("model", "launch", "first tile s: median", "done s: median", "min – max")]
    (path,) = fields(1)
    for name, fresh in product(MODELS, (False, True)):
        seconds = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as home:
                environment = os.environ | ({"HOME": home, "XDG_CACHE_HOME": home} if fresh else {})
                script = Path(home) / "launch.py"
                script.write_text(LAUNCH)
                command = [sys.executable, str(script), str(path), str(resource("weights", name))]
                done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
                seconds.append(tuple(map(float, done.stdout.split())))
        first, whole = zip(*seconds, strict=True)
        rows.append(
            (
                *(name, "the very first" if fresh else "any later", f"{statistics.median(first):.1f}"),
                *(f"{statistics.median(whole):.1f}", f"{min(whole):.1f} – {max(whole):.1f}"),
            )
        )
    note = (
        "A field in the compute process, which is started with it: Python, torch, OpenVINO, the model and the first "
        f"field. The very first launch tries the engines as well. {rounds} rounds."
    )
    write_section("The first field after launch", rows, note)


# Larger and larger ---------------------------------------------------------------------------------------------------


def measure_linear(sides: Sequence[int]) -> None:
    rows: list[Sequence[str]] = [("model", "picture", "s", "s a megapixel", "× the smallest")]
    for name in MODELS:
        method = warm_method(name)
        base = 0.0
        for side in sides:
            path = square(side)
            seconds = []
            for _ in range(max(1, 5_000 // side)):
                started = time.perf_counter()
                segment(path, method)
                seconds.append(time.perf_counter() - started)
            per_megapixel = statistics.median(seconds) / (side**2 / 1e6)
            base = base or per_megapixel
            rows.append(
                (
                    name,
                    f"{side:,}²",
                    f"{statistics.median(seconds):.1f}",
                    f"{per_megapixel:.2f}",
                    f"{per_megapixel / base:.2f}",
                )
            )
    note = (
        "Pictures full of cells of 106 px as tiled TIFF (JPEG), from file to mask on disk, warm; large masks are "
        "written as pyramids."
    )
    write_section("Cost by size of the picture", rows, note)


def square(side: int) -> Path:
    path = WORK / f"full_{side}.tif"
    if not path.exists():
        smear = make_smear(1024, 1024, seed=3, cell_diameter=CELL_DIAMETER).image
        times = -(-side // 1024)
        pixels = np.tile(smear, (times, times, 1))[:side, :side]
        tifffile.imwrite(path, pixels, photometric="rgb", tile=(512, 512), compression="jpeg")
    return path


if __name__ == "__main__":
    main()
