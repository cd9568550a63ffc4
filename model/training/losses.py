"""The training objective: cross-entropy plus soft Dice, and the planes it is made of."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from .distributed import summed


def gaps(foreground: NDArray[np.bool_], cell_diameter: float) -> NDArray[np.uint8]:
    """255 on background that a closing by a sixth of a cell would fill: the lines that part touching cells.

    The idea of the border weight of U-Net (Ronneberger et al. 2015, eq. 2) at the price of one morphological closing.
    """
    side = max(3, round(cell_diameter / 6) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    mask = foreground.astype(np.uint8) * 255
    return np.asarray(cv2.subtract(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel), mask), np.uint8)


def objective(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy of the pixels times `weight`, plus `1 − soft Dice` of the pixels of any weight.

    One output: `logits`, `target`, `weight` are `(n, 1, h, w)`, target in 0…1 (a pixel that a border crosses holds the
    covered share). Several outputs: `target` `(n, 1, h, w)` holds class ids.
    """
    counted = weight.clamp(max=1)
    if logits.shape[1] == 1:
        cross_entropy = F.binary_cross_entropy_with_logits(logits, target, weight)
        return cross_entropy + 1 - _soft_dice(torch.sigmoid(logits) * counted, target * counted)
    classes = target[:, 0].long()
    cross_entropy = (F.cross_entropy(logits, classes, reduction="none") * weight[:, 0]).mean()
    one_hot = F.one_hot(classes, logits.shape[1]).permute(0, 3, 1, 2).to(logits.dtype)
    probabilities = torch.softmax(logits, 1)
    return cross_entropy + 1 - _soft_dice(probabilities[:, 1:] * counted, one_hot[:, 1:] * counted)


def _soft_dice(probabilities: Tensor, target: Tensor) -> Tensor:
    """Over the batch of all processes, so that a crop without cells does not weigh as much as one full of them; the
    mean of the classes, so that a rare one weighs as much as a common one.
    """
    overlap, both = (plane.sum((0, 2, 3)) for plane in (probabilities * target, probabilities + target))
    overlap, both = summed(torch.stack([overlap, both]))
    dice: Tensor = (2 * overlap + 1) / (both + 1)
    return dice.mean()
