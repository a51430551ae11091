"""Fragments that show what serving would answer, and the page of a visitor: why this visitor sees this."""

from django.urls import path

from dashboard.serving import views

app_name = "serving"
urlpatterns = [
    path("placements/<slug:slug>/preview/", views.preview, name="preview"),
    path("placements/<slug:slug>/trade-off/", views.trade_off, name="trade-off"),
    path("visitors/<path:visitor_id>/", views.visitor, name="visitor"),
]
