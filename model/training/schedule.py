"""When a training run ends, and how fast it learns until then."""

from __future__ import annotations

import math
from collections.abc import Sequence

PATIENT_STEPS = 12
"""Of few pictures an epoch is a step or two, whose loss is chance."""


def learning_rate(step: int, steps: int, planned: int, steps_per_epoch: int) -> float:
    """Share of the peak learning rate: a short warm-up, then half a cosine down to zero.

    Where the run ends before its time (`steps` < `planned`), its last epoch takes the rate down to zero.
    """
    warm_up = min(10, max(1, planned // 10))
    if step < warm_up:
        return (step + 1) / warm_up
    rate = 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, planned - warm_up)))
    return rate * min(1.0, (steps - step) / steps_per_epoch) if steps < planned else rate


def stalled(losses: Sequence[float], patience: int, steps_per_epoch: int) -> bool:
    """Whether the loss, one for each epoch, has not fallen for `patience` of them, nor for `PATIENT_STEPS`; 0: never.

    Told by what is learnt from: stopping where it does well on the test pictures would flatter the model.
    """
    if patience:
        patience = max(patience, math.ceil(PATIENT_STEPS / steps_per_epoch))
    return 0 < patience < len(losses) and min(losses[-patience:]) > 0.99 * min(losses[:-patience])
