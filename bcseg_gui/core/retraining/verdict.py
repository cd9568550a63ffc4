"""The gate's decision in one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from ..i18n import _, percent
from .gate import FOUND, GAIN, ClassFigures, Decision, Difference


def verdict(decision: Decision) -> str:
    """Return how the candidate compares and, if it is refused, why."""
    if decision.dice is None or decision.count_error is None:
        return _target_verdict(decision)
    new = decision.new_classes
    match decision.outcome:
        case "better" if new:
            also = _("The new model also finds {classes}. The rest it knows as before: {new}, and {old} before.")
            return _fill(also, decision.dice, agreements(new))
        case "better":
            return _fill(_("The new model agrees with you better: {new} instead of {old}."), decision.dice)
        case "forgets":
            assert decision.reference is not None
            return _fill(
                _(
                    "The new model has forgotten what it knew: on the pictures that come with the program its "
                    "agreement fell from {old} to {new}."
                ),
                decision.reference,
            )
        case "no gain" if decision.dice.gain > -GAIN:
            return _fill(_("The new model agrees with you no better: {new}, and {old} before."), decision.dice)
        case "no gain" if new:
            less = _("The new model agrees with you less on the cells that it knew: {new} instead of {old}.")
            return _fill(less, decision.dice)
        case "no gain":
            return _fill(_("The new model agrees with you less: {new} instead of {old}."), decision.dice)
        case "uncertain" if new:
            return _fill(
                _(
                    "It may have lost some of what it knew ({new} instead of {old}): the test pictures differ too much "
                    "to be sure."
                ),
                decision.dice,
            )
        case "miscounts":
            return _fill(
                _("The new model counts worse: its number of cells is off by {new} instead of {old}."),
                decision.count_error,
            )
        case "class not tested":
            return _("No test picture holds {classes}, so nobody can tell how well the new model finds it.").format(
                classes=_names(each for each in new if not each.pictures)
            )
        case "class not found":
            return _("The new model does not find {classes} well enough yet: {found}.").format(
                classes=_names(each for each in new if each.low <= FOUND),
                found=agreements(each for each in new if each.low <= FOUND),
            )
        case _:
            return _fill(
                _("It may be better ({new} instead of {old}), but the test pictures differ too much to be sure."),
                decision.dice,
            )


def evidence(decision: Decision) -> str:
    """Return how certain the verdict is."""
    parts = [_interval(decision.dice)] if decision.dice is not None else []
    parts += [
        _("{name}: between {low} and {high} (90 % interval).").format(
            name=each.name, low=percent(each.low), high=percent(each.high)
        )
        for each in decision.new_classes
        if each.pictures
    ]
    if decision.weak:
        parts.append(_("This is weak evidence: review more pictures."))
    return " ".join(parts)


def agreements(classes: Iterable[ClassFigures]) -> str:
    """Each with its agreement: “white cell (93.0 %), platelet (not tested)”."""
    return ", ".join(f"{each.name} ({percent(each.dice) if each.pictures else _('not tested')})" for each in classes)


def _target_verdict(decision: Decision) -> str:
    text = _(
        "A new target: there is nothing to compare the model with. Its agreement with you on the test pictures: "
        "{classes}."
    )
    return text.format(classes=agreements(decision.classes))


def _interval(dice: Difference) -> str:
    if dice.low > 0:
        interval = _("The gain lies between {low} and {high} (90 % interval).")
    elif dice.high < 0:
        interval = _("The loss lies between {high} and {low} (90 % interval).")
    else:
        interval = _("It lies between a loss of {low} and a gain of {high} (90 % interval).")
    low, high = (percent(abs(value)) for value in (dice.low, dice.high))
    return interval.format(low=low, high=high)


def _names(classes: Iterable[ClassFigures]) -> str:
    return ", ".join(each.name for each in classes)


def _fill(template: str, difference: Difference, classes: str = "") -> str:
    return template.format(old=percent(difference.old), new=percent(difference.new), classes=classes)
