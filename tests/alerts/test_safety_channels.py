"""平安核查 over real protocols: a digit in a short message (SMPP deliver_sm), a key of the telephone (SIP, RTP)."""

import asyncio
import threading

import pytest

from alerts.calls.caller import Caller, CallerConfig
from alerts.channels.sms import SmsChannel
from alerts.channels.sms_gateway import gateway_of
from alerts.channels.voice import VoiceChannel, VoiceConfig
from alerts.hearing import key_recorder, message_recorder
from alerts.safety.model import SMS, VOICE
from alerts.senders import senders
from alerts.smpp import pdu
from alerts.smpp.pdu import Address, ShortMessage
from alerts.sms.wire import Packet
from alerts.texts import NEEDS_HELP, SAFE
from command.kernel.db import Database, make_engine
from tests.alerts.county import County
from tests.alerts.smsc import MessageCentre
from tests.alerts.telephones import set_phone, tries
from tests.alerts.test_safety import begun, people, replied, reply
from tests.peers.ports import free_port
from tests.peers.sipp import Listener, can_send_keys, sipp, spoken
from tests.waiting import until


def written(number: str, text: str, coding: int = pdu.UCS2) -> Packet:
    """A message from a telephone to our number, as its centre hands it on."""
    octets = text.encode("utf-16-be" if coding == pdu.UCS2 else "ascii")
    message = ShortMessage(source=Address(number), destination=Address("1069"), text=octets, data_coding=coding)
    return Packet(pdu.DELIVER_SM, 7, body=pdu.write_short_message(message))


def test_digits_of_telephones_answer_and_strangers_change_nothing(county: County) -> None:
    for number, name in enumerate(("villager", "silent", "south_head")):
        set_phone(county, county.people[name], f"139-0000-000{number}")
    check = begun(county, [SMS])
    centre, away = MessageCentre(), threading.Event()
    record = message_recorder(county.db, county.clock)
    channel = SmsChannel(
        [gateway_of(centre.url("binds=1"))],
        lambda _: {},
        lambda _: True,
        lambda number, text: not away.is_set() and record(number, text),
    )
    try:
        until(lambda: centre.bound == 1)
        centre.kept = [
            written("+8613900000000", "2 桥断了，3人"),
            written("13900000001", "1", pdu.GSM7),
            written("8613900000002", "在路上"),
            written("13999999999", "1"),
            Packet(pdu.DELIVER_SM, 8, body=b"\x00\x01"),
        ]
        centre.deliver()
        until(lambda: len(centre.receipt_answers) == 5)
        assert set(centre.receipt_answers) == {pdu.OK}
        away.set()
        centre.kept = [written("13900000001", "2")]
        centre.deliver()
        until(lambda: len(centre.receipt_answers) == 6)
        assert centre.receipt_answers[-1] == pdu.TEMPORARY_ERROR, "the centre keeps it while the database is away"
    finally:
        asyncio.run(channel.close())
        centre.stop()
    found = people(county, check)
    assert {name: found[name]["answer"] for name in ("villager", "silent", "south_head", "operator")} == {
        "villager": NEEDS_HELP, "silent": SAFE, "south_head": "unclear", "operator": None,
    }  # fmt: skip
    assert found["villager"]["people"] == 3


@pytest.mark.skipif(not can_send_keys(), reason="SIPp sends keys by a raw socket, which takes root's rights")
def test_a_key_answers_a_call_is_thanked_for_when_it_is_kept_and_what_is_taken_down_later_counts(
    county: County,
) -> None:
    set_phone(county, county.people["villager"], "13900000001")
    not_yet, thanks = (
        spoken("系统正忙，还没有记下。请不要挂机，或再按一次。"),
        spoken("已记录需要帮助，指挥中心马上看到。"),
    )
    with Listener() as listener, sipp("needs_help", listener) as exchange:
        config = VoiceConfig((exchange.url,), ring_s=20, repeats=1, patience_s=20, longest_s=20)
        record, kept_at = key_recorder(county.db, county.clock), list[int]()
        nobody = make_engine(f"postgresql+psycopg://fengsui@127.0.0.1:{free_port()}/fengsui")
        away = key_recorder(Database(nobody, county.clock), county.clock)

        def hear(attempt: str, heard: str) -> bool:
            """The database is away from the key until the telephone has heard that it is."""
            if heard == NEEDS_HELP and not_yet[:4000] not in listener.heard():
                return away(attempt, heard)
            done = record(attempt, heard)
            kept_at.append(len(listener.heard()) if heard == NEEDS_HELP else 0)
            return done

        voice = VoiceChannel(config, hear)
        owner = "host/w#1"
        caller = Caller(
            county.db, county.clock, senders({VOICE: voice}), owner, lambda _: False, CallerConfig(look_s=0.1)
        )
        thread = threading.Thread(target=caller.run)
        thread.start()
        try:
            check = begun(county, [VOICE])
            until(lambda: people(county, check)["villager"]["answer"] == NEEDS_HELP, within_s=60)
            until(lambda: tries(county)[0].state == "done", within_s=60)
            assert (tries(county)[0].outcome, exchange.errors()) == ("confirmed", "")
            assert listener.heard().index(not_yet[:4000]) < kept_at[-1] <= listener.heard().index(thanks)
        finally:
            caller.stop()
            thread.join(10)
    villager = f"person:{county.people['villager']}"
    replied(county, check, villager, reply(SAFE))
    found = people(county, check)["villager"]
    assert (found["answer"], found["replies"]) == (SAFE, 2)
