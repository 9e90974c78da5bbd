"""`course lab`: a working copy of the notebooks for the student, opened in JupyterLab.

The clone stays clean: the student works in my-course/. A notebook that the student changed is never
overwritten; what counts is its cells' sources, for JupyterLab saves outputs and metadata by itself.
"""
import argparse
import hashlib
import json
import os
import secrets
import shutil
import socket
import tempfile
from pathlib import Path

from course_lib.build.root import find_root
from course_lib.errors import CourseError

FOLDERS = ("notebooks", "exercises")
MARKER = ".course-working-copy"
FIRST = "notebooks/00_start_here.ipynb"
NO_POP_UPS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def fingerprint(path: Path) -> str | None:
    """A digest of the cells' kinds and sources; None for a file that is no notebook."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except (ValueError, KeyError, TypeError):
        return None
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def update_copy(root: Path, copy: Path) -> list[str]:
    """Bring the working copy `copy` up to date with the clone `root`; say what was done, a line each.

    Raises CourseError where `copy` is a folder of something else, or the clone holds no notebooks.
    """
    given = [path for folder in FOLDERS for path in sorted((root / folder).glob("*.ipynb"))]
    if not given:
        raise CourseError(f"There are no notebooks in {root / FOLDERS[0]}. Run `course build` there first.")
    marker = copy / MARKER
    if copy.exists() and not copy.is_dir():
        raise CourseError(f"{copy} is a file. Choose a folder for your working copy: course lab --dir NAME.")
    if copy.is_dir() and any(copy.iterdir()) and not marker.exists():
        raise CourseError(f"{copy} is not empty and is no working copy of this course. Nothing was touched. "
                          "Choose another folder: course lab --dir NAME.")
    state, first, said = read_state(marker), not marker.exists(), []
    copy.mkdir(parents=True, exist_ok=True)
    for source in given:
        said += update_one(source, copy, source.relative_to(root).as_posix(), state)
        marker.write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return [f"{len(given)} notebooks copied"] if first else said


def read_state(marker: Path) -> dict:
    """{path: {"given": fingerprint of what the course put there, "offered": of a newer one beside it}}."""
    try:
        state = json.loads(marker.read_text(encoding="utf-8"))
        return state if isinstance(state, dict) else {}
    except (OSError, ValueError):
        return {}


def update_one(source: Path, copy: Path, name: str, state: dict) -> list[str]:
    """Update one notebook, called `name` in the copy; changes its entry in `state`."""
    target, new = copy / name, fingerprint(source)
    entry = state.setdefault(name, {})
    if not target.exists():
        put(source, target)
        state[name] = {"given": new}
        return [f"new: {name}"]
    mine = fingerprint(target)
    if mine == new:
        state[name] = {"given": new}
        return []
    if mine and mine in (entry.get("given"), entry.get("offered")):
        put(source, target)
        state[name] = {"given": new}
        return [f"updated: {name}"]
    if new == entry.get("offered") or (mine and new == entry.get("given")):
        return []
    beside = free_name(target, state, copy)
    put(source, beside)
    entry["offered"] = new
    offered = beside.relative_to(copy).as_posix()
    state[offered] = {"given": new}
    why = "it has your changes; the newer version" if mine else "it cannot be read; the course's version"
    return [f"kept: {name} ({why} is beside it: {offered})"]


def free_name(target: Path, state: dict, copy: Path) -> Path:
    """NAME.new.ipynb, or NAME.new-2.ipynb and so on: the first that is free or that was left as it was."""
    number = 1
    while True:
        beside = target.with_name(f"{target.stem}.new{'' if number == 1 else f'-{number}'}.ipynb")
        entry = state.get(beside.relative_to(copy).as_posix(), {})
        if not beside.exists() or fingerprint(beside) == entry.get("given", ""):
            return beside
        number += 1


def put(source: Path, target: Path) -> None:
    """Copy so that no half-written notebook is ever seen. The copy is writable, whatever the clone allows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, beside)
    beside.replace(target)


def free_port(wanted: int, tries: int = 50) -> int:
    """`wanted`, or the next port that nobody on this computer listens on."""
    for port in range(wanted, min(wanted + tries, 65536)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise CourseError(f"None of the ports from {wanted} on is free. Choose another: course lab --port 9000.")


def serve(copy: Path, port: int, browser: bool) -> int:
    """Run JupyterLab on the working copy until it is stopped; the user's own Jupyter settings stay in force.

    News and update pop-ups are off by default, through a settings folder that is gone when the server stops.
    """
    try:
        from jupyterlab.labapp import LabApp
    except ImportError as error:
        raise CourseError("No JupyterLab here. Install it: pip install 'course-lib[lab]'") from error
    root = hasattr(os, "geteuid") and os.geteuid() == 0    # as in a container
    token, page = secrets.token_hex(24), f"/lab/tree/{FIRST}" if (copy / FIRST).exists() else "/lab"
    address = f"http://127.0.0.1:{port}{page}?token={token}"
    print(f"\nOpen the course at\n\n    {address}\n\nCtrl+C here stops it.\n", flush=True)
    with tempfile.TemporaryDirectory() as quiet:
        (Path(quiet) / "labconfig").mkdir()
        (Path(quiet) / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(NO_POP_UPS))
        paths = [quiet, *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(paths)
        LabApp.launch_instance([
            f"--ServerApp.root_dir={copy}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0", f"--ServerApp.open_browser={browser}",
            f"--IdentityProvider.token={token}", f"--LabApp.default_url={page}",
            "--Application.log_level=WARN", *(["--allow-root"] if root else []),
        ])
    return 0


def main(argv: list[str]) -> int:
    """Copy, then serve; --no-open only copies."""
    parser = argparse.ArgumentParser(prog="course lab", description="Open the course in JupyterLab, in "
                                     "a working copy of your own. What you changed is never overwritten.")
    parser.add_argument("--port", type=int, default=8888, help="the port; if taken, the next free one")
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    parser.add_argument("--dir", type=Path, help="the working copy (default: my-course, in the clone)")
    parser.add_argument("--no-open", action="store_true", help="only bring the working copy up to date")
    options = parser.parse_args(argv)
    if not 1 <= options.port <= 65535:
        raise CourseError(f"--port {options.port}: a port is a number from 1 to 65535.")
    root = find_root("notebooks")
    copy = (options.dir or root / "my-course").expanduser().resolve()
    said = update_copy(root, copy)
    print(f"Your working copy: {copy}", *(f"  {line}" for line in said), sep="\n")
    if options.no_open:
        return 0
    port = free_port(options.port)
    if port != options.port:
        print(f"Port {options.port} is taken, so the course is at port {port}.")
    return serve(copy, port, not options.no_browser)
