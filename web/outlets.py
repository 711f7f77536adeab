"""Which channels of warnings are set up here, for the pages and for the moves of an alert."""

from urllib.parse import urlsplit

from fastapi import Request

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
        "email": bool(settings.smtp_url.get_secret_value()),
        "mqtt": bool(settings.mqtt_url.get_secret_value()),
        "sms": bool(urls),
        "webhook": bool(settings.webhook_hosts),
        "webpush": bool(settings.push_hosts),
        "voice": bool(settings.sip_url.get_secret_value()),
    }
    wires = tuple(dict.fromkeys(urlsplit(one).scheme for one in urls))
    return Outlets(frozenset(name for name, here in set_up.items() if here), settings.sms_text, wires or ("smpp",))
