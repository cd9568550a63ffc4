"""Models that another program trained: the weights of the reference implementation (`ternausnet` on PyPI)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from .checkpoint import Model, save_model
from .errors import ModelError
from .info import ModelInfo
from .networks.ternausnet import TernausNet, build, vgg_names
from .statedict import read_state


def import_ternausnet(path: Path, folder: Path, info: ModelInfo) -> ModelInfo:
    """Write `read_ternausnet(path, info)` as a model folder; in float32, for float16 would change its logits."""
    return save_model(read_ternausnet(path, info), folder, dtype=torch.float32)


def read_ternausnet(path: Path, info: ModelInfo) -> Model:
    """The network whose `state_dict()` is in `path`, a `UNet11` or `UNet16` of the reference or a network of ours.

    Architecture, decoder and width follow from the names and shapes of the tensors; `info` tells what these do not.
    Without classes in `info` there is "cell", or "class 1" … for a network of several.

    One output is taken as a sigmoid, several as a softmax with the background first; the logits are the reference's.
    Two outputs are told in one, since `softmax(a, b)` is `sigmoid(b − a)`. Raises ModelError for every file that is
    something else, that is damaged, or whose number of classes is not that of `info`.
    """
    state = {name: tensor.detach().float() for name, tensor in read_state(path).items()}
    own = {name: tensor for name, tensor in state.items() if not name.startswith("encoder.")}
    try:
        outputs, num_filters = own["final.weight"].shape[:2]
        if outputs == 2:
            own |= {name: own[name][1:] - own[name][:1] for name in ("final.weight", "final.bias")}
        info = replace(
            info,
            architecture="ternausnet11" if "conv1.weight" in own else "ternausnet16",
            num_filters=num_filters,
            decoder="deconv" if "center.block.1.weight" in own else "interpolate",
            classes=_classes(path, max(1, outputs - 1), info.classes),
        )
        with torch.device("meta"):  # nothing is allocated for the sake of weights that turn out not to fit
            network = build(
                info.architecture, num_classes=info.num_outputs, num_filters=num_filters, decoder=info.decoder
            )
        network.load_state_dict(own, assign=True)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelError(
            "{path} does not hold a TernausNet: the names or shapes of its weights are those of another network. "
            "UNet11 and UNet16 of the Python package ternausnet can be imported.",
            path=path,
        ) from error
    _check_copies(path, network, state)
    return Model(info, network.eval())


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


def _check_copies(path: Path, network: TernausNet, state: dict[str, Tensor]) -> None:
    """The reference writes each encoder layer twice; a file in which they differ is a mix of two networks."""
    kept = network.state_dict()
    for ours, index in vgg_names(network).items():
        copy = state.get(f"encoder.{index}", kept[ours])
        if not torch.equal(copy, kept[ours]):
            raise ModelError(
                "{path} contradicts itself: {one} and {other} are one layer, but differ. Save the weights again.",
                path=path,
                one=f"encoder.{index}",
                other=ours,
            )
