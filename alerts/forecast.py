"""How long it would take until nearly everybody is told. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import NamedTuple

from alerts.channels.segments import by_preference
from alerts.data import table
from alerts.recipients import Contact, national


class Flow(NamedTuple):
    """What is known of a gateway for short messages: the numbers that it serves best, and how many messages a second
    it takes (a text in three parts is three)."""

    segments: tuple[str, ...]
    per_second: float


def forecast_99_s(
    contacts: Iterable[Contact], flows: Sequence[Flow] = (), parts: Callable[[Contact], int] = lambda _: 1
) -> float:
    """Seconds until 99 of 100 deliveries are sent, channels and gateways working side by side, each at its own rate.

    `parts` are those of the short message that a contact gets. What no `flows` are known of goes by `data/rates.json`.
    """
    rates = table("rates")
    waiting: dict[str, Counter[Flow]] = defaultdict(Counter)
    for contact in contacts:
        if contact.channel == "sms" and flows:
            waiting["sms"][by_preference(flows, national(contact.address))[0]] += parts(contact)
        else:
            count = parts(contact) if contact.channel == "sms" else 1
            waiting[contact.channel][Flow((), rates[contact.channel]["per_second"])] += count
    times = [
        rates[name]["first_s"] + ceil(count * 0.99) / flow.per_second
        for name, counts in waiting.items()
        for flow, count in counts.items()
    ]
    return round(max(times, default=0.0), 1)
