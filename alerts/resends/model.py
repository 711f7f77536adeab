"""The county's own policies of what is sent again, each version kept."""

from sqlalchemy.orm import Mapped, mapped_column

from alerts.versions import Version
from command.kernel.db import Base, JsonText
from command.kernel.values import Json


class ResendPolicy(Version, Base):
    """The levels as in `data/resend.json`, None for those. Never changed, only followed."""

    __tablename__ = "resend_policy"

    levels: Mapped[Json] = mapped_column(JsonText)
