"""The learning curves, drawn while they grow."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ...core.i18n import _
from ...session.retraining import Retraining

LEARNING, TESTING = "#d55e00", "#0072b2"
"""Vermillion and blue of the Okabe-Ito palette."""
MOST_TICKS = 12


class Curves(QWidget):
    """Left: how wrong the model is on what it learns from and on the test pictures. Right: agreement (Dice)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The legend stands in the title, where no line can run through it.
        keys = "".join(
            f'&nbsp;&nbsp;&nbsp;<span style="color: {color}">●</span> {name}'
            for color, name in ((LEARNING, _("learning")), (TESTING, _("test")))
        )
        self._error = _plot(_("Error") + keys)
        self._agreement = _plot(_("Agreement on the test pictures (%)"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for plot in (self._error, self._agreement):
            layout.addWidget(plot)
            plot.setFixedHeight(190)
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # else each asks for 640 px
        self._learning = self._error.plot(pen=pg.mkPen(LEARNING, width=1.5))
        dots = {"symbol": "o", "symbolSize": 6, "symbolBrush": TESTING, "symbolPen": None}
        self._testing = self._error.plot(pen=pg.mkPen(TESTING, width=2), **dots)
        self._dice = self._agreement.plot(pen=pg.mkPen(TESTING, width=2), **dots)
        self._dress()

    def show_run(self, run: Retraining) -> None:
        epochs = [event.epoch for event in run.epochs]
        step = 1 + run.plan.epochs // MOST_TICKS
        for plot in (self._error, self._agreement):
            plot.getAxis("bottom").setTickSpacing(major=step, minor=step)
            plot.setXRange(0, run.plan.epochs)  # the whole run, so that one sees how much is still to come
        if epochs:
            self._agreement.enableAutoRange("y")
        else:
            self._agreement.setYRange(50, 100)
        self._learning.setData([at for at, _loss in run.losses], [loss for _at, loss in run.losses])
        self._testing.setData(epochs, [event.val_loss for event in run.epochs])
        self._dice.setData(epochs, [100 * event.val_dice for event in run.epochs])

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


def _plot(title: str) -> pg.PlotWidget:
    plot = pg.PlotWidget(title=title)
    plot.setMouseEnabled(False, False)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.showGrid(y=True, alpha=0.15)
    plot.getAxis("bottom").enableAutoSIPrefix(False)
    return plot
