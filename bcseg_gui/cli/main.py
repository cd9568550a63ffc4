"""`bcseg`: the command line. One small file per subcommand, none of which knows Qt."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from bcseg_gui.core import i18n

from . import demo, doctor, evaluate, export, models, rank, segment, train
from .failures import failures_in_plain_words


class Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:  # within, for typer ends the program at Ctrl+C without a word
        with failures_in_plain_words():
            return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Segment blood cells in microscope slides, compare models, and train them.",
)
app.command()(segment.segment)
app.command()(evaluate.evaluate)
app.command()(rank.rank)
app.command()(train.train)
app.command()(export.export)
app.add_typer(models.app, name="models")
app.command()(doctor.doctor)
app.command()(demo.demo)


def main() -> None:
    """Entry point. Exit 0: all inputs succeeded; 1: one failed; 2: wrong usage."""
    i18n.install(None)
    app()
