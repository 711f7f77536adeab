"""An HTTP server as another authority's, on a loopback port: serves what it is told, counts what it was asked."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """One document; with an `etag` it answers 304 to whoever has it."""

    body: bytes = b""
    etag: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class FeedPeer:
    """`pages` by path; `asked` counts paths and answers, as `/feed 304`."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def feed_peer() -> Iterator[FeedPeer]:
    """Runs until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    peer = FeedPeer(f"http://127.0.0.1:{server.server_port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = peer.pages.get(self.path, Page(status=404))
            known = page.etag and self.headers.get("If-None-Match") == page.etag
            status = 304 if known else page.status
            peer.asked[f"{self.path} {status}"] += 1
            self.send_response(status)
            for name, value in {**page.headers, **({"ETag": page.etag} if page.etag else {})}.items():
                self.send_header(name, value)
            body = b"" if known else page.body
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: tests read `asked`."""

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def atom(*entries: str) -> bytes:
    """An Atom feed of these entries."""
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{"".join(entries)}</feed>'.encode()


def linked(href: str, updated: str = "2026-11-20T06:03:00Z", kind: str = "application/cap+xml") -> str:
    """An Atom entry with a link to a CAP message."""
    link = f'<link rel="alternate" type="{kind}" href="{href}"/>'
    return f"<entry><id>{href}</id><updated>{updated}</updated>{link}</entry>"
