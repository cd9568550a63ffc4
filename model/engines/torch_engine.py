"""torch runs the network; in float32 on the CPU it is the reference."""

from __future__ import annotations

import logging
import threading

import numpy as np
import torch
from numpy.typing import NDArray

from ..checkpoint import Model
from ..errors import ModelError
from ..preprocess import normalise
from .engine import LARGE_TILE, SMALL_TILE, physical_cores

GPU_BATCH = 8

log = logging.getLogger(__name__)


class TorchEngine:
    """The reference engine: CUDA or MPS when present, else the CPU.

    A graphics card computes in mixed precision. If it runs out of memory, the batch is halved for good; if a single
    picture does not fit, the CPU takes over. Either is logged as a warning for the user.
    """

    def __init__(self, model: Model, device: torch.device | None = None) -> None:
        self._info = model.info
        self._network = model.network.eval()
        self._computing = threading.Lock()
        self._move_to(device or best_device())

    def _move_to(self, device: torch.device) -> None:
        self.device = device
        on_cpu = device.type == "cpu"
        self.name = "torch" if on_cpu else f"torch-{device.type}"
        self.tile, self.batch = (SMALL_TILE, 1) if on_cpu else (LARGE_TILE, GPU_BATCH)
        # channels last: the convolutions of oneDNN and cuDNN want it (a third faster on the CPU)
        self._network = self._network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._computing:
            return self._all(np.stack([normalise(picture, self._info) for picture in pictures]))

    def _all(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(n, 3, h, w)`, as many at a time as fit into memory."""
        seen: list[NDArray[np.float32]] = []
        done, before = 0, (self.device, self.batch)
        while done < len(inputs):
            try:
                seen.append(self._some(inputs[done : done + self.batch]))
                done += len(seen[-1])
            except RuntimeError as error:
                if self.device.type == "cpu" or not _is_out_of_memory(error):
                    raise
                self._shrink(min(self.batch, len(inputs) - done))
        if before != (self.device, self.batch):
            log.warning(self._shrunk())
        return np.concatenate(seen)

    def _shrink(self, tried: int) -> None:
        """Reduce the batch after `tried` pictures at a time did not fit."""
        if tried > 1:
            self.batch = tried // 2
        else:
            self._move_to(torch.device("cpu"))

    def _shrunk(self) -> ModelError:
        if self.device.type == "cpu":
            return ModelError(
                "The graphics card has too little memory for the model “{model}”, so the processor computes instead. "
                "Finding cells takes longer now.",
                model=self._info.name,
            )
        return ModelError(
            "The graphics card is short of memory, so it gets fewer parts of a picture at a time ({count}). Finding "
            "cells takes a little longer now.",
            count=self.batch,
        )

    @torch.inference_mode()
    def _some(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        tensor = torch.from_numpy(inputs).to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.float16, enabled=self.device.type != "cpu"):
            logits = self._network(tensor)
        logits = logits.float()
        probabilities = torch.sigmoid(logits) if self._info.num_outputs == 1 else torch.softmax(logits, 1)
        return np.ascontiguousarray(probabilities.cpu().numpy())


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)  # the latter is MPS


def best_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def use_physical_cores() -> None:
    """Make torch use as many threads as there are physical cores, if their number is known."""
    if cores := physical_cores():
        torch.set_num_threads(cores)
