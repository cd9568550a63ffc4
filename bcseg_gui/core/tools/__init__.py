"""What the tools do to a mask: arithmetic that reads mask and picture and says which pixels are to be set."""
