"""OpenVINO without the package by which its tools report their use over the network."""

from __future__ import annotations

import sys

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment] # its import fails, and OpenVINO does without

import openvino as ov  # noqa: E402 – after it is shut out
import openvino.opset13 as ops  # noqa: E402

__all__ = ["ops", "ov"]
