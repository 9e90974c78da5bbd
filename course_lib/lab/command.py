"""`course lab`: the student's working copy of the notebooks, opened in JupyterLab.

The clone stays clean: the student works in my-course/ (see working_copy.py).
"""
import argparse
import json
import os
import secrets
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from course_lib.display import course
from course_lib.errors import CourseError
from course_lib.files import user_path
from course_lib.lab.working_copy import another_folder, update_copy
from course_lib.root import COPY, find_root

FIRST = "notebooks/00_start_here.ipynb"
NO_POP_UPS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def free_port(wanted: int, tries: int = 50) -> int:
    """`wanted`, or the next port that nobody on this computer listens on."""
    for port in range(wanted, min(wanted + tries, 65536)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise CourseError(f"None of the ports from {wanted} on is free. Choose another: {course('lab --port 9000')}.")


def serve(copy: Path, port: int, browser: bool) -> int:
    """Run JupyterLab on the working copy until it is stopped; the user's own Jupyter settings stay in force.

    News and update pop-ups are off by default, through a settings folder that is gone when the server stops.
    """
    try:
        from jupyterlab.labapp import LabApp
    except ImportError as error:
        raise CourseError("No JupyterLab here. Install it: pip install 'course-lib[lab]'") from error
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0    # as in a container
    token, page = secrets.token_hex(24), f"/lab/tree/{FIRST}" if (copy / FIRST).exists() else "/lab"
    address = f"http://127.0.0.1:{port}{page}?token={token}"
    with suppress(KeyboardInterrupt), tempfile.TemporaryDirectory() as quiet:  # pressed before the server hears it
        print(f"\nOpen the course at\n\n    {address}\n\nCtrl+C here stops it.\n", flush=True)
        (Path(quiet) / "labconfig").mkdir()
        (Path(quiet) / "labconfig" / "default_setting_overrides.json").write_text(
            json.dumps(NO_POP_UPS), encoding="utf-8")
        paths = [quiet, *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(paths)
        own = [str(Path(sys.executable).parent), *filter(None, [os.environ.get("PATH")])]
        os.environ["PATH"] = os.pathsep.join(own)  # its terminals, and !course in a cell, find this `course`
        LabApp.launch_instance([
            f"--ServerApp.root_dir={copy}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0", f"--ServerApp.open_browser={browser}",
            f"--IdentityProvider.token={token}", f"--LabApp.default_url={page}",
            "--ServerApp.answer_yes=True",  # or Ctrl+C asks first, and goes on if there is no answer
            "--Application.log_level=WARN", *(["--allow-root"] if as_root else []),
        ])
    print(f"\nStopped. Your work is kept in {copy}; open it again as you did now.")
    return 0


def folder(given: str) -> Path:
    """The whole path of the folder that --dir names; CourseError where it can be none."""
    try:
        return user_path(given).resolve()
    except (OSError, RuntimeError):  # links that lead to each other
        raise CourseError(f"{given} leads nowhere. {another_folder()}") from None


def main(argv: list[str]) -> int:
    """Copy, then serve; --no-open only copies."""
    parser = argparse.ArgumentParser(prog="course lab", description="Open the course in JupyterLab, in "
                                     "a working copy of your own. What you changed is never overwritten.")
    parser.add_argument("--port", type=int, default=8888, help="the port; if taken, the next free one")
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    parser.add_argument("--dir", help="the working copy (default: my-course, in the clone)")
    parser.add_argument("--no-open", action="store_true", help="only bring the working copy up to date")
    options = parser.parse_args(argv)
    if not 1 <= options.port <= 65535:
        raise CourseError(f"--port {options.port}: a port is a number from 1 to 65535.")
    root = find_root("notebooks")
    copy = root / COPY if options.dir is None else folder(options.dir)
    said = update_copy(root, copy)
    print(f"Your working copy: {copy}", *(f"  {line}" for line in said), sep="\n")
    if options.no_open:
        return 0
    port = free_port(options.port)
    if port != options.port:
        print(f"Port {options.port} is taken, so the course is at port {port}.")
    return serve(copy, port, not options.no_browser)
