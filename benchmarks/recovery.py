"""How much of a damaged mask is recovered: `python benchmarks/recovery.py`.

A mask of a few hundred strokes on a large field is damaged in several ways, many times each; the share of its tiles and
of its undo steps that are recovered is printed, mean and worst. What is recovered is compared with what was there in
`tests/core/masks/test_recovery.py`, not here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.masks.storage.recovery import examine
from bcseg_gui.core.tools.brush import stroke_segment

SIZE = (8192, 8192)
STROKES = 300
ROUNDS = 40
PAGE = 4096
Damage = Callable[[bytearray, np.random.Generator], None]


def painted(path: Path) -> bytes:
    random = np.random.default_rng(0)
    with Mask.open(path, SIZE) as mask:
        for _ in range(STROKES):
            x, y = random.integers(0, SIZE[0], 2)
            edit = mask.begin("brush")
            edit.paint(*stroke_segment((x, y), (x + 150, y + 60), float(random.integers(3, 80))), 1)
            edit.commit()
    return path.read_bytes()


def pages_of_noise(count: int) -> Damage:
    def damage(data: bytearray, random: np.random.Generator) -> None:
        for page in random.integers(0, len(data) // PAGE, count):
            data[page * PAGE : (page + 1) * PAGE] = random.bytes(PAGE)

    return damage


def zeros(share: float) -> Damage:
    def damage(data: bytearray, random: np.random.Generator) -> None:
        length = int(len(data) * share)
        start = random.integers(0, len(data) - length)
        data[start : start + length] = bytes(length)

    return damage


def cut_off(data: bytearray, random: np.random.Generator) -> None:
    del data[random.integers(0, len(data)) :]


def no_first_page(data: bytearray, random: np.random.Generator) -> None:
    data[:PAGE] = random.bytes(PAGE)


def main() -> None:
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mask.sqlite"
        data = painted(path)
        whole = examine(path, SIZE)
        print(f"{len(data) / 1e6:.1f} MB, {whole.tiles} tiles, {whole.edits} undo steps, {ROUNDS} rounds each")
        kinds = {
            "first page": no_first_page,
            "1 page": pages_of_noise(1),
            "10 pages": pages_of_noise(10),
            "1 % in a row": zeros(0.01),
            "10 % in a row": zeros(0.1),
            "cut off anywhere": cut_off,
        }
        print(f"{'damage':18} tiles mean  worst | undo steps mean")
        for name, damage in kinds.items():
            tiles, edits = [], []
            for _ in range(ROUNDS):
                damaged = bytearray(data)
                damage(damaged, random)
                path.write_bytes(damaged)
                try:
                    found = examine(path, SIZE)
                except UserError:
                    tiles.append(0.0)
                    edits.append(0.0)
                else:
                    tiles.append(found.tiles / whole.tiles)
                    edits.append(found.edits / whole.edits)
            print(f"{name:18} {np.mean(tiles):10.1%} {min(tiles):6.1%} | {np.mean(edits):15.1%}")


if __name__ == "__main__":
    main()
