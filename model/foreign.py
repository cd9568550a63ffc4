"""Models that another program trained. For now the reference implementation of TernausNet (`ternausnet` on PyPI)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from .checkpoint import Model, save_model
from .errors import ModelError
from .info import ModelInfo
from .networks import NETWORKS
from .networks.network import ForeignWeights, build
from .statedict import read_state


def import_foreign(path: Path, folder: Path, info: ModelInfo) -> ModelInfo:
    """Write `read_foreign(path, info)` as a model folder; in float32, for float16 would change its logits."""
    return save_model(read_foreign(path, info), folder, dtype=torch.float32)


def read_foreign(path: Path, info: ModelInfo) -> Model:
    """The network whose `state_dict()` is in `path`, as another program or this one names its layers.

    Architecture, decoder and width follow from the names and shapes of the tensors; `info` says the rest. Without
    classes in `info` there is "cell", or "class 1" … for a network of several.

    One output is taken as a sigmoid, several as a softmax with the background first; the logits are those of the file.
    Two outputs become one, since `softmax(a, b)` is `sigmoid(b − a)`. Raises ModelError for any other file, a damaged
    one, and one whose number of classes is not that of `info`.
    """
    state = {name: tensor.detach().float() for name, tensor in read_state(path).items()}
    try:
        architecture, foreign = _recognised(state)
        own = dict(foreign.state)
        head = NETWORKS[architecture].load().head_name
        outputs = len(own[f"{head}.weight"])
        if outputs == 2:
            own |= {name: own[name][1:] - own[name][:1] for name in (f"{head}.weight", f"{head}.bias")}
        info = replace(
            info,
            architecture=architecture,
            num_filters=foreign.num_filters,
            decoder=foreign.decoder,
            classes=_classes(path, max(1, outputs - 1), info.classes),
        )
        with torch.device("meta"):  # allocate nothing for weights that turn out not to fit
            network = build(info)
        network.load_state_dict(own, assign=True)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelError(
            "{path} does not hold a TernausNet: the names or shapes of its weights are those of another network. "
            "UNet11 and UNet16 of the Python package ternausnet can be imported.",
            path=path,
        ) from error
    _check_copies(path, network.state_dict(), state, foreign)
    return Model(info, network.eval())


def _recognised(state: dict[str, Tensor]) -> tuple[str, ForeignWeights]:
    """The architecture whose weights these are. Raises ValueError for weights of no network in the table."""
    for architecture, row in NETWORKS.items():
        if (foreign := row.load().read_foreign(state)) is not None:
            return architecture, foreign
    raise ValueError("no network has layers of these names")


def _classes(path: Path, count: int, names: tuple[str, ...]) -> tuple[str, ...]:
    names = names or (("cell",) if count == 1 else tuple(f"class {number}" for number in range(1, count + 1)))
    if len(names) != count:
        raise ModelError(
            "The number of classes that the network in {path} tells from the background is {count}, but {names} were "
            "named. Name each one.",
            path=path,
            count=count,
            names=len(names),
        )
    return names


def _check_copies(path: Path, kept: dict[str, Tensor], state: dict[str, Tensor], foreign: ForeignWeights) -> None:
    """A file in which the two copies of a layer differ is a mix of two networks."""
    for copy, ours in foreign.copies.items():
        if not torch.equal(state[copy], kept[ours]):
            raise ModelError(
                "{path} contradicts itself: {one} and {other} are one layer, but differ. Save the weights again.",
                path=path,
                one=copy,
                other=ours,
            )
