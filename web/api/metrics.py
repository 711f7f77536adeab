"""Figures for Prometheus: this process, the timeline's head, who is connected and how well. No names, no secrets."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.process_collector import ProcessCollector

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
    registry.register(MediaFigures(await insight.stats()))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _gauge(registry: CollectorRegistry, name: str, text: str, value: float) -> None:
    Gauge(name, text, registry=registry).set(value)
