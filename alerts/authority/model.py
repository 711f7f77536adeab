"""The county's own tables of authority, each version kept."""

from sqlalchemy.orm import Mapped, mapped_column

from alerts.versions import Version
from command.kernel.db import Base, JsonText
from command.kernel.values import Json


class AuthorityTable(Version, Base):
    """Who may issue what in a county, as in `data/authority.json`, None for that one. Never changed, only followed."""

    __tablename__ = "authority_table"

    content: Mapped[Json] = mapped_column(JsonText)
