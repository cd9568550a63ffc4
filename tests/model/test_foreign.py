"""A network of the reference implementation comes in with its logits unchanged; anything else is said."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from model.checkpoint import Model, load_model
from model.errors import ModelError
from model.foreign import import_foreign, read_foreign
from model.info import ModelInfo
from model.networks.ternausnet import TernausNet16

VGG = {
    11: ((64,), (128,), (256, 256), (512, 512), (512, 512)),
    16: ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)),
}
UNKNOWN = "does not hold a TernausNet"
FILTERS = 4


class Reference(nn.Module):
    """What `ternausnet` 0.0.1 builds: the same names, shapes and order of layers; `depth` 11 or 16.

    The VGG stack is registered as `encoder`, and its convolutions a second time as `conv1` … `conv5`.
    """

    def __init__(self, depth: int, deconv: bool, outputs: int = 1, filters: int = FILTERS) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for stage, widths in enumerate(VGG[depth], 1):
            convolutions: list[nn.Module] = []
            for width in widths:
                convolutions += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            if depth == 16:
                self.add_module(f"conv{stage}", nn.Sequential(*convolutions))
            else:
                self.add_module(f"conv{stage}", convolutions[-2])
                if len(widths) == 2:
                    self.add_module(f"conv{stage}s", convolutions[0])
            layers += [*convolutions, nn.MaxPool2d(2)]
        self.encoder = nn.Sequential(*layers)

        def doubled(inputs: int, middle: int, out: int) -> nn.Module:
            up = nn.ConvTranspose2d(middle, out, 4 if depth == 16 else 3, 2, 1, output_padding=int(depth == 11))
            bilinear = nn.Upsample(scale_factor=2, mode="bilinear")
            steps = (
                [convolved(inputs, middle), up, nn.ReLU()]
                if deconv
                else [bilinear, convolved(inputs, middle), convolved(middle, out)]
            )
            return nn.Sequential(OrderedDict(block=nn.Sequential(*steps)))

        n = filters
        fourth = 4 * n if depth == 11 else 8 * n
        self.center = doubled(512, 16 * n, 8 * n)
        self.dec5 = doubled(512 + 8 * n, 16 * n, 8 * n)
        self.dec4 = doubled(512 + 8 * n, 16 * n, fourth)
        self.dec3 = doubled(256 + fourth, 8 * n, 2 * n)
        self.dec2 = doubled(128 + 2 * n, 4 * n, n)
        self.dec1 = convolved(64 + n, n)
        self.final = nn.Conv2d(n, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips: list[Tensor] = []
        for layer in self.encoder:
            if isinstance(layer, nn.MaxPool2d):
                skips.append(x)
            x = layer(x)
        x = self.center(x)
        for decoder in (self.dec5, self.dec4, self.dec3, self.dec2, self.dec1):
            x = decoder(torch.cat([x, skips.pop()], 1))
        logits: Tensor = self.final(x)
        return logits


def convolved(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(inputs, outputs, 3, padding=1), activation=nn.ReLU()))


@pytest.mark.parametrize(
    ("depth", "deconv", "digest"),
    [(11, True, "ea39ae4cc1637e62"), (16, True, "ae476f81804572f1"), (16, False, "807a65c25900d3d5")],
)
def test_names_and_shapes_are_those_of_the_package(depth: int, deconv: bool, digest: str) -> None:
    """The digests were taken of what the package itself builds with its default 32 filters."""
    with torch.device("meta"):
        state = Reference(depth, deconv, filters=32).state_dict()
    listing = "\n".join(sorted(f"{name} {tuple(tensor.shape)}" for name, tensor in state.items()))
    assert hashlib.sha256(listing.encode()).hexdigest()[:16] == digest


@pytest.mark.parametrize(
    ("depth", "deconv", "outputs"), [(11, True, 1), (11, False, 3), (16, True, 1), (16, False, 1), (16, True, 4)]
)
def test_the_imported_network_gives_the_same_logits(depth: int, deconv: bool, outputs: int, tmp_path: Path) -> None:
    reference = seeded(depth, deconv, outputs)
    torch.save(reference.state_dict(), tmp_path / "net.pt")
    written = import_foreign(tmp_path / "net.pt", tmp_path / "net", ModelInfo("net", classes=()))
    assert (written.architecture, written.num_filters) == (f"ternausnet{depth}", FILTERS)
    assert (written.decoder, written.num_outputs) == ("deconv" if deconv else "interpolate", outputs)
    batch = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(logits(load_model(tmp_path / "net"), batch), run(reference, batch), atol=1e-5, rtol=0)


def test_two_outputs_become_one_with_the_same_probability(tmp_path: Path) -> None:
    reference = seeded(11, True, 2)
    torch.save(reference.state_dict(), tmp_path / "net.pt")
    model = read_foreign(tmp_path / "net.pt", ModelInfo("net", classes=()))
    assert model.info.classes == ("cell",)
    batch = torch.randn(1, 3, 32, 64, generator=torch.Generator().manual_seed(1))
    expected = torch.softmax(run(reference, batch), 1)[:, 1:]
    torch.testing.assert_close(torch.sigmoid(logits(model, batch)), expected, atol=1e-5, rtol=0)


def test_a_checkpoint_of_a_parallel_training_in_half_precision_is_taken(tmp_path: Path) -> None:
    state = {f"module.{name}": tensor.half() for name, tensor in seeded(11, True).state_dict().items()}
    torch.save({"model": state, "epoch": 7}, tmp_path / "net.pt")
    model = read_foreign(tmp_path / "net.pt", ModelInfo("net", classes=()))
    assert model.info.architecture == "ternausnet11"
    assert {tensor.dtype for tensor in model.network.state_dict().values()} == {torch.float32}


def test_classes_can_be_named_and_must_be_all(tmp_path: Path) -> None:
    torch.save(bare(outputs=4), tmp_path / "net.pt")
    named = ModelInfo("net", classes=("red", "white", "platelet"))
    assert read_foreign(tmp_path / "net.pt", named).info.classes == named.classes
    unnamed = read_foreign(tmp_path / "net.pt", ModelInfo("net", classes=())).info
    assert unnamed.classes == ("class 1", "class 2", "class 3")
    with pytest.raises(ModelError, match=r"net\.pt .* is 3, but 1 "):
        read_foreign(tmp_path / "net.pt", ModelInfo("net", classes=("red",)))


def test_layers_that_contradict_their_copies_are_said(tmp_path: Path) -> None:
    state = bare()
    state["encoder.5.weight"] = state["conv2.0.weight"] + 1
    torch.save(state, tmp_path / "net.pt")
    with pytest.raises(ModelError, match=r"encoder\.5\.weight and conv2\.0\.weight"):
        read_foreign(tmp_path / "net.pt", ModelInfo("net", classes=()))


@pytest.mark.parametrize("spoil", ["final.weight", "dec3.block.1.weight", "conv5.4.bias", "center.block.0.conv.bias"])
def test_another_network_is_said(spoil: str, tmp_path: Path) -> None:
    state = bare()
    for changed in (
        {name: tensor for name, tensor in state.items() if name != spoil},
        state | {spoil: torch.zeros(1)},
        state | {spoil: torch.zeros(0, 5_000_000)},
        state | {spoil.replace("conv", "dense") + ".more": torch.zeros(1)},
    ):
        torch.save(changed, tmp_path / "net.pt")
        with pytest.raises(ModelError, match=UNKNOWN):
            read_foreign(tmp_path / "net.pt", ModelInfo("net", classes=()))


def seeded(depth: int, deconv: bool, outputs: int = 1) -> Reference:
    torch.manual_seed(depth)
    return Reference(depth, deconv, outputs).eval()


def bare(outputs: int = 1) -> dict[str, Tensor]:
    """The state of a TernausNet-16 of ours: it lacks the copies of the encoder, and may."""
    return TernausNet16(outputs, 1).state_dict()


@torch.inference_mode()
def run(network: nn.Module, batch: Tensor) -> Tensor:
    logits: Tensor = network(batch)
    return logits


def logits(model: Model, batch: Tensor) -> Tensor:
    return run(model.network, batch)
