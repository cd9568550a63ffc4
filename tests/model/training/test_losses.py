from __future__ import annotations

import cv2
import numpy as np
import torch

from model.training.losses import gaps, objective


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
    weight = torch.ones_like(target)
    losses = [objective((target * 2 - 1) * logit, target, weight) for logit in (4, 0, -4)]
    assert losses == sorted(losses)


def test_a_heavier_pixel_costs_more_and_one_without_weight_nothing() -> None:
    target, weight = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    weight[..., 4], weight[..., 6] = 5, 0
    logits = torch.full_like(target, -4.0)
    heavy, usual, none = logits.clone(), logits.clone(), logits.clone()
    heavy[..., 4], usual[..., 1], none[..., 6] = 4.0, 4.0, 4.0
    assert objective(heavy, target, weight) > objective(usual, target, weight) > objective(none, target, weight)
    assert objective(none, target, weight) == objective(logits, target, weight)


def test_a_class_that_is_rare_weighs_as_much_as_one_that_is_not() -> None:
    target = torch.zeros(1, 1, 20, 20)
    target[..., :10] = 1
    target[..., 0, 19] = 2
    right = torch.nn.functional.one_hot(target[:, 0].long(), 3).permute(0, 3, 1, 2) * 20.0
    without_rare, without_half = right.clone(), right.clone()
    without_rare[..., 0, 19] = torch.tensor([20.0, 0, 0])
    without_half[..., 0, 0] = torch.tensor([20.0, 0, 0])
    weight = torch.ones_like(target)
    assert objective(without_rare, target, weight) > objective(without_half, target, weight) + 0.2


def test_several_classes() -> None:
    target = torch.tensor([[[[0.0, 1.0], [2.0, 0.0]]]])
    logits = torch.nn.functional.one_hot(target[:, 0].long(), 3).permute(0, 3, 1, 2) * 8.0
    assert objective(logits, target, torch.ones_like(target)) < objective(-logits, target, torch.ones_like(target))
