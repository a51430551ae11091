"""What the variants of an experiment would show one visitor at one moment. Nothing is logged and nobody is assigned."""

from dataclasses import dataclass

from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors import CONTROL
from dashboard.policies.selectors import published_policy
from dashboard.serving.composing import prepare
from dashboard.serving.overrides import facts_of, policy_for
from dashboard.serving.preview import ShownItem, compared_rows, drawn_rows, preview_context
from dashboard.serving.variants import policy_of_variant

DRAW = 1  # the same for all variants


@dataclass(frozen=True)
class VariantSlate:
    """`rows` say how they stand against those of A."""

    variant: str
    exploration: float
    rows: list[ShownItem]


def slates_of_variants(experiment: Experiment, visitor_id: str) -> list[VariantSlate]:
    """A first. All are drawn with the same seed, under the rules that are published now."""
    placement = published_policy(shop_id=experiment.shop_id, slug=experiment.placement.slug)
    context = preview_context(experiment.shop, placement.slug, visitor_id)
    facts = facts_of(experiment.shop, visitor_id)
    variants = list(experiment.variants.all())
    control = next(variant.policy for variant in variants if variant.key == CONTROL)
    slates: list[VariantSlate] = []
    for variant in variants:
        served = policy_for(experiment.shop, policy_of_variant(variant.policy, control, placement.policy), facts)
        size = 0 if variant.shows_nothing else placement.slate_size
        rows = drawn_rows(prepare(context, served, size), size, DRAW) if size else []
        shown = compared_rows(slates[0].rows, rows)[1] if slates else rows
        slates.append(VariantSlate(variant.key, served.knobs.exploration, shown))
    return slates
