"""All that can be done with alerts, in one place for the edge. Only these functions write."""

from alerts.adopting import adopt
from alerts.copies import part_copies, say_another, say_same, undecide
from alerts.drafts import amend, draft, drop, return_, sign_off, submit
from alerts.ending import expire_due
from alerts.exchange.actions import Answered
from alerts.fast_track.actions import countersign, issue_fast_track, object_to, remind_due
from alerts.issuing import Issued, cancel, issue, update
from alerts.receipts import acknowledge, record_receipt
from alerts.receiving import Received, RefusedMessage, receive_cap, study
from alerts.resending import resend

__all__ = [
    "Answered",
    "Issued",
    "Received",
    "RefusedMessage",
    "acknowledge",
    "adopt",
    "amend",
    "cancel",
    "countersign",
    "draft",
    "drop",
    "expire_due",
    "issue",
    "issue_fast_track",
    "object_to",
    "part_copies",
    "receive_cap",
    "record_receipt",
    "remind_due",
    "resend",
    "return_",
    "say_another",
    "say_same",
    "sign_off",
    "study",
    "submit",
    "undecide",
    "update",
]
