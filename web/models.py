"""All mapped tables of all packages: importing this module completes `Base.metadata`."""

from command.directory import model as directory
from command.kernel import timeline
from command.kernel.db import Base

METADATA = Base.metadata
MODULES = (timeline, directory)
