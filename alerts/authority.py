"""Who may issue what: the table in `data/authority.json`."""

from alerts.data import table


def may_issue(unit_kind: str, unit_name: str, kind: str, colour: str | None) -> bool:
    """Whether a unit of this kind and name has the authority for this kind and colour of alert."""
    return any(
        row["kind"] == kind
        and colour in row["colours"]
        and unit_kind in row["unit_kinds"]
        and any(word in unit_name for word in row["unit_names"])
        for row in table("authority")["rows"]
    )
