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


def test_an_asset_is_packed_once_and_given_plain_to_who_cannot_unpack(core: Core, tmp_path: Path) -> None:
    file = tmp_path / "assets" / "desk-1a2b3c.js"
    file.parent.mkdir()
    file.write_text("export const words = '水位上涨';\n" * 400)
    with TestClient(create_app(core, tmp_path)) as client:
        packed = {"Accept-Encoding": "gzip"}
        first = client.get("/assets/desk-1a2b3c.js", headers=packed)
        assert first.text == file.read_text()
        assert (first.headers["vary"], first.headers["content-type"]) == (
            "Accept-Encoding",
            "text/javascript; charset=utf-8",
        )
        plain = client.get("/assets/desk-1a2b3c.js", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.text == first.text
        part = client.get("/assets/desk-1a2b3c.js", headers={**packed, "Range": "bytes=0-5"})
        assert (part.status_code, part.text) == (206, "export")
        known = client.get("/assets/desk-1a2b3c.js", headers={**packed, "If-None-Match": first.headers["etag"]})
        assert known.status_code == 304
        file.write_text("nobody reads this")
        assert client.get("/assets/desk-1a2b3c.js", headers=packed).text == first.text
