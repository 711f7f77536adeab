"""Who may do what: the one table. A role is given to a user in a unit and holds for that unit's subtree."""

from enum import StrEnum


class Role(StrEnum):
    """The roles of the glossary. The three administrators are apart: none can do another's part alone."""

    LEADER = "leader"
    COMMANDER = "commander"
    DUTY_OFFICER = "duty_officer"
    TOWNSHIP_OPERATOR = "township_operator"
    RESOURCE_KEEPER = "resource_keeper"
    ALERT_ISSUER = "alert_issuer"
    ALERT_REVIEWER = "alert_reviewer"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDITOR = "auditor"
    WALL = "wall"
    TERMINAL = "terminal"


class Right(StrEnum):
    """What can be allowed, named object and verb."""

    READ = "read"
    READ_PERSONAL = "personal.read"
    INCIDENT_LOG = "incident.log"
    INCIDENT_CHANGE = "incident.change"
    INCIDENT_NOTE = "incident.note"
    INCIDENT_ACKNOWLEDGE = "incident.acknowledge"
    TASK_ORDER = "task.order"
    TASK_MOVE = "task.move"
    RESOURCE_CHANGE = "resource.change"
    MEETING_CONVENE = "meeting.convene"
    MEETING_JOIN = "meeting.join"
    MEETING_WATCH = "meeting.watch"
    ALERT_DRAFT = "alert.draft"
    ALERT_REVIEW = "alert.review"
    ALERT_ISSUE = "alert.issue"
    ALERT_RECEIVE = "alert.receive"
    CAP_MESSAGE_READ = "cap_message.read"
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    ALERT_CALL = "alert.call"
    ALERT_VISIT = "alert.visit"
    EVACUATION_OPEN = "evacuation.open"
    EVACUATION_REPORT = "evacuation.report"
    EVACUATION_END = "evacuation.end"
    HOUSEHOLD_READ = "household.read"
    HOUSEHOLD_KEEP = "household.keep"
    DIRECTORY_READ = "directory.read"
    DIRECTORY_CHANGE = "directory.change"
    GROUP_KEEP = "group.keep"
    ROLE_GRANT = "role.grant"
    ACCOUNT_LOCK = "account.lock"
    SETTINGS_CHANGE = "settings.change"
    DUTY_HOLD = "duty.hold"
    AUDIT = "audit"


_READER = frozenset({Right.READ, Right.DIRECTORY_READ})
_DUTY = _READER | {
    Right.READ_PERSONAL,
    Right.INCIDENT_LOG,
    Right.INCIDENT_CHANGE,
    Right.INCIDENT_NOTE,
    Right.INCIDENT_ACKNOWLEDGE,
    Right.TASK_ORDER,
    Right.TASK_MOVE,
    Right.RESOURCE_CHANGE,
    Right.MEETING_CONVENE,
    Right.MEETING_JOIN,
    Right.ALERT_DRAFT,
    Right.ALERT_ACKNOWLEDGE,
    Right.ALERT_CALL,
    Right.ALERT_VISIT,
    Right.CAP_MESSAGE_READ,
    Right.EVACUATION_OPEN,
    Right.EVACUATION_REPORT,
    Right.EVACUATION_END,
    Right.HOUSEHOLD_READ,
    Right.HOUSEHOLD_KEEP,
    Right.GROUP_KEEP,
}

_TABLE: dict[Role, frozenset[Right]] = {
    Role.LEADER: _DUTY | {Right.ALERT_REVIEW},
    Role.COMMANDER: _DUTY | {Right.ALERT_REVIEW},
    Role.DUTY_OFFICER: _DUTY | {Right.DUTY_HOLD},
    Role.TOWNSHIP_OPERATOR: _READER
    | {
        Right.READ_PERSONAL,
        Right.INCIDENT_LOG,
        Right.INCIDENT_NOTE,
        Right.TASK_MOVE,
        Right.MEETING_JOIN,
        Right.ALERT_ACKNOWLEDGE,
        Right.ALERT_CALL,
        Right.ALERT_VISIT,
        Right.EVACUATION_OPEN,
        Right.EVACUATION_REPORT,
        Right.HOUSEHOLD_READ,
        Right.DUTY_HOLD,
    },
    Role.RESOURCE_KEEPER: frozenset({Right.READ, Right.TASK_MOVE, Right.ALERT_ACKNOWLEDGE, Right.HOUSEHOLD_KEEP}),
    Role.ALERT_ISSUER: _READER
    | {
        Right.ALERT_DRAFT,
        Right.ALERT_ISSUE,
        Right.ALERT_RECEIVE,
        Right.CAP_MESSAGE_READ,
        Right.INCIDENT_NOTE,
        Right.EVACUATION_OPEN,
        Right.EVACUATION_END,
        Right.HOUSEHOLD_READ,
    },
    Role.ALERT_REVIEWER: _READER | {Right.ALERT_REVIEW, Right.CAP_MESSAGE_READ},
    Role.SYSTEM_ADMINISTRATOR: _READER
    | {
        Right.DIRECTORY_CHANGE,
        Right.GROUP_KEEP,
        Right.SETTINGS_CHANGE,
        Right.RESOURCE_CHANGE,
        Right.ACCOUNT_LOCK,
        Right.HOUSEHOLD_KEEP,
        Right.CAP_MESSAGE_READ,
    },
    Role.SECURITY_ADMINISTRATOR: frozenset({Right.DIRECTORY_READ, Right.ROLE_GRANT, Right.ACCOUNT_LOCK}),
    Role.AUDITOR: _READER | {Right.AUDIT, Right.CAP_MESSAGE_READ},
    Role.WALL: frozenset({Right.READ, Right.MEETING_WATCH}),
    Role.TERMINAL: frozenset(
        {
            Right.READ,
            Right.TASK_MOVE,
            Right.MEETING_JOIN,
            Right.ALERT_ACKNOWLEDGE,
            Right.INCIDENT_NOTE,
            Right.ALERT_VISIT,
            Right.EVACUATION_REPORT,
            Right.HOUSEHOLD_READ,
        }
    ),
}


def rights_of(role: Role) -> frozenset[Right]:
    """Everything `role` allows."""
    return _TABLE[role]
