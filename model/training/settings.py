"""How a model is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace


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
