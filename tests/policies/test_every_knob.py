"""A knob is named once in the library and once in words; whoever adds one is told here what is missing."""

import argparse
from dataclasses import fields

from dashboard.accounts.audit_words import details_of
from dashboard.core.glossary import TERMS
from dashboard.core.knob_words import KNOB_WORDS
from dashboard.experiments.forms import StartForm
from dashboard.policies.forms import KnobsForm
from dashboard.policies.wording import knob_fields
from dashboard.serving.preview_words import cost_sentences
from recommender.cli import recommend
from recommender.slate import KNOB_NAMES, Knobs
from recommender.slate.metrics import SlateMetrics

RELEVANCE = {"relevance_lost": 0.1, "share_explored": 0.2}
NOTHING_KNOWN = SlateMetrics(**{part.name: None for part in fields(SlateMetrics)} | RELEVANCE)


def test_every_knob_has_words():
    missing = [name for name in KNOB_NAMES if name not in KNOB_WORDS]
    assert missing == [], f"dashboard/core/knob_words.py has no words for {missing}"
    unknown = [name for name in KNOB_WORDS if name not in KNOB_NAMES]
    assert unknown == [], f"recommender/slate/knobs.py has no {unknown}"


def test_every_knob_has_its_slider_its_cost_line_and_its_meaning():
    assert [field.name for field in knob_fields(Knobs(), Knobs(), {})] == list(KNOB_NAMES)
    assert [name for name, sentence in cost_sentences(NOTHING_KNOWN) if sentence] == list(KNOB_NAMES)
    assert [name for name in KNOB_NAMES if not TERMS[name].meaning] == []


def test_no_form_drops_a_knob():
    turned = dict.fromkeys(KNOB_NAMES, 0.7)
    tested, published = StartForm({"placement": "home", **turned}), KnobsForm(turned)
    assert tested.is_valid() and published.is_valid()
    assert tested.knobs == published.cleaned_data == turned


def test_the_audit_says_every_knob_in_words():
    told = details_of({"changes": {name: [0.1, 0.2] for name in KNOB_NAMES}})
    assert [detail.label for detail in told] == [KNOB_WORDS[name].label for name in KNOB_NAMES]


def test_the_command_line_takes_every_knob():
    parser = argparse.ArgumentParser()
    recommend.register(parser.add_subparsers())
    sent = [word for name in KNOB_NAMES for word in (f"--{name}", "0.3")]
    args = parser.parse_args(["recommend", "--model", "m", "--out", "o.csv", *sent])
    assert {name: getattr(args, name) for name in KNOB_NAMES} == dict.fromkeys(KNOB_NAMES, 0.3)
