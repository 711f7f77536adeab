"""The addresses of webhooks."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.db import Base, SealedText
from command.kernel.values import State

URL, SECRET = "webhook.url", "webhook.secret"


class Webhook(Base):
    """The address of a terminal of the kind `webhook`. Address and secret let others write to the group: they are
    sealed, no reader gets them, and they are on no timeline."""

    __tablename__ = "webhook"

    terminal_id: Mapped[str] = mapped_column(ForeignKey("terminal.id"), primary_key=True)
    form: Mapped[str] = mapped_column(String(16))
    host: Mapped[str] = mapped_column(String(253))
    url: Mapped[str] = mapped_column(SealedText)
    secret: Mapped[str] = mapped_column(SealedText)

    def state(self) -> State:
        """What may be shown: no address and no secret."""
        return {"form": self.form, "host": self.host, "signed": bool(self.secret)}
