"""What Waitress holds of a long answer: what its reader has not taken, and no more."""

import random

import pytest

from dashboard.standalone.pages import ForgettingBuffer

OVERFLOW = 20_000


def sent(buffer, most):
    part = buffer.get(most)
    buffer.skip(len(part), True)
    return part


@pytest.mark.parametrize("takes", [30_000, 900, 7], ids=["fast", "slower", "hardly"])
def test_every_byte_is_sent_once_and_memory_stays_flat(takes):
    dice, buffer = random.Random(5), ForgettingBuffer(OVERFLOW)
    written, read, most = bytearray(), bytearray(), 0
    for _ in range(300):
        block = dice.randbytes(dice.randrange(1, 9000))
        written += block
        buffer.append(block)
        read += sent(buffer, dice.randrange(1, takes * 2))
        if not buffer.overflowed:
            most = max(most, len(buffer.buf.file.getvalue()) if buffer.buf else len(buffer.strbuf))
    while len(buffer):
        read += sent(buffer, 50_000)
    assert read == written
    assert most <= 3 * OVERFLOW
