from django.urls import path

from dashboard.segments import views

app_name = "segments"
urlpatterns = [
    path("", views.index, name="index"),
    path("compare/", views.compare, name="compare"),
    path("<int:number>/", views.detail, name="detail"),
    path("<int:number>/rename/", views.rename, name="rename"),
    path("<int:number>/export/", views.export, name="export"),
]
