"""Secrets at rest: who has the database alone reads none, and can't move one to another row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartbill.apps.companies.models import Secret
from smartbill.apps.companies.operations import read_secret, store_secret
from smartbill.database.context import company
from smartbill.database.encryption import CannotDecrypt, decrypt, encrypt
from tests.conftest import CompanyFixture

OLD, NEW = "o" * 40, "n" * 40


@given(st.text(), st.text())
def test_what_was_encrypted_comes_back(plain: str, bound_to: str) -> None:
    stored = encrypt(plain, bound_to=bound_to, secret_keys=[NEW])
    assert decrypt(stored, bound_to=bound_to, secret_keys=[NEW]) == plain
    assert encrypt(plain, bound_to=bound_to, secret_keys=[NEW]) != stored


def test_a_wrong_key_another_row_or_a_changed_byte_opens_nothing() -> None:
    stored = encrypt("segreta", bound_to="1:a", secret_keys=[OLD])
    for attempt, bound_to, keys in (
        (stored, "1:a", [NEW]),
        (stored, "2:a", [OLD]),
        (stored[:-1] + bytes([stored[-1] ^ 1]), "1:a", [OLD]),
        (stored[:10], "1:a", [OLD]),
        (b"", "1:a", [OLD]),
    ):
        with pytest.raises(CannotDecrypt):
            decrypt(attempt, bound_to=bound_to, secret_keys=keys)


def test_during_a_rotation_both_keys_open_and_the_first_closes() -> None:
    stored = encrypt("segreta", bound_to="1:a", secret_keys=[OLD])
    assert decrypt(stored, bound_to="1:a", secret_keys=[NEW, OLD]) == "segreta"
    assert decrypt(encrypt("segreta", bound_to="1:a", secret_keys=[NEW, OLD]), bound_to="1:a", secret_keys=[NEW])


def test_a_secret_moved_to_another_row_or_company_does_not_open(acme: CompanyFixture, hydra: CompanyFixture) -> None:
    with company(acme.id):
        store_secret("smtp", "password", "di acme")
        value = bytes(Secret.objects.get().value)
        assert b"di acme" not in value
    for owner, other in ((acme, "token"), (hydra, "password")):
        with company(owner.id):
            Secret.objects.create(company_id=owner.id, owner="smtp", name=other, value=value)
            with pytest.raises(CannotDecrypt):
                read_secret("smtp", other)
