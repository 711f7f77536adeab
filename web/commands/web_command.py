"""`fengsui web`: one web process."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace

import uvicorn

from web.app import create_app
from web.child import report_beating
from web.commands.options import add_data, settings_of
from web.sealed import standing
from web.settings import Settings
from web.wiring import Core, build_core


def arguments(parser: ArgumentParser) -> None:
    """Everything else comes from the settings."""
    add_data(parser)


def run(options: Namespace) -> int:
    """Serve until SIGTERM."""
    settings = settings_of(options)
    core = build_core(settings)
    _look_at_secrets(core)
    app = create_app(core)
    _Server(_config(app, settings)).run()
    return 0


def _look_at_secrets(core: Core) -> None:
    """Said at the start, not at the first log-in that is refused; the rest of the server is needed all the same."""
    with core.db.reading() as session:
        found = standing(session, core.keyring)
    if found.unopened:
        sys.stderr.write(f"{found.unopened} secrets in the database cannot be opened: see `fengsui secrets list`.\n")


class _Server(uvicorn.Server):
    """Says when it answers."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # socket lists
        await super().startup(sockets)  # type: ignore[arg-type]
        if not self.should_exit:
            report_beating(asyncio.get_running_loop())


def _config(app: object, settings: Settings) -> uvicorn.Config:
    proxies = settings.trusted_proxies
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # any ASGI application
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        ws="websockets-sansio",
        ws_max_size=256 * 1024,
        ws_ping_interval=10,
        ws_ping_timeout=10,
        timeout_graceful_shutdown=3,
        # A page asks every few seconds: over a thin line each new connection costs it three round trips. The default,
        # 5 s, is also what many clients take for the longest that they may use one again.
        timeout_keep_alive=75,
        server_header=False,
    )
    if not settings.plain_http:
        config.ssl_certfile = str(settings.data / "server.pem")
        config.ssl_keyfile = str(settings.data / "server.key")
    return config
