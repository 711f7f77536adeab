"""The built pages: one HTML file per screen, hashed assets, strict headers."""

import gzip
import os
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCREENS = ("desk", "wall", "terminal", "admin", "ca")
STATIC = Path(__file__).parent / "static"
PACKED = 6
"""A third of the bytes, on a line of 3G."""
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(self), microphone=(self), geolocation=(self), display-capture=(self)"),
)


def install_pages(app: FastAPI, static: Path | None) -> None:
    """Serve the screens at their names and `/` as the desk."""
    folder = static or STATIC

    @app.get("/", include_in_schema=False)
    def root() -> RedirectResponse:
        return RedirectResponse("/desk")

    @app.get("/push.js", include_in_schema=False)
    def service_worker() -> FileResponse:
        return FileResponse(folder / "push.js", headers={"Cache-Control": "no-cache"}, media_type="text/javascript")

    for screen in SCREENS:
        _install_screen(app, folder, screen)
    if (folder / "assets").is_dir():
        app.mount("/assets", Assets(directory=folder / "assets"), name="assets")
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=PACKED)
    app.add_middleware(SafeHeaders)


def _install_screen(app: FastAPI, folder: Path, screen: str) -> None:
    @app.get(f"/{screen}", include_in_schema=False, name=screen)
    def page() -> FileResponse:
        return FileResponse(folder / f"{screen}.html", headers={"Cache-Control": "no-cache"})


class Assets(StaticFiles):
    """Files whose names hold their content's hash: a browser never asks for them twice, and each is packed once."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._packed: dict[str, bytes] = {}

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """As the parent's, to be kept for a year; text as it goes over the line."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        asked = Headers(scope=scope)
        whole = scope["method"] == "GET" and "range" not in asked and isinstance(answer, FileResponse)
        text = (answer.media_type or "").startswith("text/")
        if not (whole and text and "gzip" in asked.get("accept-encoding", "")):
            return answer
        kept = {name: answer.headers[name] for name in ("cache-control", "etag", "last-modified")}
        packed = {"content-encoding": "gzip", "vary": "Accept-Encoding"}
        return Response(self._pack(Path(full_path)), headers=kept | packed, media_type=answer.media_type)

    def _pack(self, file: Path) -> bytes:
        if file.name not in self._packed:
            self._packed[file.name] = gzip.compress(file.read_bytes(), PACKED)
        return self._packed[file.name]


class SafeHeaders:
    """Headers that every answer carries, unless it set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding headers to the start of the answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                extra = [pair for pair in _HEADERS if pair[0] not in present]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        await self._app(scope, receive, with_headers)
