"""An import-linter contract that says what a package may use, so that a new package needs no new rule."""

from collections.abc import Iterable
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

ROOTS = ("command", "media", "gis", "alerts", "web")


def within(module: str, packages: Iterable[str]) -> bool:
    """Whether the dotted name is one of the packages or lies in one of them."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


class OnlyContract(Contract):
    """Modules in `sources` import of the project only themselves and what lies in `allowed`."""

    type_name = "only"

    sources = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every direct import of the sources; each offender is told as `importer -> imported`."""
        del verbose
        sources, allowed = cast("list[str]", self.sources), cast("list[str]", self.allowed)
        offenders = [
            f"{module} -> {imported}"
            for module in sorted(graph.modules)
            if within(module, sources)
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if within(imported, ROOTS) and not self._permitted(module, imported, sources, allowed)
        ]
        return ContractCheck(kept=not offenders, metadata={"offenders": offenders})

    @staticmethod
    def _permitted(module: str, imported: str, sources: list[str], allowed: list[str]) -> bool:
        own = [source for source in sources if within(module, [source])]
        return within(imported, [*own, *allowed])

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line for each forbidden import."""
        for offender in check.metadata["offenders"]:
            output.print_error(f"- {offender}")
