"""Times Cellpose's network with random weights on RGB bytes from standard input; prints [name, [seconds …]].

    python run_cellpose.py WIDTH HEIGHT ROUNDS THREADS

Run by network.py, in an environment that has cellpose 3 (CPnet) or 4 (CPSAM).
"""

from __future__ import annotations

import json
import sys
import time
from importlib import metadata
from unittest.mock import MagicMock

import numpy as np
import torch


def main() -> None:
    width, height, rounds, threads = map(int, sys.argv[1:])
    if threads:
        torch.set_num_threads(threads)
    picture = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(height, width, 3).astype(np.float32) / 255
    version = metadata.version("cellpose")
    for name in ("", ".transforms", ".transforms.functional", ".ops", ".ops.boxes"):
        sys.modules["torchvision" + name] = MagicMock()  # imported, but not used for this
    from cellpose import core

    if version.startswith("3."):
        from cellpose.resnet_torch import CPnet

        name, side, network = "CPnet", 224, CPnet([2, 32, 64, 128, 256], nout=3, sz=3)
        picture = picture[..., :2]
    else:
        from cellpose.vit import CPSAM

        name, side, network = "CPSAM", 256, CPSAM()
    network.eval()
    seconds = []
    with torch.inference_mode():
        for _ in range(rounds + 1):
            started = time.perf_counter()
            core.run_net(network, picture[None], bsize=side)
            seconds.append(time.perf_counter() - started)
    print(json.dumps([f"{name} of cellpose {version}", seconds[1:]]))


if __name__ == "__main__":
    main()
