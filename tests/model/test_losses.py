from __future__ import annotations

import cv2
import numpy as np
import torch

from model.losses import gaps, objective


def test_the_line_between_touching_cells_is_a_gap_and_open_ground_is_not() -> None:
    mask = np.zeros((80, 120), np.uint8)
    cv2.circle(mask, (38, 40), 20, 1, -1)
    cv2.circle(mask, (81, 40), 20, 1, -1)
    gap = gaps(mask > 0, cell_diameter=40)
    assert gap[40, 59] == 255  # 2 px between the cells
    assert gap[5, 5] == gap[40, 110] == 0
    assert not (gap[mask > 0]).any()


def test_a_better_prediction_costs_less() -> None:
    target = torch.zeros(1, 1, 8, 8)
    target[..., 2:6, 2:6] = 1
    gap = torch.zeros_like(target)
    good, bad = (target * 2 - 1) * 4, (target * 2 - 1) * -4
    assert objective(good, target, gap) < objective(torch.zeros_like(target), target, gap) < objective(bad, target, gap)


def test_a_filled_gap_costs_more_than_other_background() -> None:
    target, gap = torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    gap[..., 4] = 1
    logits = torch.full_like(target, -4.0)
    in_gap, elsewhere = logits.clone(), logits.clone()
    in_gap[..., 4], elsewhere[..., 1] = 4.0, 4.0
    assert objective(in_gap, target, gap) > objective(elsewhere, target, gap)


def test_several_classes() -> None:
    target = torch.tensor([[[[0.0, 1.0], [2.0, 0.0]]]])
    logits = torch.nn.functional.one_hot(target[:, 0].long(), 3).permute(0, 3, 1, 2) * 8.0
    assert objective(logits, target, torch.zeros_like(target)) < objective(-logits, target, torch.zeros_like(target))
