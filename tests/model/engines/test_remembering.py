from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.engines import remembering
from model.engines.remembering import RememberingEngine


class Brightness:
    """Notes how many pictures it was shown."""

    name, tile, batch = "brightness", 256, 4

    def __init__(self) -> None:
        self.shown: list[int] = []

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.shown.append(len(pictures))
        return pictures.mean(3)[:, None].astype(np.float32)


@pytest.fixture
def pictures():
    return np.random.default_rng(1).integers(0, 256, (3, 32, 64, 3), np.uint8)


def test_what_was_seen_is_not_computed_again(pictures) -> None:
    engine = Brightness()
    remembering_engine = RememberingEngine(engine)
    assert (remembering_engine.name, remembering_engine.tile, remembering_engine.batch) == ("brightness", 256, 4)
    expected = engine.probabilities(pictures)
    engine.shown.clear()
    np.testing.assert_array_equal(remembering_engine.probabilities(pictures[:2]), expected[:2])
    np.testing.assert_array_equal(remembering_engine.probabilities(pictures[::-1]), expected[::-1])
    np.testing.assert_array_equal(remembering_engine.probabilities(pictures), expected)
    assert engine.shown == [2, 1]


def test_a_picture_of_another_shape_is_another_picture(pictures) -> None:
    engine = RememberingEngine(Brightness())
    engine.probabilities(pictures)
    assert engine.probabilities(pictures.reshape(3, 64, 32, 3)).shape == (3, 1, 64, 32)


def test_the_oldest_is_forgotten_first(pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "MEMORY", 2 * 32 * 64 * 4)
    engine = Brightness()
    remembering_engine = RememberingEngine(engine)
    for at in (0, 1, 0, 2, 0, 1):
        remembering_engine.probabilities(pictures[at : at + 1])
    assert len(engine.shown) == 4, "1 was forgotten for 2, 0 was not"
