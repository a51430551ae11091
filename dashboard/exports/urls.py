from django.urls import path

from dashboard.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.index, name="index"),
    path("live/", views.live, name="live"),
    path("new/", views.request_one, name="request"),
    path("<int:export_id>/file/", views.file, name="file"),
]
