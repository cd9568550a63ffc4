"""The network on the CPU by OpenVINO, which uses what the processor has for 8-bit integers and bfloat16."""

from __future__ import annotations

import threading
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .checkpoint import Model
from .convert import Ranges, to_openvino
from .engine import SMALL_TILE, physical_cores
from .quiet_openvino import ov

Precision = Literal["int8", "bf16", "f32"]


class OpenVinoEngine:
    batch = 1

    def __init__(self, model: Model, precision: Precision, ranges: Ranges) -> None:
        self.name = f"openvino-{precision}"
        self.tile = SMALL_TILE
        core = ov.Core()
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            # What is not in integers is in bfloat16, where the processor has it.
            "INFERENCE_PRECISION_HINT": "bf16" if precision != "f32" and has_bf16(core) else "f32",
        }
        if cores := physical_cores():
            settings["INFERENCE_NUM_THREADS"] = str(cores)
        graph = to_openvino(model, ranges if precision == "int8" else None)
        self._request = core.compile_model(graph, "CPU", settings).create_infer_request()
        self._computing = threading.Lock()

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._computing:
            self._request.infer([np.ascontiguousarray(pictures)])
            return np.array(self._request.get_output_tensor().data, np.float32)


def has_bf16(core: ov.Core) -> bool:
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processor() -> str:
    """Its name, and what it can do."""
    core = ov.Core()
    abilities = sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    return f"{core.get_property('CPU', 'FULL_DEVICE_NAME')}, {' '.join(abilities)}"
