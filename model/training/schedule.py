"""Learning rate and early stopping."""

from __future__ import annotations

import math
from collections.abc import Sequence

PATIENT_STEPS = 12
"""With few pictures an epoch is a step or two, and its loss is mostly noise."""


def learning_rate(step: int, steps: int, planned: int, steps_per_epoch: int) -> float:
    """Share of the peak learning rate: a short warm-up, then half a cosine down to zero.

    If the run stops early (`steps` < `planned`), its last epoch takes the rate down to zero.
    """
    warm_up = min(10, max(1, planned // 10))
    if step < warm_up:
        return (step + 1) / warm_up
    rate = 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, planned - warm_up)))
    return rate * min(1.0, (steps - step) / steps_per_epoch) if steps < planned else rate


def stalled(losses: Sequence[float], patience: int, steps_per_epoch: int) -> bool:
    """Whether the loss, one per epoch, has not fallen for `patience` epochs and `PATIENT_STEPS` steps; 0: never.

    The training loss decides: stopping where the holdout looks best would flatter the model.
    """
    if patience:
        patience = max(patience, math.ceil(PATIENT_STEPS / steps_per_epoch))
    return 0 < patience < len(losses) and min(losses[-patience:]) > 0.99 * min(losses[:-patience])
