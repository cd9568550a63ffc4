"""The networks alone: the reference implementation, ours in every engine, Cellpose's; and what the processor could do.

    python benchmarks/network.py [--rounds 5] [--cellpose PYTHON ...]

All see the same field of 1,600 × 1,200 px, a generated one, each at the size of cells that it works at; in turn, round
by round. `--cellpose`: Pythons of environments with cellpose 3 or 4; without it, that of BENCH_CELLPOSE. Writes its
table into RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from report import write_section
from torch import fx, nn

from bcseg_gui.compute.models import engine_choice
from bcseg_gui.core.resources import resource
from bcseg_gui.core.synthetic.smear import make_smear
from model.checkpoint import Model, load_model
from model.engines.convert import to_openvino
from model.engines.engine import physical_cores
from model.engines.openvino_engine import PRECISIONS, OpenVinoEngine, processor
from model.engines.torch_engine import TorchEngine
from model.networks.ternausnet import TernausNet11, TernausNet16
from model.preprocess import normalise, pad_to_stride

FIELD = WIDTH, HEIGHT = 1600, 1200
CELL_DIAMETER = 106.0
MODELS = ("ternausnet16-bbbc041", "ternausnet11-bbbc041")
REFERENCES = {
    "ternausnet16": lambda: TernausNet16(num_filters=32, decoder="interpolate"),
    "ternausnet11": lambda: TernausNet11(num_filters=32, decoder="deconv"),
}
"""With the settings that `UNet16` and `UNet11` of the package ternausnet have by default; random weights."""
GEMM = 2048


@dataclass(slots=True)
class Contender:
    name: str
    run: Callable[[], object]
    macs: float = 0.0
    peak: str = "float32"
    reference: str = ""
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    known = [Path(python) for python in filter(None, [os.environ.get("BENCH_CELLPOSE")])]
    parser.add_argument("--cellpose", type=Path, nargs="*", default=known)
    choice = parser.parse_args()
    if cores := physical_cores():
        torch.set_num_threads(cores)
    picture = make_smear(WIDTH, HEIGHT, seed=1, cell_diameter=CELL_DIAMETER).image
    contenders = [
        contender for name in MODELS for contender in contenders_of(load_model(resource("weights", name)), picture)
    ]
    kinds = {"int8": torch.int8, "bfloat16": torch.bfloat16, "float32": torch.float32}
    peaks = [Contender(name, multiplication(kind)) for name, kind in kinds.items()]
    everything = (*contenders, *peaks)
    for one in everything:
        one.run()
    for _ in range(choice.rounds):
        for one in everything:
            started = time.perf_counter()
            one.run()
            one.seconds.append(time.perf_counter() - started)
    macs = {peak.name: GEMM**3 / min(peak.seconds) for peak in peaks}
    rows: list[Sequence[str]] = [
        ("network", "s a field: median", "min – max", "× faster than the reference", "GMAC", "of the peak")
    ]
    medians = {one.name: one.median for one in contenders}
    rows += [
        (
            *(one.name, f"{one.median:.2f}", f"{min(one.seconds):.2f} – {max(one.seconds):.2f}"),
            *(f"{medians[one.reference] / one.median:.1f}", f"{one.macs / 1e9:.0f}"),
            f"{one.macs / one.median / macs[one.peak]:.0%} of {one.peak}",
        )
        for one in contenders
    ]
    for python in choice.cellpose:
        name, seconds = cellpose(python, picture, min(2, choice.rounds))
        row = (name, f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f} – {max(seconds):.2f}", "–", "–", "–")
        rows.append(row)
    note = (
        f"A field of 1,600 × 1,200 px, cells of {CELL_DIAMETER:.0f} px, resized to the cell size of each network; "
        f"median of {choice.rounds} rounds, all in turn, tiling and everything else left out. The reference: the "
        "architecture and settings of UNet16 (32 filters, interpolating decoder) and UNet11 of the package ternausnet "
        "in eager float32, on the same pixels as ours; int8 keeps the first convolution in floating point. Peak: a "
        f"product of two {GEMM}² matrices on the same cores, best of the rounds: "
        + ", ".join(f"{name} {value / 1e9:.0f} GMAC/s" for name, value in macs.items())
        + f". {processor()}, {physical_cores()} cores in use; OpenVINO {metadata.version('openvino')}. Cellpose's "
        "networks have random weights and run by its own `run_net`, in eager torch, on cells of 30 px."
    )
    write_section("The network alone", rows, note)


def contenders_of(model: Model, picture: NDArray[np.uint8]) -> list[Contender]:
    info = model.info
    scale = info.cell_diameter / CELL_DIAMETER
    small = cv2.resize(picture, (round(WIDTH * scale), round(HEIGHT * scale)), interpolation=cv2.INTER_AREA)
    pixels = pad_to_stride(np.asarray(small, np.uint8), model.info.stride)[None]
    inputs = torch.from_numpy(normalise(pixels[0], info)[None])
    reference = REFERENCES[info.architecture]().eval()
    name = f"reference for {info.name}"
    found = [Contender(name, eager(reference, inputs), work(reference, inputs), reference=name)]
    macs = work(model.network, inputs)

    def add(engine: str, run: Callable[[], object], peak: str = "float32") -> None:
        found.append(Contender(f"{info.name}, {engine}", run, macs, peak, name))

    plain = load_model(resource("weights", info.name)).network
    add("eager float32", eager(plain, inputs))
    torch_engine = TorchEngine(model)
    add("torch", lambda: torch_engine.probabilities(pixels))
    ranges = engine_choice(model, resource("weights", info.name)).ranges
    for precision in reversed(PRECISIONS):
        engine = OpenVinoEngine(to_openvino(model, ranges if precision == "int8" else None), precision)
        peak = {"int8": "int8", "bf16": "bfloat16", "f32": "float32"}[precision]
        add(engine.name, lambda engine=engine: engine.probabilities(pixels), peak)  # type: ignore[misc]
    return found


def eager(network: nn.Module, inputs: torch.Tensor) -> Callable[[], object]:
    @torch.inference_mode()
    def run() -> object:
        return torch.sigmoid(network(inputs))

    return run


def work(network: nn.Module, inputs: torch.Tensor) -> float:
    """Multiplications and additions of its convolutions."""
    total = 0.0

    class Counter(fx.Interpreter):
        def call_module(
            self, target: object, args: tuple[torch.Tensor, ...], kwargs: dict[str, object]
        ) -> torch.Tensor:
            nonlocal total
            module = self.fetch_attr(str(target))
            result: torch.Tensor = module(*args)
            if isinstance(module, nn.Conv2d):
                total += module.weight.numel() * result[0, 0].numel()
            elif isinstance(module, nn.ConvTranspose2d):
                total += module.weight.numel() * args[0][0, 0].numel()
            return result

    with torch.inference_mode():
        Counter(fx.symbolic_trace(network)).run(inputs)
    return total


def multiplication(kind: torch.dtype) -> Callable[[], object]:
    if kind == torch.int8:
        a, b = (torch.randint(-100, 100, (GEMM, GEMM), dtype=kind) for _ in range(2))
        return lambda: torch._int_mm(a, b)
    a, b = (torch.randn(GEMM, GEMM).to(kind) for _ in range(2))
    return lambda: a @ b


def cellpose(python: Path, picture: NDArray[np.uint8], rounds: int) -> tuple[str, list[float]]:
    """In an environment of its own, on the field with cells of 30 px."""
    scale = 30 / CELL_DIAMETER
    size = round(WIDTH * scale), round(HEIGHT * scale)
    script = Path(__file__).with_name("run_cellpose.py")
    content = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8).tobytes()
    command = [str(python), str(script), *map(str, size), str(rounds), str(physical_cores() or 0)]
    done = subprocess.run(command, input=content, stdout=subprocess.PIPE, check=True)
    name, seconds = json.loads(done.stdout.splitlines()[-1])
    return name, seconds


if __name__ == "__main__":
    sys.exit(main())
