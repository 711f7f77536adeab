"""Write the migration that brings the last one to the mapped classes: scripts/make_migration.py "what changes".

Until the first release the schema is one revision, rewritten: scripts/make_migration.py --initial.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from command.kernel.db import make_engine
from web.migrate import SCRIPTS

CUSTOM = ("UtcDateTime", "JsonText", "SealedText")


def render(kind: str, item: object, context: object) -> str | bool:
    """Our own types as what they are in the database, so that old migrations do not change with our code."""
    if kind == "type" and type(item).__name__ in CUSTOM:
        return "sa.DateTime(timezone=True)" if type(item).__name__ == "UtcDateTime" else "sa.Text()"
    return False


def main(message: str) -> None:
    """Autogenerate against a fresh database that ran what exists."""
    versions = SCRIPTS / "versions"
    if message == "--initial":
        for old in versions.glob("*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/schema.db")
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(SCRIPTS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            number = f"{len(list(versions.glob('*.py'))) + 1:04d}"
            text = "Initial schema" if message == "--initial" else message
            config.attributes["render_item"] = render
            written = command.revision(config, text, autogenerate=True, rev_id=number)
    path = Path(written.path)  # type: ignore[union-attr]  # one revision was asked for
    subprocess.run(["ruff", "check", "--fix", "-q", str(path)], check=False)
    subprocess.run(["ruff", "format", "-q", str(path)], check=False)
    print(path.name)


if __name__ == "__main__":
    main(sys.argv[1])
