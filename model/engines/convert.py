"""The network as an OpenVINO graph, in floating point or with 8-bit integers.

Node by node from torch's own trace of it: OpenVINO's converter reports its use over the network, this does not. With
ranges, what goes into a convolution is rounded to 256 steps from 0 to the most it was seen to be, and weights to 255
steps around 0, each output channel its own; OpenVINO's CPU plugin then multiplies integers. The first convolution,
which sees the picture, stays in floating point: it is a hundredth of the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn

from ..checkpoint import Model
from ..info import ModelInfo
from ..preprocess import normalise
from .engine import LARGE_TILE
from .quiet_openvino import ops, ov

if TYPE_CHECKING:
    from openvino import Node

Ranges = Mapping[str, float]
"""The largest value of each node of the trace; what goes into a convolution is never negative, for a ReLU is before."""


def trace(model: Model) -> fx.GraphModule:
    return fx.symbolic_trace(model.network)


class Observer:
    """The reference engine, which remembers the `ranges` of all it has seen."""

    name, tile, batch = "torch", LARGE_TILE, 1

    def __init__(self, model: Model) -> None:
        self._info = model.info
        self._interpreter = _Interpreter(trace(model))

    @property
    def ranges(self) -> Ranges:
        return self._interpreter.ranges

    @torch.inference_mode()
    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch = torch.from_numpy(np.stack([normalise(picture, self._info) for picture in pictures]))
        logits = self._interpreter.run(batch.contiguous(memory_format=torch.channels_last))
        probabilities = torch.sigmoid(logits) if self._info.num_outputs == 1 else torch.softmax(logits, 1)
        return np.asarray(probabilities.numpy())


class _Interpreter(fx.Interpreter):
    def __init__(self, traced: fx.GraphModule) -> None:
        super().__init__(traced)
        self.ranges: dict[str, float] = {}

    def run_node(self, n: fx.Node) -> torch.Tensor:
        value: torch.Tensor = super().run_node(n)
        self.ranges[n.name] = max(self.ranges.get(n.name, 0.0), float(value.max()))
        return value


def to_openvino(model: Model, ranges: Ranges | None = None) -> ov.Model:
    """RGB uint8 `(n, h, w, 3)` to probabilities float32 `(n, outputs, h, w)`, for any n, h and w."""
    traced = trace(model)
    graph = _Graph(dict(traced.named_modules()), ranges)
    picture = ops.parameter([-1, -1, -1, 3], np.uint8)
    for node in traced.graph.nodes:
        if node.op == "placeholder":
            graph.nodes[node.name] = _normalised(picture, model.info)
        elif node.op == "output":
            logits = graph.nodes[node.all_input_nodes[0].name]
            output = ops.sigmoid(logits) if model.info.num_outputs == 1 else ops.softmax(logits, 1)
        else:
            graph.add(node)
    return ov.Model([output], [picture])


def _normalised(picture: Node, info: ModelInfo) -> Node:
    planes = ops.transpose(ops.convert(picture, "f32"), ops.constant(np.array([0, 3, 1, 2])))
    mean, std = (255 * np.array(values, np.float32).reshape(1, 3, 1, 1) for values in (info.mean, info.std))
    return ops.divide(ops.subtract(planes, ops.constant(mean)), ops.constant(std))


class _Graph:
    """`nodes`: of each node of the trace, what it is in OpenVINO."""

    def __init__(self, modules: Mapping[str, nn.Module], ranges: Ranges | None) -> None:
        self.nodes: dict[str, Node] = {}
        self._modules = modules
        self._ranges = ranges
        self._rounded: dict[str, Node] = {}

    def add(self, node: fx.Node) -> None:
        if node.target is torch.cat:
            self.nodes[node.name] = ops.concat([self._input(part) for part in node.all_input_nodes], 1)
            return
        module, (source,) = self._modules[str(node.target)], node.all_input_nodes
        match module:
            case nn.Conv2d() | nn.ConvTranspose2d():
                self.nodes[node.name] = self._convolution(module, source)
            case nn.ReLU():
                self.nodes[node.name] = ops.relu(self.nodes[source.name])
            case nn.MaxPool2d():
                self.nodes[node.name] = ops.max_pool(
                    self._input(source), [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]
                ).output(0)
            case nn.Upsample():
                self.nodes[node.name] = _doubled(self.nodes[source.name])
            case _:
                raise TypeError(f"{node.target} is a {type(module).__name__}, which is no part of a TernausNet")

    def _input(self, node: fx.Node) -> Node:
        """The value of a node, rounded where there are ranges."""
        if self._ranges is None:
            return self.nodes[node.name]
        if node.name not in self._rounded:
            most = _scalar(max(self._ranges[node.name], 1e-6))
            self._rounded[node.name] = ops.fake_quantize(
                self.nodes[node.name], _scalar(0), most, _scalar(0), most, levels=256
            )
        return self._rounded[node.name]

    def _convolution(self, module: nn.Conv2d | nn.ConvTranspose2d, source: fx.Node) -> Node:
        transposed = isinstance(module, nn.ConvTranspose2d)
        weights = module.weight.detach().float().numpy()
        kernel = ops.constant(weights)
        value = self.nodes[source.name]
        if self._ranges is not None and source.op != "placeholder":
            value = self._input(source)
            axes = (0, 2, 3) if transposed else (1, 2, 3)
            most = ops.constant(np.maximum(np.abs(weights).max(axes, keepdims=True), 1e-8))
            least = ops.negative(most)
            kernel = ops.fake_quantize(kernel, least, most, least, most, levels=255)
        padding = list(module.padding)
        if transposed:
            found = ops.convolution_backprop_data(
                value,
                kernel,
                list(module.stride),
                pads_begin=padding,
                pads_end=padding,
                output_padding=list(module.output_padding),
            )
        else:
            found = ops.convolution(value, kernel, list(module.stride), padding, padding, [1, 1])
        assert module.bias is not None
        return ops.add(found, ops.constant(module.bias.detach().float().numpy().reshape(1, -1, 1, 1)))


def _doubled(value: Node) -> Node:
    """Bilinear, as `nn.Upsample(scale_factor=2)` without aligned corners."""
    return ops.interpolate(
        value,
        ops.constant(np.array([2, 2], np.float32)),
        mode="linear_onnx",
        shape_calculation_mode="scales",
        coordinate_transformation_mode="half_pixel",
        axes=ops.constant(np.array([2, 3])),
    )


def _scalar(value: float) -> Node:
    return ops.constant(np.full((1, 1, 1, 1), value, np.float32))
