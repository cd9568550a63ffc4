"""The one limit of the suite: how long a test waits before it gives up."""

from __future__ import annotations

from functools import partialmethod

from pytestqt.qtbot import QtBot

LIMIT = 300.0
"""Seconds. Only ever spent when something hangs, so it allows for a machine that is busy with other work."""

MILLISECONDS = int(1000 * LIMIT)


class PatientQtBot(QtBot):
    """pytest-qt's QtBot, which gives up after five seconds unless told otherwise, with `LIMIT` in their place."""

    waitActive = partialmethod(QtBot.waitActive, timeout=MILLISECONDS)
    waitCallback = partialmethod(QtBot.waitCallback, timeout=MILLISECONDS)
    waitExposed = partialmethod(QtBot.waitExposed, timeout=MILLISECONDS)
    waitSignal = partialmethod(QtBot.waitSignal, timeout=MILLISECONDS)
    waitSignals = partialmethod(QtBot.waitSignals, timeout=MILLISECONDS)
    waitUntil = partialmethod(QtBot.waitUntil, timeout=MILLISECONDS)
