"""Who sees what while an experiment runs, and what becomes of a change, in sentences.

tests/browser/test_publishing.py holds the main ones against what fresh visitors are served.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.experiments.selectors import Difference, Trial, served_share
from dashboard.policies.models import Policy

_HALF = 0.5


def who_sees_what(trial: Trial) -> str:
    """“Half of the visitors see B, half see A, until about 14 December.”"""
    if trial.experiment.is_interleaved:
        told = {"share": formats.percent(trial.share), "until": _until(trial)}
        return _("%(share)s of the visitors see slates that A and B make together, %(until)s.") % told
    words = {
        "shares": _(", ").join(f"{key} {formats.percent(share)}" for key, share in trial.shares.items()),
        "b": formats.percent(trial.shares["B"]),
        "a": formats.percent(trial.shares["A"]),
        "rest": formats.percent(trial.outside),
        "version": trial.published.version,
        "until": _until(trial),
    }
    return " ".join([_shares_in_words(trial) % words, *_for_whom(trial)])


def _shares_in_words(trial: Trial) -> str:
    if trial.experiment.audience_id is not None:
        return _("Of its audience see: %(shares)s, %(until)s; all others see version %(version)s.")
    if len(trial.shares) > 2:
        if trial.is_everyone:
            return _("Of the visitors see: %(shares)s, %(until)s.")
        return _("Of the visitors see: %(shares)s, %(until)s; %(rest)s see version %(version)s.")
    if not trial.is_everyone:
        return _("%(b)s of the visitors see B and %(a)s see A, %(until)s; %(rest)s see version %(version)s.")
    if trial.shares["A"] == trial.shares["B"] == _HALF:
        return _("Half of the visitors see B, half see A, %(until)s.")
    return _("%(b)s of the visitors see B and %(a)s see A, %(until)s.")


def _for_whom(trial: Trial) -> list[str]:
    """The next step of a ramp, where there is one."""
    step, due_at = trial.experiment.next_step, trial.experiment.next_step_at
    if step is None or due_at is None:
        return []
    words = {"share": formats.percent(step["share"]), "day": formats.short_date(due_at)}
    return [_("From %(day)s on it takes %(share)s of the visitors.") % words]


def what_waits(trial: Trial) -> str:
    """What was published since it began and reaches those outside alone; empty where nothing waits."""
    if not trial.waiting:
        return ""
    words = {
        "version": trial.published.version,
        "changes": changes(trial.waiting),
        "rest": formats.percent(trial.outside),
    }
    if trial.is_everyone:
        return _("Version %(version)s waits: %(changes)s is served to 0%% until the experiment ends.") % words
    sentence = _(
        "Version %(version)s waits: until the experiment ends, %(changes)s is served to the %(rest)s outside it alone."
    )
    return sentence % words


def served_words(policy: Policy, trial: Trial | None) -> str:
    """“50%, as B”, “0% until the experiment ends”; empty of a version that serves nobody and waits for nothing."""
    share = served_share(policy, trial)
    if trial is None:
        return _("everyone") if share else ""
    keys = [key for key, served in trial.policies.items() if served.pk == policy.pk]
    if keys:
        return _("%(share)s, as %(variant)s") % {"share": formats.percent(share), "variant": " + ".join(keys)}
    if not policy.is_published:
        return ""
    return _("%(share)s until the experiment ends") % {"share": formats.percent(share)}


def effects(trial: Trial | None, *, knobs: bool, rules: bool) -> list[str]:
    """Who is affected by publishing a change now, a sentence for knobs and one for rules."""
    if trial is None:
        return [_("Every visitor is served with it from the next slate on.")]
    said = []
    if knobs:
        said.append(_knobs_effect(trial))
    if rules:
        said.append(_("Rules act for every visitor at once, in all variants; the results mark the day."))
    return said


def on_stop(trial: Trial) -> list[str]:
    """What stopping does, said before it is done."""
    said = [_("Every visitor sees version %(version)s within a minute.") % {"version": trial.published.version}]
    if trial.waiting:
        said.append(_("That brings what waited: %(changes)s.") % {"changes": changes(trial.waiting)})
    return said


def on_ship(trial: Trial, variant: str) -> list[str]:
    """What publishing a variant does, said before it is done."""
    sentence = _(
        "Every visitor sees the knobs of %(variant)s from now on, with the rules that are published now, and the "
        "experiment ends."
    )
    said = [sentence % {"variant": variant}]
    knobs = trial.policies[variant].knobs
    lost = [entry for entry in trial.waiting if entry.treatment != knobs.get(entry.name)]
    if lost:
        sentence = _(
            "What waited was not tested with it and is not served: %(changes)s. Publish it again if you want it."
        )
        said.append(sentence % {"changes": changes(lost)})
    return said


def changes(differences: Sequence[Difference]) -> str:
    """“Exploration 0.10 → 0.25 · Novelty 0.00 → 0.40”; options that are no knobs by their names."""
    return " · ".join(f"{entry.label} {_value(entry.control)} → {_value(entry.treatment)}" for entry in differences)


def _knobs_effect(trial: Trial) -> str:
    words = {"name": trial.experiment.name, "rest": formats.percent(trial.outside)}
    if trial.is_everyone:
        return _("Nobody sees the knobs yet: “%(name)s” runs on every visitor, and they wait until it ends.") % words
    sentence = _("%(rest)s of the visitors see the knobs; for those in “%(name)s” they wait until it ends.")
    return sentence % words


def _until(trial: Trial) -> str:
    if trial.is_complete:
        return _("until you decide: all planned visitors came")
    if trial.ends_on is None:
        return _("until you end the experiment")
    return _("until about %(day)s") % {"day": formats.short_date(trial.ends_on)}


def _value(value: object) -> str:
    return formats.number(value, 2) if isinstance(value, int | float) else str(value)
