"""The application's light and dark colours, and icons drawn in the colour of the text."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from bcseg_gui.core.resources import resource

ICON_SIZE = 20
"""Side of a toolbar icon in device-independent pixels."""

_LIGHT = {
    QPalette.ColorRole.Window: "#f3f3f2",
    QPalette.ColorRole.WindowText: "#1d1d1f",
    QPalette.ColorRole.Base: "#ffffff",
    QPalette.ColorRole.AlternateBase: "#f7f7f6",
    QPalette.ColorRole.Text: "#1d1d1f",
    QPalette.ColorRole.PlaceholderText: "#6b6b70",
    QPalette.ColorRole.Button: "#f3f3f2",
    QPalette.ColorRole.ButtonText: "#1d1d1f",
    QPalette.ColorRole.ToolTipBase: "#ffffff",
    QPalette.ColorRole.ToolTipText: "#1d1d1f",
    QPalette.ColorRole.Light: "#ffffff",
    QPalette.ColorRole.Midlight: "#e6e6e4",
    QPalette.ColorRole.Mid: "#c9c9c6",
    QPalette.ColorRole.Dark: "#8e8e8a",
    QPalette.ColorRole.Highlight: "#0a6ebd",
    QPalette.ColorRole.HighlightedText: "#ffffff",
    QPalette.ColorRole.Link: "#0a5ea3",
    QPalette.ColorRole.Accent: "#0a6ebd",
}
_DARK = {
    QPalette.ColorRole.Window: "#323235",
    QPalette.ColorRole.WindowText: "#ececee",
    QPalette.ColorRole.Base: "#1c1c1f",
    QPalette.ColorRole.AlternateBase: "#242427",
    QPalette.ColorRole.Text: "#ececee",
    QPalette.ColorRole.PlaceholderText: "#a0a0a6",
    QPalette.ColorRole.Button: "#3f3f43",
    QPalette.ColorRole.ButtonText: "#ececee",
    QPalette.ColorRole.ToolTipBase: "#3a3a3d",
    QPalette.ColorRole.ToolTipText: "#ececee",
    QPalette.ColorRole.Light: "#4a4a4e",
    QPalette.ColorRole.Midlight: "#48484d",
    QPalette.ColorRole.Mid: "#5a5a60",
    QPalette.ColorRole.Dark: "#161618",
    QPalette.ColorRole.Highlight: "#2f86d1",
    QPalette.ColorRole.HighlightedText: "#ffffff",
    QPalette.ColorRole.Link: "#6db3f2",
    QPalette.ColorRole.Accent: "#2f86d1",
}
_DISABLED = {False: "#a0a09d", True: "#707074"}

_STYLE = """
QToolBar { border: none; border-bottom: 1px solid palette(mid); padding: 4px 6px; spacing: 2px; }
QToolBar::separator { background: palette(mid); width: 1px; margin: 6px 6px; }
QToolBar QToolButton { border: 1px solid transparent; border-radius: 6px; padding: 5px 3px 5px 8px; }
QToolBar QToolButton[popupMode="1"] { padding-right: 22px; }
QToolBar QToolButton::menu-button { border: none; border-left: 1px solid palette(mid); width: 18px; margin: 5px 0; }
QToolBar QToolButton:hover:enabled { background: palette(midlight); }
QToolBar QToolButton:pressed { background: palette(mid); }
QToolBar QToolButton:checked { background: palette(midlight); border-color: palette(mid); }
QToolBar QToolButton[main="true"]:enabled, QPushButton[main="true"]:enabled {
    background: palette(highlight); color: palette(highlighted-text); border-color: palette(highlight);
}
QDialog QPushButton { min-height: 24px; padding: 1px 10px; }
QPushButton[main="true"] { border-radius: 6px; padding: 5px 16px; font-weight: 600; border: 1px solid palette(mid); }
QDialog QPushButton[main="true"] { min-height: 25px; padding: 1px 16px; }
QToolBar QToolButton:focus, QPushButton[main="true"]:focus { border-color: palette(text); }
QStatusBar { border-top: 1px solid palette(mid); }
QSpinBox { min-height: 20px; }
QStatusBar::item { border: none; }
QLabel#panelTitle { font-weight: 600; }
QLabel#cellCount { font-size: 26pt; font-weight: 300; }
QLabel#caption { color: palette(placeholder-text); }
QLabel#emptyTitle { font-size: 17pt; font-weight: 600; }
QLabel#headline { font-size: 12pt; font-weight: 600; }
QLabel#warning { font-weight: 600; }
QSplitter::handle { background: palette(mid); }
QProgressBar { border: none; border-radius: 4px; background: palette(midlight); }
QProgressBar::chunk { border-radius: 4px; background: palette(highlight); }
QMainWindow::separator { background: palette(mid); width: 1px; height: 1px; }
"""
_DARK_STYLE = """
QCheckBox::indicator:unchecked {
    border: 1px solid palette(placeholder-text); border-radius: 2px; background: palette(base);
}
QCheckBox::indicator:unchecked:disabled { border-color: palette(mid); }
"""
"""Fusion draws frames darker than the window, so that an unticked box hardly shows."""


def is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def apply(app: QApplication) -> None:
    """Style the application for the system's colour scheme, now and whenever it changes."""
    app.setStyle("Fusion")
    hints = QGuiApplication.styleHints()
    hints.colorSchemeChanged.connect(lambda _scheme: _dress(app))
    _dress(app)


def _dress(app: QApplication) -> None:
    dark = is_dark()
    palette = QPalette()
    for role, color in (_DARK if dark else _LIGHT).items():
        palette.setColor(role, QColor(color))
    disabled = QColor(_DISABLED[dark])
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, disabled)
    app.setPalette(palette)
    app.setStyleSheet(_STYLE + _DARK_STYLE if dark else _STYLE)


def icon(name: str, on_accent: bool = False) -> QIcon:
    """Return `resources/icons/NAME.svg` in the palette's text colour, or in that of text on a highlighted button.

    Sharp on 1×, 2× and 3× screens.
    """
    palette = QGuiApplication.palette()
    role = QPalette.ColorRole.HighlightedText if on_accent else QPalette.ColorRole.ButtonText
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
    return _drawn(name, palette.color(role).name(), disabled.name())


@cache  # redrawing them all after each stroke would be felt
def _drawn(name: str, color: str, disabled: str) -> QIcon:
    svg = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for mode, shade in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, disabled)):
        renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", shade).encode()))
        for ratio in (1, 2, 3):
            result.addPixmap(_render(renderer, ICON_SIZE, ratio), mode)
    return result


def _render(renderer: QSvgRenderer, side: int, ratio: int) -> QPixmap:
    pixmap = QPixmap(side * ratio, side * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side * ratio, side * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
