"""What this package says to a person: when a file or a picture cannot be used, and, as a logged warning, when the work
goes on in another way."""

from __future__ import annotations


class ModelError(Exception):
    """A failure a person can act on: an English sentence with `{named}` fields, kept apart for translation."""

    def __init__(self, template: str, **fields: object) -> None:
        super().__init__(template, fields)
        self.template = template
        self.fields = fields

    def __str__(self) -> str:
        return self.template.format(**self.fields)
