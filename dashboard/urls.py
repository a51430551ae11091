"""Every address of Forage. Pages live below /shops/{slug}/, the API below /api/v1/."""

from django.contrib import admin
from django.urls import include, path

from dashboard.accounts.login_throttle import throttled_sign_in
from dashboard.core.pictures.views import picture

SHOP_PAGES = [
    path("", include("dashboard.overview.urls")),
    path("catalog/", include("dashboard.catalog.urls")),
    path("events/", include("dashboard.events.urls")),
    path("segments/", include("dashboard.segments.urls")),
    path("movement/", include("dashboard.segments.urls_movement")),
    path("audiences/", include("dashboard.audiences.urls")),
    path("webhooks/", include("dashboard.webhooks.urls")),
    path("placements/", include("dashboard.policies.urls")),
    path("", include("dashboard.serving.urls")),
    path("", include("dashboard.ledger.urls")),
    path("experiments/", include("dashboard.experiments.urls")),
    path("models/", include("dashboard.training.urls")),
    path("exports/", include("dashboard.exports.urls")),
    path("settings/", include("dashboard.accounts.urls_settings")),
]

urlpatterns = [
    path("", include("dashboard.accounts.urls")),
    path("shops/<slug:shop_slug>/", include(SHOP_PAGES)),
    path("api/v1/", include("dashboard.api.urls")),
    path("pictures/<int:style>/<slug:code>.svg", picture, name="picture"),
    path("", include("dashboard.api.urls_health")),
    path("mail/", include("dashboard.serving.urls_email")),
    path("reports/", include("dashboard.experiments.urls_report")),
    path("operations/", include("dashboard.operations.urls")),
    path("demo/", include("dashboard.standalone.demo.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/login/", throttled_sign_in(admin.site.login)),
    path("admin/", admin.site.urls),
]
