from django.apps import AppConfig


class StandaloneConfig(AppConfig):
    name = "dashboard.standalone"
    label = "standalone"
