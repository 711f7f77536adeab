"""Which relay a headless client asks next: each has its turn, and what worked stays."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from media.relays import Relays

URLS = ["turn:10.0.0.5:3478?transport=udp", "turn:10.0.0.5:3478?transport=tcp", "turns:turn.example:443?transport=tcp"]
OF_NO_USE = ["stun:10.0.0.5", "turns:10.0.0.5?transport=udp", "turn:", "http://10.0.0.5", ""]
SERVERS = st.lists(st.sampled_from(URLS + OF_NO_USE), unique=True)


def told(urls: list[str], credential: str = "now") -> list[dict[str, Any]]:
    return [{"urls": urls, "username": "box", "credential": credential}]


def test_the_first_attempt_asks_nobody() -> None:
    relays = Relays()
    relays.know(told(URLS))
    assert relays.servers() == []


@given(SERVERS)
def test_each_has_its_turn_and_then_it_begins_again(urls: list[str]) -> None:
    relays = Relays()
    relays.know(told(urls))
    useful = [url for url in urls if url in URLS]
    for _ in range(2):
        for url in [None, *useful]:
            assert relays.chosen == url
            assert [one.urls for one in relays.servers()] == ([] if url is None else [url])
            relays.failed(url)


@given(SERVERS, st.integers(0, 5))
def test_what_was_not_told_of_as_failed_stays_with_the_newest_credentials(urls: list[str], failures: int) -> None:
    relays = Relays()
    relays.know(told(urls, "then"))
    for _ in range(failures):
        relays.failed(relays.chosen)
    chosen = relays.chosen
    relays.failed("turn:another")
    relays.know(told(urls[::-1], "now"))
    assert relays.chosen == chosen
    assert [one.credential for one in relays.servers()] == ([] if chosen is None else ["now"])


@given(st.lists(SERVERS, min_size=1), st.data())
def test_whatever_is_told_an_attempt_asks_one_that_is_known_and_all_are_reached(
    lists: list[list[str]], data: st.DataObject
) -> None:
    relays = Relays()
    for urls in lists:
        relays.know(told(urls))
        assert [one.urls for one in relays.servers()] in ([], [relays.chosen])
        if data.draw(st.booleans()):
            relays.failed(relays.chosen)
    reached = set()
    for _ in range(len(URLS) + 2):
        reached |= {str(one.urls) for one in relays.servers()}
        relays.failed(relays.chosen)
    assert reached == {url for url in lists[-1] if url in URLS}


def test_one_address_may_stand_alone() -> None:
    relays = Relays()
    relays.know([{"urls": URLS[0], "username": "box", "credential": "now"}])
    relays.failed(None)
    assert relays.chosen == URLS[0]
