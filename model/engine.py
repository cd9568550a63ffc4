"""What runs the network. One small interface; torch is the reference."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from .checkpoint import Model


class Engine(Protocol):
    name: str

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalised `(n, 3, h, w)` to probabilities `(n, outputs, h, w)`, h and w multiples of the stride."""


class TorchEngine:
    """The reference engine: CUDA or MPS when present, else the CPU."""

    name = "torch"

    def __init__(self, model: Model, device: torch.device | None = None) -> None:
        self.device = device or best_device()
        self._one_class = model.info.num_outputs == 1
        # channels last: the convolutions of oneDNN and cuDNN want it (a third faster on the CPU)
        network = model.network.eval().to(self.device)
        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        tensor = torch.from_numpy(batch).to(self.device).contiguous(memory_format=torch.channels_last)
        logits = self._network(tensor).float()
        probabilities = torch.sigmoid(logits) if self._one_class else torch.softmax(logits, 1)
        return np.ascontiguousarray(probabilities.cpu().numpy())


def best_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
