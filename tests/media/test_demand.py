"""Which layers a sender is asked for: at once what somebody wants, and no more what nobody has wanted for a while."""

import random

import pytest

from media.sfu.demand import PAUSE_AFTER_S, START_S
from media.sfu.events import LayersChanged
from media.sfu.tiles import layer_for
from tests.media.simulcast import terms
from tests.media.test_layers import Stage

ALL, LOWEST = (True, True, True), (True, False, False)


@pytest.fixture
def stage() -> Stage:
    made = Stage(random.Random(9))  # noqa: S311  # repeatable on purpose
    made.view("a", 700)
    made.run(1.0)
    return made


def told(stage: Stage) -> list[tuple[bool, ...]]:
    """What a's sender was told since the last call."""
    events = stage.meeting.room.take_events()
    return [event.active for event in events if isinstance(event, LayersChanged) and event.participant == "a"]


def obey(stage: Stage, seconds: float) -> list[tuple[bool, ...]]:
    """Run while the camera sends what it is told to; all that it was told."""
    heard: list[tuple[bool, ...]] = []
    for _ in range(round(seconds / 0.1)):
        stage.run(0.1)
        for active in told(stage):
            heard.append(active)
            camera = stage.cameras["a"]
            now = {place for place, on in enumerate(active) if on}
            for place in now - camera.active:
                camera.encoders[place].keyframe = True
            camera.active = now
    return heard


def test_a_connection_begins_with_all_layers_and_loses_those_that_nobody_wants(stage: Stage) -> None:
    assert told(stage) == [ALL]
    assert obey(stage, PAUSE_AFTER_S) == [(True, False, True)]
    stage.view(None)
    assert obey(stage, PAUSE_AFTER_S + 0.5) == [LOWEST]


def test_a_layer_that_is_wanted_again_is_asked_for_at_once(stage: Stage) -> None:
    stage.view("a", 150)
    assert obey(stage, 2 * PAUSE_AFTER_S)[-1] == LOWEST
    stage.view("a", 700)
    assert obey(stage, 0.2) == [(True, False, True)]
    stage.run(0.2)
    layer = stage.slot.layer
    assert layer is not None
    assert layer.height == 720


def test_going_to_and_fro_does_not_flap(stage: Stage) -> None:
    obey(stage, PAUSE_AFTER_S + 0.5)
    for _ in range(10):
        stage.view("a", 150)
        assert obey(stage, PAUSE_AFTER_S / 2) == []
        stage.view("a", 700)
        assert obey(stage, 0.5) == []


def test_where_the_wanted_layer_does_not_come_the_next_smaller_is_asked_for(stage: Stage) -> None:
    stage.view("a", 150)
    obey(stage, 2 * PAUSE_AFTER_S)
    stage.view("a", 700)
    stage.run(START_S / 2)
    assert told(stage) == [(True, False, True)]
    stage.run(START_S)
    assert told(stage) == [ALL]


def test_muted_pictures_are_wanted_by_nobody(stage: Stage) -> None:
    stage.meeting.take(stage.meeting.room.mute(stage.meeting.now, "a", "video", True))
    assert obey(stage, PAUSE_AFTER_S + 0.5)[-1] == LOWEST


def test_a_client_of_one_layer_is_told_nothing() -> None:
    stage = Stage(random.Random(9))  # noqa: S311  # repeatable on purpose
    stage.meeting.join("a", terms(1, layers=1))
    told(stage)
    assert obey(stage, PAUSE_AFTER_S + 1) == []


@pytest.mark.parametrize(
    ("tile", "heights", "layer"),
    [
        (None, (180, 360, 720), 2),
        (0, (180, 360, 720), None),
        (1, (180, 360, 720), 0),
        (225, (180, 360, 720), 0),
        (226, (180, 360, 720), 1),
        (4000, (180, 360, 720), 2),
        (700, (180, 360, 0), 2),
        (400, (180, 0, 0), 1),
        (180, (0, 0, 0), 0),
        (300, (0, 0, 0), 1),
        (300, (1080,), 0),
        (4000, (0,), 0),
    ],
)
def test_the_layer_for_a_tile(tile: int | None, heights: tuple[int, ...], layer: int | None) -> None:
    assert layer_for(tile, heights) == layer
