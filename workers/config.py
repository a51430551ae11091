"""Celery's configuration: named queues, late timeouts, nothing pickled."""

from django.conf import settings

from workers.schedule import BEAT_SCHEDULE

broker_url = settings.CELERY_BROKER_URL
beat_schedule = BEAT_SCHEDULE
timezone = "UTC"
task_serializer = "json"
accept_content = ["json"]
task_ignore_result = True
task_default_queue = "default"
task_create_missing_queues = True
broker_connection_retry_on_startup = True
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
