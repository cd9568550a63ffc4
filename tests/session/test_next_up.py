from __future__ import annotations

import pytest

from bcseg_gui.compute.protocol import Finished, Rank, RankResult
from bcseg_gui.core.errors import UserError


def test_what_is_left_is_looked_at_and_gets_ranks(session, client, pictures, paint, qtbot) -> None:
    session.open(pictures)
    paint(session)
    session.reviewing.mark()
    session.next_up.look()
    session.next_up.look()  # once is enough
    asked = [work for work in client.submitted if isinstance(work, Rank)]
    assert len(asked) == 1
    assert [path for path, _page in asked[0].slides] == pictures[1:]
    assert asked[0].model_folder.name == "tiny"
    with qtbot.waitSignals([session.next_up.ranked, session.worklistChanged]):
        client.answer(Finished(asked[0].job, RankResult((1, 0))))
    assert [item.rank for item in session.worklist] == [0, 2, 1]
    assert [item.status for item in session.worklist] == ["reviewed", "todo", "todo"]
    session.next_up.look()
    assert client.last(Rank).job != asked[0].job, "the next time it looks again"


def test_when_all_is_reviewed_that_is_said(session, pictures, paint) -> None:
    session.open(pictures)
    for _ in pictures:
        paint(session)
        session.reviewing.mark()
    with pytest.raises(UserError, match="All pictures are reviewed"):
        session.next_up.look()
