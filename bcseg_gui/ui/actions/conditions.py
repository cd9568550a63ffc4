"""When each action is enabled."""

from __future__ import annotations

from collections.abc import Callable

from bcseg_gui.session.session import Session

Condition = Callable[[Session], bool]


def always(_session: Session) -> bool:
    return True


def slide_open(session: Session) -> bool:
    return session.document is not None


def can_segment(session: Session) -> bool:
    return session.document is not None and not session.document.segmenting


def can_segment_part(session: Session) -> bool:
    """Not for a photograph, which is segmented whole in seconds."""
    return can_segment(session) and session.document is not None and session.document.needs_parts


def can_segment_selection(session: Session) -> bool:
    return can_segment(session) and session.document is not None and bool(session.document.selection)


def can_resume(session: Session) -> bool:
    return can_segment(session) and session.document is not None and session.document.stream.unfinished is not None


def has_selection(session: Session) -> bool:
    return session.document is not None and bool(session.document.selection)


def can_review(session: Session) -> bool:
    """Not for an untouched picture: a second Enter by mistake would teach the model that it has no cells."""
    return can_segment(session) and session.reviewing.status in ("doing", "reviewed")


def can_undo(session: Session) -> bool:
    """Stays enabled during a segmentation, to say why it cannot undo."""
    document = session.document
    if document is None or document.mask is None:
        return False
    return document.can_undo or (document.segmenting and document.mask.can_undo)


def can_redo(session: Session) -> bool:
    return session.document is not None and session.document.can_redo


def is_reviewed(session: Session) -> bool:
    return session.document is not None and session.reviewing.status == "reviewed"


def several(session: Session) -> bool:
    return len(session.worklist) > 1


def has_mask(session: Session) -> bool:
    return session.document is not None and session.document.mask is not None


def can_accept(session: Session) -> bool:
    return can_segment(session) and has_mask(session)


def can_export(session: Session) -> bool:
    return session.reviewing.count > 0


def has_left(session: Session) -> bool:
    return session.next_up.has_left


def can_retrain(session: Session) -> bool:
    return session.reviewing.is_enough
