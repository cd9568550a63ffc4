"""TernausNet: the network, its training and its use. Knows nothing of Qt nor of the application."""
