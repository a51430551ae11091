"""Celery's configuration: named queues, nothing pickled, periodic work acknowledged when it is done.

Every task outside the train queue is idempotent and short, so it may be delivered again after a crash. Training is
acknowledged when it begins: Redis would hand a task that runs longer than its visibility timeout to a second worker,
and a lost run is found by the sweeper.
"""

from django.conf import settings

from workers.schedule import BEAT_SCHEDULE

broker_url = settings.CELERY_BROKER_URL
broker_connection_retry_on_startup = True
# A broker that hangs, or whose machine is gone: the connection counts as lost, and another one is tried for ever.
broker_connection_timeout = 5
if settings.CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
    broker_transport_options = {"socket_timeout": 30, "socket_connect_timeout": 5, "socket_keepalive": True}
beat_schedule = BEAT_SCHEDULE
timezone = "UTC"
task_serializer = "json"
accept_content = ["json"]
task_ignore_result = True
task_default_queue = "default"
task_routes = {"training.train": {"queue": "train"}}
task_create_missing_queues = True
task_acks_late = True
worker_prefetch_multiplier = 1
worker_disable_prefetch = True  # a run must not wait behind another while a second train worker is idle
worker_hijack_root_logger = False
