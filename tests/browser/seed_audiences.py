"""Audiences of the small shop, one of them of too few visitors, the figures that they rest on, a webhook that fails, a
schedule, and the week before."""

from datetime import timedelta

AUDIENCE_ID = 77
ENDPOINT_ID = 5
AUDIENCES = {
    AUDIENCE_ID: ("Regulars of tea & table", "segments.1 >= 0.5 and visits >= 2"),
    AUDIENCE_ID + 1: ("Gone quiet", "purchases > 0 and days_since_last_visit > 14"),
    AUDIENCE_ID + 2: ("Gold members", 'attributes.tier = "gold"'),
}


def seed_audiences(shop):
    from dashboard.audiences.models import Audience
    from dashboard.audiences.services import count_all_visitors, set_attributes
    from dashboard.core import clock

    count_all_visitors(shop=shop)
    set_attributes(shop=shop, visitor_id="visitor-3", attributes={"country": "GB", "tier": "gold"})
    from dashboard.policies.models import Policy

    for number, (name, expression) in AUDIENCES.items():
        Audience.objects.create(pk=number, shop=shop, name=name, expression=expression, changed_at=clock.now())
    override = {"audience": AUDIENCE_ID + 2, "knobs": {"exploration": 0.0}, "rules": []}
    Policy.objects.filter(placement__shop=shop, placement__slug="home", is_published=True).update(overrides=[override])
    _followed(shop)
    _told(shop)


def _followed(shop):
    from dashboard.audiences.models import GroupWeek
    from dashboard.audiences.services import follow_audiences, sum_weeks

    follow_audiences(shop=shop)
    sum_weeks(shop=shop)
    for row in GroupWeek.objects.filter(shop=shop).exclude(visitors=None):
        row.pk, row.week, row.visitors = None, row.week - timedelta(days=7), max(row.visitors - 7 + row.number % 5, 0)
        row.save()


def _told(shop):
    from dashboard.audiences.models import Audience
    from dashboard.core import clock
    from dashboard.exports.models import ExportSchedule
    from dashboard.webhooks.models import Delivery, Endpoint, Subscription

    now, audience = clock.now(), Audience.objects.get(pk=AUDIENCE_ID)
    endpoint = Endpoint.objects.create(
        pk=ENDPOINT_ID, shop=shop, url="https://news.holly.example/forage", salt="s", failures=4, failing_since=now,
        problem="It answered with 503.", due_at=now + timedelta(minutes=10),
    )  # fmt: skip
    Subscription.objects.create(shop=shop, endpoint=endpoint, audience=audience)
    log = [("delivered", 200, "ok", 1), ("refused", 422, "no such customer", 5), ("waiting", 503, "", 4)]
    for number, (state, status, answer, attempts) in enumerate(log):
        Delivery.objects.create(
            shop=shop, endpoint=endpoint, audience=audience, message_id=f"msg_0199f{number}d4c7a07b3a8e1f", state=state,
            changes=12 - 5 * number, status=status, answer=answer, attempts=attempts, created_at=now,
        )  # fmt: skip
    ExportSchedule.objects.create(
        shop=shop, audience=audience, period="weekly", kept=4, due_at=now + timedelta(days=3), requested_by="holly"
    )
