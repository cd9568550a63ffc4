"""What a retraining will learn from, and how long that takes: known before it starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from bcseg_gui.compute.protocol import EstimateResult
from bcseg_gui.core.exporting.dataset import parts_of
from bcseg_gui.core.models import ModelVersion
from bcseg_gui.core.project import Project
from bcseg_gui.core.project.class_use import ids_in
from bcseg_gui.core.project.classes import ids_of
from bcseg_gui.core.project.holdout import Split
from bcseg_gui.core.retraining.reference import REFERENCE_AREA

FEWEST_ROUNDS, MOST_ROUNDS = 4, 40
LEAST_SEEN = 14_200_000
"""Pixels at the working scale, over all rounds: nine rounds over five fields (benchmarks/clinic_stain.py)."""

NEW_FACTOR = 2
"""Factor on `LEAST_SEEN` where there is something to learn that the model does not know."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many reviewed pictures the model learns from, and how many are kept for the test.

    `area`, `test_area`: their pixels at the scale that the model works at.
    `parted`: there is one picture, of which a part is kept for the test.
    `drawn`: the classes of the pictures to learn from, with their ids in the masks; `tested`: those of the test
    pictures. `known`: the classes of the model in use likewise. `new_target`: a model of its own learns what is drawn,
    but for those `left_out`.
    """

    learn: int
    test: int
    area: float = 0.0
    test_area: float = 0.0
    parted: bool = False
    drawn: Mapping[str, int] = field(default_factory=dict)
    tested: frozenset[str] = frozenset()
    known: Mapping[str, int] = field(default_factory=dict)
    new_target: bool = False
    left_out: frozenset[str] = frozenset()

    @property
    def targets(self) -> dict[str, int]:
        """The classes of a new target, with their ids in the masks."""
        return {name: class_id for name, class_id in self.drawn.items() if name not in self.left_out}

    @property
    def new(self) -> list[str]:
        """New classes: those that the model in use does not know."""
        return [name for name, class_id in self.drawn.items() if class_id not in self.known.values()]

    @property
    def untested(self) -> list[str]:
        """New classes that no test picture holds."""
        return [name for name in (self.targets if self.new_target else self.new) if name not in self.tested]

    @property
    def classes(self) -> dict[str, int]:
        """The classes of the candidate, with their ids in the masks; none where all cells are alike."""
        if self.new_target:
            return self.targets
        known = dict(self.known) if self.new or len(self.known) > 1 else {}
        return known | {name: self.drawn[name] for name in self.new}

    @property
    def reviewed(self) -> int:
        return self.learn + self.test

    @property
    def epochs(self) -> int:
        """Rounds over the pictures: the fewer there are, the more, so that even one picture is learnt from."""
        seen = LEAST_SEEN * (NEW_FACTOR if self.new or self.new_target else 1)
        return min(MOST_ROUNDS, max(FEWEST_ROUNDS, round(seen / max(1.0, self.area))))

    def seconds(self, speed: EstimateResult) -> float:
        """How long it will take at this speed."""
        learning = self.epochs * self.area / speed.step_pixels * speed.step_seconds
        # Before, after, and of some pictures between the rounds.
        looks = self.test_area * (2 + self.epochs * min(1.0, 4 / self.test)) + 2 * REFERENCE_AREA
        return learning + looks / 1e6 * speed.megapixel_seconds


def plan(project: Project, model: ModelVersion) -> Plan:
    """How `model` will learn from what is reviewed. Raises UserError when there is nothing to learn from or to test
    on.
    """
    reviewed = [entry for entry in project.slides if entry.status == "reviewed" and entry.split]
    parts = parts_of(project)
    pictures: Counter[Split] = Counter()
    areas: dict[Split, float] = {"train": 0.0, "holdout": 0.0}
    held: dict[Split, set[int]] = {"train": set(), "holdout": set()}
    for entry in reviewed:
        scale = model.cell_diameter / (entry.cell_diameter or model.source_cell_diameter)
        sides = parts(entry)
        pictures.update({side for _region, side in sides})
        for region, side in sides:
            areas[side] += region.area * scale**2
            if len(project.classes) > 1:  # else it is the one class everywhere
                held[side] |= ids_in(project.mask_path(entry), [region])
    drawn = {each.name: each.id for each in project.classes if each.id in held["train"]}
    return Plan(
        pictures["train"],
        pictures["holdout"],
        areas["train"],
        areas["holdout"],
        parted=len(reviewed) == 1,
        drawn=drawn or {each.name: each.id for each in project.classes},
        tested=frozenset(each.name for each in project.classes if each.id in held["holdout"] or not drawn),
        known=dict(zip(model.classes, ids_of(model.classes, project.classes), strict=True)),
    )
