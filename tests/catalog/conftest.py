"""Feeds from the page and from an address, and the worker that reads them when a test says so."""

from http.server import BaseHTTPRequestHandler

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dashboard.catalog import services
from dashboard.catalog.models import FeedImport
from tests.http_host import hosted

FEED = b"item_id,price\na,1\nb,cheap\n"


@pytest.fixture
def sent(monkeypatch):
    """The imports that were handed to a worker."""
    handed = []
    for module in ("imports", "sources", "turns"):
        monkeypatch.setattr(
            f"dashboard.catalog.services.{module}.enqueue", lambda name, *, import_id: handed.append(import_id)
        )
    return handed


@pytest.fixture
def work(sent):
    def run():
        while sent:
            services.run_import(import_id=sent.pop(0))

    return run


@pytest.fixture
def page(client, shop, editor, sent):
    client.force_login(editor)

    class Page:
        def get(self, name, *args):
            return client.get(reverse(f"catalog:{name}", args=[shop.slug, *args]))

        def post(self, name, *args, **data):
            return client.post(reverse(f"catalog:{name}", args=[shop.slug, *args]), data)

        def file(self, content=FEED, name="feed.csv"):
            return SimpleUploadedFile(name, content)

        def upload(self, content=FEED, name="feed.csv", **data):
            self.post("upload", feed=self.file(content, name), **data)
            return FeedImport.objects.latest("pk")

    return Page()


@pytest.fixture
def host(settings):
    """A shop's server on this machine, and what it answers."""
    settings.FEEDS_ALLOW_PRIVATE_HOSTS = True

    class Handler(BaseHTTPRequestHandler):
        content, etag, asked = FEED, '"1"', []

        def do_GET(self):
            self.asked.append(dict(self.headers))
            is_same = self.headers.get("If-None-Match") == self.etag
            self.send_response(304 if is_same else 200)
            self.send_header("ETag", self.etag)
            self.end_headers()
            if not is_same:
                self.wfile.write(self.content)

        def log_message(self, *_):
            pass

    with hosted(Handler) as server:
        Handler.url = f"http://holly:secret@127.0.0.1:{server.server_port}/feed?token=sesame"
        yield Handler
