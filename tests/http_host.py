"""Web servers that live as long as a test."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.core.wsgi import get_wsgi_application

from dashboard.api.fast_path import FastPath


@contextmanager
def hosted(handler: type[BaseHTTPRequestHandler]):
    """The running server. Complaints of threads whose client hung up are not printed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def application_of_this_process():
    """As `dashboard.wsgi` makes it, but exposures are stored at once, within the test's own transaction."""
    return FastPath(get_wsgi_application())
