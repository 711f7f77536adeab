"""Tables in and out, CSV and workbooks, with a report line by line."""

from typing import Annotated

from fastapi import APIRouter, File, Request, Response, UploadFile

from command.directory.queries import sight_of
from command.kernel.errors import NotFound, Refused, TooLarge
from command.kernel.values import Json, State
from web.downloads import CSV, download
from web.edge import Known
from web.imports.export import export_csv, right_for
from web.imports.kinds import KINDS, Kind
from web.imports.run import Line, run_import
from web.imports.table import template, workbook_template
from web.messages import told
from web.problems import language_of

router = APIRouter(prefix="/api/v1", tags=["import"])
LARGEST = 5 * 1024 * 1024
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post("/import/{what}")
def post_import(
    what: str,
    file: Annotated[UploadFile, File()],
    edge: Known,
    request: Request,
    dry_run: bool = False,
    skip_bad: bool = False,
) -> State:
    """Import a CSV or a workbook (XLSX); `dry_run` only reports, `skip_bad` keeps the good lines."""
    data = file.file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise TooLarge("import.too_large")
    report = run_import(edge.db, edge.actor, kind_of(what), data, dry_run=dry_run, skip_bad=skip_bad)
    language = language_of(request)
    lines: list[Json] = [_line(line, language) for line in report.lines]
    counts: State = {outcome: report.count(outcome) for outcome in ("created", "updated", "failed")}
    return {"rows": len(lines), **counts, "kept": report.kept, "lines": lines}


@router.get("/import/{what}/template.csv")
def get_template(what: str, edge: Known) -> Response:
    """An empty file with the right headings."""
    return download(template(kind_of(what).columns), CSV, f"fengsui-{what}.csv")


@router.get("/import/{what}/template.xlsx")
def get_workbook(what: str, edge: Known) -> Response:
    """The same as a workbook whose columns are text: numbers keep the zeros in front."""
    return download(workbook_template(kind_of(what).columns), _WORKBOOK, f"fengsui-{what}.xlsx")


@router.get("/export/{what}.csv")
def get_export(what: str, edge: Known) -> Response:
    """Everything of one kind, with the headings the import takes."""
    kind_of(what)
    right = right_for(what)
    if not edge.actor.may_somewhere(right):
        raise Refused("access.refused", right=right)
    with edge.reading() as session:
        content = export_csv(session, sight_of(session, edge.actor, right), what)
    return download(content, CSV, f"fengsui-{what}.csv")


def kind_of(what: str) -> Kind:
    """The kind of import; NotFound `import.kind`."""
    if what not in KINDS:
        raise NotFound("import.kind", kind=what[:40])
    return KINDS[what]


def _line(line: Line, language: str) -> State:
    shown: State = {"line": line.line, "outcome": line.outcome}
    if line.id is not None:
        shown["id"] = line.id
    if line.secret is not None:
        shown["secret"] = line.secret
    if line.note is not None:
        shown |= told(line.note.code, language, line.note.params)
    if line.error is not None:
        error = line.error
        shown |= told(error.code, language, error.params)
        if error.fields:
            shown["field"] = error.fields[0].field
    return shown
