"""`bcseg export`: the reviewed pictures of a project, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bcseg_gui.core.exporting import export as exports
from bcseg_gui.core.formats.table import FORMATS, PAIRS
from bcseg_gui.core.i18n import _
from bcseg_gui.core.project import Project

from .progress import progress_bar

if TYPE_CHECKING:
    FormatId = str
else:
    FormatId = Literal[tuple(FORMATS)]  # the choices that typer offers


def export(
    project: Annotated[Path, typer.Argument(help="A NAME.bcseg project.")],
    output: Annotated[Path, typer.Option(help="Folder to write; an earlier export in it is replaced.")],
    form: Annotated[
        FormatId,
        typer.Option("--format", help=" ".join(f"{form.id}: {form.title}." for form in FORMATS.values())),
    ] = PAIRS.id,
) -> None:
    """Export the reviewed pictures of a project."""
    with Project.open(project) as opened, progress_bar() as bar:
        task = bar.add_task(_("Exporting"), total=None)
        count = exports.export(
            opened, output, FORMATS[form], progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    print(_("{count} pairs: {folder}").format(count=count, folder=output))
