"""How well the cell diameter is estimated from pictures alone.

    python benchmarks/cell_diameter.py DIR

DIR holds the folders `bbbc041seg`, `chula_rbc12` and `bccd_boxes`. Truth: the median over the cells that no border
cuts of, in turn, the diameter of a circle of the cell's area in the mask; what was measured by hand
(tests/core/cells/chula_rbc12.json); the square root of width × height of the box. The boxes are drawn loosely: where a
cell stands alone they are a tenth wider than it. Thresholds were tuned on the first, third … picture of each set, the
weighting of the cells on all. Writes its table into RESULTS.md.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
from report import write_section

from bcseg_gui.core.cells.diameter import estimate_cell_diameter
from bcseg_gui.core.slides import open_slide
from model.cell_size import median_cell_diameter

BY_HAND = Path(__file__).resolve().parents[1] / "tests/core/cells/chula_rbc12.json"
TOLERANCE = 0.15


def masks(folder: Path) -> Iterator[tuple[Path, float]]:
    for picture in sorted((folder / "images").iterdir()):
        mask = cv2.imread(str(folder / "masks" / f"{picture.stem}.png"), cv2.IMREAD_GRAYSCALE)
        yield picture, median_cell_diameter([np.asarray(mask, np.uint8)], 0.0)


def by_hand(folder: Path) -> Iterator[tuple[Path, float]]:
    for name, diameters in sorted(json.loads(BY_HAND.read_text(encoding="utf-8"))["diameters"].items()):
        yield folder / "images" / name, statistics.median(diameters)


def boxes(folder: Path) -> Iterator[tuple[Path, float]]:
    """Boxes within 2 px of the border are left out, and pictures that have no others."""
    for picture in sorted((folder / "images").iterdir()):
        root = ElementTree.parse(folder / "annotations" / f"{picture.stem}.xml").getroot()
        width, height = (int(root.findtext(f"size/{side}", "0")) for side in ("width", "height"))
        diameters = []
        for cell in root.iter("object"):
            left, top, right, bottom = (
                int(cell.findtext(f"bndbox/{at}", "0")) for at in ("xmin", "ymin", "xmax", "ymax")
            )
            if cell.findtext("name") == "RBC" and min(left, top, width - right, height - bottom) > 2:
                diameters.append(sqrt((right - left) * (bottom - top)))
        if diameters:
            yield picture, statistics.median(diameters)


def main(folder: Path) -> None:
    rows = [["set", "pictures", "within 15 %", "of the second, fourth …", "median estimate / truth", "median s"]]
    for name, truths in (("bbbc041seg", masks), ("chula_rbc12", by_hand), ("bccd_boxes", boxes)):
        ratios, seconds = [], []
        for path, truth in truths(folder / name):
            with open_slide(path) as slide:
                picture = slide.read_region((0, 0), 0, slide.dimensions)
            started = time.perf_counter()
            ratios.append((estimate_cell_diameter(picture) or 0.0) / truth)
            seconds.append(time.perf_counter() - started)
        hits = [abs(ratio - 1) <= TOLERANCE for ratio in ratios]
        rows.append(
            [
                name,
                f"{len(hits)}",
                f"{sum(hits)} ({statistics.mean(hits):.0%})",
                f"{sum(hits[1::2])} of {len(hits[1::2])}",
                f"{statistics.median(ratios):.2f}",
                f"{statistics.median(seconds):.2f}",
            ]
        )
    write_section(
        "Cell diameter estimated from the picture",
        rows,
        "Truth: masks; measured by hand; boxes, which are drawn about a tenth wider than the cells."
        " Thresholds were tuned on the first, third … picture of each set, the weighting of the cells on all.",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
