"""The shapes of alerts' areas over HTTP, by the digests that entries name them by."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from alerts.queries import shape_for
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["alerts"])
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.get("/alerts/{alert_id}/shapes/{sha256}")
def get_alert_shape(alert_id: str, sha256: Digest, edge: Known, request: Request) -> Response:
    """GeoJSON for whoever may read the alert. Its address names its bytes: it never changes."""
    with edge.reading() as session:
        geojson = shape_for(session, edge.actor, alert_id, sha256)
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, max-age=31536000, immutable"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(geojson, media_type="application/geo+json", headers=headers)
