"""Leave for pages of other origins to use some paths with a bearer token (Fetch, "CORS protocol")."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class CrossOrigin:
    """ASGI middleware: any origin may read the answers of these paths. Cookies are not sent there, nothing is given
    away that the asker's own token does not give."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and allow reading the answer."""
        if scope["type"] != "http" or not scope["path"].startswith(self._prefixes):
            await self._app(scope, receive, send)
            return

        async def allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Access-Control-Allow-Origin"] = "*"
                headers["Access-Control-Expose-Headers"] = "ETag, Link, Location, Retry-After"
            await send(message)

        await self._app(scope, receive, allowed)
