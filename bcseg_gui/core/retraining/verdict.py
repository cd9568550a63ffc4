"""The gate's decision in one sentence."""

from __future__ import annotations

from ..i18n import _, percent
from .gate import GAIN, Decision, Difference


def verdict(decision: Decision) -> str:
    """What the candidate is, and why it may not take the other's place if it may not."""
    match decision.outcome:
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
        case "no gain":
            return _fill(_("The new model agrees with you less: {new} instead of {old}."), decision.dice)
        case "uncertain":
            return _fill(
                _("It may be better ({new} instead of {old}), but the test pictures differ too much to be sure."),
                decision.dice,
            )
        case "miscounts":
            return _fill(
                _("The new model counts worse: its number of cells is off by {new} instead of {old}."),
                decision.count_error,
            )


def evidence(decision: Decision) -> str:
    """How sure that is."""
    low, high = (percent(abs(value)) for value in (decision.dice.low, decision.dice.high))
    if decision.dice.low > 0:
        interval = _("The gain lies between {low} and {high} (90 % interval).")
    elif decision.dice.high < 0:
        interval = _("The loss lies between {high} and {low} (90 % interval).")
    else:
        interval = _("It lies between a loss of {low} and a gain of {high} (90 % interval).")
    weak = _("This is weak evidence: review more pictures.") if decision.weak else ""
    return f"{interval.format(low=low, high=high)} {weak}".strip()


def _fill(template: str, difference: Difference) -> str:
    return template.format(old=percent(difference.old), new=percent(difference.new))
