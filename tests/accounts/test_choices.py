"""Zones and currencies are chosen from lists that hold what the shop has now."""

from django.utils import translation

from dashboard.accounts.choices import currency_choices, zone_choices


def zones(current="Europe/London"):
    return {name: (region, city) for region, entries in zone_choices(current) for name, city in entries}


def test_zones_stand_below_their_region_by_city():
    assert zones()["America/Argentina/Buenos_Aires"] == ("America", "Argentina, Buenos Aires")
    assert zone_choices("UTC")[0] == ("", [("UTC", "UTC")])


def test_a_zone_by_an_old_name_can_stay():
    assert zones("GB")["GB"] == ("", "GB")


def test_currencies_are_named_in_the_readers_language():
    with translation.override("en-gb"):
        assert dict(currency_choices("GBP"))["GBP"] == "British Pound (GBP)"
    with translation.override("zh-hans"):
        assert dict(currency_choices("GBP"))["CNY"] == "人民币 (CNY)"


def test_money_that_is_gone_is_offered_to_those_only_who_count_in_it():
    with translation.override("en-gb"):
        assert "DDM" not in dict(currency_choices("GBP")), "the mark of East Germany"
        assert "DDM" in dict(currency_choices("DDM"))
