"""TernausNet after Iglovikov & Shvets 2018 (arXiv 1801.05746): a U-Net whose encoder is a VGG network.

Module and parameter names are those of the reference implementation (`ternausnet` on PyPI: `UNet11`, `UNet16`), so
that its weights load (`foreign.py`). The reference keeps each encoder layer under two names, `encoder.N` and `convK`;
here only `convK` is kept. Its `UNet11` knows one output, 32 filters and transposed convolution only; here both networks
take any number of outputs and filters and either decoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from . import Decoder
from .network import ForeignWeights, Network


class ConvRelu(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.activation(self.conv(x))
        return activated


class DecoderBlock(nn.Module):
    """Doubles height and width: convolution, then a transposed convolution or, before two convolutions, bilinear."""

    def __init__(self, in_channels: int, middle_channels: int, out_channels: int, upsample: nn.Module | None) -> None:
        super().__init__()
        self.block = (
            nn.Sequential(
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
                ConvRelu(in_channels, middle_channels),
                ConvRelu(middle_channels, out_channels),
            )
            if upsample is None
            else nn.Sequential(ConvRelu(in_channels, middle_channels), upsample, nn.ReLU(inplace=True))
        )

    def forward(self, x: Tensor) -> Tensor:
        doubled: Tensor = self.block(x)
        return doubled


class TernausNet(Network):
    """What both depths share: the head, the decoder's wiring and the names of the reference implementation."""

    head_name = "final"
    vgg_layers: ClassVar[dict[str, int]]
    """torchvision's index in `features` of each convolution, in the order of ours."""
    pool: nn.MaxPool2d
    center: DecoderBlock
    dec5: DecoderBlock
    dec4: DecoderBlock
    dec3: DecoderBlock
    dec2: DecoderBlock
    dec1: ConvRelu
    final: nn.Conv2d

    @classmethod
    def vgg_names(cls) -> dict[str, str]:
        kinds = ("weight", "bias")
        return {f"{ours}.{kind}": f"{index}.{kind}" for ours, index in cls.vgg_layers.items() for kind in kinds}

    @classmethod
    def read_foreign(cls, state: Mapping[str, Tensor]) -> ForeignWeights | None:
        """Those of the reference implementation, or of ours. Raises ValueError for a head that is no convolution."""
        own = {name: tensor for name, tensor in state.items() if not name.startswith("encoder.")}
        if not {next(iter(cls.vgg_names())), "final.weight"} <= own.keys():
            return None
        _, num_filters, _, _ = own["final.weight"].shape
        decoder: Decoder = "deconv" if "center.block.1.weight" in own else "interpolate"
        copies = {f"encoder.{index}": ours for ours, index in cls.vgg_names().items()}
        return ForeignWeights(num_filters, decoder, own, {copy: copies[copy] for copy in copies if copy in state})

    def _decode(self, conv1: Tensor, conv2: Tensor, conv3: Tensor, conv4: Tensor, conv5: Tensor) -> Tensor:
        center = self.center(self.pool(conv5))
        dec5 = self.dec5(torch.cat([center, conv5], 1))
        dec4 = self.dec4(torch.cat([dec5, conv4], 1))
        dec3 = self.dec3(torch.cat([dec4, conv3], 1))
        dec2 = self.dec2(torch.cat([dec3, conv2], 1))
        dec1 = self.dec1(torch.cat([dec2, conv1], 1))
        logits: Tensor = self.final(dec1)
        return logits


_SHARED_WITH_16 = ("conv1.0", "conv2.0", "conv3.0", "conv3.2", "conv4.0", "conv4.2", "conv5.0", "conv5.2")
"""What TernausNet16 calls the encoder layers of TernausNet11, in the order of these."""


class TernausNet11(TernausNet):
    """VGG11 encoder (figure 1 of the paper); decoder by transposed convolution or by bilinear interpolation."""

    vgg_layers: ClassVar[dict[str, int]] = {
        "conv1": 0,
        "conv2": 3,
        "conv3s": 6,
        "conv3": 8,
        "conv4s": 11,
        "conv4": 13,
        "conv5s": 16,
        "conv5": 18,
    }

    def __init__(self, num_classes: int = 1, num_filters: int = 32, decoder: Decoder = "deconv") -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2, 2)
        self.relu = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1)
        self.conv2 = nn.Conv2d(64, 128, 3, padding=1)
        self.conv3s = nn.Conv2d(128, 256, 3, padding=1)
        self.conv3 = nn.Conv2d(256, 256, 3, padding=1)
        self.conv4s = nn.Conv2d(256, 512, 3, padding=1)
        self.conv4 = nn.Conv2d(512, 512, 3, padding=1)
        self.conv5s = nn.Conv2d(512, 512, 3, padding=1)
        self.conv5 = nn.Conv2d(512, 512, 3, padding=1)

        def up(in_channels: int, middle: int, out: int) -> DecoderBlock:
            deconv = None
            if decoder == "deconv":
                deconv = nn.ConvTranspose2d(middle, out, 3, stride=2, padding=1, output_padding=1)
            return DecoderBlock(in_channels, middle, out, deconv)

        n = num_filters
        self.center = up(512, n * 16, n * 8)
        self.dec5 = up(512 + n * 8, n * 16, n * 8)
        self.dec4 = up(512 + n * 8, n * 16, n * 4)
        self.dec3 = up(256 + n * 4, n * 8, n * 2)
        self.dec2 = up(128 + n * 2, n * 4, n)
        self.dec1 = ConvRelu(64 + n, n)
        self.final = nn.Conv2d(n, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        conv1 = self.relu(self.conv1(x))
        conv2 = self.relu(self.conv2(self.pool(conv1)))
        conv3 = self.relu(self.conv3(self.relu(self.conv3s(self.pool(conv2)))))
        conv4 = self.relu(self.conv4(self.relu(self.conv4s(self.pool(conv3)))))
        conv5 = self.relu(self.conv5(self.relu(self.conv5s(self.pool(conv4)))))
        return self._decode(conv1, conv2, conv3, conv4, conv5)

    def encoder_stages(self) -> Sequence[Sequence[nn.Module]]:
        return (
            (self.conv1,),
            (self.conv2,),
            (self.conv3s, self.conv3),
            (self.conv4s, self.conv4),
            (self.conv5s, self.conv5),
        )

    def state_of(self, other: Network) -> Mapping[str, Tensor]:
        """Of a TernausNet16 only those layers of each encoder stage that are here too."""
        state = other.state_dict()
        if not isinstance(other, TernausNet16):
            return state
        shared = dict(zip(self.vgg_layers, _SHARED_WITH_16, strict=True))
        return {
            f"{ours}.{kind}": state[f"{theirs}.{kind}"]
            for ours, theirs in shared.items()
            for kind in ("weight", "bias")
        }


class TernausNet16(TernausNet):
    """VGG16 encoder; decoder by transposed convolution or by bilinear interpolation."""

    vgg_layers: ClassVar[dict[str, int]] = {
        "conv1.0": 0,
        "conv1.2": 2,
        "conv2.0": 5,
        "conv2.2": 7,
        "conv3.0": 10,
        "conv3.2": 12,
        "conv3.4": 14,
        "conv4.0": 17,
        "conv4.2": 19,
        "conv4.4": 21,
        "conv5.0": 24,
        "conv5.2": 26,
        "conv5.4": 28,
    }

    def __init__(self, num_classes: int = 1, num_filters: int = 32, decoder: Decoder = "deconv") -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2, 2)
        self.conv1 = _vgg_stage(3, 64, 2)
        self.conv2 = _vgg_stage(64, 128, 2)
        self.conv3 = _vgg_stage(128, 256, 3)
        self.conv4 = _vgg_stage(256, 512, 3)
        self.conv5 = _vgg_stage(512, 512, 3)

        def up(in_channels: int, middle: int, out: int) -> DecoderBlock:
            deconv = nn.ConvTranspose2d(middle, out, 4, stride=2, padding=1) if decoder == "deconv" else None
            return DecoderBlock(in_channels, middle, out, deconv)

        n = num_filters
        self.center = up(512, n * 16, n * 8)
        self.dec5 = up(512 + n * 8, n * 16, n * 8)
        self.dec4 = up(512 + n * 8, n * 16, n * 8)
        self.dec3 = up(256 + n * 8, n * 8, n * 2)
        self.dec2 = up(128 + n * 2, n * 4, n)
        self.dec1 = ConvRelu(64 + n, n)
        self.final = nn.Conv2d(n, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        conv1 = self.conv1(x)
        conv2 = self.conv2(self.pool(conv1))
        conv3 = self.conv3(self.pool(conv2))
        conv4 = self.conv4(self.pool(conv3))
        conv5 = self.conv5(self.pool(conv4))
        return self._decode(conv1, conv2, conv3, conv4, conv5)

    def encoder_stages(self) -> Sequence[Sequence[nn.Module]]:
        return (self.conv1,), (self.conv2,), (self.conv3,), (self.conv4,), (self.conv5,)


def _vgg_stage(in_channels: int, out_channels: int, convolutions: int) -> nn.Sequential:
    """Convolutions at indices 0, 2, 4 with a ReLU after each, as the reference names them."""
    layers: list[nn.Module] = []
    for index in range(convolutions):
        layers += [
            nn.Conv2d(in_channels if index == 0 else out_channels, out_channels, 3, padding=1),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


def _decode(net: TernausNet, conv1: Tensor, conv2: Tensor, conv3: Tensor, conv4: Tensor, conv5: Tensor) -> Tensor:
    center = net.center(net.pool(conv5))
    dec5 = net.dec5(torch.cat([center, conv5], 1))
    dec4 = net.dec4(torch.cat([dec5, conv4], 1))
    dec3 = net.dec3(torch.cat([dec4, conv3], 1))
    dec2 = net.dec2(torch.cat([dec3, conv2], 1))
    dec1 = net.dec1(torch.cat([dec2, conv1], 1))
    logits: Tensor = net.final(dec1)
    return logits
