"""The overview answers in one sentence, whatever state the shop is in."""

import datetime
import re
from decimal import Decimal
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.events.models import DailyKpi, Interaction
from dashboard.events.selectors import arrivals_by_minute
from dashboard.experiments.models import Experiment
from dashboard.ledger.models import ClosedDay, ItemDay
from dashboard.ledger.services import sum_closed_days
from dashboard.overview.needs import inbox
from dashboard.overview.services import put_off
from dashboard.training.models import Run
from tests.browser.seed import seed_shop
from tests.browser.seed_experiments import EXPERIMENT_ID
from tests.markup import one_line


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def visit(client, shop, owner):
    client.force_login(owner)

    def get(name="index", **query):
        return one_line(client.get(reverse(f"overview:{name}", args=[shop.slug]), query).content.decode())

    return get


@pytest.fixture
def seeded(shop):
    return seed_shop(shop)


def day(shop, back=0, placement="", **sums):
    today = clock.today_in(shop.timezone)
    return DailyKpi.objects.create(shop=shop, day=today - datetime.timedelta(days=back), placement=placement, **sums)


def answer_of(page):
    return unescape(re.sub(r"<[^>]*>", "", re.search(r'<p class="answer">(.*?)</p>', page)[1])).strip()


def flat(page):
    return " ".join(page.split())


def test_a_new_shop_gets_three_steps_to_copy(visit, settings):
    settings.MANAGE_COMMAND = "FORAGE_DATA=/srv/forage .venv/bin/python manage.py"
    page = visit()
    assert "Three steps to your first recommendations" in page
    assert "FORAGE_DATA=/srv/forage .venv/bin/python manage.py import_items --shop holly-and-hearth catalog.csv" in page
    assert "data-key=" in page
    assert "manage.py retrain --wait --shop holly-and-hearth" in page


def test_the_catalog_is_counted_once_a_view(visit, seeded):
    with CaptureQueriesContext(connection) as asked:
        visit()
    counts = [query["sql"] for query in asked if "COUNT(" in query["sql"] and 'FROM "catalog_item"' in query["sql"]]
    assert len(counts) == 1, counts


def test_a_shop_with_sales_hears_what_recommendations_brought_in(visit, seeded):
    DailyKpi.objects.all().delete()
    for back in range(7):
        day(seeded, back, slates=100, clicks=5, orders=20, revenue=1000, attributed_orders=4, attributed_revenue=100)
    page = visit()
    assert "<b>£700</b> in the last 7 days, <b>10.0%</b> of your sales" in page


def test_the_answer_ends_with_what_to_do_next(visit, seeded):
    """Whoever has a minute reads the first two sentences: whether it pays, and what waits."""
    assert "One experiment is ready for your decision." in answer_of(visit())
    Experiment.objects.all().delete()
    first = inbox(seeded).open[0]
    assert f"To do next: {first.title}." in answer_of(visit())
    for need in inbox(seeded).open:
        put_off(shop=seeded, key=need.key, days=1, actor=None)
    Run.objects.create(shop=seeded, state="running", trigger="manual", heartbeat_at=clock.now())
    assert answer_of(visit()).endswith("Nothing needs you now.")


def test_the_answer_leads_to_what_to_do_next_and_says_what_is_counted(visit, seeded):
    page = visit()
    answer = re.search(r'<p class="answer">(.*?)</p>', page)[1]
    assert f'href="{reverse("experiments:index", args=[seeded.slug])}"' in answer
    assert "bought within 24 hours after a click on it in a slate; some of it would have been bought anyway" in flat(
        page
    )
    Experiment.objects.all().delete()
    assert f'href="{inbox(seeded).open[0].href}"' in re.search(r'<p class="answer">(.*?)</p>', visit())[1]


def test_what_exploration_found_is_not_told_before_its_days_are_summed(visit, seeded):
    ClosedDay.objects.all().delete()
    ItemDay.objects.all().delete()
    assert "Not accounted yet" in visit("exploration")
    sum_closed_days(shop=seeded)
    assert "Not accounted yet" not in visit("exploration")


def test_few_orders_are_called_too_early(visit, seeded):
    DailyKpi.objects.all().delete()
    day(seeded, slates=10, clicks=2, revenue=90, attributed_orders=2, attributed_revenue=Decimal("12.50"))
    day(seeded, 8, slates=10, clicks=2, revenue=90, attributed_orders=1, attributed_revenue=Decimal("5.00"))
    page = visit()
    assert "<b>£12.50</b> from 2 orders: too early" in page
    assert "too few orders to compare" in page
    assert "+150.0%" not in page


def test_slates_without_a_sale_are_not_dressed_up(visit, seeded):
    DailyKpi.objects.all().delete()
    day(seeded, slates=10, clicks=2)
    assert "<b>10 slates</b> brought 2 clicks; no purchase has followed one yet." in visit()


def test_a_shop_that_shows_no_slate_is_told_so(visit, seeded):
    DailyKpi.objects.all().delete()
    day(seeded, revenue=500, orders=9)
    assert "showed <b>no slate</b> yet" in visit()


def test_it_is_said_of_the_money_that_simulated_shoppers_brought_it(visit, seeded):
    DailyKpi.objects.all().delete()
    day(seeded, interactions=2_000, orders=40, revenue=900)
    day(seeded, simulated=True, interactions=140, slates=99, attributed_orders=25, attributed_revenue=80, revenue=80)
    page = flat(visit())
    assert "All slates, clicks and sales from recommendations here are of simulated shoppers" in page
    assert "7% of these" not in page


def test_simulated_money_leaves_the_page_with_the_first_real_slate(visit, seeded):
    DailyKpi.objects.all().delete()
    day(seeded, simulated=True, slates=99, attributed_orders=25, attributed_revenue=80, revenue=80)
    day(seeded, slates=10, attributed_orders=2, attributed_revenue=7, revenue=70)
    page = flat(visit())
    assert "£7.00" in page
    assert "£80" not in page
    assert "simulated" not in page


def test_the_share_of_sales_counts_from_the_first_slate(visit, seeded):
    DailyKpi.objects.all().delete()
    day(seeded, 6, orders=300, revenue=99_000)
    day(seeded, 1, slates=900, orders=40, revenue=1_000, attributed_orders=30, attributed_revenue=100)
    assert "<b>10.0%</b> of your sales" in flat(visit())


def test_a_change_that_may_be_chance_has_no_colour(visit, seeded):
    DailyKpi.objects.all().delete()
    day(seeded, slates=4_000, clicks=240, attributed_orders=48, attributed_revenue=480)
    day(seeded, 8, slates=4_000, clicks=230, attributed_orders=40, attributed_revenue=400)
    page = flat(visit())
    assert "+20.0%" in page
    assert "could be chance" in page
    assert 'class="delta" data-tone' not in page


def test_nothing_is_compared_with_a_handful_of_slates(visit, seeded):
    DailyKpi.objects.all().delete()
    day(seeded, slates=4_000, clicks=640)
    day(seeded, 8, slates=9)
    assert "+160.0" not in visit()


def test_the_events_of_a_minute_are_those_of_the_chart(visit, seeded):
    minute = clock.now().replace(second=0, microsecond=0) - datetime.timedelta(seconds=30)
    Interaction.objects.filter(shop=seeded).update(received_at=minute - datetime.timedelta(hours=2))
    few = Interaction.objects.filter(shop=seeded)[:9].values("pk")
    Interaction.objects.filter(pk__in=few).update(received_at=minute, timestamp=minute)
    charted = sum(count.lines for count in arrivals_by_minute(seeded.pk, 2))
    assert f"{charted} events a minute" in flat(visit("standing"))


def test_the_search_counts_all_that_it_found(visit, seeded):
    Item.objects.bulk_create(Item(shop=seeded, item_id=f"lamp-{n}", title=f"Lamp {n}") for n in range(23))
    page = flat(visit("search", q="lamp"))
    assert "<b>23 items</b>" in page
    assert "Only the first 20 of each are shown." in page


def test_the_period_is_chosen_by_address_and_nonsense_is_a_week(visit, seeded):
    assert 'href="?days=28" aria-current="true"' in visit(days="28")
    assert 'href="?days=7" aria-current="true"' in visit(days="-1; DROP")


def test_another_shops_days_are_not_counted(visit, seeded, other_shop):
    DailyKpi.objects.all().delete()
    day(other_shop, slates=10, attributed_orders=90, attributed_revenue=900, revenue=1000)
    day(seeded, slates=7)
    assert "<b>7 slates</b>" in visit()


def test_items_without_a_category_and_a_silent_shop_need_someone(visit, seeded):
    page = visit()
    assert "1 item has no category" in page
    assert "No events since" not in page
    Interaction.objects.filter(shop=seeded).update(timestamp=clock.now() - datetime.timedelta(hours=30))
    assert "No events since" in visit()


def test_an_experiment_with_a_verdict_is_the_first_thing_to_decide(visit, seeded):
    page = visit()
    assert "One experiment is ready for your decision." in page
    assert page.index("“More exploration on Home” is ready for your decision") < page.index("1 item has no category")
    assert f'href="{reverse("experiments:detail", args=[seeded.slug, EXPERIMENT_ID])}"' in page
    assert "1 ready" in visit("standing")


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        ("stop", "A variant does harm."),
        ("distrust", "The result cannot be trusted."),
        ("even", "no clear difference showed"),
        ("weigh", "not all that you guard is proven"),
    ],
)
def test_harm_and_distrust_are_told_too(visit, seeded, verdict, text):
    Experiment.objects.filter(pk=EXPERIMENT_ID).update(verdict=verdict)
    assert text in visit()


@pytest.mark.parametrize("columns", [{"verdict": "early"}, {"verdict": "unproven"}, {"state": "stopped"}])
def test_an_early_or_ended_experiment_asks_for_nothing(visit, seeded, columns):
    Experiment.objects.filter(pk=EXPERIMENT_ID).update(**columns)
    assert "ready for your decision" not in visit()
    assert "1 ready" not in visit("standing")


def test_another_shops_experiment_is_not_told(client, other_shop, outsider, seeded):
    client.force_login(outsider)
    assert "1 ready" not in client.get(reverse("overview:standing", args=[other_shop.slug])).content.decode()


def test_placements_stand_with_their_own_figures(visit, seeded):
    DailyKpi.objects.all().delete()
    day(seeded, placement="home", slates=1000, clicks=33, attributed_revenue=77)
    page = visit()
    assert '<data data-fact="clicks-per-1000:home:7" value="33.0">33.0</data>' in page
    assert '<data data-fact="sales:home:7" value="77.00">£77</data>' in page


def test_the_overview_speaks_chinese(client, shop, owner, seeded):
    client.force_login(owner)
    client.cookies["django_language"] = "zh-hans"
    page = client.get(reverse("overview:index", args=[shop.slug])).content.decode()
    assert "来自推荐的销售额" in page
    assert '<html lang="zh-hans">' in page


def test_the_search_finds_items_and_visitors_of_this_shop_only(visit, seeded, other_shop):
    from dashboard.catalog.models import Item

    Item.objects.create(shop=other_shop, item_id="x", title="Regency secret")
    page = visit("search", q="regency")
    assert "Regency Tea Plate Pink" in page
    assert "Regency secret" not in page
    assert "visitor-100" in visit("search", q="visitor-")


def test_the_search_says_when_nothing_is_called_so_without_running_it(visit, seeded):
    assert "Nothing here is called “&lt;script&gt;”" in visit("search", q="<script>")


def test_the_navigation_tells_how_many_events_came_in_the_last_minute(visit, shop):
    now = clock.now() - datetime.timedelta(minutes=1)
    Interaction.objects.create(
        shop=shop, event_id="1", type="view_item", visitor_id="v", timestamp=now, received_at=now
    )
    page = visit("standing")
    assert "1 event a minute" in page
    assert 'hx-swap-oob="true"' in page
