"""The training loop: learning rate → forward, backward, step → checkpoint → validation, as events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..checkpoint import Model, save_model
from ..dataset import Crop, Dataset, Pair, PictureReader, cell_diameter_of, cut_crop, read_grey, read_pair, read_picture
from ..engines.torch_engine import TorchEngine, best_device
from ..errors import ModelError
from ..files import make_folder
from ..info import ModelInfo, read_info
from ..networks.ternausnet import decoder_parameters, encoder_parameters
from ..preprocess import normalise, working_scale
from ..scoring.evaluate import score_pairs, with_model
from ..scoring.metrics import PictureScore, summary
from . import history
from .distributed import average_gradients, leads, led, own_share, processes, total
from .history import EpochRow
from .losses import objective
from .measure import measured
from .schedule import learning_rate, stalled
from .unfinished import read_checkpoint, remove_checkpoint, write_checkpoint


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """`crop` in working-scale px. An epoch shows as many crop pixels as the training pictures hold.

    `batch`: crops in a step, of each process where several train together (`distributed`).
    `frozen_stages`: how many stages of the encoder stay as they are. The first two know edges and colours from other
    pictures; leaving them alone saves a third of a step on a CPU.
    `checkpoint_every`: steps; besides, one is written after every epoch. It is five times the model's size.
    `head_rate`: of the last layer, where the classes are told apart; 0: as the decoder.
    `patience`: the run ends after one more epoch once the loss has not fallen for so many; 0: never before its time.
    `watched`: how many holdout pictures are looked at after every epoch; 0: all, as at the end in any case.
    """

    epochs: int = 4
    seed: int = 0
    batch: int = 4
    crop: int = 256
    encoder_rate: float = 1e-4
    decoder_rate: float = 3e-4
    head_rate: float = 0.0
    gap_weight: float = 2.0
    frozen_stages: int = 0
    checkpoint_every: int = 10
    patience: int = 0
    watched: int = 0

    def gentler(self) -> TrainSettings:
        """For fine-tuning: lower learning rates, above all of the encoder, so that what the parent knows stays."""
        return replace(self, encoder_rate=self.encoder_rate / 10, decoder_rate=self.decoder_rate / 3, frozen_stages=2)


@dataclass(frozen=True, slots=True)
class StepDone:
    step: int
    steps: int
    loss: float
    seconds: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    row: EpochRow
    epochs: int


@dataclass(frozen=True, slots=True)
class Trained:
    """The model is on disk; `scores` are those of its holdout pictures."""

    info: ModelInfo
    scores: tuple[PictureScore, ...]
    history: tuple[EpochRow, ...]


def train(
    model: Model,
    dataset: Dataset,
    output: Path,
    settings: TrainSettings,
    *,
    read: PictureReader = read_picture,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[StepDone | EpochDone | Trained]:
    """Train `model` in place and write `output`: weights, model.json, history.csv, curves.png, anew after each epoch.

    The last epoch's weights stay, not those of the epoch that did best on the holdout: chosen by it, they would look
    better on it than they are. An interrupted run that is started again with the same arguments goes on from its last
    checkpoint, which is removed when the caller asks for more than `Trained`. Stops between steps and between
    validation pictures once `cancelled()`. The random numbers of a step depend on the seed and the step alone, so the
    same seed gives the same weights, interrupted or not. Of several processes the first alone reads and writes in
    `output`, validates, and says `Trained`. Raises ModelError for unusable files.
    """
    if led(lambda: (dataset.hash, settings)) != (dataset.hash, settings):
        raise ModelError(
            "The machines have been given different pictures or settings. Start the same command on all of them, with "
            "the same pictures."
        )
    led(lambda: make_folder(output))
    reader = _PairReader(len(model.info.classes), read, dataset.class_ids)
    info, area = led(lambda: measured(model.info, dataset))
    run = _Run(led(lambda: replace(model, info=info)), dataset, settings, output, area)
    run.resume()
    started = time.monotonic()
    while run.step < run.steps:
        if led(cancelled):
            run.save_checkpoint()
            return
        crops = [run.draw(reader, index) for index in own_share(settings.batch)]
        loss = run.train_step(crops)
        yield StepDone(run.step, run.steps, loss, time.monotonic() - started)
        if run.step % run.steps_per_epoch == 0:
            scores = led(lambda: run.validate(reader, cancelled, settings.watched or None))
            if scores is None:
                return
            row = run.finish_epoch(scores, time.monotonic() - started)
            yield EpochDone(row, run.steps // run.steps_per_epoch)
            started = time.monotonic()
        elif settings.checkpoint_every and run.step % settings.checkpoint_every == 0:
            run.save_checkpoint()
    # It was stopped after its last checkpoint, perhaps before the model was written; or only some were looked at.
    if len(run.scores) < len(dataset.holdout):
        scores = led(lambda: run.validate(reader, cancelled))
        if scores is None:
            return
        run.write(scores)
    if leads():
        yield Trained(read_info(output), tuple(run.scores), tuple(run.history))
        remove_checkpoint(output)


def step_seconds(model: Model, settings: TrainSettings) -> float:
    """How long a step of training takes on this machine, tried with a part of one on noise. Spoils the model."""
    run = _Run(model, Dataset((), (), ""), settings, Path(), 0.0)
    rng = np.random.default_rng(0)
    side = settings.crop // 2
    noise = Crop(rng.integers(256, size=(side, side, 3), dtype=np.uint8), *rng.random((2, side, side), np.float32))
    run.train_step([noise])  # the first one is slow: torch chooses its kernels and memory grows
    started = time.monotonic()
    run.train_step([noise] * settings.batch)
    return (time.monotonic() - started) * (settings.crop / side) ** 2


class _PairReader:
    """Reads pairs, keeping the last few: a field is 8 MB, a piece of a whole slide 270 MB, and a step takes seconds."""

    def __init__(self, classes: int, read: PictureReader, ids: Sequence[int] = ()) -> None:
        self.cached = lru_cache(maxsize=8)(lambda pair: read_pair(pair, classes, read, ids))

    def __call__(self, pair: Pair) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return self.cached(pair)


class _Run:
    """The state that a checkpoint holds, and what a step does to it. `area`: working-scale px to learn from."""

    def __init__(self, model: Model, dataset: Dataset, settings: TrainSettings, output: Path, area: float) -> None:
        self.info, self.dataset, self.settings, self.output = model.info, dataset, settings, output
        self.device = best_device()
        self.network = model.network.to(self.device)
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(not name.startswith(tuple(f"conv{n + 1}" for n in range(settings.frozen_stages))))
        rates = [
            (encoder_parameters(self.network), settings.encoder_rate),
            (decoder_parameters(self.network), settings.decoder_rate),
            (list(self.network.final.parameters()), settings.head_rate or settings.decoder_rate),
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
        """until the end; fewer once the loss does not fall any more"""
        self.scores: list[PictureScore] = []

    def resume(self) -> None:
        """Go on from the checkpoint of a run with the same data and settings. Raises ModelError for any other one."""
        state = led(lambda: read_checkpoint(self.output, self._identity()))
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.steps = state["step"], state["steps"]
        self.history = [EpochRow(**row) for row in state["history"]]
        self.loss_sum, self.correct, self.pixels = state["sums"]

    def save_checkpoint(self) -> None:
        if leads():
            state = {
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "steps": self.steps,
                "history": [asdict(row) for row in self.history],
                "sums": (self.loss_sum, self.correct, self.pixels),
            }
            write_checkpoint(self.output, self._identity(), state)

    def _identity(self) -> str:
        info = self.info
        network = f"{info.architecture} {info.decoder} {info.num_filters} {info.classes} {info.cell_diameter}"
        settings, ids = replace(self.settings, batch=self.batch), self.dataset.class_ids
        numbered = "" if list(ids) == list(range(1, len(ids) + 1)) else f" numbered {ids}"
        return f"{network}{numbered} from {info.parent} on {self.dataset.hash} with {settings}"

    def draw(self, reader: _PairReader, index: int) -> Crop:
        """Crop `index` of the coming step, counted over all processes.

        The pictures take turns in an order shuffled anew for every round.
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
        """One step of the optimiser on this process's crops and those of the others.

        Returns the mean cross-entropy per pixel, as the history reports it.
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
        self, reader: _PairReader, cancelled: Callable[[], bool], most: int | None = None
    ) -> list[PictureScore] | None:
        """Scores on the holdout, or on the first `most` pictures of it.

        None once `cancelled()`; the run then goes on from its last checkpoint.
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
        """Write a checkpoint, then the epoch's model: without the one, the other would pass for a finished run's."""
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
        """Write the model with its figures, the history and its curves."""
        self.scores = scores
        if not leads():
            return
        info = replace(self.info, metrics={name: round(value, 5) for name, value in summary(scores).items()})
        save_model(Model(info, self.network), self.output)
        history.write(self.output, self.history)


def _mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where the hardware gains from it: CUDA, and CPUs with instructions for it."""
    fast = device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
    return torch.autocast(device.type if fast else "cpu", torch.bfloat16, enabled=fast)
