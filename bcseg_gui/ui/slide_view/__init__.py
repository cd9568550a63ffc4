"""The slide on the screen."""

from .view import SlideView

__all__ = ["SlideView"]
