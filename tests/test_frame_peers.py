"""The servers of the tests answer, are each test's own, and never outlive the tests."""

import queue
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import amqp
import paho.mqtt.client as mqtt
import pytest
import redis
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import create_engine, text

from tests.peers.mosquitto import MosquittoServer
from tests.peers.ports import accepts
from tests.peers.postgres import PostgresServer
from tests.peers.rabbitmq import RabbitmqServer
from tests.peers.redis import RedisServer
from tests.peers.smtp import SmtpServer
from tests.waiting import until


def test_a_postgres_database_has_postgis(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        metres = connection.execute(
            text("SELECT ST_Distance('POINT(101.5 25.0)'::geography, 'POINT(101.6 25.0)'::geography)")
        ).scalar_one()
    engine.dispose()
    assert metres == pytest.approx(10_096, abs=10)


@pytest.mark.parametrize("_turn", [1, 2])
def test_each_test_has_an_empty_database(postgres_url: str, _turn: int) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE only_once (id int)"))
    engine.dispose()


def test_a_database_is_copied_from_a_template(postgres_server: PostgresServer) -> None:
    template = postgres_server.create_database()
    engine = create_engine(postgres_server.url(template))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE copied AS SELECT 7 AS answer"))
    engine.dispose()
    copy = create_engine(postgres_server.url(postgres_server.create_database(template)))
    with copy.connect() as connection:
        assert connection.execute(text("SELECT answer FROM copied")).scalar_one() == 7
    copy.dispose()


def test_rabbitmq_carries_a_message(rabbitmq_server: RabbitmqServer) -> None:
    with amqp.Connection(f"127.0.0.1:{rabbitmq_server.port}") as connection:
        channel = connection.channel()
        channel.queue_declare("frame", exclusive=True)
        channel.basic_publish(amqp.Message("wake up"), routing_key="frame")
        until(lambda: (got := channel.basic_get("frame", no_ack=True)) and got.body == "wake up")


def test_redis_keeps_a_value(redis_server: RedisServer) -> None:
    client = redis.Redis.from_url(redis_server.url)
    client.set("frame", "kept")
    assert client.get("frame") == b"kept"
    client.close()


def test_mosquitto_carries_a_message(mosquitto_server: MosquittoServer) -> None:
    received: queue.Queue[bytes] = queue.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)

    @client.connect_callback()
    def subscribe(*_: object) -> None:
        client.subscribe("loudspeaker/1", qos=1)

    @client.subscribe_callback()
    def publish(*_: object) -> None:
        client.publish("loudspeaker/1", b"speak", qos=1)

    @client.message_callback()
    def keep(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        received.put(bytes(message.payload))

    client.connect(mosquitto_server.host, mosquitto_server.port)
    client.loop_start()
    assert received.get(timeout=10) == b"speak"
    client.disconnect()
    client.loop_stop()


def test_the_mail_server_keeps_mail_and_refuses_on_request(smtp_server: SmtpServer) -> None:
    smtp_server.refusals["full@example.org"] = "452 4.2.2 mailbox full"
    message = EmailMessage()
    message["Subject"] = "暴雨红色预警"
    message.set_content("立即转移。")
    with smtplib.SMTP(smtp_server.host, smtp_server.port) as client:
        refused = client.send_message(message, "county@example.org", ["full@example.org", "town@example.org"])
    assert refused == {"full@example.org": (452, b"4.2.2 mailbox full")}
    (mail,) = smtp_server.mails
    assert (mail.sender, mail.recipients) == ("county@example.org", ("town@example.org",))
    assert mail.message["Subject"] == "暴雨红色预警"


_STARTS = """
import signal
from tests.peers.{name} import {name}
with {name}() as server:
    print(server.port, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("name", ["postgres", "rabbitmq", "redis", "mosquitto"])
def test_a_server_goes_when_the_tests_are_killed(name: str) -> None:
    root = Path(__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", _STARTS.format(name=name)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        port = int(tests.stdout.readline())
        assert accepts(port)
        tests.kill()
    until(lambda: not accepts(port))
