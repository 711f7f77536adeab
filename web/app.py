"""The web process: every route, the live stream, the pages."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text

from alerts.wake import Waker, make_celery
from web import problems, signalling, whip
from web.api import (
    accounts,
    alert_files,
    alert_shapes,
    alerts,
    audience,
    authority_table,
    call_plan,
    cap,
    cap_feeds,
    cap_messages,
    cap_trust,
    cn_dialect,
    codes,
    demo,
    directory,
    divisions,
    duty,
    evacuations,
    fast_track,
    groups,
    imports,
    incident_log,
    incidents,
    ledger_faults,
    meetings,
    metrics,
    numbers,
    obligations,
    push,
    receipts,
    resend_policy,
    resources,
    safety,
    session,
    settings,
    silences,
    situation,
    tasks,
    terminals,
    text_templates,
    timeline,
    webhooks,
)
from web.board import BASE
from web.cap_keys import CapKeys
from web.conference import Conference
from web.cross_origin import CrossOrigin
from web.feeds import FeedWatch
from web.insight import Insight
from web.media_node import node_addresses
from web.numbers import NumberWatch
from web.pages import install_pages
from web.presence import Presence
from web.silences import SilenceWatch
from web.strangers import Strangers
from web.stream import Tail
from web.upkeep import Upkeep
from web.watch import Watch
from web.wiring import Core, broker_of

Background = Callable[[], Coroutine[Any, Any, None]]


def create_app(core: Core, static: Path | None = None) -> FastAPI:
    """The application on this core; `static` holds the built pages."""
    app = FastAPI(
        title="烽燧 Fengsui",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.core = core
    app.state.db = core.db
    app.state.settings = core.settings
    app.state.collections = dict(BASE)
    app.state.cap_keys = CapKeys(core)
    app.state.strangers = Strangers(core.clock)
    app.state.conference = Conference(core.db, core.places_wake, node_addresses(core.settings))
    app.state.insight = Insight(app.state.conference.nodes, app.state.conference.healths)
    app.state.whip_pace = whip.Pace()
    app.state.background = [
        lambda: app.state.conference.run(app.state.tail),
        Upkeep(core, app.state.strangers).run,
        SilenceWatch(core).run,
        NumberWatch(core).run,
        FeedWatch(core, app.state.cap_keys).run,
    ]
    app.state.wake_workers = Waker(make_celery(broker_of(core.settings)))
    problems.install(app)
    app.add_middleware(CrossOrigin, prefixes=whip.PREFIXES)
    app.add_middleware(Watch, core=core, strangers=app.state.strangers)
    log = (incidents, incident_log, tasks, resources, duty, divisions, situation)
    told = (alerts, alert_files, alert_shapes, receipts, audience, obligations, silences, numbers, safety, evacuations)
    rules = (call_plan, authority_table, fast_track, resend_policy, text_templates)
    warnings = (*told, *rules, cap, cap_feeds, cap_messages, cap_trust, cn_dialect, ledger_faults)
    domain = (*log, *warnings, meetings, signalling, whip, metrics)
    administration = (directory, groups, accounts, terminals, webhooks, push, imports, settings, codes, demo)
    for module in (session, timeline, *administration, *domain):
        # Routes as their modules built them: include_router would build each once more at the first request.
        app.router.routes.extend(module.router.routes)
    _install_health(app, core)
    install_pages(app, static)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    core: Core = app.state.core
    app.state.tail = Tail(core.db, core.wake)
    app.state.presence = Presence(core.db)
    await app.state.tail.start()
    runs: list[Background] = [app.state.presence.run, *app.state.background]
    tasks = [asyncio.create_task(run()) for run in runs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await app.state.tail.stop()


def _install_health(app: FastAPI, core: Core) -> None:
    @app.get("/healthz", include_in_schema=False)
    def alive() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def ready() -> dict[str, str]:
        with core.db.reading() as session:
            session.execute(text("SELECT seq FROM timeline_head"))
        return {"status": "ok"}
