"""Who sits at the computer, for the records."""

from __future__ import annotations

import getpass


def user_name() -> str:
    """Empty where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
