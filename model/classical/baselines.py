"""One threshold or one clustering for the whole picture, holes filled; touching cells stay together."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CLUSTERS = 3
"""As in the study's published notebook: background, cells, and what is darker or between them."""
SAMPLES = 20_000
"""About how many pixels the clusters are found from."""
LEAST_CONTRAST = 6.0
"""Grey levels between cells and background below which a picture is blank: noise splits into halves as well."""


def otsu(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Otsu's threshold (1979) on grey; dark is foreground."""
    grey = to_grey(picture)
    return filled(unless_blank(grey, grey <= otsu_threshold(grey)))


def bht(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Balanced histogram thresholding on grey (dos Anjos & Shahbazkia, "Bi-level image thresholding", 2008).

    The study says no more of it than its name; like its authors' Otsu it is taken on grey, where dark is foreground.
    """
    grey = to_grey(picture)
    return filled(unless_blank(grey, grey <= balanced_threshold(grey)))


def kmeans(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """k-means on colour, k = 3, then Otsu's threshold on the grey of each cluster's mean, as in the study's notebook.

    The means are found from a grid of pixels and start from the thirds of the grey scale, where the notebook tries
    random starts on all pixels: the same picture always gives the same mask.
    """
    means = _means(picture)
    if means is None:
        return np.zeros(picture.shape[:2], np.uint8)
    # Squared distance, without the pixel's own square, which is the same for every mean.
    distance = (means**2).sum(1) - 2 * picture.reshape(-1, 3).astype(np.float32) @ means.T
    grey_of_means = to_grey(means.round().astype(np.uint8)[None])[0]
    grey = grey_of_means[distance.argmin(1)].reshape(picture.shape[:2])
    return filled(unless_blank(grey, grey <= otsu_threshold(grey)))


def _means(picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Mean colours `(k, 3)`; None where the picture has one colour only."""
    height, width = picture.shape[:2]
    step = max(1, int(np.sqrt(height * width / SAMPLES)))
    sample = picture[::step, ::step].reshape(-1, 3).astype(np.float32)
    if (sample == sample[0]).all():
        return None
    clusters = min(CLUSTERS, len(sample))
    start = np.empty((len(sample), 1), np.int32)
    start[sample.sum(1).argsort(kind="stable"), 0] = np.arange(len(sample)) * clusters // len(sample)
    until = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 0.1)
    _, _, means = cv2.kmeans(sample, clusters, start, until, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    return np.asarray(means, np.float32)


def to_grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def otsu_threshold(grey: NDArray[np.uint8]) -> int:
    """The last grey level of the dark side."""
    return int(cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0])


def balanced_threshold(grey: NDArray[np.uint8]) -> int:
    """The last grey level of the dark side: the middle of a histogram from whose heavier side bins are taken away,
    one by one from its end, until both ends meet."""
    weights = np.bincount(grey.ravel(), minlength=256).tolist()
    start, end = 0, 255
    middle = (start + end) // 2
    left, right = sum(weights[: middle + 1]), sum(weights[middle + 1 :])
    while start < end:
        if right > left:
            right -= weights[end]
            end -= 1
        else:
            left -= weights[start]
            start += 1
        centre = (start + end) // 2
        if centre < middle:
            left, right = left - weights[middle], right + weights[middle]
        elif centre > middle:
            left, right = left + weights[centre], right - weights[centre]
        middle = centre
    return middle


def unless_blank(grey: NDArray[np.uint8], dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`dark`, or nothing where it is no darker than the rest but for noise."""
    if dark.all() or not dark.any():
        return np.zeros_like(dark)
    smooth = cv2.blur(grey, (5, 5))  # of noise, what is dark by itself is not dark with its neighbours
    contrast = smooth[~dark].mean() - smooth[dark].mean()
    return dark if contrast >= LEAST_CONTRAST else np.zeros_like(dark)


def filled(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Without holes, as 0/1: the pale middle of a red cell belongs to it."""
    inside = np.ascontiguousarray(mask).view(np.uint8)
    contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(inside.copy(), contours, -1, 1, cv2.FILLED), np.uint8)
