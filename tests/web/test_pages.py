"""The pages as a browser on a thin line gets them."""

from pathlib import Path

from fastapi.testclient import TestClient

from web.app import create_app
from web.wiring import Core


def test_assets_are_small_on_the_line_and_kept(core: Core, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "desk-1a2b3c.js").write_text("export const words = '水位上涨';\n" * 400)
    (tmp_path / "desk.html").write_text("<!doctype html><title>烽燧</title>")
    with TestClient(create_app(core, tmp_path)) as client:
        asset = client.get("/assets/desk-1a2b3c.js", headers={"Accept-Encoding": "gzip"})
        assert asset.headers["content-encoding"] == "gzip"
        assert int(asset.headers["content-length"]) < 1_000
        assert "immutable" in asset.headers["cache-control"]
        page = client.get("/desk")
        assert page.headers["cache-control"] == "no-cache"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert client.get("/", follow_redirects=False).headers["location"] == "/desk"
