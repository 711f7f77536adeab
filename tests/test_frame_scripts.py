"""The set-up scripts on machines that lack something: one plain sentence, and nothing touched without need.

The machine is a folder of programs on PATH; what would change the real one is a fake that notes its words.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_TOOLS = ("bash", "cat", "chmod", "cut", "dirname", "env", "find", "grep", "head", "mktemp", "rm", "sha256sum")
# As the real one it reads what is piped into it.
_SUDO = 'echo "$*" >>"$NOTES"; case "$*" in tee*|*" tee "*) cat >/dev/null ;; esac'
_INSTALLED = '; case "$*" in *" install "*) echo "exit 0" >"${0%/*}/python3" ;; esac'
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_MORE_TOOLS = ("sleep", "sort", "tail", "tee", "xargs")


@dataclass(frozen=True)
class Machine:
    """A copy of the scripts beside a PATH of our making."""

    folder: Path

    def add(self, name: str, script: str) -> None:
        path = self.folder / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(self, script: str, *words: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": str(self.folder / "bin"), "NOTES": str(self.folder / "notes"), "HOME": os.devnull}
        return subprocess.run(
            [str(self.folder / "scripts" / script), *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def notes(self) -> list[str]:
        path = self.folder / "notes"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("data", "__pycache__"))
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    (tmp_path / "web/ui").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / "web/ui" / name, tmp_path / "web/ui")
    (tmp_path / "bin").mkdir()
    for name in (*_TOOLS, *_MORE_TOOLS):
        found = shutil.which(name)
        assert found is not None, name
        (tmp_path / "bin" / name).symlink_to(found)
    return Machine(tmp_path)


@pytest.fixture
def bare(machine: Machine) -> Machine:
    """A Debian without python3-venv whose user may use sudo; nothing is really installed."""
    machine.add("python3", "case $2 in *ensurepip*) exit 1 ;; esac; exit 0")
    machine.add("id", "echo 1000")
    machine.add("apt-get", "exit 0")
    machine.add("sudo", _SUDO + _INSTALLED)
    machine.add("systemctl", "exit 0")
    return machine


def sentence(result: "subprocess.CompletedProcess[str]") -> str:
    """What a failing script says: exactly one line."""
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    return line


def test_no_python_is_one_sentence(machine: Machine) -> None:
    assert sentence(machine.run("setup-python.sh", "requirements.lock")).startswith("Python 3.11 or newer is needed")


def test_an_old_python_is_one_sentence(machine: Machine) -> None:
    machine.add("python3", "exit 1")
    assert "was not found: install it" in sentence(machine.run("setup-python.sh", "requirements.lock"))


def test_no_node_is_one_sentence(machine: Machine) -> None:
    assert sentence(machine.run("setup-ui.sh")).startswith("Node.js 20 or newer with npm is needed")


def test_an_old_node_is_one_sentence(machine: Machine) -> None:
    machine.add("npm", "exit 1")
    machine.add("node", '[ "$1" = --version ] && echo v18.20.4; exit 1')
    assert "here is v18.20.4" in sentence(machine.run("setup-ui.sh"))


def test_no_rights_is_one_sentence_with_the_command(bare: Machine) -> None:
    bare.add("sudo", "exit 1")
    assert "sudo apt-get install python3-venv" in sentence(bare.run("install-debian.sh", "venv"))


def test_the_bench_lacks_a_peer_a_compiler_and_a_network(bare: Machine) -> None:
    bare.add("sudo", "exit 1")
    # Where this machine has the tools in sbin they are found: the script looks there too.
    tools = {"janus": "janus", "cc": "gcc libc6-dev", "ip": "iproute2", "unshare": "util-linux"}
    there = [name for name in tools if any((Path(sbin) / name).exists() for sbin in _SBIN)]
    lacking = " ".join(package for name, package in tools.items() if name not in there)
    assert f"sudo apt-get install {lacking}" in sentence(bare.run("install-debian.sh", "bench"))
    for name in tools:
        bare.add(name, "exit 0")
    assert bare.run("install-debian.sh", "bench").returncode == 0


def test_another_system_is_one_sentence(bare: Machine) -> None:
    (bare.folder / "bin/apt-get").unlink()
    assert "not a Debian system" in sentence(bare.run("install-debian.sh", "venv"))


def test_nothing_is_touched_where_nothing_is_missing(bare: Machine) -> None:
    bare.add("python3", "exit 0")
    assert bare.run("install-debian.sh", "venv").returncode == 0
    assert bare.notes() == []


@pytest.mark.skipif(Path("/usr/sbin/policy-rc.d").exists(), reason="this machine has a policy of its own")
def test_services_are_held_back_while_a_package_is_installed(bare: Machine) -> None:
    result = bare.run("install-debian.sh", "venv")
    assert result.returncode == 0, result.stderr
    steps = [note.removeprefix("env DEBIAN_FRONTEND=noninteractive ") for note in bare.notes()]
    words = ["-n true", "tee", "chmod", "apt-get", "apt-get", "systemctl", "systemctl", "rm"]
    assert [step.startswith(word) for step, word in zip(steps, words, strict=True)] == [True] * len(words)
    assert steps[3].endswith("update")
    assert steps[4].endswith("install --yes --no-install-recommends python3-venv")
    assert steps[-1] == "rm -f /usr/sbin/policy-rc.d"


@pytest.mark.skipif(Path("/usr/sbin/policy-rc.d").exists(), reason="this machine has a policy of its own")
def test_the_policy_goes_also_when_the_installation_fails(bare: Machine) -> None:
    bare.add("sudo", _SUDO + '; case "$*" in *install*) exit 100 ;; esac')
    result = bare.run("install-debian.sh", "venv")
    assert result.returncode == 1
    assert bare.notes()[-1].endswith("rm -f /usr/sbin/policy-rc.d")


def test_what_an_installation_did_not_bring_is_named(bare: Machine) -> None:
    bare.add("sudo", _SUDO)
    assert sentence(bare.run("install-debian.sh", "venv")) == "Still missing after the installation: python3-venv."


def test_an_unknown_set_is_refused(machine: Machine) -> None:
    assert "knows venv, speakers, tests and bench" in machine.run("install-debian.sh", "everything").stderr
