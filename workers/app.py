"""The Celery application. Redis carries messages; the truth of every job is a row in Postgres."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

app = Celery("forage")
app.config_from_object("workers.config")
app.autodiscover_tasks(["workers.tasks"], related_name=None)
