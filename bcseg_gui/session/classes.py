"""The classes of what is open: the project's, or the one that every project begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal

from bcseg_gui.core.masks import DEFAULT_CLASSES, MaskClass
from bcseg_gui.core.project import Project
from bcseg_gui.core.project import classes as lists
from bcseg_gui.core.project.classes import Classes as ClassList

from .tool_settings import ToolSettings


class Classes(QObject):
    """Each change is one write of the project, which is made when there is none yet; one that fails raises UserError
    and changes nothing.
    """

    changed = Signal()

    def __init__(
        self,
        project: Callable[[], Project | None],
        needed_project: Callable[[], Project],
        save: Callable[[], None],
        tools: ToolSettings,
        parent: QObject | None = None,
    ) -> None:
        """`save` writes all that is painted to disk, or raises UserError. `tools` paint the class in hand."""
        super().__init__(parent)
        self._project, self._needed_project, self._save = project, needed_project, save
        self._tools = tools
        self._list: ClassList = DEFAULT_CLASSES

    @property
    def list(self) -> ClassList:
        return self._list

    @property
    def last_id(self) -> int:
        """The highest id that a class of the project has or had; a new class gets the next one."""
        project = self._project()
        return 0 if project is None else project.last_class_id

    @property
    def in_hand(self) -> MaskClass:
        return lists.named(self._list, self._tools.class_id)

    def refresh(self) -> None:
        """Read the list again: another project may be open."""
        project = self._project()
        self._set_list(DEFAULT_CLASSES if project is None else project.classes)

    def choose(self, class_id: int) -> None:
        """Take a class in hand, if it is on the list."""
        if any(known.id == class_id for known in self._list):
            self._tools.choose_class(class_id)

    def choose_key(self, key: int) -> None:
        """Take the class of a key, 1 to 9, in hand; a key without one does nothing."""
        if (chosen := lists.at_key(self._list, key)) is not None:
            self._tools.choose_class(chosen.id)

    def set(self, classes: Iterable[MaskClass]) -> None:
        wanted = lists.checked(tuple(classes))
        if wanted != self._list:
            if {known.id for known in self._list} - {known.id for known in wanted}:
                self._save()
            self._needed_project().set_classes(wanted)
            self._set_list(wanted)

    def add(self, name: str, color: str = "") -> MaskClass:
        self.set(lists.added(self._list, name, color, above=self.last_id))
        return self._list[-1]

    def rename(self, class_id: int, name: str) -> None:
        self.set(lists.renamed(self._list, class_id, name))

    def recolour(self, class_id: int, color: str) -> None:
        self.set(lists.recoloured(self._list, class_id, color))

    def remove(self, class_id: int) -> None:
        """Not while pictures hold cells of it, and not the class that Segment finds."""
        self.set(lists.removed(self._list, class_id))

    def require_unused(self, class_id: int) -> None:
        """Raise UserError when pictures hold cells of it."""
        self._save()
        if (project := self._project()) is not None:
            project.require_unused({class_id})

    def _set_list(self, classes: ClassList) -> None:
        if classes == self._list:
            return
        self._list = classes
        if all(known.id != self._tools.class_id for known in classes):
            self._tools.choose_class(lists.FOUND_ID)
        self.changed.emit()
