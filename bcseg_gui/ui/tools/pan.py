"""The tool that moves the picture."""

from __future__ import annotations

from .tool import BaseTool


class PanTool(BaseTool):
    """Drags the picture. The view does the dragging, as it does for any tool while Space is held."""

    name = "pan"
    pans = True
