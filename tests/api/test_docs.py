"""docs/api.md: its examples run, and its table of names is the one of the code."""

import re
import shutil
import subprocess
import sys

import pytest

from dashboard.accounts.services import issue_key
from dashboard.catalog.models import Item
from dashboard.events.models import Exposure, Interaction
from dashboard.events.vocabulary import TYPE_OF
from dashboard.policies.selectors import policy_published_now
from dashboard.policies.services import ensure_default_placements
from tests.api.guide import GUIDE, examples, filled
from tests.serving.conftest import add_catalog


@pytest.fixture
def forage(live_server, shop):
    """Puts the address and the keys of a running Forage into an example."""
    values = {
        "FORAGE": live_server.url,
        "SECRET_KEY": issue_key(shop=shop, kind="sk").plain,
        "PUBLISHABLE_KEY": issue_key(shop=shop, kind="pk").plain,
        "POLICY_ID": str(policy_published_now(ensure_default_placements(shop)[0]).pk),
    }
    return lambda example: filled(example, **values)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_commands_send_items_and_get_a_slate(forage):
    send_items, *slates = examples("bash")
    assert run("bash", "-c", forage(send_items)) == '{"accepted":2,"duplicates":0,"rejected":[]}'
    assert set(Item.objects.values_list("item_id", flat=True)) == {"teapot-1", "mug-1"}
    others = {
        "/estimate": '"metrics":{"clicks":',
        "/experiments": '"primary_metric":"click_through"',
        "/merge": '"customer-12"',
        "/policies": '"state":"draft"',
        "/exports": '"state":"waiting"',
    }
    others |= {"visitors/customer-12": '"tier":"gold"', "/audiences": '"revision":1'}
    for ask in slates:
        expected = next((answer for address, answer in others.items() if address in ask), '"mug-1"')
        assert expected in run("bash", "-c", forage(ask))


@pytest.mark.django_db(transaction=True)
def test_the_python_example_sends_an_order(forage):
    (example,) = examples("python", "/events")
    run(sys.executable, "-c", forage(example))
    bought = Interaction.objects.get()
    assert (bought.type, bought.item_id, bought.quantity, bought.value) == ("purchase", "mug-1", 2, 8.5)


@pytest.mark.django_db(transaction=True)
def test_the_python_example_prints_a_slate_with_its_reasons(forage, shop):
    add_catalog(shop)
    (example,) = examples("python", "/recommendations")
    lines = run(sys.executable, "-c", forage(example)).splitlines()
    assert [line.split()[:2] for line in lines] == _positions(Exposure.objects.get(placement="email"))
    assert all(len(line.split()) > 3 for line in lines)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed; Chromium runs the same example")
def test_the_javascript_example_prints_a_slate_in_node(forage, shop):
    add_catalog(shop)
    (example,) = examples("javascript", "/recommendations")
    lines = run("node", "--input-type=module", "--eval", forage(example)).splitlines()
    assert [line.split()[:2] for line in lines] == _positions(Exposure.objects.get(placement="cart"))


def _positions(exposure):
    return [[str(place), item["item_id"]] for place, item in enumerate(exposure.items, start=1)]


def test_every_name_of_an_event_is_in_the_table():
    table = GUIDE.split("### Names of events")[1].split("## 5.")[0]
    rows = [row.split("|")[1:-1] for row in table.splitlines() if row.startswith("| `")]
    cells = [[re.findall(r"`([^`]+)`", cell) for cell in row] for row in rows]
    told = {name: row[0][0] for row in cells for cell in row for name in cell}
    assert told == TYPE_OF
