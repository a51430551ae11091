from django.urls import path

from dashboard.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("", views.index, name="index"),
    path("create/", views.create, name="create"),
    path("<int:endpoint_id>/", views.detail, name="detail"),
    path("<int:endpoint_id>/change/", views.change, name="change"),
    path("<int:endpoint_id>/rotate/", views.rotate, name="rotate"),
    path("<int:endpoint_id>/pause/", views.pause, name="pause"),
    path("<int:endpoint_id>/test/", views.test, name="test"),
    path("<int:endpoint_id>/replay/", views.replay, name="replay"),
    path("<int:endpoint_id>/remove/", views.remove, name="remove"),
]
