"""From runs to figures: percentiles, medians with their spread, ratios, and the search for a highest load. Pure."""

from collections.abc import Awaitable, Callable, Sequence
from statistics import median, quantiles


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which `share` of the ordered values lie; None of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median and extremes of repeated measurements."""
    return {"median": rounded(median(values)), "low": rounded(min(values)), "high": rounded(max(values))}


def ratio_of_turns(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """How many times ours goes into theirs, turn by turn: the median, and the quartiles."""
    each = [their / our for our, their in zip(ours, theirs, strict=True) if our]
    low, middle, high = quantiles(each, n=4, method="inclusive") if len(each) > 1 else each * 3
    return {"median": rounded(middle), "lower_quartile": rounded(low), "upper_quartile": rounded(high)}


def rounded(value: float) -> float:
    """Four significant digits, whole numbers above."""
    return float(f"{value:.4g}") if abs(value) < 10_000 else round(value)


def summarise(rounds: Sequence[dict[str, float | None]]) -> dict[str, dict[str, float]]:
    """One summary for each figure that every round has."""
    found: dict[str, dict[str, float]] = {}
    for name in rounds[0] if rounds else ():
        values = [value for each in rounds if (value := each.get(name)) is not None]
        if len(values) == len(rounds):
            found[name] = summary(values)
    return found


def ratios(ours: dict[str, dict[str, float]], theirs: dict[str, dict[str, float]]) -> dict[str, float]:
    """Ours to theirs, of the medians."""
    return {
        name: rounded(ours[name]["median"] / theirs[name]["median"])
        for name in ours
        if name in theirs and theirs[name]["median"]
    }


async def highest(
    holds: Callable[[float], Awaitable[bool]], first: float, growth: float, halvings: int, most: float = 100.0
) -> float:
    """The highest load that holds: grown from `first` until one fails or `most` is passed, then halved; 0 if none does.

    A load that fails is tried once more, so that one hiccup of the machine does not end the search.
    """
    good, bad = 0.0, first
    while bad <= most and await _twice(holds, bad):
        good, bad = bad, bad * growth
    for _ in range(halvings):
        middle = (good + bad) / 2
        if await _twice(holds, middle):
            good = middle
        else:
            bad = middle
    return good


async def lasting(holds: Callable[[float], Awaitable[bool]], load: float, fall: float = 0.9) -> float:
    """The highest load from `load` down, in steps of `fall`, that holds longer too; 0 if nothing above 1 does."""
    while load and not await _twice(holds, load):
        load = load * fall if load * fall >= 1.0 else 0.0
    return load


async def _twice(holds: Callable[[float], Awaitable[bool]], load: float) -> bool:
    return await holds(load) or await holds(load)
