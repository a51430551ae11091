"""Addresses of shared reports."""

from django.urls import path

from dashboard.experiments import report_views

app_name = "reports"
urlpatterns = [path("experiments/<str:token>/", report_views.report, name="experiment")]
