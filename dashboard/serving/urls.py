"""Fragments that show what serving would answer, and the pages of a visitor and of an item."""

from django.urls import path

from dashboard.serving import views

app_name = "serving"
urlpatterns = [
    path("placements/<slug:slug>/preview/", views.preview, name="preview"),
    path("placements/<slug:slug>/trade-off/", views.trade_off, name="trade-off"),
    path("placements/<slug:slug>/estimate/", views.estimate, name="estimate"),
    path("experiments/<int:experiment_id>/slates/", views.experiment_slates, name="experiment-slates"),
    path("preview-options/", views.options, name="preview-options"),
    path("item-rule/", views.item_rule, name="item-rule"),
    path("item-details/<path:item_id>/", views.item_details, name="item-details"),
    path("items/<path:item_id>/", views.item, name="item"),
    path("visitor-why/<path:visitor_id>/", views.why, name="visitor-why"),
    path("visitors/<path:visitor_id>/", views.visitor, name="visitor"),
]
