"""A reader of an export who takes next to nothing, but never nothing, holds no thread of the pages: he is let go."""

import os
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import httpx
import pytest
from django.db import connection

from dashboard.accounts.services import issue_key
from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.standalone import front, programs
from tests.journeys.raw import connected, head
from tests.journeys.system import ROOT, eventually, free_port
from tests.journeys.web_process import environment_of

pytestmark = [
    pytest.mark.journey,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
SPOOLED = "--outbuf-high-watermark"
ITEMS = "/api/v1/exports/items"


@contextmanager
def started(program, log):
    with log.open("ab") as output:
        process = subprocess.Popen(
            program.command, cwd=ROOT, env=dict(program.environment), stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


needs_haproxy = pytest.mark.skipif(front.find_front() is None, reason="no HAProxy for this platform")


@pytest.fixture(params=["alone", pytest.param("behind the front", marks=needs_haproxy)])
def url(request, tmp_path):
    """Pages as `bin/up` starts them, but that 2 MiB of an answer are as much as may wait for a reader."""
    at = connection.settings_dict
    environment = environment_of(tmp_path, f"{at['HOST']}:{at['PORT']}", os.environ["REDIS_URL"])
    port, is_alone = free_port(), request.param == "alone"
    address = f"http://127.0.0.1:{port}"
    behind = port if is_alone else free_port()
    pages = programs.pages(environment, port=behind, is_alone=is_alone)
    pages = replace(pages, command=tuple(f"{SPOOLED}={2**21}" if SPOOLED in one else one for one in pages.command))
    with ExitStack() as stack:
        stack.enter_context(started(pages, tmp_path / "pages.log"))
        if not is_alone:
            text = front.configuration(environment, host="127.0.0.1", port=port, serving=behind, pages=behind)
            before = programs.front(environment, front.find_front(), front.write_configuration(tmp_path, text))
            stack.enter_context(started(before, tmp_path / "front.log"))
        eventually(lambda: is_well(address) or None)
        yield address


def is_well(address):
    with suppress(httpx.TransportError):
        return httpx.get(f"{address}/healthz", timeout=5).is_success


@pytest.fixture
def key(shop):
    """Of a shop whose catalog takes 60 MB: more than all buffers on the way together."""
    now = clock.now()
    Item.objects.bulk_create(
        Item(shop=shop, item_id=f"i{number}", title="Mug", description="x" * 15_000, updated_at=now)
        for number in range(4_000)
    )
    return issue_key(shop=shop, kind="sk").plain


@contextmanager
def dripping(url, text):
    """Somebody who reads eight kilobytes a second: always soon enough for a time-out. Yields what he got so far."""
    got, ended = [], threading.Event()
    with connected(url, receive_bytes=4096) as link:
        link.sendall(text.encode())

        def read():
            while not ended.wait(0.5):
                with suppress(OSError):
                    got.append(link.recv(4096))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield got
        finally:
            ended.set()
            reader.join()


def test_a_reader_who_hardly_reads_gives_the_shop_its_turn_back(url, key):
    bearer = {"Authorization": f"Bearer {key}"}
    asked = head("GET", ITEMS, f"Authorization: Bearer {key}", "", "")

    def status():
        with httpx.stream("GET", url + ITEMS, headers=bearer, timeout=60) as answer:
            return answer.status_code

    with dripping(url, asked) as got:
        eventually(lambda: len(got) > 2 or None)
        assert status() == 429  # a shop has one under way
        assert eventually(lambda: status() == 200 or None)
        assert b"" not in got  # he still reads what the front had taken in


def test_a_reader_who_reads_has_it_whole(url, key):
    """Slower than it is made, so that a thread waits for him; the last row comes all the same."""
    rows = 0
    with httpx.stream("GET", url + ITEMS, headers={"Authorization": f"Bearer {key}"}, timeout=60) as answer:
        for number, part in enumerate(answer.iter_raw()):
            rows += part.count(b"\n")
            if number % 10 == 0:
                time.sleep(0.05)
    assert rows == 4_000
