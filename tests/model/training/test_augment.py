from __future__ import annotations

import numpy as np

from model.training.augment import augment_colours, dihedral, with_pointer


def test_a_pointer_is_no_cell() -> None:
    rng = np.random.default_rng(3)
    picture, mask = np.full((90, 90, 3), 120, np.uint8), np.ones((90, 90), np.uint8)
    for _ in range(20):
        shown, left = with_pointer(picture, mask, rng)
        covered = left == 0
        assert set(np.unique(left)) <= {0, 1}
        assert (shown[~covered].astype(int) - 120 == 0).mean() > 0.9, "nothing else is painted over"
        if covered.any():
            assert np.abs(shown[covered].astype(int) - 120).mean() > 20


def test_the_same_random_numbers_give_the_same_crop() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    one, two = (augment_colours(picture, np.random.default_rng(8)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_the_eight_symmetries_are_eight() -> None:
    square = np.arange(9).reshape(3, 3)
    assert len({dihedral(square, turn).tobytes() for turn in range(8)}) == 8
