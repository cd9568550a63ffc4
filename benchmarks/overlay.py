"""A project beside a synthetic slide, with a mask full of cells, as a segmentation of the whole slide leaves it.

python benchmarks/overlay.py SLIDE.tif [--cell-diameter PX]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from synthetic_slide import cut, pattern, tile_places

from bcseg_gui.core.geometry import TileKey
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.project import Project
from bcseg_gui.core.slides import open_slide


def write_overlay(path: Path, cell_diameter: float = 75.0) -> None:
    """Nothing is done where the project is there already."""
    folder = Project.beside(path)
    if folder.exists():
        return
    cells = [np.minimum(tile, 1) for tile in cut(pattern(cell_diameter).mask)]
    with open_slide(path) as slide, Project.create(folder) as project:
        entry = project.update(project.add(path).measured(slide))
        with Mask.open(project.mask_path(entry), slide.dimensions) as mask:
            for row, places in enumerate(tile_places(slide.dimensions[0])):
                edit = mask.begin("segment")  # an edit a row of tiles, so that memory stays small
                for col in np.flatnonzero(places):
                    edit.predict(TileKey(0, row, int(col)).level_region(), cells[places[col] - 1])
            mask.commit()
            while not mask.refresh_overviews(1.0).is_empty:
                pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slide", type=Path)
    parser.add_argument("--cell-diameter", type=float, default=75.0, help="that the slide was made with")
    choice = parser.parse_args()
    write_overlay(choice.slide, choice.cell_diameter)


if __name__ == "__main__":
    main()
