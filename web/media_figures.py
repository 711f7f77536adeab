"""The media nodes' statistics in Prometheus' terms. Meetings and sites are told by their ids alone."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Told = Mapping[str, Any]

NODE = ("node",)
SITE = ("meeting", "site")
LAYER = (*SITE, "kind", "layer")
SLOT = (*SITE, "slot", "kind")

_LOAD_GAUGES = {
    "fengsui_media_lag_seconds": "How late the node's loop stands",
    "fengsui_media_shedding_level": "What the node gives up for lateness, 0 for nothing",
}
_LOAD_VALUES = {"fengsui_media_lag_seconds": ("lag_ms", 0.001), "fengsui_media_shedding_level": ("level", 1)}
_SITE_GAUGES = {
    "fengsui_site_uplink_loss_ratio": "Share of the site's packets lost on the way here, before repair",
    "fengsui_site_downlink_loss_ratio": "Share of the packets to the site that it loses",
    "fengsui_site_round_trip_seconds": "Round trip to the site",
    "fengsui_site_estimate_bits_per_second": "What the way to the site is estimated to carry",
    "fengsui_site_queue_seconds": "Delay that a queue adds on the way to the site",
    "fengsui_site_tier": "Where the site stands on the ladder for weak lines, 0 (no limit) to 6 (one voice)",
}
_LAYER_COUNTERS = {
    "fengsui_received_packets": ("packets", "Packets of a stream that came from the site"),
    "fengsui_received_octets": ("octets", "Payload of a stream that came from the site"),
    "fengsui_received_lost": ("lost", "Packets of a stream that never came, not even when asked for again"),
    "fengsui_received_mended": ("mended", "Packets of a stream that were taken from copies in later ones"),
}
_SLOT_COUNTERS = {
    "fengsui_sent_packets": ("packets", "Packets of a slot that went to the site"),
    "fengsui_sent_octets": ("octets", "Payload of a slot that went to the site"),
}
_SLOT_GAUGES = {
    "fengsui_sent_loss_ratio": ("loss", 1, "Share of a slot's packets that the site reports lost, before repair"),
    "fengsui_sent_jitter_seconds": ("jitter_ms", 0.001, "Jitter of a slot's packets as the site reports it"),
}


class MediaFigures(Collector):
    """`stats` as each node tells them (docs/signalling.md), by its name; None while it cannot be reached."""

    def __init__(self, stats: Mapping[str, Told | None]) -> None:
        self._stats = stats

    def collect(self) -> Iterable[Metric]:
        answering = {name: stats for name, stats in self._stats.items() if stats is not None}
        yield from _nodes(self._stats, answering)
        people = [
            ((room["room"], person["participant"]), person)
            for stats in answering.values()
            for room in stats["rooms"]
            for person in room["participants"]
            if person["way"] is not None
        ]
        yield from _sites(people)
        yield from _layers(people)
        yield from _slots(people)


def _nodes(stats: Mapping[str, Told | None], answering: Mapping[str, Told]) -> Iterator[Metric]:
    up = GaugeMetricFamily("fengsui_media_node_up", "Whether the media node answers", labels=NODE)
    cpu = CounterMetricFamily("fengsui_media_cpu_seconds", "Processor time of the media node", labels=NODE)
    peers = GaugeMetricFamily("fengsui_media_peers", "Connections of the media node", labels=NODE)
    load = {metric: GaugeMetricFamily(metric, text, labels=NODE) for metric, text in _LOAD_GAUGES.items()}
    overflows = CounterMetricFamily(
        "fengsui_media_receive_overflows", "Datagrams that the node's sockets had no room for", labels=NODE
    )
    for name in stats:
        up.add_metric((name,), float(name in answering))
    for name, told in answering.items():
        cpu.add_metric((name,), told["cpu_s"])
        peers.add_metric((name,), told["port"]["peers"])
        for metric, (key, scale) in _LOAD_VALUES.items():
            load[metric].add_metric((name,), told["load"][key] * scale)
        overflows.add_metric((name,), told["load"]["overflows"])
    yield up
    if answering:
        yield cpu
        yield peers
        yield from load.values()
        yield overflows


People = list[tuple[tuple[str, str], Told]]


def _sites(people: People) -> Iterator[Metric]:
    gauges = {name: GaugeMetricFamily(name, text, labels=SITE) for name, text in _SITE_GAUGES.items()}
    findings = GaugeMetricFamily("fengsui_site_finding", "What is wrong with the connection", labels=(*SITE, "code"))
    for labels, person in people:
        for name, value in zip(_SITE_GAUGES, _site_values(person), strict=True):
            if value is not None:
                gauges[name].add_metric(labels, value)
        for found in person["findings"]:
            findings.add_metric((*labels, found["code"]), found["value"])
    yield from gauges.values()
    yield findings


def _site_values(person: Told) -> list[float | None]:
    """In the order of _SITE_GAUGES."""
    way = person["way"]
    round_trip = person["round_trip_ms"] if person["round_trip_ms"] is not None else way["round_trip_ms"]
    return [
        person["sends_lost"],
        way["lost_share"],
        _seconds(round_trip),
        way["estimate_bps"] if way["estimated"] else None,
        _seconds(way["queue_ms"]),
        person["tier"]["level"],
    ]


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _layers(people: People) -> Iterator[Metric]:
    """Every stream that comes in; `layer` is its place in the offer."""
    excess = CounterMetricFamily(
        "fengsui_received_excess", "Packets that were more than a site may send", labels=(*SITE, "kind")
    )
    counters = {name: CounterMetricFamily(name, text, labels=LAYER) for name, (_, text) in _LAYER_COUNTERS.items()}
    jitter = GaugeMetricFamily("fengsui_received_jitter_seconds", "Jitter of a stream (RFC 3550 A.8)", labels=LAYER)
    height = GaugeMetricFamily("fengsui_received_height_pixels", "Height of a stream's last key frame", labels=LAYER)
    for site, person in people:
        for kind, source in person["sources"].items():
            excess.add_metric((*site, kind), source["excess"])
            for layer in source["layers"]:
                labels = (*site, kind, str(layer["place"]))
                for name, (key, _) in _LAYER_COUNTERS.items():
                    counters[name].add_metric(labels, layer[key])
                jitter.add_metric(labels, layer["jitter_ms"] / 1000)
                if layer["height"]:
                    height.add_metric(labels, layer["height"])
    yield from counters.values()
    yield jitter
    yield height
    yield excess


def _slots(people: People) -> Iterator[Metric]:
    """Every stream that goes out: whose it is, the layer that its tile wants and the one that is sent, and why."""
    counters = {name: CounterMetricFamily(name, text, labels=SLOT) for name, (_, text) in _SLOT_COUNTERS.items()}
    gauges = {name: GaugeMetricFamily(name, text, labels=SLOT) for name, (_, _, text) in _SLOT_GAUGES.items()}
    shown = (*SLOT, "shows")
    wanted = GaugeMetricFamily("fengsui_slot_wanted_height_pixels", "Height that the tile deserves", labels=shown)
    sent = GaugeMetricFamily("fengsui_slot_sent_height_pixels", "Height that is sent, 0 for nothing", labels=shown)
    why = GaugeMetricFamily("fengsui_slot_reason", "Why the slot gets no more", labels=(*shown, "reason"))
    for site, person in people:
        for slot in person["slots"]:
            labels = (*site, slot["mid"], slot["kind"])
            for name, (key, _) in _SLOT_COUNTERS.items():
                counters[name].add_metric(labels, slot[key])
            for name, (key, scale, _) in _SLOT_GAUGES.items():
                if slot[key] is not None:
                    gauges[name].add_metric(labels, slot[key] * scale)
            if slot["kind"] == "video" and slot["reason"] not in (None, "off"):
                picture = (*labels, slot["shows"] or "")
                wanted.add_metric(picture, slot["wanted_height"] or 0)
                sent.add_metric(picture, slot["sent_height"] or 0)
                why.add_metric((*picture, slot["reason"]), 1)
    yield from counters.values()
    yield from gauges.values()
    yield wanted
    yield sent
    yield why
