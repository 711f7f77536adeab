"""The rules, each with where it stands and how it is tried."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import httpx

from tests.conformance.offers import Ice, Offer
from tests.conformance.server import FRAGMENT, SDP, Opened, Protocol, Server

Level = Literal["MUST", "SHOULD"]
Check = Callable[[Server], None]
BOTH: tuple[Protocol, ...] = ("whip", "whep")
UNSUPPORTED = frozenset({405, 422, 501})


class NotSupported(Exception):
    """The server has left out something that it may leave out."""


@dataclass(frozen=True)
class Outcome:
    """How a rule fared."""

    word: Literal["ok", "FAILED", "left out"]
    detail: str = ""

    @property
    def failed(self) -> bool:
        return self.word == "FAILED"


@dataclass(frozen=True)
class Rule:
    """One sentence of a standard, and its trial: an AssertionError says how it was broken."""

    where: str
    level: Level
    text: str
    check: Check
    protocols: tuple[Protocol, ...]

    def tried(self, server: Server) -> Outcome:
        """Try it once."""
        try:
            self.check(server)
        except AssertionError as error:
            return Outcome("FAILED", str(error).splitlines()[0] if str(error) else "not so")
        except NotSupported as error:
            return Outcome("left out", str(error))
        except httpx.HTTPError as error:
            return Outcome("FAILED", f"{type(error).__name__}: {error}")
        return Outcome("ok")


RULES: list[Rule] = []


def rule(where: str, level: Level, text: str, protocols: tuple[Protocol, ...] = BOTH) -> Callable[[Check], Check]:
    """Enter a trial into the list."""

    def entered(check: Check) -> Check:
        RULES.append(Rule(where, level, text, check, protocols))
        return check

    return entered


def is_status(answer: httpx.Response, *wanted: int) -> None:
    assert answer.status_code in wanted, f"gave {answer.status_code} instead of {' or '.join(map(str, wanted))}"


def is_refused(answer: httpx.Response) -> None:
    assert 400 <= answer.status_code < 500, f"gave {answer.status_code} instead of 4xx"


def has_kind(answer: httpx.Response, kind: str) -> None:
    given = answer.headers.get("content-type", "").partition(";")[0].strip()
    assert given == kind, f"Content-Type is {given!r}, not {kind}"


def attributes(text: str, name: str) -> list[str]:
    return [line[len(name) + 3 :] for line in text.splitlines() if line.startswith(f"a={name}:")]


# -- the endpoint -----------------------------------------------------------------------------------


@rule("RFC 9725 4.2", "MUST", "OPTIONS is answered without a token, for CORS")
def options(server: Server) -> None:
    asked = {"Origin": "https://example.net", "Access_Control_Request_Method": "POST"}
    answer = server.ask("OPTIONS", known=False, **asked)
    is_status(answer, 200, 204)
    assert "access-control-allow-origin" in answer.headers, "no Access-Control-Allow-Origin"


@rule("RFC 9725 4.2", "SHOULD", "OPTIONS says Accept-Post: application/sdp")
def accept_post(server: Server) -> None:
    given = server.ask("OPTIONS", known=False).headers.get("accept-post", "")
    assert SDP in given, f"Accept-Post is {given!r}"


@rule("Fetch", "MUST", "A page may send Authorization and Content-Type, and read Location and ETag")
def cross_origin(server: Server) -> None:
    allowed = server.ask("OPTIONS", known=False).headers.get("access-control-allow-headers", "").lower()
    assert {"authorization", "content-type"} <= {one.strip() for one in allowed.split(",")}, f"allowed: {allowed!r}"
    exposed = server.post(server.offer().text()).headers.get("access-control-expose-headers", "").lower()
    assert {"location", "etag"} <= {one.strip() for one in exposed.split(",")}, f"exposed: {exposed!r}"


@rule("RFC 9725 4.1", "MUST", "GET of the endpoint is 2xx without content")
def get_endpoint(server: Server) -> None:
    answer = server.ask("GET")
    assert answer.is_success, f"gave {answer.status_code}"
    assert not answer.content, "has content"


@rule("WHEP 4.2", "SHOULD", "HEAD of the endpoint is 200 with Content-Type: application/sdp", ("whep",))
def head_endpoint(server: Server) -> None:
    answer = server.ask("HEAD")
    is_status(answer, 200)
    has_kind(answer, SDP)


@rule("RFC 9110 11.6.1", "MUST", "POST without a token is 401 with WWW-Authenticate")
def post_unknown(server: Server) -> None:
    answer = server.post(server.offer().text(), known=False)
    is_status(answer, 401)
    assert "www-authenticate" in answer.headers, "no WWW-Authenticate"


@rule("RFC 9725 4.2", "MUST", "POST of another content type is 4xx")
def post_other_kind(server: Server) -> None:
    is_refused(server.post(server.offer().text(), kind="text/plain"))


@rule("RFC 9725 4.2", "MUST", "POST of a malformed offer is 4xx")
def post_malformed(server: Server) -> None:
    for text in ("hello", "v=0\r\n", server.offer().text().replace("a=ice-", "a=nice-")):
        is_refused(server.post(text))


@rule("RFC 9725 4.2", "MUST", "An offer of the wrong direction is refused")
def wrong_direction(server: Server) -> None:
    wrong = "recvonly" if server.protocol == "whip" else "sendonly"
    for direction in (wrong, "inactive"):
        is_refused(server.post(Offer(direction).text()))


@rule("RFC 9725 4.4.2", "MUST", "An offer of two videos is 422 or 400", ("whip",))
def two_videos(server: Server) -> None:
    is_status(server.post(server.offer(kinds=("audio", "video", "video")).text()), 400, 422)


@rule("RFC 9110 15.5.6", "MUST", "Another method is 405 with Allow")
def other_method(server: Server) -> None:
    answer = server.ask("PUT")
    is_status(answer, 405)
    assert "POST" in answer.headers.get("allow", ""), f"Allow is {answer.headers.get('allow')!r}"


# -- opening ----------------------------------------------------------------------------------------


@rule("RFC 9725 4.2", "MUST", "POST of an offer is 201 with Location and an answer as application/sdp")
def created(server: Server) -> None:
    with server.session() as session:
        has_kind(session.answer, SDP)


@rule("RFC 9725 4.3.1", "MUST", "201 has a strong entity tag")
def entity_tag(server: Server) -> None:
    with server.session() as session:
        assert session.tag.startswith('"'), f"ETag is {session.tag!r}"
        assert session.tag.endswith('"'), f"ETag is {session.tag!r}"


@rule("RFC 9725 4.6", "MUST", "Link headers name ICE servers: URIs of STUN or TURN, the latter with credentials")
def ice_servers(server: Server) -> None:
    with server.session() as session:
        links = [link for link in session.answer.headers.get_list("link") if 'rel="ice-server"' in link]
    if not links:
        raise NotSupported("no ICE servers")
    for link in links:
        uri = link.partition(">")[0].removeprefix("<")
        assert uri.partition(":")[0] in {"stun", "stuns", "turn", "turns"}, f"names {uri!r}"
        if uri.startswith("turn"):
            given = dict(re.findall(r'; ([a-z-]+)="([^"]*)"', link))
            assert given.get("username"), f"no username for {uri}"
            assert given.get("credential"), f"no credential for {uri}"
            assert given.get("credential-type") == "password", f"credential-type is {given.get('credential-type')!r}"


@rule("RFC 9429 5.3.1", "MUST", "The answer has a line for each of the offer's, bundled, of the direction that fits")
def answer_lines(server: Server) -> None:
    with server.session() as session:
        lines = session.answer.text.splitlines()
        kinds = [line.split()[0] for line in lines if line.startswith("m=")]
        assert kinds == ["m=audio", "m=video"], f"lines are {kinds}"
        wanted = "a=recvonly" if server.protocol == "whip" else "a=sendonly"
        directions = [line for line in lines if line in {"a=sendonly", "a=recvonly", "a=sendrecv", "a=inactive"}]
        assert directions == [wanted, wanted], f"directions are {directions}"
        assert "a=group:BUNDLE 0 1" in lines, "not bundled"


@rule("RFC 8834 4.5", "MUST", "The answer multiplexes RTP and RTCP and names a fingerprint and ICE credentials")
def answer_transport(server: Server) -> None:
    with server.session() as session:
        text = session.answer.text
        assert text.count("a=rtcp-mux\r\n") == 2, "no rtcp-mux"
        for name in ("fingerprint", "ice-ufrag", "ice-pwd"):
            assert attributes(text, name), f"no {name}"


@rule("RFC 9725 4.3.2", "MUST", "The answer has all candidates of the server")
def answer_candidates(server: Server) -> None:
    with server.session() as session:
        assert attributes(session.answer.text, "candidate"), "no candidate"


@rule("RFC 8842 5.3", "MUST", "setup: actpass is answered active or passive, passive is answered active")
def setup_role(server: Server) -> None:
    for offered, wanted in (("actpass", {"active", "passive"}), ("active", {"passive"}), ("passive", {"active"})):
        with server.session(server.offer(setup=offered)) as session:
            given = set(attributes(session.answer.text, "setup"))
            assert given, f"{offered} is answered without setup"
            assert given <= wanted, f"{offered} is answered {given}"


@rule("RFC 9725 5", "SHOULD", "The addresses of sessions cannot be guessed")
def addresses(server: Server) -> None:
    urls = set()
    for _ in range(3):
        with server.session() as session:
            urls.add(session.url)
    assert len(urls) == 3, "one address for several sessions"
    assert all(len(url.rstrip("/").rsplit("/", 1)[1]) >= 16 for url in urls), "too short"


# -- ICE --------------------------------------------------------------------------------------------


def trickled(server: Server, session: Opened, if_match: str) -> httpx.Response:
    answer = server.patch(session, session.ice, If_Match=if_match)
    if answer.status_code in UNSUPPORTED:
        raise NotSupported("no trickle ICE")
    return answer


def restarted(server: Server, session: Opened) -> httpx.Response:
    answer = server.patch(session, Ice(), If_Match="*")
    if answer.status_code in UNSUPPORTED:
        raise NotSupported("no ICE restart")
    return answer


@rule("RFC 9725 4.3.2", "MUST", "Trickled candidates are 204 without content and ETag")
def trickle(server: Server) -> None:
    with server.session() as session:
        answer = trickled(server, session, session.tag)
        is_status(answer, 204)
        assert not answer.content, "has content"
        assert "etag" not in answer.headers, "has an ETag"


@rule("RFC 9725 4.3.1", "MUST", "PATCH without If-Match is 428")
def no_tag(server: Server) -> None:
    with server.session() as session:
        trickled(server, session, session.tag)
        is_status(server.patch(session, session.ice), 428)


@rule("RFC 9725 4.3.1", "MUST", "PATCH with another entity tag is 412, also with a weak one")
def wrong_tag(server: Server) -> None:
    with server.session() as session:
        is_status(trickled(server, session, '"another"'), 412)
        is_status(trickled(server, session, f"W/{session.tag}"), 412)


@rule("RFC 9110 13.1.1", "MUST", "One of several entity tags in If-Match is enough")
def many_tags(server: Server) -> None:
    with server.session() as session:
        is_status(trickled(server, session, f'"another", {session.tag}'), 204)


@rule("RFC 9725 4.3.3", "MUST", "An ICE restart is 200 with new credentials, a new ETag, as sdpfrag")
def restart(server: Server) -> None:
    with server.session() as session:
        answer = restarted(server, session)
        is_status(answer, 200)
        has_kind(answer, FRAGMENT)
        assert answer.headers.get("etag") not in {None, session.tag}, "the ETag is not new"
        for name in ("ice-ufrag", "ice-pwd"):
            new, old = attributes(answer.text, name), attributes(session.answer.text, name)
            assert new, f"no {name}"
            assert not set(new) & set(old), f"the {name} is not new"


@rule("RFC 9725 4.3.3", "MUST", "A restart says ice-lite and ice-options as the answer did")
def restart_options(server: Server) -> None:
    with server.session() as session:
        fragment, answer = restarted(server, session).text, session.answer.text
        assert ("a=ice-lite" in fragment) == ("a=ice-lite" in answer), "ice-lite differs"
        assert attributes(fragment, "ice-options") == attributes(answer, "ice-options"), "ice-options differ"


@rule("RFC 9725 4.3.1", "MUST", "After a restart the former entity tag is 412, the new one good")
def restart_tags(server: Server) -> None:
    with server.session() as session:
        again = Ice()
        answer = server.patch(session, again, If_Match="*")
        if answer.status_code in UNSUPPORTED:
            raise NotSupported("no ICE restart")
        is_status(server.patch(session, again, If_Match=session.tag), 412)
        is_status(server.patch(session, again, If_Match=answer.headers["etag"]), 204)


@rule("RFC 9725 4.3.1", "MUST", "PATCH of another content type, or malformed, is 4xx")
def patch_malformed(server: Server) -> None:
    with server.session() as session:
        for kind, body in (("text/plain", session.ice.fragment()), (FRAGMENT, "hello")):
            is_refused(server.send("PATCH", session.url, body, Content_Type=kind, If_Match=session.tag))


# -- the session ------------------------------------------------------------------------------------


@rule("RFC 9725 4.1", "MUST", "GET of a session is 2xx without content")
def get_session(server: Server) -> None:
    with server.session() as session:
        answer = server.ask("GET", session.url)
        assert answer.is_success, f"gave {answer.status_code}"
        assert not answer.content, "has content"


@rule("RFC 9725 4.7", "MUST", "PATCH and DELETE without a token are refused and change nothing")
def strangers(server: Server) -> None:
    with server.session() as session:
        body = session.ice.fragment()
        patched = server.send("PATCH", session.url, body, known=False, Content_Type=FRAGMENT, If_Match=session.tag)
        is_status(patched, 401, 403, 404)
        is_status(server.ask("DELETE", session.url, known=False), 401, 403, 404)
        is_status(server.ask("DELETE", session.url), 200, 204)


@rule("RFC 9725 4.3.1", "MUST", "DELETE ends the session whatever If-Match says")
def delete(server: Server) -> None:
    with server.session() as session:
        is_status(server.ask("DELETE", session.url, If_Match='"another"'), 200)


@rule("RFC 9110 9.2.2", "MUST", "DELETE again does no harm: 2xx, 404 or 410")
def delete_again(server: Server) -> None:
    with server.session() as session:
        server.ask("DELETE", session.url)
        is_status(server.ask("DELETE", session.url), 200, 204, 404, 410)


@rule("RFC 9110 15.5.5", "MUST", "PATCH of an ended session is 404 or 410")
def patch_ended(server: Server) -> None:
    with server.session() as session:
        server.ask("DELETE", session.url)
        is_status(server.patch(session, session.ice, If_Match=session.tag), 404, 410)


@rule("RFC 9457", "SHOULD", "Errors are problem+json")
def problems(server: Server) -> None:
    has_kind(server.post("hello"), "application/problem+json")
