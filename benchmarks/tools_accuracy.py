"""How well wand, smart brush and the proposed cut do on real cells, beside plain tools.

    python benchmarks/tools_accuracy.py DIR [CELLS]

DIR holds the folders `bbbc041seg` and `wbc_jtsc`. Each true cell (a 4-connected component of a mask, a third to twice
the median area) is clicked, at most CELLS of a picture (default 10), with the cell diameter that the program itself
estimates. Constants were chosen on the first, third … picture; figures are of the second, fourth …. Writes its tables
into RESULTS.md.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from math import pi, sqrt
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from report import write_section

from bcseg_gui.core.cells.diameter import estimate_cell_diameter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Point, Region
from bcseg_gui.core.slides import open_slide
from bcseg_gui.core.tools.brush import stroke_segment
from bcseg_gui.core.tools.smart import SmartBrush
from bcseg_gui.core.tools.split import cut_along, proposed_cut
from bcseg_gui.core.tools.wand import wand

GOOD = 0.8
"""Intersection over union from which on a cell counts as taken."""
TOLERANCE = 48
"""Grey levels a channel by which flood fill lets a pixel differ from the one clicked; the best of 12, 16, 24, 32, 48,
64 on the first, third … picture."""
WHITE_TO_RED = 1.6
"""Diameter of white cells by that of red ones, which the wand is told."""
HALF = "Constants were chosen on the first, third … picture, these figures are of the second, fourth …."
Taken = tuple[Region, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A picture with its true cells, int32 `cells` (h, w): 0 background, 1…n; `usual`: numbers of ordinary cells."""

    picture: NDArray[np.uint8]
    cells: NDArray[np.int32]
    usual: list[int]
    cell_diameter: float

    @property
    def whole(self) -> Region:
        return Region(0, 0, self.picture.shape[1], self.picture.shape[0])

    def look(self, region: Region) -> NDArray[np.uint8]:
        return _read(self.picture, region, 255)


@dataclass(slots=True)
class Tally:
    values: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def timed(self, work: Callable[[], Taken | None]) -> Taken | None:
        started = time.perf_counter()
        found = work()
        self.seconds.append(time.perf_counter() - started)
        return found

    @property
    def median(self) -> str:
        return f"{statistics.median(self.values):.3f}"

    @property
    def good(self) -> str:
        return f"{statistics.mean(bool(value >= GOOD) for value in self.values):.1%}"

    @property
    def ms(self) -> str:
        ordered = sorted(self.seconds)
        return f"{1000 * statistics.median(ordered):.1f} / {1000 * ordered[int(0.95 * len(ordered))]:.1f}"


def fields(folder: Path, first: int) -> Iterator[Field]:
    """Every second picture, from the one with the index `first` on."""
    is_white = folder.name == "wbc_jtsc"
    for path in sorted((folder / "images").iterdir())[first::2]:
        mask = cv2.imread(str(folder / "masks" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        with open_slide(path) as slide:
            picture = slide.read_region((0, 0), 0, slide.dimensions)
        _, cells, stats, _ = cv2.connectedComponentsWithStats((np.asarray(mask) > 0).astype(np.uint8), connectivity=4)
        areas = stats[1:, cv2.CC_STAT_AREA]
        middle = float(np.median(areas[areas > 100]))
        usual = [i + 1 for i, area in enumerate(areas.tolist()) if middle / 3 < area < 2 * middle]
        truth = 2 * sqrt(middle / pi)
        diameter = truth / WHITE_TO_RED if is_white else (estimate_cell_diameter(picture) or truth)
        yield Field(picture, np.asarray(cells, np.int32), usual, diameter)


def clicks(seen: Field, number: int, random: np.random.Generator) -> tuple[Point, Point]:
    """The deepest pixel of a cell, and any."""
    rows, cols = np.nonzero(seen.cells == number)
    box = seen.cells[rows.min() : rows.max() + 1, cols.min() : cols.max() + 1] == number
    depth = cv2.distanceTransform(np.pad(box, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, col = divmod(int(depth.argmax()), box.shape[1])
    any_pixel = int(random.integers(len(rows)))
    return (cols.min() + col + 0.5, rows.min() + row + 0.5), (cols[any_pixel] + 0.5, rows[any_pixel] + 0.5)


def overlap(seen: Field, number: int, taken: Taken | None) -> float:
    """Intersection over union of what was taken with a true cell."""
    if taken is None or taken[0].is_empty:
        return 0.0
    region, where = taken
    true = seen.cells[region.slices_in(seen.whole)] == number
    common = int(np.count_nonzero(true & where))
    return common / (int(np.count_nonzero(seen.cells == number)) + int(np.count_nonzero(where)) - common)


def plain_wand(seen: Field, point: Point) -> Taken:
    """What every paint program has: colours like the one clicked, holes filled."""
    mask = np.zeros((seen.whole.h + 2, seen.whole.w + 2), np.uint8)
    picture = np.ascontiguousarray(cv2.GaussianBlur(seen.picture, (0, 0), 1))
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | 255 << 8
    cv2.floodFill(picture, mask, (int(point[0]), int(point[1])), 0, (TOLERANCE,) * 3, (TOLERANCE,) * 3, flags)
    return seen.whole, with_holes(mask[1:-1, 1:-1])


def threshold(seen: Field, point: Point) -> Taken | None:
    grey = cv2.GaussianBlur(cv2.cvtColor(seen.picture, cv2.COLOR_RGB2GRAY), (0, 0), 1)
    dark = with_holes(np.asarray(cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1], np.uint8))
    _, pieces = cv2.connectedComponents(dark.astype(np.uint8), connectivity=4)
    number = pieces[int(point[1]), int(point[0])]
    return (seen.whole, np.asarray(pieces == number, np.bool_)) if number else None


def with_holes(where: NDArray[np.uint8]) -> NDArray[np.bool_]:
    outlines, _ = cv2.findContours(where, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros(where.shape, np.uint8), outlines, -1, 1, cv2.FILLED).astype(np.bool_)


def measure_wand(pictures: Iterator[Field], most: int) -> dict[str, Tally]:
    tallies = {
        f"{tool}, {at}": Tally() for at in ("centre", "any point") for tool in ("wand", "flood fill", "threshold")
    }
    random = np.random.default_rng(1)
    for seen in pictures:
        for number in chosen(seen.usual, most, random):
            for at, point in zip(("centre", "any point"), clicks(seen, number, random), strict=True):
                tools: dict[str, Callable[[], Taken | None]] = {
                    "wand": partial(wand, seen.look, seen.whole, point, seen.cell_diameter),
                    "flood fill": partial(plain_wand, seen, point),
                    "threshold": partial(threshold, seen, point),
                }
                for tool, work in tools.items():
                    tally = tallies[f"{tool}, {at}"]
                    tally.values.append(overlap(seen, number, tally.timed(work)))
    return tallies


def taken_on_glass(pictures: Iterator[Field], most: int) -> float:
    """Share of clicks beside all cells, a fifth of a cell away from them, at which the wand takes something."""
    random = np.random.default_rng(4)
    hits: list[bool] = []
    for seen in pictures:
        distance = cv2.distanceTransform((seen.cells == 0).astype(np.uint8), cv2.DIST_L2, 5)
        rows, cols = np.nonzero(distance > 0.2 * seen.cell_diameter)
        points = [(float(cols[i]), float(rows[i])) for i in chosen(list(range(len(rows))), most, random)]
        hits.extend(wand(seen.look, seen.whole, point, seen.cell_diameter) is not None for point in points)
    return statistics.mean(hits)


def measure_brush(pictures: Iterator[Field], most: int) -> dict[str, dict[str, Tally]]:
    """A scribble through four random points of the cell with a brush as large as the cell."""
    names = ("outside", "in other cells", "painted", "overlap", "press", "move")
    tallies = {tool: {name: Tally() for name in names} for tool in ("smart brush", "brush")}
    random = np.random.default_rng(2)
    for seen in pictures:
        for number in chosen(seen.usual, most, random):
            way = [clicks(seen, number, random)[1] for _ in range(4)]
            true = seen.cells == number
            radius = sqrt(np.count_nonzero(true) / pi)
            for tool, rows in tallies.items():
                started = time.perf_counter()
                paint: Callable[[Point, Point, float], Taken] = stroke_segment
                if tool == "smart brush":
                    paint = SmartBrush(seen.look, seen.whole, way[0], seen.cell_diameter, 0.5).segment
                rows["press"].seconds.append(time.perf_counter() - started)
                painted = scribbled(seen, paint, way, radius, rows["move"])
                total, common = max(1, int(np.count_nonzero(painted))), int(np.count_nonzero(painted & true))
                rows["outside"].values.append(1 - common / total)
                rows["in other cells"].values.append(np.count_nonzero(painted & ~true & (seen.cells > 0)) / total)
                rows["painted"].values.append(common / np.count_nonzero(true))
                rows["overlap"].values.append(common / np.count_nonzero(painted | true))
    return tallies


def scribbled(
    seen: Field, paint: Callable[[Point, Point, float], Taken], way: list[Point], radius: float, moves: Tally
) -> NDArray[np.bool_]:
    """What a stroke along the way paints; a hand moves by about 8 px at a time."""
    painted = np.zeros(seen.cells.shape, np.bool_)
    for start, end in pairwise([way[0], *way]):
        count = max(2, int(np.hypot(end[0] - start[0], end[1] - start[1]) / 8))
        for before, after in pairwise(np.linspace(start, end, count).tolist()):
            found = moves.timed(partial(paint, tuple(before), tuple(after), radius))
            if found is not None and not found[0].is_empty:
                common = found[0].intersected(seen.whole)
                painted[common.slices_in(seen.whole)] |= found[1][common.slices_in(found[0])]
    return painted


def measure_cut(pictures: Iterator[Field]) -> dict[str, Tally]:
    """Touching true cells made one: the smaller overlap of the two parts with the true ones."""
    tallies = {"proposed cut": Tally(), "across the middle": Tally()}
    random = np.random.default_rng(3)
    for seen in pictures:
        for pair, joined in touching(seen):
            point = clicks(seen, pair[int(random.integers(2))], random)[0]
            started = time.perf_counter()
            line = proposed_cut(partial(_read, joined), seen.whole, point, seen.cell_diameter)
            tallies["proposed cut"].seconds.append(time.perf_counter() - started)
            for tool, way in (("proposed cut", line), ("across the middle", across(joined))):
                tallies[tool].values.append(parted(seen, pair, joined, way))
    return tallies


def cut_in_vain(pictures: Iterator[Field], most: int) -> float:
    """Share of single true cells for which a cut is proposed."""
    random = np.random.default_rng(5)
    cuts = []
    for seen in pictures:
        for number in chosen(seen.usual, most, random):
            alone = (seen.cells == number).astype(np.uint8)
            point = clicks(seen, number, random)[0]
            cuts.append(proposed_cut(partial(_read, alone), seen.whole, point, seen.cell_diameter) is not None)
    return statistics.mean(cuts)


def touching(seen: Field) -> Iterator[tuple[tuple[int, int], NDArray[np.uint8]]]:
    """Pairs of ordinary cells a few pixels apart over a length, as a mask of the two with the line between filled."""
    kernel = np.ones((5, 5), np.uint8)
    for first in seen.usual:
        one = (seen.cells == first).astype(np.uint8)
        near = cv2.dilate(one, kernel)
        around = {int(number) for number in np.unique(seen.cells[cv2.dilate(near, kernel) > 0])}
        for second in sorted(around.intersection(seen.usual)):
            if second <= first:
                continue
            other = (seen.cells == second).astype(np.uint8)
            between = (near > 0) & (cv2.dilate(other, kernel) > 0) & (seen.cells == 0)
            if np.count_nonzero(between) < 0.15 * seen.cell_diameter:
                continue
            joined = one | other | between.astype(np.uint8)
            if cv2.connectedComponents(joined, connectivity=4)[0] == 2:
                yield (first, second), np.asarray(joined, np.uint8)


def across(joined: NDArray[np.uint8]) -> list[Point]:
    """The plain cut: through the middle, across the longer axis."""
    rows, cols = np.nonzero(joined)
    points = np.stack([cols, rows], axis=1).astype(np.float64)
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - middle).T))
    reach = axes[:, 0] * np.hypot(np.ptp(cols), np.ptp(rows))
    return [tuple((middle - reach).tolist()), tuple((middle + reach).tolist())]


def parted(seen: Field, pair: tuple[int, int], joined: NDArray[np.uint8], line: list[Point] | None) -> float:
    if line is None:
        return 0.0
    left = joined.copy()
    try:
        for change in cut_along(partial(_read, joined), seen.whole, line):
            left[change.region.slices_in(seen.whole)][change.where] = change.class_id
    except UserError:
        return 0.0
    count, pieces = cv2.connectedComponents(left, connectivity=4)
    best = [max(overlap(seen, number, (seen.whole, pieces == piece)) for piece in range(1, count)) for number in pair]
    return min(best)


def chosen(numbers: list[int], most: int, random: np.random.Generator) -> list[int]:
    return [int(number) for number in random.permutation(numbers)[:most]]


def _read(plane: NDArray[np.uint8], region: Region, beyond: int = 0) -> NDArray[np.uint8]:
    found = np.full((region.h, region.w, *plane.shape[2:]), beyond, np.uint8)
    whole = Region(0, 0, plane.shape[1], plane.shape[0])
    common = region.intersected(whole)
    if not common.is_empty:
        found[common.slices_in(region)] = plane[common.slices_in(whole)]
    return found


def report_wand(folder: Path, most: int) -> None:
    rows = [["set", "tool, clicked at", "cells", "median IoU", f"IoU ≥ {GOOD}", "ms median / p95"]]
    for name in ("bbbc041seg", "wbc_jtsc"):
        for tool, tally in measure_wand(fields(folder / name, 1), most).items():
            rows.append([name, tool, f"{len(tally.values)}", tally.median, tally.good, tally.ms])
    glass = taken_on_glass(fields(folder / "bbbc041seg", 1), most)
    write_section(
        "Wand: one click, one cell",
        rows,
        f"Each true cell, at most {most} of a picture, clicked at its deepest and any pixel, with the cell diameter"
        " that is estimated from the picture; for the white cells, of which each picture shows one, that of the red"
        f" cells around is taken to be {1 / WHITE_TO_RED:.2f} of theirs. Flood fill: colours within {TOLERANCE} of the"
        " one clicked, holes filled, the best tolerance of six. Threshold: grey values by"
        " Otsu, holes filled, the piece clicked. On glass, a fifth of a cell or more from any true cell, the wand took"
        f" something at {glass:.1%} of as many clicks. {HALF}",
    )


def report_brush(folder: Path, most: int) -> None:
    head = ["tool", "cells", "painted outside", "in other cells", "cell painted", "IoU", f"IoU ≥ {GOOD}"]
    rows = [[*head, "press ms median / p95", "move ms median / p95"]]
    for tool, found in measure_brush(fields(folder / "bbbc041seg", 1), most).items():
        shares = [f"{statistics.mean(found[share].values):.1%}" for share in ("outside", "in other cells", "painted")]
        rows.append(
            [
                tool,
                f"{len(found['overlap'].values)}",
                *shares,
                found["overlap"].median,
                found["overlap"].good,
                found["press"].ms,
                found["move"].ms,
            ]
        )
    write_section(
        "Smart brush: a scribble in a cell",
        rows,
        "bbbc041seg; a way through four random pixels of a true cell with a brush as large as the cell. Means of the"
        f" shares of what was painted; median IoU. {HALF}",
    )


def report_cut(folder: Path, most: int) -> None:
    rows = [["cut", "pairs", "median of the smaller IoU", f"both IoU ≥ {GOOD}", "ms median / p95"]]
    for tool, tally in measure_cut(fields(folder / "bbbc041seg", 1)).items():
        rows.append([tool, f"{len(tally.values)}", tally.median, tally.good, tally.ms if tally.seconds else "–"])
    vain = cut_in_vain(fields(folder / "bbbc041seg", 1), most)
    write_section(
        "Proposed cut: two touching cells",
        rows,
        "bbbc041seg; true cells up to 4 px apart along at least 0.15 cell diameters, the line between them filled;"
        f" parts compared with the true cells. Of single true cells, {vain:.1%}"
        f" got a cut proposed. {HALF}",
    )


def main(folder: Path, most: int) -> None:
    report_wand(folder, most)
    report_brush(folder, most)
    report_cut(folder, most)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10)
