from __future__ import annotations

import logging

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from bcseg_gui.core import i18n
from bcseg_gui.core.errors import UserError
from bcseg_gui.ui.messages import MessageBar


@pytest.fixture
def bar(qtbot: QtBot) -> MessageBar:
    bar = MessageBar()
    qtbot.addWidget(bar)
    return bar


def test_a_problem_stays_until_it_is_closed(bar: MessageBar) -> None:
    assert bar.text == ""
    bar.inform("All pictures are reviewed.")
    bar.problem(UserError("“{path}” is gone.", path="a.png"))
    assert bar.text == "“a.png” is gone."
    assert not bar.findChild(QTimer).isActive(), "the earlier message's end must not close it"
    bar.findChild(QToolButton).click()
    assert bar.text == ""


def test_what_it_says_is_plain_text(bar: MessageBar) -> None:
    bar.problem(UserError("“{path}” is gone.", path="<b>a</b>"))
    assert bar.text == "“<b>a</b>” is gone."


def test_the_log_keeps_no_path(bar: MessageBar, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        bar.problem(UserError("“{path}” is gone.", path="/patients/Jane Doe.png"))
        bar.problem(OSError("/patients/Jane Doe.png"))
    assert "is gone" in caplog.text
    assert "Jane" not in caplog.text


def test_it_speaks_french(bar: MessageBar) -> None:
    i18n.install("fr")
    bar.problem(RuntimeError("x"))
    assert bar.text == "Une erreur imprévue est survenue\u00a0: x"
