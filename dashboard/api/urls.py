"""The API below /api/v1/. One module of views per thing of the shop."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from dashboard.api.views import artifacts, runs

app_name = "api"
urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    path("runs", runs.RunList.as_view(), name="runs"),
    path("runs/<int:run_id>", runs.RunDetail.as_view(), name="run"),
    path("artifacts", artifacts.ArtifactList.as_view(), name="artifacts"),
    path("artifacts/<int:artifact_id>/publish", artifacts.ArtifactPublish.as_view(), name="artifact-publish"),
]
