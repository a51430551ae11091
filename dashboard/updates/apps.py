from django.apps import AppConfig


class UpdatesConfig(AppConfig):
    name = "dashboard.updates"
    label = "updates"
