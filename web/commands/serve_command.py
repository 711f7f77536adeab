"""`fengsui serve`: the embedded profile as one supervised group of processes."""

import ipaddress
import json
import secrets
import socket
import sys
from argparse import ArgumentParser, Namespace

from pydantic import SecretStr

from command.directory.queries import root_unit
from command.kernel.actor import system_actor
from command.kernel.timeline import record
from command.kernel.values import State
from web import supervise
from web.certificates import ensure_authority, ensure_server
from web.commands.common import answer_errors
from web.commands.demo_peers_command import mosquitto
from web.commands.options import add_data
from web.demo import ACCOUNTS, accounts, seed
from web.migrate import upgrade
from web.settings import Settings
from web.wiring import Core, build_core


def arguments(parser: ArgumentParser) -> None:
    """As docs/operations.md tells."""
    add_data(parser)
    parser.add_argument("--host", default=None, help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=None, help="TCP port (default 8443)")
    parser.add_argument("--demo", action="store_true", help="an empty data folder becomes the demo county")
    parser.add_argument("--plain-http", action="store_true", help="without TLS; only on loopback")


@answer_errors
def run(options: Namespace) -> int:
    """Bring everything up, print the `ready` line, keep it up until SIGTERM or Ctrl-C."""
    stated = _settings(options)
    settings = _with_demo_peers(stated) if stated.demo else stated
    if settings.plain_http and not _is_loopback(settings.host):
        sys.stderr.write(f"--plain-http is refused on {settings.host}: passwords would cross the network in clear.\n")
        return 2
    core = build_core(settings)
    if not settings.plain_http:
        _certificates(core)
    upgrade(core)
    if settings.demo:
        seed(core.db, settings.data)
    _tell(core, "system.started", {"id": "serve"})
    return supervise.run(
        _children(settings, _demo_peers(stated)),
        on_ready=lambda: _announce(settings),
        on_exit=lambda gone: _tell(
            core, "system.child_restarted", {"id": gone.name, "status": gone.status, "restart_in_s": gone.restart_in_s}
        ),
    )


def _settings(options: Namespace) -> Settings:
    given = {
        "host": options.host,
        "port": options.port,
        "demo": options.demo or None,
        "plain_http": options.plain_http or None,
    }
    known = {name: value for name, value in given.items() if value is not None}
    settings = Settings.read(options.data.resolve() if options.data else None, **known)
    found = settings.model_copy(
        update={
            "data": settings.data.resolve(),
            "port": settings.port or _free_port(socket.SOCK_STREAM),
            "media_control_port": settings.media_control_port or _free_port(socket.SOCK_STREAM),
            "media_control_token": SecretStr(secrets.token_urlsafe(24)),
            "media_port": settings.media_port or _free_port(socket.SOCK_DGRAM),
        }
    )
    return found


def _with_demo_peers(settings: Settings) -> Settings:
    """Where no real mail server or broker was set, the demo's own on loopback."""
    update: dict[str, object] = {}
    if not settings.smtp_url:
        update["smtp_url"] = (SecretStr(f"smtp://127.0.0.1:{_free_port(socket.SOCK_STREAM)}"),)
    if not settings.mqtt_url.get_secret_value():
        if mosquitto() is None:
            sys.stderr.write("The demo's loudspeakers stay silent: apt-get install mosquitto.\n")
        else:
            update["mqtt_url"] = SecretStr(f"mqtt://127.0.0.1:{_free_port(socket.SOCK_STREAM)}")
    return settings.model_copy(update=update)


def _demo_peers(stated: Settings) -> list[str] | None:
    """What the demo has to be itself, as the child's options; None where there is no demo."""
    own = {"--mail": not stated.smtp_url, "--broker": not stated.mqtt_url.get_secret_value()}
    return [option for option, is_own in own.items() if is_own] if stated.demo else None


def _children(settings: Settings, demo_peers: list[str] | None) -> list[supervise.Child]:
    nodes = _media_nodes(settings)
    shared = {
        "FENGSUI_DATA": str(settings.data),
        "FENGSUI_HOST": settings.host,
        "FENGSUI_PORT": str(settings.port),
        "FENGSUI_PLAIN_HTTP": str(int(settings.plain_http)),
        "FENGSUI_DEMO": str(int(settings.demo)),
        "FENGSUI_MEDIA_NODES": json.dumps([f"{name}=ws://127.0.0.1:{control}" for name, control, _ in nodes]),
        "FENGSUI_MEDIA_PORT": str(settings.media_port),
        "FENGSUI_MEDIA_CONTROL_TOKEN": settings.media_control_token.get_secret_value(),
        "FENGSUI_SMTP_URL": json.dumps([one.get_secret_value() for one in settings.smtp_url]),
        "FENGSUI_MQTT_URL": settings.mqtt_url.get_secret_value(),
    }
    media = [
        supervise.Child(
            name,
            (sys.executable, "-m", "web.cli", "media"),
            {**shared, "FENGSUI_MEDIA_CONTROL_PORT": str(control), "FENGSUI_MEDIA_PORT": str(port)},
        )
        for name, control, port in nodes
    ]
    others = [("web", ["web"]), *_workers(settings)]
    if demo_peers is not None:
        others.append(("demo-peers", ["demo-peers", *demo_peers]))
    return [*media, *(supervise.Child(n, (sys.executable, "-m", "web.cli", *words), shared) for n, words in others)]


def _workers(settings: Settings) -> list[tuple[str, list[str]]]:
    """Name and words of each worker of this machine."""
    if settings.workers == 1:
        return [("worker", ["worker"])]
    names = [f"worker-{n + 1}" for n in range(settings.workers)]
    return [(name, ["worker", "--name", name]) for name in names]


def _media_nodes(settings: Settings) -> list[tuple[str, int, int]]:
    """Name, control port and media port of each node of this machine; the media ports follow one another."""
    count = settings.media_nodes if isinstance(settings.media_nodes, int) else 0
    if count == 1:
        return [("media", settings.media_control_port, settings.media_port)]
    return [(f"media-{n + 1}", _free_port(socket.SOCK_STREAM), settings.media_port + n) for n in range(count)]


def _announce(settings: Settings) -> None:
    scheme = "http" if settings.plain_http else "https"
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 (compared, not bound)
    url = f"{scheme}://{host}:{settings.port}/"
    sys.stdout.write(f"ready {url}\n")
    known = accounts(settings.data) if settings.demo else {}
    for name, account in known.items():
        if ":" in name:  # the townships' terminals: in the file, too long for a screen
            continue
        token = account.get("token")
        shown = f"token {token}" if token else f"{account['username']} / {account['password']}"
        sys.stdout.write(f"  {name:<10} {shown}\n")
    if known:
        sys.stdout.write(f"  all of them, and every township's terminal: {settings.data / ACCOUNTS}\n")
    sys.stdout.flush()


def _certificates(core: Core) -> None:
    settings, now = core.settings, core.clock.now()
    addresses = {"127.0.0.1", *settings.addresses}
    names = {"localhost", *settings.names}
    if _is_address(settings.host) and not ipaddress.ip_address(settings.host).is_unspecified:
        addresses.add(settings.host)
    ensure_authority(settings.data, now)
    ensure_server(settings.data, sorted(names), sorted(addresses), now)


def _tell(core: Core, kind: str, part: State) -> None:
    with core.db.writing() as session:
        unit = root_unit(session)
        if unit is not None:
            record(session, system_actor(unit), kind, unit=unit, body={"part": part})


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
