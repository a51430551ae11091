from django.apps import AppConfig


class BeliefsConfig(AppConfig):
    name = "dashboard.beliefs"
    label = "beliefs"
