from django.urls import path

from dashboard.experiments import register_views, views

app_name = "experiments"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("create/", views.create, name="create"),
    path("register/", register_views.register, name="register"),
    path("<int:experiment_id>/", views.detail, name="detail"),
    path("<int:experiment_id>/results.csv", views.download, name="download"),
    path("<int:experiment_id>/days.csv", views.download_days, name="download-days"),
    path("<int:experiment_id>/start/", views.start, name="start"),
    path("<int:experiment_id>/stop/", views.stop, name="stop"),
    path("<int:experiment_id>/publish/", views.publish, name="publish"),
    path("<int:experiment_id>/learning/", register_views.learning, name="learning"),
    path("<int:experiment_id>/note/", register_views.note, name="note"),
    path("<int:experiment_id>/archive/", register_views.archive, name="archive"),
]
