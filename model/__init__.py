"""The networks, their training and their use. Independent of Qt and of the application."""
