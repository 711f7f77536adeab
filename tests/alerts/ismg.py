"""A message centre that speaks CMPP 2.0 or 3.0 over TCP; part of the tests."""

import asyncio
from datetime import datetime, timedelta, timezone
from itertools import count

from alerts.cmpp import pdu
from alerts.cmpp.pdu import LAYOUTS, V2, V3, Deliver, Report, Submit
from alerts.smpp import pdu as smpp
from alerts.smpp.pdu import Address, ShortMessage
from alerts.sms.wire import RESPONSE, Packet
from tests.alerts.smsc import MessageCentre

BEIJING = timezone(timedelta(hours=8))
RESULTS = {smpp.OK: pdu.OK, smpp.THROTTLED: pdu.FLOW_CONTROL, smpp.QUEUE_FULL: pdu.FLOW_CONTROL}
SP_ID = "901234"


class CmppCentre(MessageCentre):
    """As the SMPP one. What it got is kept as SMPP's message, so that the same tests look at it."""

    def __init__(self, version: int = V2) -> None:
        super().__init__()
        self.layout = LAYOUTS[version]
        self.submits: list[Submit] = []
        self._ids = count(0xB2B9DA8000010000)

    def url(self, more: str = "") -> str:
        version = "3.0" if self.layout.version == V3 else "2.0"
        return f"cmpp://{SP_ID}:{self.password}@127.0.0.1:{self.port}?version={version}&service=FLOOD&{more}"

    def write(self, packet: Packet) -> bytes:
        return pdu.write(packet)

    def take(self, buffer: bytearray) -> list[Packet]:
        return pdu.take(buffer)

    def validity(self, instant: datetime) -> str:
        return f"{instant.astimezone(BEIJING):%y%m%d%H%M%S}032+"

    async def _answer(self, packet: Packet, writer: asyncio.StreamWriter, place: int) -> None:
        body = b""
        if packet.command == pdu.CONNECT:
            body = self._connect(packet.body)
        elif packet.command == pdu.ACTIVE_TEST:
            body = bytes(1)
        elif packet.command == pdu.SUBMIT:
            found = await self._submit(packet.body, writer, place)
            if found is None:
                writer.close()
                return
            body = found
        elif packet.command == pdu.DELIVER_RESP:
            _, result = pdu.read_answer(packet.body, self.layout)
            self.receipt_answers.append(result)
        if packet.command & RESPONSE == 0:
            writer.write(pdu.write(Packet(packet.command | RESPONSE, packet.sequence, body=body)))

    def _connect(self, body: bytes) -> bytes:
        """The answer to a connect whose authenticator is looked at, as the specification has it."""
        self.binds += 1
        name, found, version = body[:6].decode(), body[6:22], body[22]
        timestamp = f"{int.from_bytes(body[23:27], 'big'):010d}"
        fits = found == pdu.authenticator(SP_ID, self.password, timestamp)
        status = (0 if name == SP_ID and fits else 3) if version == self.layout.version else 4
        return status.to_bytes(self.layout.status, "big") + bytes(16) + bytes((self.layout.version,))

    async def _submit(self, body: bytes, writer: asyncio.StreamWriter, place: int) -> bytes | None:
        submit = pdu.read_submit(body, self.layout)
        message = ShortMessage(
            source=Address(submit.source),
            destination=Address(submit.destination),
            text=submit.content,
            data_coding=submit.coding,
            esm_class=smpp.UDH_INDICATOR if submit.total > 1 else 0,
            validity=submit.validity,
        )
        decided = await self._decide(message, place)
        if decided is None:
            return None
        name, result = next(self._ids), RESULTS.get(decided, 5)
        if result == pdu.OK:
            self.submits.append(submit)
            self._accept(message, self._report(name, submit), writer)
        return pdu.answer_body(name, result, self.layout)

    def _report(self, name: int, submit: Submit) -> Packet:
        report = Report(name, "DELIVRD", submit.destination, "2611200603", "2611200604")
        message = Deliver(
            message_id=next(self._ids),
            source=submit.destination,
            destination="1069",
            content=pdu.report_content(report, self.layout),
            is_report=True,
        )
        return Packet(pdu.DELIVER, next(self._numbers), body=pdu.deliver_body(message, self.layout))
