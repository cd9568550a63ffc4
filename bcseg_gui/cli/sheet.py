"""A contact sheet: pictures with what was found right and wrong, the worst places enlarged, and the figures."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bcseg_gui.core.drawing import tinted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patheffects import AbstractPathEffect

Place = tuple[int, int, int]
"""x, y and side of a square, in px of the picture."""


class Kind(Enum):
    """What a shape means, and its colour, distinct to the colour-blind too (Okabe & Ito 2008)."""

    plain = "#FFFFFF"
    right = "#009E73"
    missed = "#56B4E9"
    false = "#D55E00"
    merged = "#F0E442"
    split = "#CC79A7"


@dataclass(frozen=True, slots=True)
class Shape:
    """`xy` float `(n, 2)`: corners of a closed line in px of the picture; a single one is a dot."""

    kind: Kind
    xy: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of the sheet, RGB uint8 `(h, w, 3)`.

    `legend`: what is said of a kind. `tints`: bool `(h, w)`, pixels to colour. `places`: to enlarge, at most `PLACES`.
    """

    title: str
    lines: Sequence[str]
    legend: Mapping[Kind, str]
    picture: NDArray[np.uint8]
    shapes: Sequence[Shape]
    tints: Mapping[Kind, NDArray[np.bool_]]
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Section:
    """The worst pictures of one model or method."""

    heading: str
    line: str
    panels: Sequence[Panel]


INK = "#222222"
CASING = "#00000099"
"""The dark edge that keeps a light line visible on a light background."""
PLACES = 5
TINT = 0.6
# Lengths on the sheet in inches.
DPI = 120
MARGIN = 0.35
PICTURE = 6.0, 4.5
SQUARE = 1.56
GAP = 0.07
WIDTH = 3 * MARGIN + PICTURE[0] + PLACES * SQUARE + (PLACES - 1) * GAP
HEADING, ROW = 1.05, PICTURE[1] + 0.45


def draw_sheet(sections: Sequence[Section]) -> bytes:
    """Return a PNG: the sections one below the other, one row per panel."""
    from matplotlib.figure import Figure

    height = MARGIN + sum(HEADING + ROW * len(section.panels) for section in sections)
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    top = MARGIN / 2
    for section in sections:
        for offset, text, size, weight in ((0.45, section.heading, 17, "bold"), (0.75, section.line, 10.5, "normal")):
            figure.text(MARGIN / WIDTH, 1 - (top + offset) / height, text, size=size, weight=weight, color=INK)
        top += HEADING
        for panel in section.panels:
            _draw_row(figure, top, panel)
            top += ROW
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _draw_row(figure: Figure, top: float, panel: Panel) -> None:
    height, width = panel.picture.shape[:2]
    marked = _tinted(panel)
    whole = _axes(figure, MARGIN, top, *PICTURE)
    _show(whole, marked, panel.shapes, 0.9)
    whole.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    left = 2 * MARGIN + PICTURE[0]
    _write(figure, left, top, panel)
    for number, (x, y, side) in enumerate(panel.places):
        frame = [x, x + side, x + side, x, x], [y, y, y + side, y + side, y]
        whole.plot(*frame, color="white", lw=0.8, ls=(0, (4, 3)), path_effects=[_casing(1.6)])
        lower = top + PICTURE[1] - SQUARE
        squares = [
            _axes(figure, left + number * (SQUARE + GAP), y0, SQUARE, SQUARE) for y0 in (lower - SQUARE - GAP, lower)
        ]
        _show(squares[0], marked, panel.shapes, 1.4)
        _show(squares[1], panel.picture, (), 0)
        for axes in squares:
            axes.set(xlim=(x - 0.5, x + side - 0.5), ylim=(y + side - 0.5, y - 0.5))
        for axes in (whole, squares[0]):
            axes.text(
                x + side * 0.05,
                y + side * 0.05,
                str(number + 1),
                va="top",
                size=9,
                weight="bold",
                color="white",
                path_effects=[_casing(2)],
            )


def _write(figure: Figure, left: float, top: float, panel: Panel) -> None:
    """Draw the words beside a picture, with the legend right above the enlarged places."""
    from matplotlib.patches import Patch

    text = _axes(figure, left, top, WIDTH - left - MARGIN, PICTURE[1] - 2 * SQUARE - 2 * GAP)
    text.axis("off")
    text.set(xlim=(0, 1), ylim=(1, 0))
    text.text(0, 0, panel.title, va="top", size=12, weight="bold", color=INK)
    text.text(0, 0.24, "\n".join(panel.lines), va="top", size=10.5, color=INK, linespacing=1.45)
    patches = [Patch(fc=kind.value, ec=INK, lw=0.5, label=label) for kind, label in panel.legend.items()]
    text.legend(
        handles=patches,
        loc="lower left",
        bbox_to_anchor=(0, 0),
        borderaxespad=0,
        borderpad=0,
        frameon=False,
        ncols=len(patches),
        fontsize=10.5,
        handlelength=0.9,
        handleheight=0.9,
        handletextpad=0.4,
        columnspacing=1.3,
    )


def _axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    w, h = figure.get_size_inches()
    return figure.add_axes((left / w, 1 - (top + height) / h, width / w, height / h), anchor="NW", xticks=[], yticks=[])


def _show(axes: Axes, picture: NDArray[np.uint8], shapes: Sequence[Shape], line: float) -> None:
    from matplotlib.collections import LineCollection

    axes.imshow(picture)
    axes.spines[:].set_visible(False)
    lines = [shape for shape in shapes if len(shape.xy) > 1]
    widths = np.array([line * (1 if shape.kind in (Kind.plain, Kind.right) else 1.7) for shape in lines])
    closed = [np.vstack([shape.xy, shape.xy[:1]]) for shape in lines]
    axes.add_collection(LineCollection(closed, colors=CASING, linewidths=widths + line))
    axes.add_collection(LineCollection(closed, colors=[shape.kind.value for shape in lines], linewidths=widths))
    for shape in shapes:
        if len(shape.xy) == 1:
            size = (7 if shape.kind is Kind.missed else 4) * line
            axes.plot(*shape.xy[0], "o", ms=size, mfc=shape.kind.value, mec=INK, mew=0.6)


def _casing(width: float) -> AbstractPathEffect:
    from matplotlib.patheffects import withStroke

    return withStroke(linewidth=width, foreground=CASING)


def _tinted(panel: Panel) -> NDArray[np.uint8]:
    picture = panel.picture
    for kind, pixels in panel.tints.items():
        red, green, blue = bytes.fromhex(kind.value.removeprefix("#"))
        picture = tinted(picture, pixels, (red, green, blue), TINT)
    return picture
