from __future__ import annotations

import itertools
from typing import get_args

import pytest
import torch

from model.networks import NETWORKS, Decoder
from model.networks.ternausnet import TernausNet, TernausNet11, TernausNet16

BY_NAME: dict[str, type[TernausNet]] = {"ternausnet11": TernausNet11, "ternausnet16": TernausNet16}
ALL = list(itertools.product(BY_NAME, get_args(Decoder)))


@pytest.mark.parametrize(("architecture", "decoder"), ALL)
@pytest.mark.parametrize("num_classes", [1, 3])
def test_gives_one_logit_per_pixel_and_class(architecture: str, decoder: Decoder, num_classes: int) -> None:
    network = BY_NAME[architecture](num_classes, 2, decoder)
    stride = NETWORKS[architecture].stride
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 2 * stride, 3 * stride)).shape == (1, num_classes, 2 * stride, 3 * stride)


@pytest.mark.parametrize(
    ("architecture", "decoder", "names"),
    [
        (
            "ternausnet11",
            "deconv",
            ["conv1.weight", "conv3s.bias", "center.block.0.conv.weight", "dec5.block.1.weight"],
        ),
        ("ternausnet16", "deconv", ["conv1.0.weight", "conv5.4.bias", "dec2.block.0.conv.weight", "dec2.block.1.bias"]),
        ("ternausnet16", "interpolate", ["conv1.2.weight", "dec4.block.1.conv.weight", "dec4.block.2.conv.bias"]),
    ],
)
def test_parameters_are_named_as_in_the_reference(architecture: str, decoder: Decoder, names: list[str]) -> None:
    state = BY_NAME[architecture](num_filters=2, decoder=decoder).state_dict()
    assert set(names) | {"dec1.conv.weight", "final.weight"} <= set(state)


def test_channels_of_the_reference_with_32_filters() -> None:
    """The shapes of the reference implementation's UNet16(is_deconv=True)."""
    state = TernausNet16(num_filters=32).state_dict()
    shapes = {name: tuple(state[f"{name}.weight"].shape) for name in ("dec5.block.0.conv", "dec3.block.1", "dec1.conv")}
    assert shapes == {
        "dec5.block.0.conv": (512, 768, 3, 3),
        "dec3.block.1": (256, 64, 4, 4),
        "dec1.conv": (32, 96, 3, 3),
    }


def test_encoder_takes_vgg_weights_under_torchvisions_names() -> None:
    network = TernausNet11(num_filters=2)
    vgg = {"classifier.0.weight": torch.zeros(10, 4)}
    for index, (weight, bias) in zip((0, 3, 6, 8, 11, 13, 16, 18), _pairs(network.encoder_parameters()), strict=True):
        vgg[f"features.{index}.weight"] = torch.full_like(weight, index)
        vgg[f"features.{index}.bias"] = torch.full_like(bias, index)
    network.load_vgg_encoder(vgg)
    filled = [(network.conv1.weight, 0.0), (network.conv3s.weight, 6.0), (network.conv5.bias, 18.0)]
    assert all(bool((parameter == value).all()) for parameter, value in filled)
    del vgg["features.18.weight"]
    with pytest.raises(RuntimeError, match=r"no features\.18\.weight of shape 512×512×3×3"):
        network.load_vgg_encoder(vgg)


def test_an_encoder_of_another_vgg_is_not_taken() -> None:
    eleven, sixteen = TernausNet11(num_filters=2), TernausNet16(num_filters=2)
    vgg = {f"features.{index}": eleven.state_dict()[ours] for ours, index in eleven.vgg_names().items()}
    with pytest.raises(RuntimeError, match="no features"):
        sixteen.load_vgg_encoder(vgg)


def _pairs(parameters: list[torch.nn.Parameter]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return list(zip(parameters[::2], parameters[1::2], strict=True))
