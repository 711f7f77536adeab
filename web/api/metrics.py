"""Figures for Prometheus: this process, the timeline's head, who is connected and how well, feeds. No secrets."""

import asyncio

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.process_collector import ProcessCollector

from alerts.feeds.queries import all_feeds
from alerts.ledger_faults.queries import count_faults
from web.edge import database_of
from web.insight import Insight
from web.media_figures import MediaFigures
from web.presence import Presence
from web.stream import Tail

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The Prometheus text format."""
    tail: Tail = request.app.state.tail
    presence: Presence = request.app.state.presence
    insight: Insight = request.app.state.insight
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    _gauge(registry, "fengsui_timeline_seq", "Newest entry this process has seen", tail.head)
    _gauge(registry, "fengsui_streams", "Open streams of pages and terminals", tail.followers)
    _gauge(registry, "fengsui_terminals_connected", "Terminals with an open stream here", presence.connected())
    faults, feeds = await asyncio.to_thread(_warnings, request)
    _gauge(registry, "fengsui_ledger_faults", "Accounts of alerts that do not add up", faults)
    for name, figures in feeds.items():
        _per_feed(registry, name, figures)
    registry.register(MediaFigures(await insight.stats()))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _gauge(registry: CollectorRegistry, name: str, text: str, value: float) -> None:
    Gauge(name, text, registry=registry).set(value)


def _warnings(request: Request) -> tuple[int, dict[str, dict[str, float]]]:
    """How many ledgers do not hold, and figure → feed by name → value. The same of every process: both stand in the
    database."""
    db = database_of(request)
    with db.reading() as session:
        faults, rows = count_faults(session), all_feeds(session)
    now = db.clock.now()
    return faults, {
        "fengsui_cap_feed_silence_seconds": {row.name: (now - row.heard_at).total_seconds() for row in rows},
        "fengsui_cap_feed_failures": {row.name: row.failures for row in rows},
        "fengsui_cap_feed_messages": {row.name: row.taken for row in rows},
    }


_FEED_TEXTS = {
    "fengsui_cap_feed_silence_seconds": "Since a feed of another authority last answered soundly",
    "fengsui_cap_feed_failures": "Questions to a feed that failed since it last answered soundly",
    "fengsui_cap_feed_messages": "CAP messages a feed has brought",
}


def _per_feed(registry: CollectorRegistry, name: str, figures: dict[str, float]) -> None:
    gauge = Gauge(name, _FEED_TEXTS[name], ["feed"], registry=registry)
    for feed, value in figures.items():
        gauge.labels(feed).set(value)
