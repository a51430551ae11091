"""The WSGI entry point: of serving (Granian) and of pages (Waitress). Whoever imports it is a process that answers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

import dashboard.unused_imports  # noqa: F401  before all others

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
_plain_django = get_wsgi_application()

from django.conf import settings  # noqa: E402

from dashboard.api.fast_path import FastPath  # noqa: E402
from dashboard.core.behind_front import BehindFront  # noqa: E402
from dashboard.core.request_limits import with_known_content_type  # noqa: E402
from dashboard.events.services import store_exposures_later  # noqa: E402
from dashboard.serving.services import load_models_beside  # noqa: E402

_django = with_known_content_type(_plain_django)
application = BehindFront(FastPath(_django)) if settings.BEHIND_FRONT else FastPath(_django)
store_exposures_later()

# What is loaded by now stays: without this every full collection walks it all, in the middle of a request. What a slate
# makes dies with it and is in no cycles, so young objects are looked through less often, too.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
load_models_beside()
