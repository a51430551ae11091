"""Addresses that stand in e-mails."""

from django.urls import path

from dashboard.serving import email_views

app_name = "mail"
urlpatterns = [
    path("<str:token>/", email_views.link, name="link"),
    path("<str:token>/image/", email_views.image, name="image"),
]
