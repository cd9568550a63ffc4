"""`bcseg demo`: what the app does, on the sample slides and without a window."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image

from bcseg_gui.compute.segmenting.methods import OpenMethod, open_method
from bcseg_gui.compute.segmenting.slide import write_picture, write_run
from bcseg_gui.compute.segmenting.task import Method
from bcseg_gui.compute.segmenting.working_mask import remove_unwritten
from bcseg_gui.core.cells.diameter import slide_cell_diameter
from bcseg_gui.core.drawing import filled
from bcseg_gui.core.exporting.export import export
from bcseg_gui.core.files import make_folder, write_atomic
from bcseg_gui.core.formats.mask_picture import suffix_for
from bcseg_gui.core.formats.table import PAIRS
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.project import Project, SlideEntry
from bcseg_gui.core.resources import resource
from bcseg_gui.core.slides import Slide, find_slides, open_slide, read_scaled

from .progress import progress_bar

LONGEST_SIDE = 2048
"""Of an overlay picture, in pixels: meant to be looked at whole."""


def demo(output: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out")) -> None:
    """Segment the sample slides; writes OUTPUT/masks, OUTPUT/overlays and OUTPUT/pairs."""
    slides = find_slides([resource("samples")])
    masks, overlays = make_folder(output / "masks"), make_folder(output / "overlays")
    # A project for the time of the run: pairs are exported from one, and none is left for a person to mistake for work.
    with (
        tempfile.TemporaryDirectory(prefix="bcseg-demo-") as folder,
        Project.create(Path(folder) / "demo.bcseg") as project,
    ):
        version = project.models(resource("weights")).active()
        method = open_method(Method(version.folder))
        print(
            _("The model {model} looks for cells in {count} sample slides.").format(
                model=version.name, count=len(slides)
            )
        )
        with progress_bar() as bar:
            for entry in bar.track(project.add_all(slides), description=_("Segmenting")):
                mask, cells = _segment(project, entry, masks, method)
                overlay = overlays / f"{entry.path.stem}.png"
                with open_slide(entry.path) as slide, open_slide(mask) as mask_slide:
                    _write_png(overlay, filled(*_shrunk(slide, mask_slide)))
                print(_("{name}: {cells} cells, {output}").format(name=entry.path.name, cells=cells, output=overlay))
        pairs = export(project, output / "pairs", PAIRS)
    print(_("{count} pairs for training: {folder}").format(count=pairs, folder=output / "pairs"))


def _segment(project: Project, entry: SlideEntry, masks: Path, method: OpenMethod) -> tuple[Path, int]:
    """Segment the slide into its mask in the project, reviewed, and a mask picture; its path and number of cells."""
    with open_slide(entry.path) as slide:
        entry = entry.measured(slide)
        whole = slide.clipped(None)
        picture = masks / f"{entry.path.stem}{suffix_for(slide.dimensions)}"
        remove_unwritten(picture)
        segmentation = method.segmentation(slide, slide_cell_diameter(slide))
        with Mask.open(project.mask_path(entry), slide.dimensions) as mask:
            outcome = write_run(mask, slide, method, segmentation)
            mask.end_run()
            cells = write_picture(picture, mask, slide, whole, method.class_count, outcome.cell_diameter)
    project.update(replace(entry, status="reviewed"))
    return picture, cells


def _shrunk(slide: Slide, mask: Slide) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Picture `(h, w, 3)` and cells `(h, w)`, at most `LONGEST_SIDE` a side."""
    width, height = slide.dimensions
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    whole = Region(0, 0, width, height)
    return read_scaled(slide, whole, size), read_scaled(mask, whole, size)[..., 0] > 127


def _write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG")
    write_atomic(path, content.getvalue())
