"""A request for a slate is read the same way fast and slowly."""

import json

import msgspec
import pytest
from rest_framework.exceptions import ParseError, ValidationError

from dashboard.api import recommendation_request
from dashboard.api.recommendation_request import RecommendationRequest, SlateInput, read_recommendation_request

PLAIN = [
    {"placement": "home"},
    {"placement": "home", "visitor_id": "", "session_id": "s", "n": 1},
    {"placement": "p" * 50, "visitor_id": "v" * 255, "n": 100, "explain": True, "details": False},
    {"placement": "home", "context_items": ["a", " b "], "cart_items": ["é"] * 200, "exclude_items": ["x"] * 1000},
    {"placement": "home", "filters": {"brand": ["A", "B"], "price_max": 9.5, "attributes": {"size": 4}}},
    {"placements": [{"placement": "home", "n": 2}, {"placement": "cart", "filters": {"brand": "A"}}]},
]
UNPLAIN = [
    {"placement": " home "},
    {"placements": [{"placement": "home "}]},
    {"placement": "home", "n": "5"},
    {"placement": "home", "explain": "true"},
]
WRONG = [
    {"placement": "home", "placements": [{"placement": "home"}]},
    {"placements": []},
    {"placements": [{"placement": "home"}] * 11},
    {"placements": [{"placement": "home", "visitor_id": "v"}]},
    {"placements": [{"placement": "home"}, {"n": 3}]},
    {},
    [],
    "home",
    {"placement": None},
    {"placement": "p" * 51},
    {"placement": "home", "n": 1.5},
    {"placement": "home", "n": None},
    {"placement": "home", "context_items": [""]},
    {"placement": "home", "context_items": ["a"] * 51},
    {"placement": "home", "visitor_id": "a\u0000"},
    {"placement": "home", "cart_items": ["a\u0000b"]},
    {"placement": "home", "filters": []},
    {"placement": "home", "what": 1},
]


def slowly(body):
    asked = SlateInput(data=body)
    asked.is_valid(raise_exception=True)
    return msgspec.convert(asked.validated_data, RecommendationRequest)


@pytest.mark.parametrize("body", PLAIN)
def test_a_plain_request_is_read_without_the_serializer_and_as_it_would(body, monkeypatch):
    expected = slowly(body)
    monkeypatch.setattr(recommendation_request, "SlateInput", lambda **_: pytest.fail("the serializer was asked"))
    assert read_recommendation_request(json.dumps(body).encode()) == expected


@pytest.mark.parametrize("body", UNPLAIN)
def test_what_the_serializer_mends_is_mended(body):
    assert read_recommendation_request(json.dumps(body).encode()) == slowly(body)


@pytest.mark.parametrize("body", WRONG)
def test_what_the_serializer_refuses_is_refused_in_its_words(body):
    with pytest.raises(ValidationError) as expected:
        slowly(body)
    with pytest.raises(ValidationError) as refused:
        read_recommendation_request(json.dumps(body).encode())
    assert refused.value.detail == expected.value.detail


@pytest.mark.parametrize("body", [b"{", b'{"placement": "\xff"}', b'{"placement": NaN}', b"[" * 5000])
def test_what_is_no_json_is_said_to_be_none(body):
    with pytest.raises(ParseError):
        read_recommendation_request(body)
