"""The shared report: it shows one experiment, for its time, to whoever holds the link, and to nobody else."""

from datetime import timedelta

import pytest
from django.core import signing
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.core import clock
from dashboard.experiments import pages
from dashboard.experiments.models import Experiment
from dashboard.experiments.report_links import ReportLink
from dashboard.experiments.services import refresh_moments, revoke_reports, share_report
from tests.experiments.test_pages import address, winner

__all__ = ["winner"]


@pytest.fixture
def begun(winner):
    winner.started_at = clock.now() - timedelta(days=5)
    winner.save()
    return winner


def report_at(token):
    return reverse("reports:experiment", args=[token])


def link_of(experiment, **changed):
    experiment.refresh_from_db()
    link = ReportLink.of(experiment, clock.now() + timedelta(days=7))
    return signing.dumps({**link.said, **changed}, salt=ReportLink.SALT, compress=True)


def test_whoever_holds_the_link_sees_the_results_and_no_way_into_the_shop(client, begun):
    token = share_report(experiment=begun, days=30, by=None)
    answer = client.get(report_at(token))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert begun.name in page and "Publish variant B" in page and "Visitors who add to cart" in page
    assert f"/shops/{begun.shop.slug}/" not in page, "no address of the shop"
    assert "<form" not in page and "hx-get" not in page
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_a_link_expires(client, begun, monkeypatch):
    token = share_report(experiment=begun, days=7, by=None)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=6, hours=23))
    assert client.get(report_at(token)).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=7, seconds=1))
    late = client.get(report_at(token))
    assert (late.status_code, late["Cache-Control"], late["X-Robots-Tag"]) == (404, "no-store", "noindex, nofollow")
    assert begun.name not in late.content.decode()


def test_all_links_are_taken_back_at_once_and_a_new_one_works(client, begun):
    tokens = [share_report(experiment=begun, days=days, by=None) for days in (7, 90)]
    revoke_reports(experiment=begun, by=None)
    assert [client.get(report_at(token)).status_code for token in tokens] == [404, 404]
    fresh = share_report(experiment=begun, days=7, by=None)
    assert client.get(report_at(fresh)).status_code == 200
    assert [client.get(report_at(token)).status_code for token in tokens] == [404, 404]


@pytest.mark.parametrize("change", [lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), lambda token: "x",
                                    lambda token: f"{token}x", lambda token: "y" * 2000])  # fmt: skip
def test_a_changed_link_leads_nowhere(client, begun, change):
    token = share_report(experiment=begun, days=7, by=None)
    assert client.get(report_at(change(token))).status_code == 404


def test_a_link_opens_neither_another_experiment_nor_another_shop(client, begun, other_shop):
    """Even one that is signed: the key is the experiment's own, and its shop is asked alone."""
    share_report(experiment=begun, days=7, by=None)
    assert client.get(report_at(link_of(begun))).status_code == 200
    assert client.get(report_at(link_of(begun, s=other_shop.pk))).status_code == 404
    assert client.get(report_at(link_of(begun, e=begun.pk + 1))).status_code == 404
    assert client.get(report_at(link_of(begun, k=""))).status_code == 404


def test_without_any_link_an_empty_key_opens_nothing(client, begun):
    assert begun.report_key == ""
    assert client.get(report_at(link_of(begun))).status_code == 404


def test_a_token_of_mails_is_none(client, begun):
    share_report(experiment=begun, days=7, by=None)
    begun.refresh_from_db()
    said = ReportLink.of(begun, clock.now() + timedelta(days=7)).said
    assert client.get(report_at(signing.dumps(said, salt="forage.mail", compress=True))).status_code == 404


def test_an_editor_makes_and_takes_back_links_on_the_page(client, owner, begun):
    client.force_login(owner)
    made = client.post(address("share-report", begun.shop, begun.pk), {"days": "30"})
    assert made.status_code == 200 and made["Cache-Control"] == "no-store"
    assert "/reports/experiments/" in made.content.decode()
    assert "Take all links back" in client.get(address("detail", begun.shop, begun.pk)).content.decode()
    assert client.post(address("revoke-reports", begun.shop, begun.pk)).status_code == 302
    actions = AuditEntry.objects.filter(shop=begun.shop).values_list("action", flat=True)
    assert {"experiment.report_shared", "experiment.report_revoked"} <= set(actions)
    assert Experiment.objects.get(pk=begun.pk).report_key == ""


def test_other_lifetimes_are_refused(client, owner, begun):
    client.force_login(owner)
    assert client.post(address("share-report", begun.shop, begun.pk), {"days": "365"}).status_code == 400


def test_an_open_page_is_told_of_a_refresh_and_of_nothing_else(client, owner, begun):
    client.force_login(owner)
    live = address("live", begun.shop, begun.pk)
    begun.refresh_from_db()
    seen = {"seen": pages.as_of(begun)}
    assert client.get(live, seen).status_code == 204
    refresh_moments(begun, now=clock.now() + timedelta(hours=1))
    fresh = client.get(live, seen)
    assert fresh.status_code == 200 and 'id="experiment-results"' in fresh.content.decode()
    assert "HX-Refresh" not in fresh
    begun.refresh_from_db()
    begun.state = "stopped"
    begun.save()
    assert client.get(live, seen)["HX-Refresh"] == "true"


def test_charts_are_kept_under_the_shops_own_day(client, owner, begun):
    begun.shop.timezone = "Asia/Shanghai"
    begun.shop.save()
    begun.refreshed_at = clock.now().replace(year=2026, month=10, day=4, hour=20, minute=0)
    begun.save()
    client.force_login(owner)
    page = client.get(address("detail", begun.shop, begun.pk)).content.decode()
    assert f'data-name="experiment-{begun.pk}-lift-2026-10-05"' in page
    assert f'data-name="experiment-{begun.pk}-time-2026-10-05"' in page
