"""The reference pictures: generated smears with exact masks, on which a retrained model must not get worse.

They come with the program, not with the corrections: what is wrong with these, from a slip to masks turned inside out,
cannot make a model pass here.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..synthetic.smear import STAINS, Smear, make_smear

CELL_DIAMETER = 42.0
"""Pixels; the bundled models' working scale, so that nothing is lost in resizing."""
SIZE = (640, 480)
REFERENCE_AREA = 2 * len(STAINS) * SIZE[0] * SIZE[1]
"""Pixels of all."""
ALIKE = 0.8
"""Dice. A model below this finds something other than all cells."""


def reference_smears() -> Iterator[tuple[str, Smear]]:
    """(name, smear) of each: every stain once in focus, and once a little out of it and with a white cell."""
    for number, stain in enumerate(STAINS):
        for defocus in (1.0, 1.6):
            smear = make_smear(
                *SIZE,
                seed=900 + number,
                cell_diameter=CELL_DIAMETER,
                stain=stain,
                density=0.28,
                white_cells=1 if defocus > 1 else 0,
                defocus=defocus,
            )
            yield f"{stain}-{'soft' if defocus > 1 else 'sharp'}", smear
