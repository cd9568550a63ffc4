"""The table of networks. Loaded without torch: a row names its class, which is imported when it is first built.

To add a network: its file and its test, and a row here. `bcseg_gui.core.models.registry` repeats the names, for the
window's process must not load `model`; a test keeps the two in step.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .network import Network

Decoder = Literal["deconv", "interpolate"]
"""How a decoder doubles height and width: by transposed convolution, or by bilinear interpolation and convolution."""


@dataclass(frozen=True, slots=True)
class PretrainedEncoder:
    """torchvision's weights that an encoder can start from.

    `sha256`: as many leading digits as are published; torchvision puts the first eight into the file name.
    """

    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """`cls`: "module:class" in this package, a `Network`.

    `stride`: height and width of the input must be multiples of this. `pretrained`: None if the encoder can only start
    from random weights.
    """

    cls: str
    stride: int
    pretrained: PretrainedEncoder | None = None

    def load(self) -> type[Network]:
        """Import the class, and torch with it."""
        module, _, name = self.cls.partition(":")
        network: type[Network] = getattr(importlib.import_module(module, __name__), name)
        return network


NETWORKS: dict[str, NetworkRow] = {
    "ternausnet16": NetworkRow(
        ".ternausnet:TernausNet16",
        stride=32,
        pretrained=PretrainedEncoder(
            "https://download.pytorch.org/models/vgg16-397923af.pth",
            "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        ),
    ),
    "ternausnet11": NetworkRow(
        ".ternausnet:TernausNet11",
        stride=32,
        pretrained=PretrainedEncoder("https://download.pytorch.org/models/vgg11-8a719046.pth", "8a719046"),
    ),
}
