"""How large cells are on a slide that says its scale."""

from __future__ import annotations

RED_CELL_DIAMETER_UM = 7.5
"""Diameter of a human red cell on a dried smear, in µm; normally 6.7 to 8.2."""


def expected_cell_diameter(mpp: float | None) -> float | None:
    """Diameter of a red cell in level-0 pixels, from µm per level-0 pixel; None where that is unknown."""
    return RED_CELL_DIAMETER_UM / mpp if mpp else None


def smallest_cell_area(cell_diameter: float) -> int:
    """Pixels below which a component is a speck, no cell: 2 % of a red cell, 200 px where one is 106 px wide."""
    return max(4, round(200 * (cell_diameter / 106) ** 2))
