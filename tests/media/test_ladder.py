"""The ladder for weak sites: patient, never flapping, monotone in budget, speech the last thing that goes."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from media.sfu.allocate import Allocator, Step, Want
from media.sfu.ladder import (
    DOWN_S,
    DWELL_S,
    LONGEST_UP_S,
    TRIAL_S,
    UP_S,
    Ladder,
    Measured,
    Need,
    lowest,
)
from media.sfu.tiers import BY_NAME, TIERS, TOP
from media.sfu.wants import needs
from tests.media.test_thin_links import flow
from tests.media.wire import Wire

STEP_S = 0.2
SPEECH, PACKED = 50_000.0, 25_000.0
HEIGHTS = (180, 360, 720)
CAMERA = (
    Step(0, 0, 60_000),
    Step(0, 2, 150_000),
    Step(1, 1, 350_000),
    Step(1, 2, 500_000),
    Step(2, 1, 1_100_000),
    Step(2, 2, 1_600_000),
)
budgets = st.floats(0, 4e6)
losses = st.floats(0, 1)


def wants(count: int = 1, tier_name: str = "720p", top: int | None = 2) -> list[Want]:
    return [Want(n, f"site-{n}", 1, top, CAMERA, HEIGHTS, BY_NAME[tier_name]) for n in range(count)]


NEEDS = needs(wants(), SPEECH, PACKED)


def measured(carries: float | None, loss: float = 0.0, proven: bool = True, waits: bool = True) -> Measured:
    return Measured(carries, NEEDS, loss, proven, waits)


def stand(ladder: Ladder, now: float, seconds: float, carries: float | None, loss: float = 0.0) -> float:
    """Let it have the same measurement for so long; the time afterwards."""
    for _ in range(round(seconds / STEP_S)):
        now += STEP_S
        ladder.step(now, measured(carries, loss))
    return now


def name_of(ladder: Ladder) -> str:
    return ladder.tier.name


def settled(carries: float, loss: float = 0.0) -> Ladder:
    ladder = Ladder(0.0)
    stand(ladder, 0.0, 10 * LONGEST_UP_S, carries, loss)
    return ladder


def test_the_tiers_are_in_order_and_take_less_and_less() -> None:
    assert [tier.level for tier in TIERS] == list(range(7))
    assert [tier.name for tier in TIERS] == ["720p", "360p", "180p", "fewer_frames", "stills", "audio", "one_voice"]
    assert [need.speech + need.picture for need in NEEDS] == sorted(
        (need.speech + need.picture for need in NEEDS), reverse=True
    )
    assert [need.picture for need in NEEDS] == [1_600_000, 500_000, 150_000, 60_000, 16_000, 0, 0]
    assert all(later.most_loss >= tier.most_loss for tier, later in pairwise(TIERS))


def test_each_budget_has_its_tier() -> None:
    found = [settled(carries).tier.name for carries in (4e6, 1e6, 300e3, 100e3, 70e3, 53e3, 40e3)]
    assert found == [tier.name for tier in TIERS]
    assert settled(4e6).why == "all"
    assert settled(70e3).why == "thin"


def test_many_lost_packets_leave_speech_alone() -> None:
    ladder = settled(4e6, loss=0.5)
    assert (ladder.tier.name, ladder.why) == ("audio", "lossy")
    assert settled(4e6, loss=0.3).tier is TOP


def test_what_is_not_known_limits_nothing() -> None:
    ladder = Ladder(0.0)
    stand(ladder, 0.0, 60, None)
    assert ladder.tier is TOP


def test_a_blip_changes_nothing_and_a_cliff_is_followed_at_once() -> None:
    ladder = Ladder(0.0)
    now = stand(ladder, 0.0, 10, 4e6)
    now = stand(ladder, now, DOWN_S - 2 * STEP_S, 40e3)
    assert ladder.tier is TOP
    now = stand(ladder, now, 5, 4e6)
    stand(ladder, now, DOWN_S + 2 * STEP_S, 40e3)
    assert ladder.tier.name == "one_voice"


def test_it_climbs_tier_by_tier() -> None:
    ladder = settled(40e3)
    seen, now = [ladder.tier.name], 0.0
    for _ in range(200):
        now += STEP_S
        if ladder.step(1e4 + now, measured(4e6)):
            seen.append(ladder.tier.name)
    assert seen == [tier.name for tier in reversed(TIERS)]
    assert ladder.why == "all"


def test_who_had_to_go_down_again_waits_twice_as_long() -> None:
    ladder = settled(300e3)
    now, waits = 1e4, []
    for _ in range(4):
        began = now
        while name_of(ladder) == "180p":
            now = stand(ladder, now, STEP_S, 1e6)
        waits.append(now - began)
        while name_of(ladder) != "180p":
            now = stand(ladder, now, STEP_S, 300e3)
    assert [round(wait / waits[0]) for wait in waits] == [1, 2, 4, 8]


def test_where_nothing_proves_more_an_attempt_is_made() -> None:
    """Nothing pads an uplink whose camera rests: what it carries is told too low."""
    ladder, now, seen = settled(70e3), 1e4, 0.0
    while ladder.tier.name == "stills":
        now += STEP_S
        seen += STEP_S
        ladder.step(now, measured(70e3, proven=False))
    assert ladder.tier.name == "fewer_frames"
    assert abs(seen - TRIAL_S) < 1


def climbed(capacity: float, seconds: float) -> tuple[Ladder, float, float]:
    """From one voice on an uplink of a browser whose estimate falls by half where what is sent changes, then grows by a
    fifth each second to half as much again as is sent, or to 85 % of what the line carries where that is less.

    Also for how long it stood above one voice, and how much stood in the queue at most, bytes.
    """
    ladder, now, carries, queue, above, most = settled(30e3), 1e4, 30e3, 0.0, 0.0, 0.0
    for _ in range(round(seconds / STEP_S)):
        now += STEP_S
        sent = NEEDS[ladder.tier.level].speech + NEEDS[ladder.tier.level].picture
        queue = max(0.0, queue + (sent - capacity) * STEP_S / 8)
        carries = min(carries * 1.2**STEP_S, 1.5 * sent if not queue else 0.85 * capacity)
        if ladder.step(now, measured(carries, 0.0, ladder.tier.moves, queue * 8 / capacity > 0.5)):
            carries /= 2
        above += STEP_S * (name_of(ladder) != "one_voice")
        most = max(most, queue)
    return ladder, above, most


def test_an_attempt_shows_what_an_estimate_of_little_cannot() -> None:
    """While a packed voice is all that is sent the estimate stays below what any other tier takes."""
    ladder, _, _ = climbed(90e3, 2 * TRIAL_S + 10)
    assert ladder.tier.name == "stills"
    _, above, queue = climbed(35e3, 600)
    assert above / 600 < 0.05, "seconds each time, ever more rarely"
    assert queue < 10_000


def test_an_attempt_that_failed_leaves_it_where_it_stood() -> None:
    ladder, above, _ = climbed(90e3, 600)
    assert ladder.tier.name in {"stills", "fewer_frames"}
    assert above / 600 > 0.95


@given(st.lists(st.tuples(budgets, losses, st.floats(0.05, 2.0), st.booleans()), min_size=1, max_size=300))
def test_it_never_changes_faster_than_the_dwell(course: list[tuple[float, float, float, bool]]) -> None:
    ladder, now, changes = Ladder(0.0), 0.0, [(-1e9, 0)]
    for carries, loss, step_s, proven in course:
        now += step_s
        if ladder.step(now, measured(carries, loss, proven)):
            assert ladder.since == now
            changes.append((now, ladder.tier.level))
    for (before, former), (after, level) in pairwise(changes):
        assert after - before >= DWELL_S
        assert level != former
        if level < former:
            assert level == former - 1
            assert after - before >= UP_S


@given(budgets, budgets, losses, losses, st.integers(0, 6))
def test_a_greater_budget_or_less_loss_never_deserves_less(
    one: float, other: float, loss: float, more: float, level: int
) -> None:
    least, most = sorted((one, other))
    little, much = sorted((loss, more))
    assert lowest(measured(most, little), level) <= lowest(measured(least, much), level)


@given(budgets, budgets)
def test_of_two_lines_the_better_one_stands_no_lower(one: float, other: float) -> None:
    assert settled(max(one, other)).tier.level <= settled(min(one, other)).tier.level


@st.composite
def any_steps(draw: st.DrawFn) -> tuple[Step, ...]:
    rates = sorted(draw(st.lists(st.integers(10, 2_000), min_size=0, max_size=7, unique=True)))
    return tuple(Step(n // 3, n % 3, rate * 1000.0) for n, rate in enumerate(rates))


@given(budgets, st.lists(st.tuples(any_steps(), st.sampled_from([None, 0, 1, 2])), max_size=5))
def test_whatever_is_shown_speech_goes_last_and_pictures_before_voices(
    budget: float, shown: list[tuple[tuple[Step, ...], int | None]]
) -> None:
    """Every picture has stopped before the voices are cut to one; each tier needs no more than the one above."""
    table = [Want(n, f"site-{n}", 1, top, steps, HEIGHTS) for n, (steps, top) in enumerate(shown)]
    found = needs(table, SPEECH, PACKED)
    assert all(above.picture >= below.picture for above, below in pairwise(found))
    assert all(need.speech for need in found)
    ladder = Ladder(0.0)
    for n in range(100):
        ladder.step(n * STEP_S, Measured(budget, found))
    tier = ladder.tier
    assert tier.voices is None or (not tier.moves and not tier.stills)
    assert tier.name != "one_voice" or budget < SPEECH


@given(budgets, st.sampled_from(TIERS), st.integers(1, 5))
def test_the_tier_is_allocation_s_ceiling(budget: float, tier: object, count: int) -> None:
    assert isinstance(tier, type(TOP))
    table = wants(count, tier.name)
    found = Allocator().allocate(0.0, budget, table)
    for decision in found.values():
        if not tier.moves:
            assert (decision.step, decision.reason) == (None, "tier")
        elif decision.step is not None and tier.height is not None:
            assert HEIGHTS[decision.step.layer] <= tier.height
            assert decision.step.temporal <= tier.temporal
    if budget > 4e6 * count and tier is not TOP:
        assert {decision.reason for decision in found.values()} == {"tier"}


def test_what_to_probe_for_is_what_the_tiles_deserve_on_any_tier() -> None:
    allocators = [Allocator() for _ in TIERS]
    for allocator, tier in zip(allocators, TIERS, strict=True):
        allocator.allocate(0.0, 40e3, wants(2, tier.name))
    assert {allocator.needed for allocator in allocators} == {2 * 1_600_000}


def test_a_tile_that_deserves_little_stands_high_on_a_thin_line() -> None:
    """360p and 720p take nothing more where the tile is small: the line is no limit then."""
    small = needs(wants(top=0), SPEECH, PACKED)
    ladder = Ladder(0.0)
    for n in range(100):
        ladder.step(n * STEP_S, Measured(300e3, small))
    assert ladder.tier is TOP


def test_an_encoder_of_one_size_on_the_stage_does_not_stop_all_pictures() -> None:
    """Nothing makes 900 kbit/s of one size smaller: the page beside it, which can be had, goes on."""
    box = Want(0, "box", 0, 2, (Step(0, 2, 900_000),), (720,))
    page = Want(1, "page", 1, 2, CAMERA, HEIGHTS)
    for beside in (page, Want(1, "page", 1, 0, (Step(0, 2, 110_000),), (180,))):
        ladder = Ladder(0.0)
        for n in range(100):
            ladder.step(n * STEP_S, Measured(400e3, needs([box, beside], SPEECH, PACKED)))
        assert ladder.tier.moves
        shown = Allocator().allocate(0.0, 300e3, [box, replace(beside, tier=ladder.tier)])
        assert [shown[slot].step is not None for slot in (0, 1)] == [False, True]
    alone = needs([box], SPEECH, PACKED)
    assert [need.picture for need in alone[:4]] == [900_000] * 4


def test_nothing_to_see_needs_nothing() -> None:
    assert needs([Want(0, None), *wants(top=None)], SPEECH, PACKED) == [Need(SPEECH)] * 6 + [Need(PACKED)]


def test_what_arrives_without_a_queue_is_carried_however_low_the_estimate_fell() -> None:
    """After a cliff little is sent, and the estimate falls below even that: no reason to send less."""
    found = flow(Wire(lambda t: 2e6 if t < 105 else 100_000, 0.02), cameras=1)
    found.run(40)
    outflow = found.outflow
    assert outflow.carries is not None
    assert outflow.carries >= outflow.estimator.acknowledged.bitrate
    outflow.estimator.loss.rate = 30_000
    outflow.estimator.beside = 20_000
    assert outflow.bitrate == 30_000
    assert outflow.carries >= outflow.estimator.acknowledged.bitrate + 20_000
