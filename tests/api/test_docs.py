"""docs/api.md: its examples run, and its table of names is the one of the code."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.accounts.services import issue_key
from dashboard.catalog.models import Item
from dashboard.events.models import Interaction
from dashboard.events.vocabulary import TYPE_OF

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()


def examples(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.S)


@pytest.fixture
def filled(live_server, shop):
    """Puts the address and the keys of a running Forage into an example."""
    keys = {
        "SECRET_KEY": issue_key(shop=shop, kind="sk").plain,
        "PUBLISHABLE_KEY": issue_key(shop=shop, kind="pk").plain,
    }

    def fill(example):
        for name, value in {**keys, "FORAGE": live_server.url}.items():
            example = example.replace(name, value)
        return example

    return fill


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_commands_send_items_and_get_a_slate(filled):
    send_items, *slates = examples("bash")
    said = subprocess.run(["bash", "-c", filled(send_items)], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout == '{"accepted":2,"duplicates":0,"rejected":[]}'
    assert set(Item.objects.values_list("item_id", flat=True)) == {"teapot-1", "mug-1"}
    for ask in slates:
        said = subprocess.run(["bash", "-c", filled(ask)], capture_output=True, text=True, check=True, timeout=60)
        assert '"mug-1"' in said.stdout


@pytest.mark.django_db(transaction=True)
def test_the_python_example_sends_an_order(filled):
    (example,) = examples("python")
    subprocess.run([sys.executable, "-c", filled(example)], check=True, timeout=60)
    bought = Interaction.objects.get()
    assert (bought.type, bought.item_id, bought.quantity, bought.value) == ("purchase", "mug-1", 2, 8.5)


def test_every_name_of_an_event_is_in_the_table():
    table = GUIDE.split("### Names of events")[1].split("## 4.")[0]
    rows = [row.split("|")[1:-1] for row in table.splitlines() if row.startswith("| `")]
    cells = [[re.findall(r"`([^`]+)`", cell) for cell in row] for row in rows]
    told = {name: row[0][0] for row in cells for cell in row for name in cell}
    assert told == TYPE_OF
