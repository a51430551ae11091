from django.urls import path

from dashboard.experiments import concerning_views, metric_views, register_views, report_views, views

app_name = "experiments"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("create/", views.create, name="create"),
    path("register/", register_views.register, name="register"),
    path("metrics/", metric_views.metrics, name="metrics"),
    path("metrics/new/", metric_views.new_metric, name="new-metric"),
    path("metrics/preview/", metric_views.preview_metric, name="preview-metric"),
    path("metrics/create/", metric_views.create_metric, name="create-metric"),
    path("metrics/<int:own_id>/", metric_views.metric, name="metric"),
    path("metrics/<int:own_id>/change/", metric_views.change_metric, name="change-metric"),
    path("metrics/<int:own_id>/archive/", metric_views.archive_metric, name="archive-metric"),
    path("segments/<int:number>/", concerning_views.concerning, name="concerning"),
    path("<int:experiment_id>/", views.detail, name="detail"),
    path("<int:experiment_id>/live/", views.live, name="live"),
    path("<int:experiment_id>/results.csv", views.download, name="download"),
    path("<int:experiment_id>/days.csv", views.download_days, name="download-days"),
    path("<int:experiment_id>/start/", views.start, name="start"),
    path("<int:experiment_id>/stop/", views.stop, name="stop"),
    path("<int:experiment_id>/publish/", views.publish, name="publish"),
    path("<int:experiment_id>/report/", report_views.share, name="share-report"),
    path("<int:experiment_id>/report/revoke/", report_views.revoke, name="revoke-reports"),
    path("<int:experiment_id>/learning/", register_views.learning, name="learning"),
    path("<int:experiment_id>/note/", register_views.note, name="note"),
    path("<int:experiment_id>/archive/", register_views.archive, name="archive"),
]
