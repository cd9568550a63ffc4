"""A small network of another kind than TernausNet: BatchNorm, an attention gate, no VGG names, a stride of 8."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from model.networks import Decoder, NetworkRow
from model.networks.network import Network

ROW = NetworkRow(f"{__name__}:AttentionNetwork", stride=8)


def convolved(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False), nn.BatchNorm2d(out_channels), nn.LeakyReLU(0.1)
    )


class AttentionNetwork(Network):
    head_name = "classifier"

    def __init__(self, num_classes: int = 1, num_filters: int = 4, decoder: Decoder = "deconv") -> None:
        super().__init__()
        n = num_filters
        widths = (3, n, 2 * n, 4 * n, 8 * n)
        self.down = nn.ModuleList(convolved(*pair) for pair in itertools.pairwise(widths))
        self.up = nn.ModuleList([convolved(12 * n, 4 * n), convolved(6 * n, 2 * n), convolved(3 * n, n)])
        self.gates = nn.ModuleList([nn.Conv2d(12 * n, 1, 1), nn.Conv2d(6 * n, 1, 1), nn.Conv2d(3 * n, 1, 1)])
        self.classifier = nn.Conv2d(n, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips: list[Tensor] = []
        for stage in self.down:
            x = stage(nn.functional.max_pool2d(x, 2) if skips else x)
            skips.append(x)
        for up, gate, skip in zip(self.up, self.gates, reversed(skips[:-1]), strict=True):
            coarse = nn.functional.interpolate(x, size=skip.shape[2:], mode="bilinear")
            attention = torch.sigmoid(gate(torch.cat([coarse, skip], 1)))
            x = up(torch.cat([coarse, skip * attention], 1))
        logits: Tensor = self.classifier(x)
        return logits

    def encoder_stages(self) -> Sequence[Sequence[nn.Module]]:
        return [[stage] for stage in self.down]
