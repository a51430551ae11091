from django.urls import path

from dashboard.operations import views

app_name = "operations"
urlpatterns = [
    path("", views.index, name="index"),
    path("now", views.now, name="now"),
    path("tasks/<int:failure_id>/retry", views.retry_task, name="retry-task"),
    path("runs/<int:run_id>/retry", views.retry_run, name="retry-run"),
]
