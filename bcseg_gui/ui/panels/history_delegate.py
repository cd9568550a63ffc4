"""Draws the rows of the history."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from bcseg_gui.core.masks import EditRecord, EditState

from .history_model import HistoryModel, HistoryRole

AnyIndex = QModelIndex | QPersistentModelIndex

_MARGIN, _GAP, _PADDING = 8, 6, 4
"""Device-independent pixels beside the text, between its parts, above and below it."""
_DOT = 8
"""Diameter of the dot in a class's colour."""
_FAINT = 0.4
"""Opacity of an undone edit."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class HistoryDelegate(QStyledItemDelegate):
    """Two lines: the edit and its time; its class, author and duration. Undone edits are dimmed."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        record: EditRecord | None = index.data(HistoryRole.RECORD)
        is_current = bool(index.data(HistoryRole.IS_CURRENT))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw_ground(painter, option, is_current)
        inner = option.rect.adjusted(_MARGIN, _PADDING, -_MARGIN, -_PADDING)
        if record is None:
            _draw_title(painter, option, inner, index.data(), EditState.DONE, is_current)
        else:
            upper, lower = QRect(inner), QRect(inner)
            upper.setHeight(inner.height() // 2)
            lower.setTop(upper.bottom() + 1)
            painter.setPen(_colour(option, record.state, QPalette.ColorRole.PlaceholderText))
            upper.setRight(_draw_time(painter, upper, index.data(HistoryRole.TIME)))
            self._draw_details(painter, lower, index, record)
            _draw_title(painter, option, upper, index.data(), record.state, is_current)
        painter.restore()

    def _draw_details(self, painter: QPainter, line: QRect, index: AnyIndex, record: EditRecord) -> None:
        model = index.model()
        assert isinstance(model, HistoryModel)
        known = model.class_of(record)
        if known is not None:
            pen = painter.pen()
            painter.setPen(Qt.PenStyle.NoPen)
            colour = QColor(known.color)
            colour.setAlphaF(1.0 if record.state == EditState.DONE else _FAINT)
            painter.setBrush(colour)
            painter.drawEllipse(line.left(), line.center().y() - _DOT // 2 + 1, _DOT, _DOT)
            painter.setPen(pen)
            line.setLeft(line.left() + _DOT + _GAP)
        painter.drawText(line, _LEFT, _cut(painter.fontMetrics(), index.data(HistoryRole.DETAILS), line))


def _draw_ground(painter: QPainter, option: QStyleOptionViewItem, is_current: bool) -> None:
    """Mark the current edit, the row under the pointer and the row with the focus."""
    is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver and option.state & QStyle.StateFlag.State_Enabled)
    area = option.rect.adjusted(1, 1, -1, -1)
    if is_current or is_hovered:
        ground = option.palette.color(QPalette.ColorRole.Midlight)
        ground.setAlphaF(1.0 if is_current else 0.5)
        painter.setBrush(ground)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(area, 6, 6)
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Highlight), 1.5))
        painter.drawRoundedRect(area, 6, 6)


def _draw_title(
    painter: QPainter, option: QStyleOptionViewItem, line: QRect, words: str, state: EditState, is_current: bool
) -> None:
    font = QFont(option.font)
    font.setWeight(QFont.Weight.DemiBold if is_current else QFont.Weight.Normal)
    font.setStrikeOut(state == EditState.ABANDONED)
    painter.setFont(font)
    painter.setPen(_colour(option, state, QPalette.ColorRole.Text))
    painter.drawText(line, _LEFT, _cut(painter.fontMetrics(), words, line))


def _draw_time(painter: QPainter, line: QRect, time: str) -> int:
    """Draw at the right end of the line and return the x where the time begins."""
    painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, time)
    return line.right() - painter.fontMetrics().horizontalAdvance(time) - _GAP


def _colour(option: QStyleOptionViewItem, state: EditState, role: QPalette.ColorRole) -> QColor:
    if state != EditState.DONE or not option.state & QStyle.StateFlag.State_Enabled:
        return option.palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    return option.palette.color(QPalette.ColorGroup.Active, role)


def _cut(metrics: QFontMetrics, text: str, line: QRect) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
