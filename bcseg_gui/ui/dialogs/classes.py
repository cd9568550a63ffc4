"""The list of classes: names, colours, order. Nothing is saved before OK."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QCursor, QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QColorDialog,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.masks import DEFAULT_CLASSES, MaskClass
from bcseg_gui.core.project import classes as lists
from bcseg_gui.session.classes import Classes

from ..panels.classes import swatch


class ClassesDialog(QDialog):
    """Edits a copy of the list. An invalid change is explained below the list and keeps the dialog open."""

    def __init__(self, classes: Classes, parent: QWidget, class_id: int = 0) -> None:
        """`class_id`: the class selected at first; 0 adds a new one."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Classes of cells"))
        self._classes = classes
        self.edited = classes.list
        self.rows = QListWidget()
        self.rows.setAccessibleName(_("Classes of cells"))
        self.rows.currentRowChanged.connect(lambda _row: self._show_current())
        self.name = QLineEdit()
        self.name.setMaxLength(lists.LONGEST_NAME)
        self.name.setAccessibleName(_("Name"))
        self.name.textEdited.connect(self._rename)
        self.colors = [_ColorButton(color, words) for color, words in zip(lists.PALETTE, _color_names(), strict=True)]
        for button in self.colors:
            button.clicked.connect(lambda _on, color=button.color: self._recolour(color))
        self.other = _button(_("Other colour…"), self._ask_color)
        self._caption = QLabel()
        self._caption.setObjectName("caption")
        self._caption.setWordWrap(True)
        self.add = _button(_("Add"), self._add)
        self.remove = _button(_("Remove"), self._remove)
        self.up = _button(_("Up"), lambda: self._move(-1))
        self.down = _button(_("Down"), lambda: self._move(1))
        self.usual = _button(_("Red cells, white cells, platelets"), self._make_usual)
        self.offer = _button("", self._rename_found)
        self.offer.hide()
        self._problem = QLabel()
        self._problem.setObjectName("warning")
        self._problem.setWordWrap(True)
        self.ok = _button(_("OK"), self._save)
        self.ok.setDefault(True)
        self._lay_out()
        self._show_list()
        places = [known.id for known in self.edited]
        self.rows.setCurrentRow(places.index(class_id) if class_id in places else len(places) - 1)
        if class_id == 0:
            self._add()

    def _lay_out(self) -> None:
        under = QGridLayout()
        under.setSpacing(6)
        for place, button in enumerate((self.add, self.remove, self.up, self.down)):
            under.addWidget(button, place // 2, place % 2)
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self.rows, 1)
        left.addLayout(under)
        swatches = QGridLayout()
        swatches.setSpacing(4)
        for place, color in enumerate(self.colors):
            swatches.addWidget(color, place // 4, place % 4)
        swatches.setColumnStretch(4, 1)
        right = QVBoxLayout()
        right.setSpacing(6)
        for part in (QLabel(_("Name")), self.name, QLabel(_("Colour")), swatches, self.other, self._caption):
            if isinstance(part, QWidget):
                right.addWidget(part)
            else:
                right.addLayout(part)
        right.addStretch(1)
        halves = QHBoxLayout()
        halves.setSpacing(20)
        halves.addLayout(left, 1)
        halves.addLayout(right, 1)
        ends = QHBoxLayout()
        ends.addStretch(1)
        ends.addWidget(_button(_("Cancel"), self.reject))
        ends.addWidget(self.ok)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(12)
        layout.addLayout(halves)
        for button in (self.usual, self.offer):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._problem)
        layout.addLayout(ends)

    @property
    def problem(self) -> str:
        return self._problem.text()

    # -- what is shown --------------------------------------------------------------------------------------------

    def _show_list(self) -> None:
        row = self.rows.currentRow()
        with QSignalBlocker(self.rows):
            self.rows.clear()
            for place, known in enumerate(self.edited, 1):
                key = f"{place}   " if place <= lists.KEYS else ""
                self.rows.addItem(QListWidgetItem(swatch(known.color), key + known.name))
            self.rows.setCurrentRow(min(row, len(self.edited) - 1))
        self._show_current()

    def _show_current(self) -> None:
        current = self._current
        if self.name.text() != current.name:
            self.name.setText(current.name)
        for button in self.colors:
            button.setChecked(button.color == current.color.lower())
        own = current.color.lower() not in lists.PALETTE
        self.other.setIcon(swatch(current.color) if own else QIcon())
        self._caption.setText(_("Segment finds cells of this class.") if current.id == lists.FOUND_ID else "")
        self.remove.setEnabled(current.id != lists.FOUND_ID)
        self.up.setEnabled(self.rows.currentRow() > 0)
        self.down.setEnabled(self.rows.currentRow() < len(self.edited) - 1)
        self.usual.setVisible(self._tried(self._with_blood_cells) not in (None, self.edited))
        self._problem.setText("")
        self._problem.hide()

    @property
    def _current(self) -> MaskClass:
        return self.edited[max(0, self.rows.currentRow())]

    # -- edits ----------------------------------------------------------------------------------------------------

    def _rename(self, name: str) -> None:
        # Unchecked until OK: a name half typed need not be valid.
        self._replace(replace(self._current, name=name))

    def _recolour(self, color: str) -> None:
        self._replace(replace(self._current, color=color))

    def _replace(self, new: MaskClass) -> None:
        self.edited = tuple(new if known.id == new.id else known for known in self.edited)
        self._show_list()

    def _ask_color(self) -> None:
        dialog = QColorDialog(QColor(self._current.color), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda color: self._recolour(color.name()))
        dialog.open()

    def _add(self) -> None:
        names = {known.name.casefold() for known in self.edited}
        numbered = (_("class {number}").format(number=number) for number in range(len(names) + 1, 1000))
        name = next(name for name in numbered if name.casefold() not in names)
        if self._apply(lambda: lists.added(self.edited, name, above=self._classes.last_id)):
            self.rows.setCurrentRow(len(self.edited) - 1)
            self.name.selectAll()
            self.name.setFocus()

    def _remove(self) -> None:
        class_id = self._current.id

        def unused() -> lists.Classes:
            if any(known.id == class_id for known in self._classes.list):
                self._classes.require_unused(class_id)
            return lists.removed(self.edited, class_id)

        # This reads every mask of the project.
        QGuiApplication.setOverrideCursor(QCursor(Qt.CursorShape.WaitCursor))
        try:
            self._apply(unused)
        finally:
            QGuiApplication.restoreOverrideCursor()

    def _move(self, by: int) -> None:
        row = self.rows.currentRow() + by
        self._apply(lambda: lists.moved(self.edited, self._current.id, by))
        self.rows.setCurrentRow(row)

    def _with_blood_cells(self) -> lists.Classes:
        return lists.with_blood_cells(self.edited, above=self._classes.last_id)

    def _make_usual(self) -> None:
        if self._apply(self._with_blood_cells):
            found = next(known for known in self.edited if known.id == lists.FOUND_ID)
            if found.name == DEFAULT_CLASSES[0].name:
                text = _("Rename “{name}” to “{new_name}”")
                self.offer.setText(text.format(name=found.name, new_name=_("red cell")))
                self.offer.show()

    def _rename_found(self) -> None:
        if self._apply(lambda: lists.renamed(self.edited, lists.FOUND_ID, _("red cell"))):
            self.offer.hide()

    def _save(self) -> None:
        def saved() -> lists.Classes:
            self._classes.set(self.edited)
            return self.edited

        if self._apply(saved):
            self.accept()

    def _apply(self, change: Callable[[], lists.Classes]) -> bool:
        """Show the changed list and return True, or say why it cannot be changed."""
        try:
            self.edited = change()
        except UserError as error:
            self._problem.setText(sentence(error))
            self._problem.show()
            return False
        self._show_list()
        return True

    def _tried(self, change: Callable[[], lists.Classes]) -> lists.Classes | None:
        try:
            return change()
        except UserError:
            return None


class _ColorButton(QToolButton):
    def __init__(self, color: str, words: str) -> None:
        super().__init__()
        self.color = color
        self.setCheckable(True)
        self.setIcon(swatch(color, 22))
        self.setIconSize(QSize(22, 22))
        self.setStyleSheet(
            "QToolButton { border: 2px solid transparent; border-radius: 6px; padding: 2px; }"
            "QToolButton:hover { border-color: palette(mid); }"
            "QToolButton:checked { border-color: palette(highlight); }"
            "QToolButton:focus { border-color: palette(text); }"
        )
        self.setToolTip(words)
        self.setAccessibleName(words)


def _color_names() -> tuple[str, ...]:
    """Return the names of `PALETTE`, in its order."""
    return (
        *(_("Orange"), _("Sky blue"), _("Black"), _("Vermilion")),
        *(_("Green"), _("Yellow"), _("Blue"), _("Purple")),
    )


def _button(text: str, clicked: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: clicked())
    return button
