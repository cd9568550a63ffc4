"""Slides and plain pictures behind one API, named as in OpenSlide."""

from .finding import PICTURE_SUFFIXES, SLIDE_SUFFIXES, find_slides
from .opening import open_slide
from .slide import Slide, read_scaled

__all__ = ["PICTURE_SUFFIXES", "SLIDE_SUFFIXES", "Slide", "find_slides", "open_slide", "read_scaled"]
