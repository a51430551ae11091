"""The API below /api/v1/. One module of views per thing of the shop."""

from django.urls import path, re_path

from dashboard.api.ids_with_slashes import part_or_whole
from dashboard.api.views import (
    artifacts,
    audiences,
    document,
    email_slates,
    estimates,
    events,
    experiments,
    export_jobs,
    exports,
    fairness,
    fallback,
    items,
    placements,
    policies,
    recommendations,
    reference,
    rules,
    runs,
    segments,
    training_plan,
    visitors,
)

app_name = "api"
_item, _visitor = items.ItemDetail.as_view(), visitors.VisitorDetail.as_view()
_similar = part_or_whole(recommendations.SimilarItems.as_view(), _item, name="item", ending="similar")
_export = part_or_whole(visitors.VisitorExportView.as_view(), _visitor, name="visitor", ending="export")
_merge = part_or_whole(visitors.VisitorMerge.as_view(), _visitor, name="visitor", ending="merge")
urlpatterns = [
    path("schema", document.schema, name="schema"),
    path("docs", reference.reference, name="docs"),
    path("events", events.EventCollection.as_view(), name="events"),
    path("items", items.ItemCollection.as_view(), name="items"),
    path("items/<path:item_id>/similar", _similar, name="item-similar"),
    path("recommendations", recommendations.Recommendations.as_view(), name="recommendations"),
    path("email-slates", email_slates.EmailSlates.as_view(), name="email-slates"),
    path("items/<path:item_id>", _item, name="item"),
    path("visitors/<path:visitor_id>/export", _export, name="visitor-export"),
    path("visitors/<path:visitor_id>/merge", _merge, name="visitor-merge"),
    path("visitors/<path:visitor_id>", _visitor, name="visitor"),
    path("visitors", visitors.VisitorByQuery.as_view(), name="visitor-by-query"),
    path("exports", export_jobs.ExportList.as_view(), name="exports"),
    path("exports/<int:export_id>", export_jobs.ExportDetail.as_view(), name="export"),
    path("exports/<int:export_id>/file", export_jobs.ExportFile.as_view(), name="export-file"),
    path("exports/items", exports.ItemExport.as_view(), name="export-items"),
    path("exports/interactions", exports.InteractionExport.as_view(), name="export-interactions"),
    path("exports/segments/<int:number>", exports.MemberExport.as_view(), name="export-segment"),
    path("segments", segments.SegmentList.as_view(), name="segments"),
    path("segments/<int:number>", segments.SegmentDetail.as_view(), name="segment"),
    path("segments/<int:number>/visitors", segments.SegmentVisitors.as_view(), name="segment-visitors"),
    path("audiences", audiences.AudienceList.as_view(), name="audiences"),
    path("audiences/<int:audience_id>", audiences.AudienceDetail.as_view(), name="audience"),
    path("audiences/<int:audience_id>/visitors", audiences.AudienceVisitors.as_view(), name="audience-visitors"),
    path("runs", runs.RunList.as_view(), name="runs"),
    path("runs/<int:run_id>", runs.RunDetail.as_view(), name="run"),
    path("training-plan", training_plan.TrainingPlan.as_view(), name="training-plan"),
    path("artifacts", artifacts.ArtifactList.as_view(), name="artifacts"),
    path("artifacts/<int:artifact_id>/publish", artifacts.ArtifactPublish.as_view(), name="artifact-publish"),
    path("placements", placements.PlacementList.as_view(), name="placements"),
    path("placements/<slug:slug>", placements.PlacementDetail.as_view(), name="placement"),
    path("placements/<slug:slug>/policies", policies.PolicyList.as_view(), name="placement-policies"),
    path("placements/<slug:slug>/fairness", fairness.PlacementFairness.as_view(), name="placement-fairness"),
    path("placements/<slug:slug>/rules", rules.RuleList.as_view(), name="placement-rules"),
    path("policies/<int:policy_id>/publish", policies.PolicyPublish.as_view(), name="policy-publish"),
    path("policies/<int:policy_id>/estimate", estimates.PolicyEstimateView.as_view(), name="policy-estimate"),
    path("experiments", experiments.ExperimentList.as_view(), name="experiments"),
    path("experiments/<int:experiment_id>", experiments.ExperimentDetail.as_view(), name="experiment"),
    path("experiments/<int:experiment_id>/start", experiments.ExperimentStart.as_view(), name="experiment-start"),
    path("experiments/<int:experiment_id>/stop", experiments.ExperimentStop.as_view(), name="experiment-stop"),
    path("experiments/<int:experiment_id>/ship", experiments.ExperimentShip.as_view(), name="experiment-ship"),
    path("experiments/<int:experiment_id>/results", experiments.ExperimentResults.as_view(), name="experiment-results"),
    re_path(r"^(?P<rest>[\s\S]*)\Z", fallback.no_such_address, name="none"),
]
