"""The About box: version, licences, and the card of the model in use."""

from __future__ import annotations

from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _
from bcseg_gui.core.models import ModelVersion


class AboutDialog(QDialog):
    def __init__(self, model: ModelVersion | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("About bcseg-gui"))
        self.resize(660, 520)
        title = QLabel(_("bcseg-gui {version}").format(version=_version()))
        title.setObjectName("headline")
        purpose = QLabel(
            _("Finds the cells of a blood smear, lets you correct them, and learns from your corrections.")
        )
        warning = QLabel(_("For research and teaching only. Not a medical device: do not base a diagnosis on it."))
        warning.setObjectName("warning")
        text = QTextBrowser()
        text.setOpenExternalLinks(True)
        text.setMarkdown(_about_model(model) + "\n\n" + _licences())
        close = QPushButton(_("Close"))
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(10)
        for label in (title, purpose, warning):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(label)
        layout.addWidget(text, 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


def _about_model(model: ModelVersion | None) -> str:
    if model is None:
        return ""
    lines = ["### " + _("The model in use"), f"**{model.name}** ({model.architecture})"]
    if model.parent:
        lines.append(_("Learnt from: {parent}").format(parent=model.parent))
    if model.licence:
        lines.append(_("Licence: {licence}").format(licence=model.licence))
    card = next(iter(sorted(model.folder.glob("*.md"))), None)
    if card is not None:
        lines.append(card.read_text(encoding="utf-8", errors="replace"))
    return "\n\n".join(lines)


def _licences() -> str:
    return "\n\n".join(
        (
            "### " + _("Built with"),
            "Qt for Python (LGPL-3.0) · PyTorch (BSD-3-Clause) · OpenSlide (LGPL-2.1) · OpenCV (Apache-2.0) · "
            "NumPy (BSD-3-Clause) · Pillow (MIT-CMU) · tifffile (BSD-3-Clause) · pyqtgraph (MIT) · "
            "msgspec (BSD-3-Clause)",
        )
    )


def _version() -> str:
    try:
        return metadata.version("bcseg-gui")
    except metadata.PackageNotFoundError:
        return ""
