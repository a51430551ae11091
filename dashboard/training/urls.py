from django.urls import path

from dashboard.training import views

app_name = "training"
urlpatterns = [
    path("", views.index, name="index"),
    path("retrain", views.start, name="start"),
    path("plan", views.plan, name="plan"),
    path("runs/<int:run_id>/", views.run, name="run"),
    path("runs/<int:run_id>/live", views.live, name="live"),
    path("runs/<int:run_id>/cancel", views.cancel, name="cancel"),
    path("artifacts/<int:artifact_id>/publish", views.publish, name="publish"),
]
