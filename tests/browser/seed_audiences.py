"""Audiences of the small shop, one of them of too few visitors, and the figures that they rest on."""

AUDIENCE_ID = 77
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
