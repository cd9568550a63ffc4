"""The state of a training run, and what one step, one validation and one epoch do to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..cell_size import cell_diameter_of
from ..checkpoint import Model, save_model
from ..dataset import Dataset, Pair
from ..engines.torch_engine import TorchEngine, best_device
from ..pictures import PictureReader, read_grey, read_pair
from ..preprocess import normalise, working_scale
from ..scoring.evaluate import score_pairs, with_model
from ..scoring.metrics import PictureScore, summary
from . import history
from .crops import Crop, cut_crop
from .distributed import average_gradients, average_statistics, broadcast_from_leader, is_leader, processes, total
from .history import EpochRow
from .losses import objective
from .schedule import learning_rate, stalled
from .settings import TrainSettings
from .unfinished import read_checkpoint, write_checkpoint


class CachedPairReader:
    """Reads pairs and keeps the last eight: a field is 8 MB, a part of a whole slide 270 MB."""

    def __init__(self, classes: int, read: PictureReader, ids: Sequence[int] = ()) -> None:
        self.cached = lru_cache(maxsize=8)(lambda pair: read_pair(pair, classes, read, ids))

    def __call__(self, pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return self.cached(pair)


class TrainingRun:
    """`area`: working-scale px in the training pictures."""

    def __init__(self, model: Model, dataset: Dataset, settings: TrainSettings, output: Path, area: float) -> None:
        self.info, self.dataset, self.settings, self.output = model.info, dataset, settings, output
        self.device = best_device()
        self.network = model.network.to(self.device)
        self.network.freeze(settings.frozen_stages)
        rates = [
            (self.network.encoder_parameters(), settings.encoder_rate),
            (self.network.decoder_parameters(), settings.decoder_rate),
            (list(self.network.head.parameters()), settings.head_rate or settings.decoder_rate),
        ]
        self.optimizer = torch.optim.AdamW(
            [{"params": parameters, "lr": rate, "peak": rate} for parameters, rate in rates], weight_decay=1e-4
        )
        self.step = 0
        self.history: list[EpochRow] = []
        self.loss_sum = self.correct = self.pixels = 0.0
        self.batch = settings.batch * processes()
        self.steps_per_epoch = max(1, round(area / (settings.crop**2 * self.batch)))
        self.steps = self.steps_per_epoch * settings.epochs
        """In all; reduced once the loss no longer falls."""
        self.scores: list[PictureScore] = []

    def resume(self) -> None:
        """Resume from the checkpoint of a run with the same identity, if any. Raises ModelError for any other one."""
        state = broadcast_from_leader(lambda: read_checkpoint(self.output, self.identity))
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.steps = state["step"], state["steps"]
        self.history = [EpochRow(**row) for row in state["history"]]
        self.loss_sum, self.correct, self.pixels = state["sums"]

    def save_checkpoint(self) -> None:
        if is_leader():
            state = {
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "steps": self.steps,
                "history": [asdict(row) for row in self.history],
                "sums": (self.loss_sum, self.correct, self.pixels),
            }
            write_checkpoint(self.output, self.identity, state)

    @property
    def identity(self) -> str:
        """Network, data and settings as text. It identifies unfinished runs on disk, so its wording must not change."""
        info = self.info
        network = f"{info.architecture} {info.decoder} {info.num_filters} {info.classes} {info.cell_diameter}"
        settings, ids = replace(self.settings, batch=self.batch), self.dataset.class_ids
        numbered = "" if list(ids) == list(range(1, len(ids) + 1)) else f" numbered {ids}"
        return f"{network}{numbered} from {info.parent} on {self.dataset.hash} with {settings}"

    def draw(self, reader: CachedPairReader, index: int) -> Crop:
        """Cut crop `index` of the coming step, counted over all processes.

        Pictures take turns, in an order shuffled for each pass over them.
        """
        training = self.dataset.training
        turn, place = divmod(self.step * self.batch + index, len(training))
        order = np.random.default_rng([self.settings.seed, 1, turn]).permutation(len(training))
        pair = training[order[place]]
        picture, mask = reader(pair)
        diameter = cell_diameter_of(pair, mask) or self.info.source_cell_diameter
        return cut_crop(
            picture,
            mask,
            scale=working_scale(self.info, diameter),
            size=self.settings.crop,
            cell_diameter=diameter,
            classes=len(self.info.classes),
            edge=self.info.smallest_at_edge * diameter,
            gap_weight=self.settings.gap_weight,
            rng=np.random.default_rng([self.settings.seed, 2, self.step, index]),
            teacher=read_grey(pair.teacher) if pair.teacher else None,
            corrected=read_grey(pair.corrected) if pair.corrected else None,
        )

    def train_step(self, crops: list[Crop]) -> float:
        """Take one optimiser step on the crops of all processes, `crops` being this one's.

        Return the mean cross-entropy per pixel.
        """
        planned = self.steps_per_epoch * self.settings.epochs
        rate = learning_rate(self.step, self.steps, planned, self.steps_per_epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        batch = torch.from_numpy(np.stack([normalise(crop.picture, self.info) for crop in crops])).to(self.device)
        target = torch.from_numpy(np.stack([crop.target for crop in crops])[:, None]).to(self.device)
        weight = torch.from_numpy(np.stack([crop.weight for crop in crops])[:, None]).to(self.device)
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        with _mixed_precision(self.device):
            logits = self.network(batch)
        logits = logits.float()
        objective(logits, target, weight).backward()  # type: ignore[no-untyped-call]
        average_gradients(self.network.parameters())
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        average_statistics(self.network)
        self.step += 1
        return self._record(logits.detach(), target)

    def _record(self, logits: torch.Tensor, target: torch.Tensor) -> float:
        functional = torch.nn.functional
        if logits.shape[1] == 1:
            loss = float(functional.binary_cross_entropy_with_logits(logits, target))
            correct = int(((logits > 0) == (target > 0.5)).sum())
        else:
            loss = float(functional.cross_entropy(logits, target[:, 0].long()))
            correct = int((logits.argmax(1) == target[:, 0]).sum())
        pixels = target.numel()
        sums = total(loss * pixels, correct, pixels)
        self.loss_sum += sums[0]
        self.correct += sums[1]
        self.pixels += sums[2]
        return sums[0] / sums[2]

    def validate(
        self, reader: CachedPairReader, cancelled: Callable[[], bool], most: int | None = None
    ) -> list[PictureScore] | None:
        """Score the model on the holdout, or on the first `most` pictures of it.

        None if `cancelled()`; the run then resumes from its last checkpoint.
        """
        engine = TorchEngine(Model(self.info, self.network), self.device)
        scores: list[PictureScore] = []
        for score in score_pairs(with_model(engine, self.info), self.dataset.holdout[:most], reader):
            if cancelled():
                return None
            scores.append(score)
        # The engine laid the weights out for inference; backward is faster, and resuming exact, in the plain layout.
        self.network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        return scores

    def finish_epoch(self, scores: list[PictureScore], seconds: float) -> EpochRow:
        """Write a checkpoint, then the model: a model without a checkpoint would pass for that of a finished run."""
        figures = summary(scores)
        row = EpochRow(
            epoch=len(self.history) + 1,
            accuracy=self.correct / self.pixels,
            loss=self.loss_sum / self.pixels,
            val_accuracy=figures["pixel_accuracy"],
            val_loss=figures["loss"],
            val_dice=figures["dice"],
            val_jaccard=figures["jaccard"],
            val_f1=figures["object_f1"],
            seconds=seconds,
        )
        self.loss_sum = self.correct = self.pixels = 0.0
        self.history.append(row)
        if stalled([row.loss for row in self.history], self.settings.patience, self.steps_per_epoch):
            self.steps = min(self.steps, self.step + self.steps_per_epoch)
        self.save_checkpoint()
        self.write(scores)
        return row

    def write(self, scores: list[PictureScore]) -> None:
        """Write the model with its metrics, the history and the curves."""
        self.scores = scores
        if not is_leader():
            return
        info = replace(self.info, metrics={name: round(value, 5) for name, value in summary(scores).items()})
        save_model(Model(info, self.network), self.output)
        history.write(self.output, self.history)


def _mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 if the hardware is faster with it: CUDA, and CPUs with instructions for it."""
    fast = device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
    return torch.autocast(device.type if fast else "cpu", torch.bfloat16, enabled=fast)
