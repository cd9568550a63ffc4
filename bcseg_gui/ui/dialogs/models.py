"""All models, with their origin and quality: use, compare, roll back, export, import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, percent, sentence
from bcseg_gui.core.models import ModelVersion
from bcseg_gui.core.models.model_file import SUFFIX
from bcseg_gui.core.retraining.record import Record, read_record
from bcseg_gui.core.retraining.report import REPORT_FILE
from bcseg_gui.core.retraining.verdict import verdict
from bcseg_gui.session.models import Models


class ModelsDialog(QDialog):
    """Stays open while in use; “Use this model” takes effect at once."""

    compare = Signal(str, str)
    """Names of two models"""

    def __init__(self, models: Models, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Models"))
        self.resize(820, 520)
        self._models = models
        self._records: dict[Path, Record | None] = {}
        self.table = QTableWidget(0, 5)
        self.table.setHorizontalHeaderLabels([_("name"), _("made"), _("by"), _("grown from"), _("agreement")])
        self.table.setAccessibleName(_("Models"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setStyleSheet("QTableView::item { padding: 2px 8px; }")
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._show_chosen)
        self._about = QLabel()
        self._about.setWordWrap(True)
        self._about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._problem = QLabel()
        self._problem.setObjectName("warning")
        self._problem.setWordWrap(True)
        self._problem.hide()
        self.use = self._button(_("Use this model"), self._use)
        self.back = self._button(_("Back to the one before"), models.roll_back)
        self.compare_button = self._button(_("Compare with the one in use…"), self._compare)
        self.report = self._button(_("Report"), self._open_report)
        self.export = self._button(_("Export…"), self._export)
        self.import_button = self._button(_("Import…"), self._import)
        self._close = self._button(_("Close"), self.close)
        self._lay_out()
        models.changed.connect(self._show_list)
        self._show_list()

    def _lay_out(self) -> None:
        actions = QGridLayout()
        actions.setSpacing(6)
        buttons = (self.use, self.back, self.compare_button, self.report, self.export, self.import_button)
        for place, button in enumerate(buttons):
            actions.addWidget(button, place // 3, place % 3)
        ends = QHBoxLayout()
        ends.addStretch(1)
        ends.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(10)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._about)
        layout.addLayout(actions)
        layout.addWidget(self._problem)
        layout.addLayout(ends)

    def _button(self, text: str, run: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._attempt(run))
        return button

    def _attempt(self, run: Callable[[], object]) -> None:
        self._problem.hide()
        try:
            run()
        except UserError as error:
            self._problem.setText(sentence(error))
            self._problem.show()

    @property
    def chosen(self) -> ModelVersion | None:
        row = self.table.currentRow()
        return self._models.versions[row] if 0 <= row < len(self._models.versions) else None

    def _show_list(self) -> None:
        name = self.chosen.name if self.chosen is not None else None
        active = self._models.active
        versions = self._models.versions
        self.table.setRowCount(len(versions))
        for row, version in enumerate(versions):
            record = self._record(version)
            used = version == active
            dice = version.metrics.get("dice")
            texts = (
                f"{'●' if used else '○'}  {version.name}",
                version.created[:16].replace("T", " "),
                record.author if record is not None else "",
                version.parent or "",
                percent(dice) if dice is not None else "",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if used:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                self.table.setItem(row, column, item)
        wanted = name or (active.name if active is not None else None)
        self.table.selectRow(next((row for row, each in enumerate(versions) if each.name == wanted), 0))
        self.back.setEnabled(self._models.can_roll_back)
        self._show_chosen()

    def _show_chosen(self) -> None:
        version, active = self.chosen, self._models.active
        other = version is not None and version != active
        self.use.setEnabled(other)
        self.compare_button.setEnabled(other and active is not None)
        self.export.setEnabled(version is not None)
        record = self._record(version) if version is not None else None
        self.report.setEnabled(record is not None)
        self._about.setText(_about(version, record) if version is not None else "")
        if version is not None and (by := self._models.overruled_by(version.name)) is not None:
            overruled = _("It was put to use all the same, by {by}.").format(by=by)
            self._about.setText(f"{self._about.text()} {overruled}")

    def _record(self, version: ModelVersion) -> Record | None:
        """Read once, since a version never changes. An unreadable record counts as none."""
        if version.folder not in self._records:
            try:
                self._records[version.folder] = read_record(version.folder)
            except UserError:
                self._records[version.folder] = None
        return self._records[version.folder]

    def _use(self) -> None:
        if self.chosen is not None:
            self._models.choose(self.chosen.name)

    def _compare(self) -> None:
        if self.chosen is not None and self._models.active is not None:
            self.compare.emit(self._models.active.name, self.chosen.name)

    def _open_report(self) -> None:
        if self.chosen is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.chosen.folder / REPORT_FILE)))

    def _export(self) -> None:
        version = self.chosen
        if version is None:
            return
        file, _filter = QFileDialog.getSaveFileName(
            self, _("Export “{name}”").format(name=version.name), version.name + SUFFIX, _filters()
        )
        if file:
            path = Path(file)
            self._models.export(version.name, path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX))

    def _import(self) -> None:
        file, _filter = QFileDialog.getOpenFileName(self, _("Import a model"), "", _filters())
        if file:
            self._models.import_model(Path(file))


def _filters() -> str:
    return _("Models of this program ({suffix})").format(suffix=f"*{SUFFIX} model.json")


def _about(version: ModelVersion, record: Record | None) -> str:
    finds = _("Finds: {classes}.").format(classes=", ".join(version.classes))
    if record is None:
        return f"{finds} {version.licence}".strip()
    splits = [pair.split for pair in record.pairs]
    learnt = _("Learnt from {learn} pictures, compared on {test}.").format(
        learn=splits.count("train"), test=splits.count("holdout")
    )
    return f"{finds} {learnt} {verdict(record.decision)}"
