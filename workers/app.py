"""The Celery application. Redis carries messages; the truth of every job is a row in Postgres."""

import os
from typing import Any

from celery import Celery, Task

from dashboard.core.tenancy import request_scope
from workers import parents, watching  # noqa: F401  they listen to Celery's signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")


class ScopedTask(Task):
    """Begins with nobody's rows, like a request: a task enters the shop that its work is for (core/tenancy.py)."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with request_scope():
            return super().__call__(*args, **kwargs)


app = Celery("forage", task_cls=ScopedTask)
app.config_from_object("workers.config")
app.autodiscover_tasks(["workers.tasks"], related_name=None)
