"""One clear sentence on standard error in place of a traceback."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bcseg_gui.compute.protocol import Sentence
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, sentence
from model.errors import ModelError


def complain(error: BaseException) -> None:
    print(sentence(error), file=sys.stderr)


class _Warnings(logging.Handler):
    """Prints logged warnings; those written for a person in the person's language."""

    def emit(self, record: logging.LogRecord) -> None:
        print(sentence(record.msg) if isinstance(record.msg, Sentence) else self.format(record), file=sys.stderr)


@contextmanager
def failures_in_plain_words() -> Iterator[None]:
    """Exit with code 1 and a sentence for what a person can mend, with 130 when interrupted.

    Meanwhile warnings are printed on standard error.
    """
    warnings = _Warnings(logging.WARNING)
    logging.getLogger().addHandler(warnings)
    try:
        yield
    except (UserError, ModelError) as error:
        complain(error)
        sys.exit(1)
    except KeyboardInterrupt as stopped:  # one with a text has more to say
        print(str(stopped) or _("Stopped."), file=sys.stderr)
        sys.exit(130)
    finally:
        logging.getLogger().removeHandler(warnings)
