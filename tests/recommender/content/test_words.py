"""Words of texts in any language."""

import pytest

from recommender.content.words import LONGEST_TEXT, LONGEST_WORD, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hand-made MUG, 250ml!", ["hand", "made", "mug", "250ml"]),
        ("Straße ＦＵＬＬ Ärmel", ["strasse", "full", "ärmel"]),
        ("手工皂", ["手工", "工皂"]),
        ("皂 soap皂盒", ["皂", "soap", "皂盒"]),
        ("キッチン用品", ["キッ", "ッチ", "チン", "ン用", "用品"]),
        ("हिन्दी किताब", ["हिन्दी", "किताब"]),
        ("두꺼운 머그컵", ["두꺼운", "머그컵"]),
        ("🎄 — … _ \n", []),
        ("", []),
    ],
)
def test_words_are_folded_and_split_as_their_script_is_written(text, expected):
    assert list(words(text)) == expected


def test_thai_is_read_in_pairs_of_characters():
    assert list(words("สีแดง")) == ["สี", "ีแ", "แด", "ดง"]


def test_endless_texts_and_words_are_cut():
    assert list(words("a" * 500)) == ["a" * LONGEST_WORD]
    assert len(list(words("ab " * LONGEST_TEXT))) == LONGEST_TEXT // 3 + 1
