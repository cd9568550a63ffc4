"""What training, growing, converting and importing need to know of a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from torch import Tensor, nn

from ..info import ModelInfo
from . import NETWORKS, Decoder


@dataclass(frozen=True, slots=True)
class ForeignWeights:
    """Weights of another program's implementation of a network.

    `state`: its tensors under our names. `copies`: names in the file of tensors that it holds a second time, each with
    our name for it.
    """

    num_filters: int
    decoder: Decoder
    state: Mapping[str, Tensor]
    copies: Mapping[str, str]


class Network(nn.Module, ABC):
    """Encoder, decoder and head; from a picture to one logit per pixel and output.

    Input `(n, 3, h, w)` float, normalised RGB, h and w multiples of the stride in `NETWORKS`; output `(n, num_classes,
    h, w)`. All state is in `state_dict()`: buffers must be persistent.
    """

    head_name: ClassVar[str]
    """The last layer, a `nn.Conv2d` with bias and one output channel per class."""
    frozen_stages = 0

    @abstractmethod
    def __init__(self, num_classes: int = 1, num_filters: int = 32, decoder: Decoder = "deconv") -> None:
        """`num_filters`: width of the decoder at full resolution. A network with one kind of decoder may ignore it."""
        super().__init__()

    @abstractmethod
    def encoder_stages(self) -> Sequence[Sequence[nn.Module]]:
        """Modules of the encoder by stage, the one at full resolution first. Decoder and head are all the rest."""

    @classmethod
    def vgg_names(cls) -> Mapping[str, str]:
        """Each encoder parameter with its name in torchvision's VGG, without `features.`: `0.weight` …"""
        return {}

    def state_of(self, other: Network) -> Mapping[str, Tensor]:
        """The tensors of another network, under this one's names where the two name a layer differently."""
        return other.state_dict()

    @classmethod
    def read_foreign(cls, state: Mapping[str, Tensor]) -> ForeignWeights | None:
        """Weights that another program saved of this network; None if they are those of another one."""
        return None

    @property
    def head(self) -> nn.Conv2d:
        head = self.get_submodule(self.head_name)
        assert isinstance(head, nn.Conv2d)
        return head

    def encoder_parameters(self) -> list[nn.Parameter]:
        encoder = {id(parameter) for stage in self.encoder_stages() for parameter in _parameters(stage)}
        return [parameter for parameter in self.parameters() if id(parameter) in encoder]

    def decoder_parameters(self) -> list[nn.Parameter]:
        """Those of neither encoder nor head."""
        others = {id(parameter) for parameter in (*self.encoder_parameters(), *self.head.parameters())}
        return [parameter for parameter in self.parameters() if id(parameter) not in others]

    def freeze(self, stages: int) -> None:
        """Exclude the first `stages` of the encoder from training, running statistics included."""
        self.frozen_stages = stages
        for number, stage in enumerate(self.encoder_stages()):
            for parameter in _parameters(stage):
                parameter.requires_grad_(number >= stages)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """As in `nn.Module`, but frozen stages stay in evaluation mode."""
        super().train(mode)
        for stage in self.encoder_stages()[: self.frozen_stages]:
            for module in stage:
                module.eval()
        return self

    def inherit(self, other: Network) -> None:
        """Copy every layer of another network that has the same name and shape here."""
        own = self.state_dict()
        taken = self.state_of(other).items()
        own |= {name: tensor for name, tensor in taken if name in own and own[name].shape == tensor.shape}
        self.load_state_dict(own)

    def load_vgg_encoder(self, vgg: Mapping[str, Tensor]) -> None:
        """Copy torchvision's VGG weights (`features.0.weight` …) into the encoder; ignore what else there is.

        Raises RuntimeError for a layer that is missing or of another shape, and if the encoder is no VGG.
        """
        if not self.vgg_names():
            raise RuntimeError("its encoder is no VGG")
        own = self.state_dict()
        state: dict[str, Tensor] = {}
        for ours, index in self.vgg_names().items():
            name, shape = f"features.{index}", own[ours].shape
            if name not in vgg or vgg[name].shape != shape:
                raise RuntimeError(f"there is no {name} of shape {'×'.join(map(str, shape))} in it")
            state[ours] = vgg[name]
        self.load_state_dict(state, strict=False)


def build(info: ModelInfo) -> Network:
    """The network of a model, with random weights."""
    return NETWORKS[info.architecture].load()(info.num_outputs, info.num_filters, info.decoder)


def _parameters(stage: Sequence[nn.Module]) -> list[nn.Parameter]:
    return [parameter for module in stage for parameter in module.parameters()]
