"""The values in a project's JSON files: classes and slides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from ..geometry import Region
from ..masks import DEFAULT_CLASSES, MaskClass
from ..models import Promotions
from .holdout import Split

Status = Literal["todo", "doing", "reviewed"]


class Measured(Protocol):
    """The part of a `Slide` an entry keeps."""

    @property
    def dimensions(self) -> tuple[int, int]: ...
    @property
    def mpp(self) -> float | None: ...


LARGEST_PICTURE = 64_000_000
"""Level-0 pixels of the largest slide that is reviewed as one picture, some thousand cells; larger ones by parts."""


@dataclass(frozen=True, slots=True)
class PageReview:
    """The review state of a page that is not shown."""

    page: int
    status: Status
    reviewed: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True)
class SlideEntry:
    """One slide of a project; `slides/<id>/slide.json`.

    `path` is absolute here (in the file it is relative to the project folder where it can be, with forward slashes).
    `width`, `height` (level-0 pixels) and `mpp` are 0, 0 and None until the slide was opened once: see `measured`.
    `given_mpp` is what the user says where the file says no `mpp`; `cell_diameter` (level-0 pixels) is set by the user,
    else None. `page` is the one shown last: size, status and `reviewed` are of that page. `reviewed` without a region
    means the whole slide. `other_pages` are those that were shown before. `split` is empty until the slide is first
    reviewed, then changes by hand alone. `seconds_spent` is how long a person worked on it, all pages together.
    """

    id: str
    path: Path
    fingerprint: str
    width: int = 0
    height: int = 0
    mpp: float | None = None
    given_mpp: float | None = None
    cell_diameter: float | None = None
    page: int = 0
    status: Status = "todo"
    reviewed: tuple[Region, ...] = ()
    split: Split | Literal[""] = ""
    split_by_hand: bool = False
    other_pages: tuple[PageReview, ...] = ()
    seconds_spent: float = 0.0
    schema: int = 2

    def measured(self, slide: Measured) -> SlideEntry:
        """This entry with the size and mpp of its opened slide."""
        return replace(self, width=slide.dimensions[0], height=slide.dimensions[1], mpp=slide.mpp)

    def turned(self, page: int) -> SlideEntry:
        """This entry with another page shown, in the review state in which that was left."""
        others = {known.page: known for known in (*self.other_pages, PageReview(self.page, self.status, self.reviewed))}
        shown = others.pop(page, PageReview(page, "todo"))
        return replace(
            self,
            page=page,
            width=0,
            height=0,
            status=shown.status,
            reviewed=shown.reviewed,
            other_pages=tuple(others.values()),
        )

    def reviewed_regions(self) -> tuple[Region, ...]:
        """The regions to learn from, the whole slide when none is named; none at all unless it is reviewed."""
        if self.status != "reviewed":
            return ()
        return self.reviewed or (Region(0, 0, self.width, self.height),)

    @property
    def is_partly_reviewed(self) -> bool:
        """Only parts of a large slide are reviewed."""
        return self.status == "reviewed" and Region(0, 0, self.width, self.height) not in self.reviewed_regions()


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """`project.json`: `slides` are the ids of those worked on, in the order in which they were added.

    `folders` and `pictures` are what was opened, worked on or not; paths as in `SlideEntry`. `last_class_id` is the
    highest there ever was: edits that may come back know classes that were removed since.
    """

    classes: tuple[MaskClass, ...] = DEFAULT_CLASSES
    last_class_id: int = 0
    folders: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    slides: tuple[str, ...] = ()
    promotions: Promotions = field(default_factory=Promotions)
    schema: int = 2
