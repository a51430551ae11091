"""What an experiment makes of a placement, for the placement's own pages: they stand below, and ask by name."""

from django import template

from dashboard.experiments import ranges, selectors, wording
from dashboard.policies.models import Placement, Policy

register = template.Library()


@register.simple_tag
def trial_on(placement: Placement) -> selectors.Trial | None:
    """The experiment that runs on a placement."""
    return selectors.trial_on(placement)


@register.filter
def who_sees_what(trial: selectors.Trial) -> str:
    return wording.who_sees_what(trial)


@register.filter
def what_waits(trial: selectors.Trial) -> str:
    return wording.what_waits(trial)


@register.filter
def served_words(policy: Policy, trial: selectors.Trial | None) -> str:
    """To what share of the visitors a version is served, for the list of versions."""
    return wording.served_words(policy, trial)


@register.simple_tag
def effect_of(trial: selectors.Trial | None, knobs: bool, rules: bool) -> list[str]:
    """Who is affected by publishing knobs, rules or both now."""
    return wording.effects(trial, knobs=bool(knobs), rules=bool(rules))


@register.filter
def range_words(interval: ranges.Interval | None) -> str:
    """A range of plausible values, as far as the data tell it."""
    return ranges.range_words(interval)
