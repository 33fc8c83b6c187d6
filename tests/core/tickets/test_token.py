"""Tokens: what goes in comes out, nothing else opens, nothing malformed gets as far as a query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.tickets.address import ticket_url
from smartbill.core.tickets.token import (
    ALPHABET,
    LENGTH,
    MAX_TICKET_ID,
    TicketReference,
    make_token,
    new_nonce,
    open_token,
    same_nonce,
    ticket_keys,
)

KEYS = ticket_keys(("first secret of the tests", "second secret of the tests"))
IDS = st.integers(1, MAX_TICKET_ID - 1)
NONCES = st.integers(-(1 << 63), (1 << 63) - 1)


@given(IDS, NONCES)
def test_what_goes_in_comes_out(ticket_id: int, nonce: int) -> None:
    token = make_token(ticket_id, nonce, KEYS)
    assert len(token) == LENGTH
    assert token.isascii()
    assert token.isalnum()
    assert open_token(token, KEYS) == TicketReference(ticket_id, nonce)


@given(IDS, NONCES)
def test_links_of_the_old_key_work_during_a_rotation(ticket_id: int, nonce: int) -> None:
    assert open_token(make_token(ticket_id, nonce, KEYS[1:]), KEYS) == TicketReference(ticket_id, nonce)


@given(IDS, NONCES, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_sign_changed_is_another_ticket_or_none(ticket_id: int, nonce: int, place: int, sign: str) -> None:
    token = make_token(ticket_id, nonce, KEYS)
    changed = token[:place] + sign + token[place + 1 :]
    if changed != token:
        opened = open_token(changed, KEYS)
        assert opened is None or opened.nonce != nonce


@given(st.text(max_size=40))
def test_no_text_is_an_error(text: str) -> None:
    opened = open_token(text, KEYS)
    assert opened is None or 0 < opened.ticket_id < MAX_TICKET_ID


@pytest.mark.parametrize("token", ["", "z" * 22, "0" * 21, "0" * 23, "é" + "0" * 21, "٣" * 22, "_" * 22])
def test_refused_before_any_query(token: str) -> None:
    assert open_token(token, KEYS) is None


def test_numbers_from_two_to_the_128th_are_refused() -> None:
    number, signs = (1 << 128), []
    for _ in range(LENGTH):
        number, value = divmod(number, 62)
        signs.append(ALPHABET[value])
    assert open_token("".join(reversed(signs)), KEYS) is None


def test_a_known_token_stays_as_it_is() -> None:
    """Links in people's messages must survive releases."""
    assert make_token(1, 0, ticket_keys(("a secret",))) == "5jU3DQhkDVO7KVhi1ZkfD9"


@pytest.mark.parametrize(("ticket_id", "nonce"), [(0, 1), (MAX_TICKET_ID, 1), (-1, 1), (1, 1 << 63)])
def test_no_token_for_what_can_not_be_a_ticket(ticket_id: int, nonce: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        make_token(ticket_id, nonce, KEYS)


@given(NONCES, NONCES)
def test_nonces_are_compared_whole(one: int, other: int) -> None:
    assert same_nonce(one, other) is (one == other)


def test_nonces_fill_their_64_bits() -> None:
    nonces = {new_nonce() for _ in range(2000)}
    assert len(nonces) == 2000
    assert {nonce < 0 for nonce in nonces} == {True, False}


def test_tokens_use_all_signs_evenly() -> None:
    counts = dict.fromkeys(ALPHABET, 0)
    for ticket_id in range(1, 5001):
        for sign in make_token(ticket_id, new_nonce(), KEYS)[1:]:  # the first sign can't be above 7 or so
            counts[sign] += 1
    expected = 5000 * 21 / 62
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 140  # 61 degrees: p < 1e-7


def test_addresses() -> None:
    assert ticket_url("https://bolletta.example", "ASEC", None, "T") == "https://bolletta.example/c/ASEC/t/T"
    assert ticket_url("https://bolletta.example", "ASEC", "", "T") == "https://bolletta.example/c/ASEC/t/T"
    assert ticket_url("https://a.example", "ASEC", "bolletta.asec.example", "T") == "https://bolletta.asec.example/t/T"
    assert ticket_url("http://localhost:8000", "ASEC", "asec.localhost", "T") == "http://asec.localhost:8000/t/T"
