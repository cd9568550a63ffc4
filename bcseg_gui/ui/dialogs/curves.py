"""Learning curves, updated while the model trains."""

from __future__ import annotations

from collections.abc import Mapping

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from bcseg_gui.core.i18n import _
from bcseg_gui.session.retraining import Retraining

LEARNING, TESTING, CELLS, PIXELS = "#d55e00", "#0072b2", "#cc79a7", "#009e73"
"""Vermillion, blue, purple and green of the Okabe-Ito palette."""
MOST_TICKS = 12


class Curves(QWidget):
    """Left: loss on training and test pictures. Right: Dice, object F1 and pixel accuracy on the test pictures.

    Dashed lines are the model in use.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._error = _plot(_("Error"), {LEARNING: _("learning"), TESTING: _("test")})
        self._agreement = _plot(_("Test (%)"), {TESTING: _("agreement"), CELLS: _("cells"), PIXELS: _("pixels")})
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for plot in (self._error, self._agreement):
            layout.addWidget(plot)
            plot.setFixedHeight(190)
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # each asks for 640 px otherwise
        self._learning = self._error.plot(pen=pg.mkPen(LEARNING, width=1.5))
        self.series = {
            "val_loss": _Series(self._error, TESTING, "loss"),
            "val_dice": _Series(self._agreement, TESTING, "dice"),
            "val_f1": _Series(self._agreement, CELLS, "object_f1"),
            "val_accuracy": _Series(self._agreement, PIXELS, "pixel_accuracy"),
        }
        """Series measured on the test pictures, by the name of their value in EpochDone"""
        self._dress()

    def show_run(self, run: Retraining) -> None:
        epochs = [event.epoch for event in run.epochs]
        step = 1 + run.rounds // MOST_TICKS
        for plot in (self._error, self._agreement):
            plot.getAxis("bottom").setTickSpacing(major=step, minor=step)
            plot.setXRange(0, run.rounds)  # the whole run, to show how much is left
        if epochs or run.parent_metrics is not None:
            self._agreement.enableAutoRange("y")
        else:
            self._agreement.setYRange(50, 100)
        self._learning.setData([at for at, _loss in run.losses], [loss for _at, loss in run.losses])
        for name, series in self.series.items():
            scale = 1 if name == "val_loss" else 100
            series.dots.setData(epochs, [scale * getattr(event, name) for event in run.epochs])
            if run.parent_metrics is not None:
                series.before.setValue(scale * getattr(run.parent_metrics, series.figure))
                series.before.show()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        text = self.palette().color(QPalette.ColorRole.WindowText)
        for plot in (self._error, self._agreement):
            plot.setBackground(self.palette().color(QPalette.ColorRole.Base))
            item = plot.getPlotItem()
            item.setTitle(item.titleLabel.text, color=text, size="9pt")
            plot.setLabel("bottom", _("rounds"), color=text.name())
            for side in ("left", "bottom"):
                axis = item.getAxis(side)
                axis.setPen(self.palette().color(QPalette.ColorRole.Mid))
                axis.setTextPen(text)


class _Series:
    """The new model's points, and a dashed line at the `figure` that the model in use has in its Metrics."""

    def __init__(self, plot: pg.PlotWidget, color: str, figure: str) -> None:
        self.figure = figure
        self.dots = plot.plot(pen=pg.mkPen(color, width=2), symbol="o", symbolSize=6, symbolBrush=color, symbolPen=None)
        self.before = pg.InfiniteLine(angle=0, pen=pg.mkPen(color, width=1, style=Qt.PenStyle.DashLine))
        self.before.hide()
        plot.addItem(self.before)


def _plot(title: str, keys: Mapping[str, str]) -> pg.PlotWidget:
    """`keys` maps colours to names. The legend goes into the title, where no curve can cross it."""
    legend = "".join(f'&nbsp;&nbsp;<span style="color: {color}">●</span> {name}' for color, name in keys.items())
    plot = pg.PlotWidget(title=title + legend, enableMenu=False)
    # pyqtgraph makes the menu anyway, without a parent: it would outlive the plot.
    plot.getPlotItem().ctrlMenu.setParent(plot, Qt.WindowType.Popup)
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.showGrid(y=True, alpha=0.15)
    plot.getAxis("bottom").enableAutoSIPrefix(False)
    return plot
