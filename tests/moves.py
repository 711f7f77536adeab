"""The moves of an alert over HTTP, each made from the version that its reader saw last."""

from typing import Any

import httpx


def moved(client: httpx.Client, alert: str, move: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """The answer to `submit`, `return`, `sign-off`, `issue` or `cancel` of the alert at this address."""
    seen = {"If-Match": client.get(alert).headers.get("ETag", "")}
    return client.post(f"{alert}/{move}", json=body or {}, headers=seen)
