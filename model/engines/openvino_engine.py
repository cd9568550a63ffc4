"""OpenVINO runs the network on the CPU, with the processor's instructions for 8-bit integers and bfloat16."""

from __future__ import annotations

import io
import threading
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .engine import SMALL_TILE, physical_cores
from .quiet_openvino import ov

Precision = Literal["int8", "bf16", "f32"]
PRECISIONS: tuple[Precision, ...] = ("int8", "bf16", "f32")
"""From the fastest to the most exact."""


class OpenVinoEngine:
    """`graph`: from `convert.to_openvino`, or from `compiled` on the same processor."""

    batch = 1

    def __init__(self, graph: ov.Model | bytes, precision: Precision) -> None:
        self.name = f"openvino-{precision}"
        self.tile = SMALL_TILE
        core = ov.Core()
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            # Whatever is not computed in integers is computed in bfloat16 if the processor has it.
            "INFERENCE_PRECISION_HINT": "bf16" if precision != "f32" and has_bf16(core) else "f32",
        }
        if cores := physical_cores():
            settings["INFERENCE_NUM_THREADS"] = str(cores)
        load = core.import_model if isinstance(graph, bytes) else core.compile_model
        self._compiled = load(graph, "CPU", settings)
        self._request = self._compiled.create_infer_request()
        self._computing = threading.Lock()

    def compiled(self) -> bytes:
        """The compiled graph; an engine opens from it ten times faster."""
        stream = io.BytesIO()
        self._compiled.export_model(stream)
        return stream.getvalue()

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._computing:
            self._request.infer([np.ascontiguousarray(pictures)])
            return np.array(self._request.get_output_tensor().data, np.float32)


def has_bf16(core: ov.Core) -> bool:
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processor() -> str:
    """Its name and capabilities."""
    core = ov.Core()
    abilities = sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    return f"{core.get_property('CPU', 'FULL_DEVICE_NAME')}, {' '.join(abilities)}"
