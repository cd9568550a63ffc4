"""How a model is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """`crop` in working-scale px. An epoch covers as many crop pixels as the training pictures have.

    `batch`: crops per step and process (`distributed`).
    `frozen_stages`: how many encoder stages are not trained. The first two know edges and colours from other pictures;
    freezing them saves a third of a step on a CPU.
    `checkpoint_every`: steps; one more is written after every epoch. A checkpoint is five times the model's size.
    `head_rate`: learning rate of the last layer; 0: that of the decoder.
    `patience`: epochs without a fall of the loss after which one last epoch follows; 0: never stop early.
    `watched`: how many holdout pictures are scored after every epoch; 0: all, as always at the end.
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
        """For fine-tuning: lower learning rates, above all in the encoder, so that the parent's knowledge is kept."""
        return replace(self, encoder_rate=self.encoder_rate / 10, decoder_rate=self.decoder_rate / 3, frozen_stages=2)
