"""What a mail server's report says of one of our mails, taken down: a receipt of its delivery, or of a call's mail."""

from sqlalchemy.orm import Session

from alerts.calls.model import CallAttempt
from alerts.channels.mail_reports import delivery_named, read_report
from alerts.numbers.signs import note_mail
from alerts.receipts import record_receipt
from command.kernel.clock import Clock
from command.kernel.errors import NotFound
from command.kernel.values import State


def take_report(session: Session, clock: Clock, key: bytes, mail: bytes) -> State:
    """`ours`: it is a report of a mail that we sent; `new`: it says something that was not known.

    Everything else is no error of who hands it in, so that no mail server tries again: a stranger's mail, a report
    of another's, one that says that a mail is late.
    """
    report = read_report(mail)
    delivery = delivery_named(report.name, key) if report is not None else None
    if report is None or delivery is None:
        return {"ours": False, "new": False}
    if report.state is None:
        return {"ours": True, "new": False}
    attempt = session.get(CallAttempt, delivery)
    if attempt is not None:
        note_mail(session, attempt.person_id, attempt.address, report.state, clock.now(), report.detail)
        return {"ours": True, "new": True}
    try:
        new = record_receipt(session, clock, "email", report.state, delivery=delivery, detail=report.detail)
    except NotFound:  # of a mail whose alert is no longer kept here
        new = False
    return {"ours": True, "new": new}
