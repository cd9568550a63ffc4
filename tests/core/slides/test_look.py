from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bcseg_gui.core.slides.look import Look

looks = st.builds(
    Look,
    brightness=st.floats(-1, 1),
    contrast=st.floats(-1, 1),
    gamma=st.floats(0.1, 5),
    white=st.tuples(*[st.integers(0, 255)] * 3),
)
pictures = arrays(np.uint8, st.tuples(st.integers(0, 5), st.integers(0, 5), st.just(3)))


@given(pictures)
def test_a_neutral_look_is_the_picture_itself(rgb: np.ndarray) -> None:
    assert Look().is_neutral
    assert Look().apply(rgb) is rgb
    np.testing.assert_array_equal(Look().table(), np.arange(256)[:, None].repeat(3, axis=1))


@given(looks, pictures)
def test_each_channel_goes_through_its_table_and_the_picture_stays_as_it_is(look: Look, rgb: np.ndarray) -> None:
    before = rgb.copy()

    shown = look.apply(rgb)

    table = look.table()
    np.testing.assert_array_equal(shown, np.stack([table[rgb[..., c], c] for c in range(3)], axis=-1))
    np.testing.assert_array_equal(rgb, before)


@given(looks)
def test_what_was_lighter_is_never_shown_darker(look: Look) -> None:
    assert look.table().shape == (256, 3)
    assert (np.diff(look.table().astype(int), axis=0) >= 0).all()


@given(st.tuples(*[st.integers(1, 255)] * 3))
def test_white_balance_makes_the_chosen_colour_white(white: tuple[int, int, int]) -> None:
    np.testing.assert_array_equal(Look(white=white).apply(np.full((1, 1, 3), white, np.uint8)), 255)


@pytest.mark.parametrize(
    ("look", "lighter"),
    [
        (Look(brightness=0.2), True),
        (Look(brightness=-0.2), False),
        (Look(gamma=2), True),
        (Look(gamma=0.5), False),
    ],
)
def test_brightness_and_gamma_lighten_or_darken_the_middle(look: Look, lighter: bool) -> None:
    assert (look.table()[128, 0] > 128) == lighter


def test_contrast_parts_light_from_dark_or_flattens() -> None:
    more, less = Look(contrast=0.5).table()[:, 0].astype(int), Look(contrast=-0.5).table()[:, 0].astype(int)

    assert more[180] - more[80] > 100 > less[180] - less[80]
    assert len(np.unique(Look(contrast=-1).table())) == 1
