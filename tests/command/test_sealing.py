"""What is sealed opens where it was sealed for, under its key, unchanged; nowhere else."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert
from sqlalchemy.exc import StatementError

from command.kernel.db import SealedText, make_engine
from command.kernel.errors import Unavailable
from command.kernel.sealed import Unopened
from command.kernel.sealing import Keyring, key_of, new_key

OLD, NEW = "5e" * 32, "A1" * 32
PLACES = st.tuples(st.sampled_from(["user.totp_secret", "webhook.url", "webhook.secret"]), st.text("ab-", max_size=4))
SECRETS = st.text(min_size=1, max_size=60)
ring = Keyring(lambda: OLD)


@given(PLACES, SECRETS)
def test_it_opens_where_it_was_sealed_for(place: tuple[str, str], secret: str) -> None:
    sealed = ring.seal(*place, secret)
    assert ring.open(*place, sealed) == secret
    assert ring.seal(*place, secret) != sealed


@given(PLACES, SECRETS, st.data())
def test_with_any_bit_changed_it_does_not_open(place: tuple[str, str], secret: str, data: st.DataObject) -> None:
    sealed = ring.seal(*place, secret).encode()
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    changed = bytearray(sealed)
    changed[at // 8] ^= 1 << at % 8
    assert not ring.opens(*place, changed.decode("latin-1"))


@given(PLACES, SECRETS, st.data())
def test_cut_or_lengthened_it_does_not_open(place: tuple[str, str], secret: str, data: st.DataObject) -> None:
    sealed = ring.seal(*place, secret)
    cut = data.draw(st.integers(1, len(sealed) - 1))
    assert not ring.opens(*place, sealed[:cut])
    assert not ring.opens(*place, sealed + data.draw(st.sampled_from(["A", "AAAA", "=", "\n", " "])))


@given(PLACES, PLACES, SECRETS)
def test_it_does_not_open_in_anothers_place(mine: tuple[str, str], other: tuple[str, str], secret: str) -> None:
    assume(mine != other)
    with pytest.raises(Unopened) as error:
        ring.open(*other, ring.seal(*mine, secret))
    assert (error.value.code, error.value.params["row"]) == ("secret.unopened", other[1])


def test_a_clear_value_is_not_taken_for_a_secret() -> None:
    assert not ring.opens("user.totp_secret", "a", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert ring.open("webhook.secret", "a", "") == ring.seal("webhook.secret", "a", "") == ""


def test_the_first_key_seals_and_every_one_opens() -> None:
    keys = [OLD]
    turning = Keyring(lambda: "\n".join(keys))
    before = turning.seal("webhook.url", "a", "https://example/1")
    keys.insert(0, NEW)
    after = turning.seal("webhook.url", "a", "https://example/2")
    assert [key_of(before), key_of(after)] == list(reversed(turning.ids()))
    assert turning.open("webhook.url", "a", before) == "https://example/1"
    keys.pop()
    assert turning.open("webhook.url", "a", after) == "https://example/2"
    assert not turning.opens("webhook.url", "a", before)


@pytest.mark.parametrize(
    ("text", "code"), [("", "secret.no_key"), ("5e" * 31, "secret.bad_key"), (f"{OLD} zz", "secret.bad_key")]
)
def test_without_a_sound_key_nothing_is_sealed_or_opened(text: str, code: str) -> None:
    broken = Keyring(lambda: text)
    with pytest.raises(Unavailable) as error:
        broken.seal("webhook.url", "a", "https://example/")
    assert error.value.code == code
    assert not broken.opens("webhook.url", "a", ring.seal("webhook.url", "a", "https://example/"))


def test_made_keys_differ_and_are_sound() -> None:
    first, second = new_key(), new_key()
    assert len(Keyring(lambda: f"{first}\n{second}\n").ids()) == 2


def test_a_sealed_column_takes_nothing_clear_and_an_error_does_not_tell_it(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'kept.db'}")
    table = Table("kept", MetaData(), Column("secret", SealedText))
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(insert(table).values(secret=ring.seal("kept.secret", "a", "hush")))
        with pytest.raises(StatementError) as error:
            connection.execute(insert(table).values(secret="hush"))
    assert "hush" not in str(error.value)
    engine.dispose()
