from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from bcseg_gui.compute import protocol
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.retraining.gate import Decision, Difference
from bcseg_gui.core.retraining.ranking import Suggestion
from bcseg_gui.core.slides.look import Look

METRICS = protocol.Metrics(2, 0.9, 0.8, 0.95, 0.2, 0.9, 0.05, 0.7)
GAIN = Difference(0.9, 0.92, 0.01, 0.03)
DECISION = Decision("better", GAIN, GAIN, None, weak=True)

MESSAGES = [
    protocol.WarmUp(1, Path("m")),
    protocol.Segment(
        2,
        Path("a.svs"),
        Path("m"),
        Region(1, 2, 3, 4),
        (5, 6),
        42.0,
        0.4,
        page=1,
        outline=((1, 2), (3, 4), (1, 5)),
        finished=(Region(1, 2, 1, 1),),
        look=Look(gamma=2),
        skip_empty=False,
    ),
    protocol.QuickSegment(14, Path("a.svs"), Region(1, 2, 3, 4), (5, 6), 42.0, look=Look(brightness=0.5)),
    protocol.Train(3, Path("d"), Path("m"), Path("o"), 4, 5),
    protocol.Evaluate(4, Path("d"), (Path("m"), Path("n"))),
    protocol.Cancel(5),
    protocol.Shutdown(),
    protocol.Started(6),
    protocol.Trying(6),
    protocol.Warned(6, "No {path}", {"path": "x"}),
    protocol.Progress(7, 1, 2, 3.0, 0.5),
    protocol.Progress(15, 0, 2, empty=(Region(1, 2, 3, 4),)),
    protocol.EpochDone(8, 1, 2, 0.9, 0.1, 0.9, 0.1, 0.8, 0.7, 0.6, 1.0),
    protocol.Finished(1, protocol.WarmUpResult("torch")),
    protocol.Finished(9, protocol.SegmentResult(42.0, 1.0, "m")),
    protocol.Estimate(16, Path("m")),
    protocol.Rank(
        17,
        (
            protocol.RankedSlide(Path("a.svs")),
            protocol.RankedSlide(Path("b.svs"), 1, (Region(0, 0, 9, 9),), (Region(0, 0, 9, 9),), 30.0),
        ),
        Path("m"),
    ),
    protocol.ParentMeasured(18, METRICS),
    protocol.Finished(10, protocol.TrainResult(Path("o"), METRICS, METRICS, DECISION, 8, 3.0)),
    protocol.Finished(16, protocol.EstimateResult(1.0, 2.0, 65_536)),
    protocol.Finished(17, protocol.RankResult((Suggestion(1, 0.5, (Region(0, 0, 9, 9),)), Suggestion(0, 0.0, ())))),
    protocol.Finished(11, protocol.EvaluateResult((METRICS, METRICS), 3.0)),
    protocol.Cancelled(12),
    protocol.Failed(13, "No {path}", {"path": "x"}),
    protocol.LogLine("a.b", 30, "text"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_messages_survive_the_pipe(message: object) -> None:
    assert pickle.loads(pickle.dumps(message)) == message


def test_tile_survives_the_pipe() -> None:
    classes = np.arange(6, dtype=np.uint8).reshape(2, 3)
    tile = pickle.loads(pickle.dumps(protocol.TilePredicted(1, Region(0, 0, 3, 2), classes, Region(0, 0, 9, 9))))
    assert (tile.job, tile.region, tile.finished) == (1, Region(0, 0, 3, 2), Region(0, 0, 9, 9))
    np.testing.assert_array_equal(tile.classes, classes)


def test_failure_keeps_the_sentence_and_makes_its_fields_plain() -> None:
    error = UserError("No {path}, {count} times.", path=Path("a.svs"), count=2)
    assert protocol.Failed.because(1, error) == protocol.Failed(
        1, "No {path}, {count} times.", {"path": "a.svs", "count": 2}
    )
