"""Visitors that are programs: found, kept, and left out."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.core import clock, errors
from dashboard.events.bots import MOST_VIEWS_A_MINUTE, _telling_word, known_agent
from dashboard.events.models import BotVisitor, Interaction
from dashboard.events.selectors import bot_counts, bots, without_bots
from dashboard.events.services import count_again, erase_visitor, mark_too_fast, record_events

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari"


def views(visitor_id, count, *, seconds_apart=1.0, ended=timedelta(minutes=3), kind="view_item"):
    """So many views, the last one `ended` ago, from the end of a minute of the clock backwards."""
    end = (clock.now() - ended).replace(second=59, microsecond=0)
    return [
        {
            "event_id": f"{visitor_id}-{kind}-{number}",
            "type": kind,
            "visitor_id": visitor_id,
            "item_id": f"i{number}",
            "timestamp": (end - timedelta(seconds=seconds_apart * number)).isoformat(),
        }
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("agent", "word"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "bot",
        ),
        (CHROME.replace("Chrome", "HeadlessChrome"), "headlesschrome"),
        ("facebookexternalhit/1.1", "facebookexternalhit"),
    ],
)
def test_programs_that_say_so_are_known_by_a_word(agent, word):
    assert known_agent(agent) == word


@pytest.mark.parametrize("agent", [CHROME, SAFARI, "okhttp/4.12.0", "Cubot Note 20 " + CHROME, ""])
def test_browsers_apps_and_no_agent_at_all_are_people(agent):
    assert known_agent(agent) == ""


def test_of_a_long_agent_only_its_beginning_is_kept():
    _telling_word.cache_clear()
    for letter in "abc":
        known_agent("Mozilla/5.0 " + "x" * 600 + letter * 100_000)
    assert _telling_word.cache_info().currsize == 1


@pytest.mark.django_db
class TestRates:
    @pytest.mark.parametrize(("count", "marked"), [(MOST_VIEWS_A_MINUTE, 0), (MOST_VIEWS_A_MINUTE + 1, 1)])
    def test_more_views_in_a_minute_than_a_person_can_mark_the_visitor(self, shop, count, marked):
        record_events(shop=shop, raw=views("hasty", count, seconds_apart=0.5))
        assert mark_too_fast(shop=shop) == marked
        assert bot_counts(shop.pk) == {"agent": 0, "rate": marked}

    def test_as_many_over_an_hour_are_a_person(self, shop):
        record_events(shop=shop, raw=views("keen", 200, seconds_apart=15))
        assert mark_too_fast(shop=shop) == 0

    def test_a_steady_stream_for_an_hour_is_no_person(self, shop):
        for part in (views("steady", 1000, seconds_apart=3.5)[n : n + 500] for n in (0, 500)):
            record_events(shop=shop, raw=part)
        assert mark_too_fast(shop=shop) == 1

    @pytest.mark.parametrize(("seconds_apart", "marked"), [(4.1, 0), (3.9, 1)])
    def test_an_hour_has_sixty_minutes_whenever_it_is_asked(self, shop, seconds_apart, marked):
        """878 views in any hour are fewer than a program's, though more than 900 came since the last time but one."""
        stream = views("evening", 1000, seconds_apart=seconds_apart)
        for part in (stream[:500], stream[500:]):
            record_events(shop=shop, raw=part)
        Interaction.objects.update(received_at=F("timestamp"))  # each came as it happened
        assert mark_too_fast(shop=shop) == marked

    def test_buying_much_imported_history_and_simulated_shoppers_mark_nobody(self, shop):
        record_events(shop=shop, raw=views("wholesaler", 100, seconds_apart=0.1, kind="purchase"))
        record_events(shop=shop, raw=views("history", 100, seconds_apart=0.1, ended=timedelta(hours=30)))
        record_events(shop=shop, raw=views("made-up", 100, seconds_apart=0.1), simulated=True)
        assert mark_too_fast(shop=shop) == 0

    def test_repeating_finds_nobody_anew(self, shop):
        record_events(shop=shop, raw=views("hasty", 100, seconds_apart=0.5))
        assert [mark_too_fast(shop=shop), mark_too_fast(shop=shop)] == [1, 0]

    def test_another_shops_visitors_are_not_marked(self, shop, other_shop):
        record_events(shop=other_shop, raw=views("hasty", 100, seconds_apart=0.5))
        assert mark_too_fast(shop=shop) == 0
        assert not BotVisitor.objects.exists()


@pytest.mark.django_db
class TestMarked:
    def test_what_a_bot_did_is_kept_and_left_out(self, shop):
        record_events(shop=shop, raw=views("crawler", 2), agent="bot")
        record_events(shop=shop, raw=views("ann", 1))
        assert Interaction.objects.count() == 3
        assert set(without_bots(Interaction.objects.all()).values_list("visitor_id", flat=True)) == {"ann"}

    def test_a_mark_of_one_shop_says_nothing_of_another(self, shop, other_shop):
        record_events(shop=shop, raw=views("v", 1), agent="bot")
        record_events(shop=other_shop, raw=views("v", 1))
        assert without_bots(Interaction.objects.all()).get().shop == other_shop

    def test_who_is_a_person_after_all_counts_for_good(self, shop, owner):
        record_events(shop=shop, raw=views("v", 1), agent="bot")
        count_again(shop=shop, visitor_id="v", actor=owner)
        record_events(shop=shop, raw=views("v", 2), agent="bot")
        assert not bots(shop.pk)
        assert without_bots(Interaction.objects.all()).count() == 2
        assert AuditEntry.objects.get(action="bot.dismiss").subject == "v"

    def test_of_another_shop_nobody_is_dismissed(self, shop, other_shop):
        record_events(shop=other_shop, raw=views("v", 1), agent="bot")
        with pytest.raises(errors.NotFound):
            count_again(shop=shop, visitor_id="v")

    def test_an_erased_visitor_leaves_no_mark(self, shop):
        record_events(shop=shop, raw=views("v", 1), agent="bot")
        count_again(shop=shop, visitor_id="v")
        erase_visitor(shop=shop, visitor_id="v")
        assert not BotVisitor.objects.exists()
        assert AuditEntry.objects.get(action="bot.dismiss").subject == ""

    def test_the_page_counts_them_and_an_editor_may_call_one_a_person(self, client, shop, editor):
        record_events(shop=shop, raw=views("crawler", 1), agent="headlesschrome")
        client.force_login(editor)
        page = client.get(reverse("events:index", args=[shop.slug])).content.decode()
        assert "<code>headlesschrome</code>" in page
        client.post(reverse("events:count-again", args=[shop.slug]), {"visitor_id": "crawler"})
        assert not bots(shop.pk)

    def test_a_viewer_may_not(self, client, shop, viewer):
        record_events(shop=shop, raw=views("crawler", 1), agent="bot")
        client.force_login(viewer)
        answer = client.post(reverse("events:count-again", args=[shop.slug]), {"visitor_id": "crawler"})
        assert answer.status_code == 403
        assert bots(shop.pk).count() == 1
