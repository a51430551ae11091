"""A shop's own web site, on another origin than Forage and under a strict content security policy."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.signals import request_finished, request_started
from django.test import Client

from dashboard.accounts.services import issue_key
from tests.serving.conftest import add_catalog

CARD = """<template><article class="card">
<a data-forage-link><img data-forage-image><b data-forage-text="title"></b></a>
<span data-forage-text="price"></span> <i data-forage-text="brand"></i>
<button type="button" data-forage-click="add_to_cart">Add</button></article></template>"""
STYLE = ".card { height: 150px; border: 1px solid } .far { height: 3000px } body { font: 16px/1.4 system-ui }"


PATIENCE_SECONDS = 20  # a busy machine; nothing here asserts a speed


def placement(slug="home", attributes='data-forage-url="/product/{item_id}"'):
    return f'<section data-forage-placement="{slug}" {attributes}><p>Our classics</p>{CARD}</section>'


class ShopSite:
    """Pages by path. `address` is its origin; `key` a publishable key that is bound to it; `forage` where Forage is."""

    def __init__(self, shop, forage):
        self.forage = forage
        self.files = {"/shop.css": ("text/css", STYLE)}
        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("localhost", 0), self._handler())
        self.server.daemon_threads = True
        self.address = f"http://localhost:{self.server.server_address[1]}"
        self.key = issue_key(shop=shop, kind="pk", allowed_origins=[self.address]).plain
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def add(self, path, body, *, key=None, script="", **options):
        """A page with the snippet; `options` become its data attributes, `script` is the shop's own, in a file."""
        given = {"key": key or self.key, "timeout": 1000 * PATIENCE_SECONDS, **options}
        data = " ".join(f'data-{name}="{value}"' for name, value in given.items())
        self.files[f"{path}.js"] = ("text/javascript", script)
        self.files[path] = (
            "text/html",
            f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Shop</title>'
            f'<link rel="stylesheet" href="/shop.css"><script src="{path}.js"></script>'
            f'<script src="{self.forage}/static/forage.js" {data} defer></script></head><body>{body}</body></html>',
        )
        return self.address + path

    def policy(self):
        return (
            f"default-src 'none'; style-src 'self'; script-src 'self' {self.forage}; img-src 'self'; "
            f"connect-src 'self' {self.forage}; require-trusted-types-for 'script'; trusted-types 'none'"
        )

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def _handler(site):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                kind, text = site.files.get(self.path, ("text/html", "<!doctype html><title>Elsewhere</title>"))
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Security-Policy", site.policy())
                self.end_headers()
                self.wfile.write(text.encode())

            def do_POST(self):
                """A Forage that never answers."""
                site.released.wait(30)

            def log_message(self, *given):
                pass

        return Handler


@contextmanager
def settled():
    """Waits at the end until Forage has answered all: what it still wrote would meet the emptying of the database."""
    running = []

    def began(**_):
        running.append(1)

    def ended(**_):
        running.pop()

    request_started.connect(began)
    request_finished.connect(ended)
    yield
    deadline = time.monotonic() + 10
    while running and time.monotonic() < deadline:
        time.sleep(0.02)
    request_started.disconnect(began)
    request_finished.disconnect(ended)


@pytest.fixture
def site(transactional_db, live_server, shop):
    add_catalog(shop)
    with settled():
        opened = ShopSite(shop, live_server.url)
        # the first slate of a process loads what makes slates; a page waits for less
        Client().post(f"/api/v1/recommendations?key={opened.key}", '{"placement": "-"}', content_type="text/plain")
        yield opened
        opened.close()


class Shopper:
    """A visitor of the site: the page, what the console said, what was sent to Forage."""

    def __init__(self, page):
        self.page = page
        self.said, self.errors, self.requests = [], [], []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request))

    def open(self, url):
        self.page.goto(url)

    def asked(self, path):
        return [request for request in self.requests if f"/api/v1/{path}" in request.url and request.method == "POST"]

    def stored(self):
        return self.page.evaluate("Object.fromEntries(Object.entries(localStorage))")

    def shown(self, selector="[data-forage-state=shown]"):
        self.page.wait_for_selector(selector, state="attached", timeout=1000 * PATIENCE_SECONDS)

    def eventually(self, holds, seconds=PATIENCE_SECONDS):
        """Waits until `holds()` is true; what it returned last."""
        for _ in range(seconds * 20):
            if found := holds():
                return found
            self.page.wait_for_timeout(50)
        asked = [(request.method, request.url, request.failure) for request in self.requests]
        raise AssertionError(f"did not happen within {seconds} s; the console said {self.said}; asked were {asked}")


@pytest.fixture
def shoppers(chromium):
    """`shoppers(**context options) -> Shopper`; a script error in the shop's page fails the test."""
    opened = []

    def start(*, before=None, **options):
        context = chromium.new_context(viewport={"width": 800, "height": 600}, **options)
        if before:
            context.add_init_script(before)
        opened.append(Shopper(context.new_page()))
        return opened[-1]

    yield start
    for shopper in opened:
        shopper.page.context.set_offline(True)  # what a page sends when it is left would reach the next test's shop
        shopper.page.context.close()
    assert [error for shopper in opened for error in shopper.errors] == []
