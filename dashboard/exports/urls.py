from django.urls import path

from dashboard.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.index, name="index"),
    path("live/", views.live, name="live"),
    path("new/", views.request_one, name="request"),
    path("audiences/<int:audience_id>/", views.of_audience, name="of-audience"),
    path("audiences/<int:audience_id>/schedule/", views.schedule, name="schedule"),
    path("audiences/<int:audience_id>/now/", views.write_now, name="write-now"),
    path("audiences/<int:audience_id>/end/", views.end_schedule, name="end-schedule"),
    path("<int:export_id>/file/", views.file, name="file"),
]
