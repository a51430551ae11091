from django.urls import path

from dashboard.catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.index, name="index"),
    path("upload/", views.upload, name="upload"),
]
