"""The signed daily head finds a tail that was cut and a chain that was made anew."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.seals import append_seal, ensure_seal_key, first_fault, read_seals, sign_head, verify_head

DAYS = [dt.date(2026, 11, 18), dt.date(2026, 11, 19), dt.date(2026, 11, 20)]
CHAIN = {seq: f"{seq:064x}" for seq in range(1, 31)}


def sealed(folder: Path) -> None:
    key = ensure_seal_key(folder)
    for day, seq in zip(DAYS, (10, 10, 30), strict=True):
        append_seal(folder, sign_head(key, day, seq, CHAIN[seq]))


def test_seals_agree_with_the_timeline_they_were_made_of(tmp_path: Path) -> None:
    sealed(tmp_path)
    seals = read_seals(tmp_path)
    assert [seal.date for seal in seals] == ["2026-11-18", "2026-11-19", "2026-11-20"]
    assert first_fault(ensure_seal_key(tmp_path).public_key(), seals, CHAIN.get) is None


def test_a_cut_tail_and_a_new_chain_are_found(tmp_path: Path) -> None:
    sealed(tmp_path)
    key, seals = ensure_seal_key(tmp_path).public_key(), read_seals(tmp_path)
    cut = {seq: text for seq, text in CHAIN.items() if seq < 30}
    assert first_fault(key, seals, cut.get) == "entry 30, sealed on 2026-11-20, is missing"
    anew = {**CHAIN, 10: "f" * 64}
    assert first_fault(key, seals, anew.get) == "entry 10, sealed on 2026-11-18, is not the one that was sealed"


def test_forged_and_reordered_seals_are_found(tmp_path: Path) -> None:
    sealed(tmp_path)
    key, seals = ensure_seal_key(tmp_path).public_key(), read_seals(tmp_path)
    forged = [*seals[:2], replace(seals[2], seq=29, hash=CHAIN[29])]
    assert first_fault(key, forged, CHAIN.get) == "the seal of 2026-11-20 has a wrong signature"
    assert first_fault(key, seals[::-1], CHAIN.get) == "the seal of 2026-11-19 is out of order"
    (tmp_path / "other").mkdir()
    assert first_fault(ensure_seal_key(tmp_path / "other").public_key(), seals, CHAIN.get) is not None


@given(st.dates(), st.integers(0, 2**63), st.binary(min_size=32, max_size=32), st.integers(0, 63))
def test_a_signature_is_for_one_head_only(
    tmp_path_factory: pytest.TempPathFactory, date: dt.date, seq: int, head: bytes, position: int
) -> None:
    key = ensure_seal_key(tmp_path_factory.getbasetemp())
    seal = sign_head(key, date, seq, head.hex())
    assert verify_head(key.public_key(), seal)
    changed = seal.hash[:position] + format(int(seal.hash[position], 16) ^ 1, "x") + seal.hash[position + 1 :]
    for wrong in (replace(seal, hash=changed), replace(seal, seq=seq + 1), replace(seal, signature="00" * 64)):
        assert not verify_head(key.public_key(), wrong)


def test_the_key_is_for_the_owner_alone_and_a_broken_line_is_named(tmp_path: Path) -> None:
    sealed(tmp_path)
    assert (tmp_path / "seal.key").stat().st_mode & 0o777 == 0o600
    with (tmp_path / "seals.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(ValueError, match="line 4 of"):
        read_seals(tmp_path)
