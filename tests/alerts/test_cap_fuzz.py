"""What strangers hand in, broken in every way: it is taken or refused with a reason, and its bytes are kept."""

import random

from cryptography import x509
from sqlalchemy import func, select

from alerts.cap.message import CapProblem
from alerts.feeds.reading import read_feed
from alerts.model import CapMessage
from tests.alerts.county import DIVISIONS, County
from tests.alerts.signing import key_and_certificate
from tests.alerts.steps import take_cap
from tests.alerts.test_cap_hostile import FRAGMENTS, SEEDS
from tests.alerts.zips import File, zipped
from tests.fuzzing import PACKETS, dice, fuzz

MESSAGES = max(PACKETS // 200, 1)
"""One takes as long as some hundred packets."""
ENTRY = b"<entry><id>a</id><updated>2026-11-20T14:00:00Z</updated><content>%s</content></entry>"
FEED = b'<feed xmlns="http://www.w3.org/2005/Atom">%s</feed>'


def broken(chance: random.Random, whole: bytes) -> bytes:
    """Some octets are others, gone, doubled, or something that readers stumble over."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(data) or 1)
        match chance.randrange(4):
            case 0:
                data[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[place : place + chance.randint(1, 60)]
            case 2:
                data[place:place] = chance.choice(FRAGMENTS)
            case _:
                data[place:place] = data[place : place + chance.randint(1, 300)]
    return bytes(data)


def document(chance: random.Random) -> bytes:
    """A broken message; an archive that holds one; a broken archive."""
    seed = chance.choice(SEEDS)
    match chance.randrange(4):
        case 0:
            return zipped(File(b"message.xml", broken(chance, seed)), File(b"map.png", chance.randbytes(40)))
        case 1:
            return broken(chance, zipped(File(b"message.xml", seed)))
        case _:
            return broken(chance, seed)


@fuzz
def test_whatever_comes_is_taken_or_refused_and_kept(county: County) -> None:
    chance, trusted = dice(41), [x509.load_pem_x509_certificate(key_and_certificate("station")[1])]
    for number in range(MESSAGES):
        data = document(chance)
        handed_in(county, data, trusted)
        if number % 50 == 0:
            assert kept(county) == number + 1, "nothing that came is thrown away"


def handed_in(county: County, data: bytes, trusted: list[x509.Certificate]) -> None:
    county.do("issuer", lambda s, a: take_cap(s, county.clock, a, data, DIVISIONS.boundary_of, trusted=trusted))


def kept(county: County) -> int:
    return county.see("duty", lambda s, _: s.scalar(select(func.count()).select_from(CapMessage)) or 0)


@fuzz
def test_whatever_a_feed_says_is_read_or_refused() -> None:
    chance = dice(42)
    for _ in range(MESSAGES):
        entries = b"".join(ENTRY % scraped(chance) for _ in range(chance.randint(1, 3)))
        data = broken(chance, FEED % entries)
        try:
            items = read_feed(data, "https://station.example/cap/feed")
        except CapProblem:
            continue
        for item in items:
            assert item.key
            assert bool(item.link) != bool(item.message)


def scraped(chance: random.Random) -> bytes:
    """What stands in an entry: a message without its declaration, or a scrap of one."""
    seed = chance.choice(SEEDS)
    message = seed[seed.rindex(b"?>") + 2 :] if b"?>" in seed else seed
    return message if chance.random() < 0.7 else b'<link href="%s"/>' % broken(chance, b"https://station.example/1.xml")
