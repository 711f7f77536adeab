"""gis/data/leaflet/ from the npm package leaflet (BSD-2-Clause): the script, the style and the licence, unchanged."""

import shutil
from pathlib import Path

FILES = ("dist/leaflet.js", "dist/leaflet.css", "LICENSE")


def write(package: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(package / name, folder / Path(name).name)
