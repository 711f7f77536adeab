"""How an incident may move: 接报 → 处置 → 受控 → 结束 → 归档, and the three ways off that line."""

from command.moves import Machine

REPORTED, RESPONDING, CONTROLLED, CLOSED, ARCHIVED = "reported", "responding", "controlled", "closed", "archived"
TRANSFERRED, MERGED, UNFOUNDED = "transferred", "merged", "unfounded"
STATUSES = (REPORTED, RESPONDING, CONTROLLED, CLOSED, ARCHIVED, TRANSFERRED, MERGED, UNFOUNDED)
OFF_BOARD = frozenset({ARCHIVED, TRANSFERRED, MERGED, UNFOUNDED})
VERIFICATIONS = ("unverified", "verified", "refuted")

STATUS = Machine(
    {
        REPORTED: (RESPONDING, TRANSFERRED, MERGED, UNFOUNDED),
        RESPONDING: (CONTROLLED, TRANSFERRED, MERGED, UNFOUNDED),
        CONTROLLED: (CLOSED, RESPONDING, TRANSFERRED, MERGED),
        CLOSED: (ARCHIVED,),
    },
    reasoned=frozenset({(CONTROLLED, RESPONDING), (REPORTED, UNFOUNDED), (RESPONDING, UNFOUNDED)}),
)

# Response comes before verification, so the two never wait for each other; what was once judged stays judged.
VERIFICATION = Machine(
    {"unverified": ("verified", "refuted"), "verified": ("refuted",), "refuted": ("verified",)},
    reasoned=frozenset({("verified", "refuted"), ("refuted", "verified")}),
)


def kind_of(state: str, to: str) -> str:
    """The entry's kind for a move; going back to the response is told as what it is."""
    return "incident.reopened" if (state, to) == (CONTROLLED, RESPONDING) else f"incident.{to}"
