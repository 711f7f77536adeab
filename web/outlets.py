"""Which channels of warnings are set up here, for the pages and for the moves of an alert."""

from contextlib import suppress
from functools import cache
from urllib.parse import urlsplit

from fastapi import Request

from alerts.channels.sms_gateway import gateway_of
from alerts.forecast import Flow
from alerts.outlets import Outlets
from web.settings import Settings


def outlets_of(request: Request) -> Outlets:
    """Those of the running process's settings."""
    return outlets_by(request.app.state.settings)


def outlets_by(settings: Settings) -> Outlets:
    """A channel is set up where a worker would load it; pages need nothing."""
    urls = tuple(one.get_secret_value() for one in settings.sms_urls)
    set_up = {
        "websocket": True,
        "email": bool(settings.smtp_url),
        "mqtt": bool(settings.mqtt_url.get_secret_value()),
        "sms": bool(urls),
        "webhook": bool(settings.webhook_hosts),
        "webpush": bool(settings.push_hosts),
        "voice": bool(settings.sip_url),
    }
    channels = frozenset(name for name, here in set_up.items() if here)
    wires = tuple(dict.fromkeys(wire for wire, _ in _gateways(urls)))
    flows = tuple(flow for _, flow in _gateways(urls))
    return Outlets(channels, settings.sms_text, wires or ("smpp",), flows)


@cache
def _gateways(urls: tuple[str, ...]) -> tuple[tuple[str, Flow], ...]:
    """The protocol of each gateway and what it takes; an address that is none keeps no page from opening."""
    found: list[tuple[str, Flow]] = []
    for url in urls:
        with suppress(ValueError):
            gateway = gateway_of(url)
            found.append((urlsplit(url).scheme, Flow(gateway.segments, gateway.centre.per_second)))
    return tuple(found)
