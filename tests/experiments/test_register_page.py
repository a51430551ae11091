"""The page of the register: what it says, who writes in it, and what the list leaves out."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.accounts.services import issue_key
from dashboard.experiments.selectors import register_of
from dashboard.experiments.services import keep_prediction, note_learning
from tests.api.conftest import ApiClient
from tests.experiments.test_register import ended
from tests.experiments.test_results import moment


def address(name, shop, *arguments):
    return reverse(f"experiments:{name}", args=[shop.slug, *arguments])


@pytest.fixture
def past(home):
    """Two that were published and one that was stopped; the first was foretold."""
    rates = [(0.10, 0.13), (0.10, 0.12), (0.10, 0.08)]
    made = [ended(home, n, {"A": a, "B": b}, "shipped" if b > a else "stopped") for n, (a, b) in enumerate(rates, 1)]
    for arm, clicks in (("A", 300), ("B", 360)):
        row = moment(arm, "click_through", [1.0] * clicks + [0.0] * (2000 - clicks), np.ones(2000))
        row.experiment = made[0]
        row.save()
    keep_prediction(experiment=made[0], change=0.15, low=0.05, high=0.25)
    return made


@pytest.fixture
def read(client, shop, owner):
    client.force_login(owner)
    return lambda name, query="": " ".join(client.get(address(name, shop) + query).content.decode().split())


def test_a_shop_whose_experiments_go_on_is_told_what_will_stand_here(read, home):
    ended(home, 1, {"A": 0.1, "B": 0.1}, "running")
    page = read("register")
    assert "No experiment has ended yet." in page
    assert "Nothing has been learned yet" in page


def test_it_says_how_many_ended_and_what_the_published_ones_brought_shrunk(read, past, home):
    register, page = register_of(home.shop), read("register")
    (total,) = register.totals
    assert "<b>3 experiments</b> have ended, <b>2</b> were published." in page
    assert f"by <b>+{100 * total.change:.1f}%</b>, shrunk" in page
    assert f"+{100 * total.unshrunk:.1f}%" in page
    assert "<b>1</b> of 1 estimate held." in page
    assert "+15.0% → +20.0%" in page


def test_a_tag_chooses_what_is_shown_and_changes_no_total(read, past, home, owner):
    note_learning(experiment=past[1], by=owner, note="Bold wins.", tags=["bold moves", "home"])
    page = read("register", "?tag=Bold%20moves")
    assert "Question 2" in page and "“Bold wins.”" in page
    assert "Question 1" not in page
    assert "<b>3 experiments</b> have ended" in page
    assert "None has the tag “tea”." in read("register", "?tag=tea")


def test_an_editor_notes_what_was_learned(client, read, past, shop):
    sent = {"note": "Half of it\nis luck.", "tags": "Home，bold, ,home"}
    answer = client.post(address("note", shop, past[0].pk), sent, follow=True)
    past[0].refresh_from_db()
    assert (past[0].decision, past[0].tags, past[0].archived_at) == ("Half of it\nis luck.", ["home", "bold"], None)
    assert "Half of it" in answer.content.decode()
    assert "Half of it<br>is luck." in client.get(address("detail", shop, past[0].pk)).content.decode()
    assert AuditEntry.objects.get(action="experiment.noted").detail["experiment"] == past[0].pk


@pytest.mark.parametrize("wrong", [{"tags": "x" * 31}, {"tags": "a,b,c,d,e,f,g,h,i,j,k"}, {"note": "n" * 2001}])
def test_what_does_not_fit_stays_in_the_form(client, read, past, shop, wrong):
    answer = client.post(address("note", shop, past[0].pk), {"note": "Kept words", "tags": "kept", **wrong})
    assert answer.status_code == 400
    assert "Kept words" in answer.content.decode() or "note" in wrong
    assert next(iter(wrong.values())) in answer.content.decode()
    past[0].refresh_from_db()
    assert (past[0].decision, past[0].tags) == ("", [])


def test_the_list_leaves_the_archive_out_and_says_how_many_until_it_is_taken_back(client, read, past, shop):
    note_learning(experiment=past[0], by=None, note="Kept", tags=["kept"])
    answer = client.post(address("archive", shop, past[0].pk), {"archived": "yes", "tag": "kept"})
    assert answer.url == f"{address('register', shop)}?tag=kept#experiment-{past[0].pk}"
    page = read("index")
    assert "Question 1" not in page and "1 that was archived is left out here." in page
    assert address("register", shop) in page
    assert "Question 1" in read("register") and "Take back" in read("register")
    client.post(address("archive", shop, past[0].pk), {"archived": "no"})
    assert "Question 1" in read("index") and "left out here" not in read("index")
    past[0].refresh_from_db()
    assert (past[0].decision, past[0].tags) == ("Kept", ["kept"])


def test_a_list_whose_experiments_are_all_archived_does_not_say_that_there_never_was_one(client, read, home, shop):
    note_learning(experiment=ended(home, 1, {"A": 0.1, "B": 0.1}), by=None, is_archived=True)
    page = read("index")
    assert "1 that was archived is left out here." in page
    assert "No experiment yet" not in page


def test_nothing_is_noted_or_archived_while_it_runs(client, read, home, shop):
    running = ended(home, 1, {"A": 0.1, "B": 0.1}, "running")
    assert client.post(address("note", shop, running.pk), {"note": "Too soon"}).status_code == 409
    assert client.post(address("archive", shop, running.pk), {}).status_code == 409
    assert client.get(address("learning", shop, running.pk)).url == address("detail", shop, running.pk)


def test_a_viewer_reads_and_changes_nothing(client, past, shop, viewer):
    client.force_login(viewer)
    page = client.get(address("register", shop)).content.decode()
    assert "Question 1" in page
    assert address("archive", shop, past[0].pk) not in page and address("learning", shop, past[0].pk) not in page
    for name in ("note", "archive"):
        assert client.post(address(name, shop, past[0].pk), {}).status_code == 403


def test_the_page_asks_as_often_of_many_as_of_few(client, home, shop, owner):
    client.force_login(owner)

    def asked():
        with CaptureQueriesContext(connection) as found:
            client.get(address("register", shop))
        return len(found)

    ended(home, 1, {"A": 0.1, "B": 0.12})
    asked()
    of_one = asked()
    for number in range(2, 8):
        ended(home, number, {"A": 0.1, "B": 0.12})
    assert asked() == of_one


def test_the_api_tells_the_register(client, home, past, shop, owner):
    note_learning(experiment=past[1], by=owner, note="Bold wins.", tags=["bold"], is_archived=True)
    api = ApiClient(client, issue_key(shop=shop, kind="sk").plain)
    told = api.get("/experiments/register").json()
    register = register_of(shop)
    assert (told["ended"], told["published"], told["predictions_held"], told["tags"]) == (3, 2, 1, ["bold"])
    assert told["totals"][0]["change"]["value"] == pytest.approx(register.totals[0].change)
    assert [row["experiment"]["name"] for row in told["experiments"]] == ["Question 3", "Question 2", "Question 1"]
    first = told["experiments"][-1]
    assert 0 < first["shrunk"]["value"] < first["measured"]["value"]
    assert first["prediction"]["predicted"] == {"value": 0.15, "low": 0.05, "high": 0.25}
    assert first["prediction"]["realised"]["value"] == pytest.approx(0.2)
    (tagged,) = api.get("/experiments/register?tag=bold").json()["experiments"]
    assert tagged["experiment"]["decision"] == "Bold wins." and tagged["archived_at"]
    assert api.get("/experiments/register?state=x").status_code == 400
