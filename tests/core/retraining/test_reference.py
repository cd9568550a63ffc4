from __future__ import annotations

import numpy as np

from bcseg_gui.core.retraining.reference import SIZE, reference_smears


def test_they_are_always_the_same_of_every_stain_and_full_of_cells() -> None:
    first, again = dict(reference_smears()), dict(reference_smears())
    assert list(first) == list(again)
    assert len({name.split("-")[0] for name in first}) == 4
    for name, smear in first.items():
        assert smear.image.shape == (SIZE[1], SIZE[0], 3)
        assert 0.15 < np.mean(smear.mask > 0) < 0.5
        np.testing.assert_array_equal(smear.image, again[name].image)
        np.testing.assert_array_equal(smear.mask, again[name].mask)
