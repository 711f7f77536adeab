"""Errors at the edge: problem+json (RFC 9457) with a stable code and a sentence in the reader's language."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from command.kernel.errors import FengsuiError, FieldError
from command.kernel.values import State
from web.messages import told

_STATUS_CODES = {404: "route.unknown", 405: "route.method", 413: "request.too_large"}
# What goes along with a status (RFC 9110 11.6.1, 10.2.3).
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}, 503: {"Retry-After": "1"}}
_PYDANTIC_CODES = {
    "extra_forbidden": "request.unknown_field",
    "missing": "request.missing",
    "timezone_aware": "request.time_without_offset",
    "json_invalid": "request.not_json",
    "string_too_long": "request.too_long",
    "enum": "request.not_in_list",
    "literal_error": "request.not_in_list",
}


def language_of(request: Request) -> str:
    """`en` when the reader prefers it, else `zh`."""
    return language_from(request.headers.get("accept-language", ""))


def language_from(accept: str) -> str:
    """The first language of an `Accept-Language` that we have."""
    for part in accept.lower().split(","):
        tag = part.split(";")[0].strip()[:2]
        if tag in {"zh", "en"}:
            return tag
    return "zh"


def problem(request: Request, error: FengsuiError) -> JSONResponse:
    """The answer for an error of ours."""
    language = language_of(request)
    fields = [_field(one, language) for one in error.fields]
    return _answer(error.status, told(error.code, language, error.params), fields)


def install(app: FastAPI) -> None:
    """Answer every error in the one form."""

    @app.exception_handler(FengsuiError)
    def ours(request: Request, error: FengsuiError) -> JSONResponse:
        request.state.problem = error.code
        return problem(request, error)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        language = language_of(request)
        fields = [_pydantic_field(one, language) for one in error.errors()[:20]]
        first = str(fields[0]["code"]) if fields else "request.invalid"
        status = 400 if first == "request.not_json" else 422
        code = first if first in {"request.unknown_field", "request.not_json"} else "request.invalid"
        named = ", ".join(str(one["field"]) for one in fields)
        return _answer(status, told(code, language, {"fields": named}), fields)

    @app.exception_handler(StaleDataError)
    def stale(request: Request, error: StaleDataError) -> JSONResponse:
        return _answer(412, told("version.stale", language_of(request)), [])

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        code = _STATUS_CODES.get(error.status_code, "request.invalid")
        answer = _answer(error.status_code, told(code, language_of(request)), [])
        answer.headers.update(error.headers or {})
        return answer


def _field(one: FieldError, language: str) -> State:
    return {"field": one.field, **told(one.code, language, dict(one.params))}


def _pydantic_field(one: Mapping[str, Any], language: str) -> State:
    path = ".".join(str(part) for part in one["loc"] if part not in {"body", "query", "path"})
    code = _PYDANTIC_CODES.get(str(one["type"]), "request.invalid_value")
    return {"field": path, **told(code, language, {"field": path, "fields": path})}


def _answer(status: int, what: State, errors: list[State]) -> JSONResponse:
    content: dict[str, object] = {
        "type": f"urn:fengsui:{what['code']}",
        "title": what["code"],
        "status": status,
        **what,
    }
    if errors:
        content["errors"] = errors
    return JSONResponse(content, status, _HEADERS.get(status), media_type="application/problem+json")
