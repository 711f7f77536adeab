"""What the timeline and the board have of a media node."""

from command.directory.queries import sight_of
from command.kernel.clock import to_text
from media.nodes.actions import overflowed, register
from media.nodes.queries import board_nodes
from tests.media.meetings.county import County


def test_an_overflow_stands_on_the_board_until_it_is_over_however_often_it_is_told(county: County) -> None:
    def tell(lasts: bool, datagrams: int) -> None:
        with county.db.writing() as session:
            overflowed(session, county.clock, "a", lasts, datagrams)

    with county.db.writing() as session:
        register(session, county.clock, ["a"])
    began = county.clock.now()
    for datagrams in (3, 9):
        tell(True, datagrams)
        county.clock.advance(5)
    assert board(county) == {"a": to_text(began)}
    for _ in range(2):
        tell(False, 12)
    assert board(county) == {}
    assert [(one.kind, one.body["overflow"]) for one in county.entries()] == [
        ("system.node_overflows", {"datagrams": 3}),
        ("system.node_holds", {"datagrams": 12}),
    ]
    tell(True, 1)
    with county.db.writing() as session:
        register(session, county.clock, [])
    assert county.kinds()[-1] == "system.node_back"


def board(county: County) -> dict[object, object]:
    """Since when each node that the board tells of overflows."""
    with county.db.reading() as session:
        told = board_nodes(session, sight_of(session, county.actor("duty")))
        return {one["id"]: one["overflows_since"] for one in told}
