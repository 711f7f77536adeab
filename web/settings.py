"""Settings, read once at the start of a process and handed on as narrow values.

Environment (`FENGSUI_*`) over the TOML file named by `FENGSUI_CONFIG` over `settings.json` in the data folder, which
the administrator's page writes.
"""

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


def _several(value: object) -> object:
    """One address, or several as a list, which the environment writes as JSON."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.startswith("[") else [value] if value else []


Addresses = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_several)]
"""Of servers that stand in for each other, the one that is asked first at the front."""


class Settings(BaseSettings):
    """Everything that can be configured; empty addresses mean "not there", never a guess."""

    model_config = SettingsConfigDict(env_prefix="FENGSUI_", extra="ignore", frozen=True)

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = Field(default=8443, ge=0, le=65535)
    plain_http: bool = False
    demo: bool = False
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    trusted_proxies: str = ""
    public_url: str = Field(default="", pattern=r"^(https?://[^/\s]+/)?$")

    secrets_key: SecretStr = SecretStr("")
    database_url: SecretStr = SecretStr("")
    broker_url: SecretStr = SecretStr("")

    media_address: tuple[str, ...] = ()
    media_host: str = "0.0.0.0"  # noqa: S104 (terminals of the whole network send here)
    media_port: int = Field(default=40000, ge=0, le=65535)
    media_step: Literal["auto", "python", "compiled"] = "auto"
    media_sheds: bool = True
    media_recordings: Path | None = None
    media_dscp_speech: int = Field(default=46, ge=0, le=63)
    media_dscp: int = Field(default=34, ge=0, le=63)
    turn_urls: tuple[str, ...] = ()
    turn_secret: SecretStr = SecretStr("")
    media_control_host: str = "127.0.0.1"
    media_control_port: int = Field(default=0, ge=0, le=65535)
    media_control_token: SecretStr = SecretStr("")
    media_nodes: Annotated[int, Field(ge=1, le=16)] | tuple[str, ...] = 1
    workers: Annotated[int, Field(ge=1, le=16)] = 1

    smtp_url: Addresses = ()
    sms_urls: tuple[SecretStr, ...] = ()
    sms_text: Literal["short", "medium"] = "short"
    push_hosts: tuple[str, ...] = ()
    push_contact: str = ""
    webhook_hosts: tuple[str, ...] = ()
    webhook_ca: str = ""
    mail_from: str = "fengsui@localhost"
    mqtt_url: SecretStr = SecretStr("")
    loudspeaker_key: SecretStr = SecretStr("")
    receipt_token: SecretStr = SecretStr("")
    sip_url: Addresses = ()
    sip_lines: int = Field(default=10, ge=1, le=200)
    sip_voice: str = "cmn-latn-pinyin"
    sip_ring_s: float = Field(default=40.0, ge=5, le=180)
    sip_repeats: int = Field(default=2, ge=1, le=5)
    sip_patience_s: float = Field(default=8.0, ge=2, le=60)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of the module's docstring."""
        toml = os.environ.get("FENGSUI_CONFIG")
        files = [TomlConfigSettingsSource(settings_cls, toml)] if toml else []
        return (init_settings, env_settings, *files)

    @classmethod
    def read(cls, data: Path | None = None, **given: Any) -> "Settings":
        """The settings of the data folder `data`, or of the one that environment or TOML file name.

        `given` (a command line) stands above everything.
        """
        named = {**given, "data": data} if data is not None else given
        stated = cls(**named)
        path = stated.data / "settings.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        untouched = {name: value for name, value in kept.items() if name not in stated.model_fields_set}
        return cls(**untouched, **named)

    def database(self) -> str:
        """The database's URL; the embedded profile's file where none is set."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data / 'fengsui.db'}"

    def embedded(self) -> bool:
        """Whether this is the profile of one machine with one database file."""
        return self.database().startswith("sqlite")
