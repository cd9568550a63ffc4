"""The network as an OpenVINO graph, in floating point or with 8-bit integers.

Node by node from torch's own trace of it: OpenVINO's converter reports its use over the network, this does not. With
ranges, the input of a convolution is rounded to 256 steps from 0 to the largest value seen there, and its weights to
255 steps around 0, per output channel; OpenVINO's CPU plugin then multiplies integers. The first convolution, which
sees the picture, stays in floating point: it is a hundredth of the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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
"""The largest value of each node of the trace."""


class ConversionError(RuntimeError):
    """The network has a layer or a control flow that cannot be converted."""


def trace(model: Model) -> fx.GraphModule:
    """The network in evaluation mode, as a graph of its layers. Raises ConversionError if it has none."""
    try:
        return fx.symbolic_trace(model.network.eval())
    except Exception as error:
        raise ConversionError(f"cannot be traced: {error}") from error


class Observer:
    """The reference engine, recording the `ranges` of everything it computes. Raises ConversionError."""

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

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if isinstance(value, torch.Tensor):
            self.ranges[n.name] = max(self.ranges.get(n.name, 0.0), float(value.max()))
        return value


def to_openvino(model: Model, ranges: Ranges | None = None) -> ov.Model:
    """RGB uint8 `(n, h, w, 3)` to probabilities float32 `(n, outputs, h, w)`, for any n, h and w.

    Raises ConversionError for a network with other layers than the converter knows.
    """
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
    """`nodes`: the OpenVINO node for each node of the trace."""

    def __init__(self, modules: Mapping[str, nn.Module], ranges: Ranges | None) -> None:
        self.nodes: dict[str, Node] = {}
        self._modules = modules
        self._ranges = ranges
        self._rounded: dict[str, Node] = {}
        self._not_negative: set[str] = set()

    def add(self, node: fx.Node) -> None:
        if node.target is torch.cat and (node.args[1:], dict(node.kwargs)) in (((1,), {}), ((), {"dim": 1})):
            self.nodes[node.name] = ops.concat([self._input(part) for part in node.all_input_nodes], 1)
            self._keep_sign(node)
            return
        module = self._modules.get(str(node.target)) if node.op == "call_module" else None
        match module, node.all_input_nodes:
            case (nn.Conv2d() | nn.ConvTranspose2d()) as convolution, [source] if _is_plain(convolution):
                self.nodes[node.name] = self._convolution(convolution, source)
            case nn.ReLU(), [source]:
                self.nodes[node.name] = ops.relu(self.nodes[source.name])
                self._not_negative.add(node.name)
            case nn.MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False), [source]:
                self.nodes[node.name] = ops.max_pool(
                    self._input(source), [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]
                ).output(0)
                self._keep_sign(node)
            case nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False | None), [source]:
                self.nodes[node.name] = _doubled(self.nodes[source.name])
                self._keep_sign(node)
            case _:
                layer = node.name if module is None else f"{node.target} ({type(module).__name__})"
                raise ConversionError(f"{layer} is no layer that the converter knows")

    def _keep_sign(self, node: fx.Node) -> None:
        if all(source.name in self._not_negative for source in node.all_input_nodes):
            self._not_negative.add(node.name)

    def _input(self, node: fx.Node) -> Node:
        """The value of a node, rounded where there are ranges."""
        if self._ranges is None:
            return self.nodes[node.name]
        if node.name not in self._not_negative:
            raise ConversionError(f"{node.name} may be negative: integers count from 0")
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


def _is_plain(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    return (
        module.groups == 1
        and set(module.dilation) == {1}
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
        and module.bias is not None
    )


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
