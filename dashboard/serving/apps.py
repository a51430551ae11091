from django.apps import AppConfig


class ServingConfig(AppConfig):
    name = "dashboard.serving"
    label = "serving"
