"""The one exception that reaches a person: a sentence that says what is wrong, with which file, and what to do."""

from __future__ import annotations


class UserError(Exception):
    """A failure a person can act on.

    `template` is the English sentence with `{named}` fields; it is also the key of its translation, which is why
    the fields are kept apart from it. `str(error)` is the English sentence; `core.i18n.sentence(error)` the
    translated one. Pickles, so it crosses from the compute process whole.
    """

    def __init__(self, template: str, **fields: object) -> None:
        super().__init__(template, fields)
        self.template = template
        self.fields = fields

    def __str__(self) -> str:
        return self.template.format(**self.fields)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.template, self.fields))


def _rebuild(cls: type[UserError], template: str, fields: dict[str, object]) -> UserError:
    return cls(template, **fields)
