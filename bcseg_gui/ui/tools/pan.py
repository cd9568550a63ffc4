"""The tool that pans."""

from __future__ import annotations

from .tool import BaseTool


class PanTool(BaseTool):
    """Drags the slide. The view does the work, as for any tool while Space is held."""

    name = "pan"
    pans = True
