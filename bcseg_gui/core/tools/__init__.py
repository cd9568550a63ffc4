"""The arithmetic of the tools: from mask and picture to the pixels to set."""
