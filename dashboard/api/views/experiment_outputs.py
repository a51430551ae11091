"""What the API says of experiments and their results."""

from typing import Any

from rest_framework import serializers

from dashboard.experiments.verdict_kinds import KINDS

STATES = ["draft", "running", "stopped", "shipped"]


class VariantOutput(serializers.Serializer[Any]):
    """An arm; A is the control. `weight` is its part of the split; `shows_nothing`: its slates are empty."""

    key = serializers.CharField()
    name = serializers.CharField()
    shows_nothing = serializers.BooleanField()
    weight = serializers.FloatField()
    policy_version = serializers.IntegerField(source="policy.version")


class StepOutput(serializers.Serializer[Any]):
    """From `day` after the start on the experiment takes this share of the visitors."""

    day = serializers.IntegerField()
    share = serializers.FloatField()


class ExperimentOutput(serializers.Serializer[Any]):
    """An experiment. `planned_visitors` is the total that its always-valid interval is tuned for; experiments of one
    `exclusion_group` never share a visitor; `decision`: why it was ended, as whoever ended it wrote. `traffic_share` is
    its share of the visitors now, which rises by the steps of `ramp`; of `audience` alone, where there is one. It
    starts and stops by itself at `starts_at` and `ends_at`. `is_interleaved`: A and B make each slate in turns."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    placement = serializers.CharField(source="placement.slug")
    state = serializers.ChoiceField(choices=STATES)
    primary_metric = serializers.CharField()
    traffic_share = serializers.FloatField()
    planned_visitors = serializers.IntegerField()
    window_days = serializers.IntegerField()
    exclusion_group = serializers.CharField(allow_blank=True)
    decision = serializers.CharField(allow_blank=True)
    shipped_variant = serializers.CharField(allow_blank=True)
    variants = VariantOutput(many=True, source="variants.all")
    is_aa = serializers.BooleanField()
    is_interleaved = serializers.BooleanField()
    audience = serializers.IntegerField(source="audience_id", allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    ramp = StepOutput(many=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class ExperimentListOutput(serializers.Serializer[Any]):
    """All experiments of the shop, newest first."""

    experiments = ExperimentOutput(many=True)


class VerdictOutput(serializers.Serializer[Any]):
    """The conclusion in words. `even`: all planned visitors came, no clear difference; `weigh` and `unproven`: B is
    better, but not all that is guarded is proven, at the end of the plan and before."""

    state = serializers.ChoiceField(choices=list(KINDS))
    word = serializers.CharField()
    sentence = serializers.CharField()
    because = serializers.CharField()


class EstimateOutput(serializers.Serializer[Any]):
    """A metric in A and B. `lift` is B against A, relative; `interval` its always-valid 95% interval.

    Both are null where there is not enough data.
    """

    metric = serializers.CharField(source="metric.key")
    label = serializers.CharField(source="metric.label")
    control = serializers.FloatField(source="control_value", allow_null=True)
    treatment = serializers.FloatField(source="treatment_value", allow_null=True)
    lift = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True, min_length=2, max_length=2)
    conclusion = serializers.ChoiceField(choices=["up", "down", "unclear", "no_data"])


class GuardrailOutput(EstimateOutput):
    """A metric that must not get worse by more than `limit`: fall where `higher_is_better`, else rise."""

    limit = serializers.FloatField(source="metric.limit")
    higher_is_better = serializers.BooleanField(source="metric.higher_is_better")
    state = serializers.ChoiceField(choices=["fine", "harmed", "unsure", "none"])


class TrustOutput(serializers.Serializer[Any]):
    """`srm_p`: how likely so uneven a split is by chance. Below 0.0005 no verdict is given: not `split_as_planned`."""

    visitors = serializers.DictField(child=serializers.IntegerField())
    srm_p = serializers.FloatField(allow_null=True)
    split_as_planned = serializers.BooleanField()
    changed_sides = serializers.IntegerField()
    simulated = serializers.IntegerField()


class AnswerOutput(serializers.Serializer[Any]):
    """A variant against A: `lift` and its always-valid interval, null where there is not enough data."""

    lift = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class DayOutput(AnswerOutput):
    """The deciding metric as it stood after the visitors of that day, of the leading variant and in `answers` of each.
    `split_p`: how likely by chance all visitors until then were split so unevenly."""

    day = serializers.DateField()
    visitors = serializers.DictField(child=serializers.IntegerField())
    answers = serializers.DictField(child=AnswerOutput())
    split_p = serializers.FloatField(allow_null=True)


class VersusOutput(serializers.Serializer[Any]):
    """One variant against A. The first of `metrics` decides."""

    variant = serializers.CharField()
    metrics = EstimateOutput(many=True, source="estimates")
    guardrails = GuardrailOutput(many=True, source="guards")


class StageOutput(serializers.Serializer[Any]):
    """How many slates of each variant came so far, and their share of those that were served."""

    stage = serializers.CharField(source="key")
    slates = serializers.DictField(child=serializers.IntegerField())
    shares = serializers.DictField(child=serializers.FloatField())


class PartOutput(serializers.Serializer[Any]):
    """The deciding metric of one kind of visitors, as they were at their first slate. `shrunk`: its lift without what
    chance alone drives such parts apart."""

    kind = serializers.ChoiceField(choices=["new", "returning", "device", "audience"])
    name = serializers.CharField(allow_blank=True)
    variant = serializers.CharField()
    visitors = serializers.IntegerField()
    estimate = EstimateOutput()
    shrunk = serializers.FloatField(allow_null=True)


class PlannedEndOutput(serializers.Serializer[Any]):
    """What a test of one look says of each variant on the day by which all planned visitors had come."""

    day = serializers.DateField()
    lifts = serializers.DictField(child=serializers.FloatField())
    intervals = serializers.DictField(child=serializers.ListField(child=serializers.FloatField()))


class MarkOutput(serializers.Serializer[Any]):
    """What changed for everyone in the experiment: rules, the model (its version), a feed (its name)."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=["rules", "model", "feed"])
    what = serializers.CharField(allow_blank=True)


class RiskOutput(serializers.Serializer[Any]):
    """What is not ruled out, and must be accepted by its `key` where B shall be shipped all the same."""

    key = serializers.CharField()
    sentence = serializers.CharField()


class PreferenceOutput(serializers.Serializer[Any]):
    """Visitors who chose more items of one policy than of the other. `share`: those for B, with its always-valid 95%
    interval and p-value; `sign_p`: of the sign test, for one look. `share` is null where nobody chose."""

    for_a = serializers.IntegerField()
    for_b = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2, source="ci")
    p_value = serializers.FloatField()
    sign_p = serializers.FloatField()


class PreferenceDayOutput(serializers.Serializer[Any]):
    """How it stood after the visitors whose first slate was on that day."""

    day = serializers.DateField()
    visitors = serializers.IntegerField()
    clicks = PreferenceOutput()


class InterleavingOutput(serializers.Serializer[Any]):
    """What was chosen of the slates that both policies made. Clicks decide; a purchase counts for the policy whose item
    was clicked within the 24 hours before. `items`: by credit, how many of A's and of B's."""

    visitors = serializers.IntegerField()
    slates = serializers.IntegerField()
    clicks = PreferenceOutput()
    purchases = PreferenceOutput()
    items = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))
    days = PreferenceDayOutput(many=True)
    days_left = serializers.IntegerField(allow_null=True)


class ResultsOutput(serializers.Serializer[Any]):
    """What an experiment has shown by `refreshed_at`; `changes`: what else changed for everyone in it. `verdict`,
    `metrics` and `guardrails` are of the leading variant, `variants` of each against A; the first of its `metrics`
    decides. `interleaving`: in place of all of these, where A and B make each slate together."""

    experiment = ExperimentOutput()
    refreshed_at = serializers.DateTimeField(source="experiment.refreshed_at", allow_null=True)
    verdict = VerdictOutput()
    risks = RiskOutput(many=True)
    leading = serializers.CharField()
    metrics = EstimateOutput(many=True, source="estimates")
    guardrails = GuardrailOutput(many=True, source="guards")
    variants = VersusOutput(many=True, source="versus")
    trust = TrustOutput()
    days = DayOutput(many=True)
    funnel = StageOutput(many=True)
    parts = PartOutput(many=True)
    planned_end = PlannedEndOutput(allow_null=True)
    changes = MarkOutput(many=True)
    interleaving = InterleavingOutput(source="interleaved", allow_null=True)
    days_left = serializers.IntegerField(allow_null=True)
