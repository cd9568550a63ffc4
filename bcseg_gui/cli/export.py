"""`bcseg export`: the reviewed pictures of a project, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from bcseg_gui.core.exporting.pairs import export_pairs
from bcseg_gui.core.i18n import _
from bcseg_gui.core.project import Project

from .progress import progress_bar


def export(
    project: Annotated[Path, typer.Argument(help="A NAME.bcseg project.")],
    output: Annotated[Path, typer.Option(help="Folder to write; an earlier export in it is replaced.")],
    form: Annotated[Literal["pairs"], typer.Option("--format", help="pairs: images, masks, manifest.json.")] = "pairs",
) -> None:
    """Export the reviewed pictures of a project."""
    del form  # there is one so far
    with Project.open(project) as opened, progress_bar() as bar:
        task = bar.add_task(_("Exporting"), total=None)
        manifest = export_pairs(
            opened, output, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    print(_("{count} pairs: {folder}").format(count=len(manifest.pairs), folder=output))
