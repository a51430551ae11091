from django.urls import path

from dashboard.segments import views

app_name = "segments"
urlpatterns = [path("", views.index, name="index")]
