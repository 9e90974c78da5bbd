"""A JupyterLab of the tests' own, and a page of a real browser on one of its notebooks."""
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.hang import HANGS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
MAC = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
       "/Applications/Chromium.app/Contents/MacOS/Chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def find_browser() -> str | None:
    """A Chromium or Chrome of this computer, else playwright's own, which is fetched where that is possible."""
    named = os.environ.get("COURSE_BROWSER")
    here = [named] if named else [*filter(None, map(shutil.which, NAMES)), *MAC]
    for path in here:
        if Path(path).exists():
            return path
    return None if named else playwright_browser()


def playwright_browser() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    if not path.exists() and not os.environ.get("COURSE_NO_DOWNLOAD"):
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        with contextlib.suppress(subprocess.SubprocessError):
            subprocess.run(command, capture_output=True, timeout=HANGS)
    return str(path) if path.exists() else None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def own_folders(state: Path) -> dict[str, str]:
    """The variables that keep a Jupyter from this computer's own settings, each with a new folder below `state`."""
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
             "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
    folders = {name: str(state / name.lower()) for name in names}
    for path in folders.values():
        Path(path).mkdir(parents=True)
    return folders


class Lab:
    """JupyterLab on `folder`, with settings of its own under `state`; use as a context manager."""

    def __init__(self, folder: Path, state: Path):
        self.folder, self.state, self.token, self.port = folder, state, secrets.token_hex(16), free_port()
        self.address = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        folders = own_folders(self.state)
        overrides = Path(folders["JUPYTER_CONFIG_DIR"]) / "labconfig" / "default_setting_overrides.json"
        overrides.parent.mkdir()
        overrides.write_text(json.dumps(QUIET), encoding="utf-8")
        environment = {**os.environ, **folders}
        for name in ("MPLBACKEND", "COURSE_HOME"):  # as a student has it: inline figures, progress beside the copy
            environment.pop(name, None)
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
                   f"--port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}",
                   f"--ServerApp.root_dir={self.folder}"]
        self.log = open(self.state / "jupyter.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        self.wait()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(HANGS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def wait(self):
        for _ in range(HANGS * 4):
            with contextlib.suppress(OSError):
                self.ask("GET", "/api/status")
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.25)
        raise RuntimeError("JupyterLab did not start:\n" + (self.state / "jupyter.log").read_text(encoding="utf-8"))

    def ask(self, method: str, path: str, body: dict | None = None):
        """One request to the server's own interface; the JSON that it answers, or None."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=HANGS) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def start_kernel(self, notebook: str) -> str:
        """Begin the notebook's session before the page opens: the page then finds a kernel at once."""
        body = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": "python3"}}
        return self.ask("POST", "/api/sessions", body)["kernel"]["id"]

    def restart_kernel(self, kernel: str):
        self.ask("POST", f"/api/kernels/{kernel}/restart")

    def page_of(self, notebook: str) -> str:
        return f"{self.address}/lab/tree/{notebook}?token={self.token}&reset"


def open_notebook(page, lab: Lab, notebook: str):
    """Open the page, and wait until it is ready."""
    page.goto(lab.page_of(notebook))
    wait_until_ready(page)


def wait_until_ready(page):
    """JupyterLab's splash has gone, the first cell is there, and the notebook has found its kernel.

    Without a kernel, Run All Cells asks for one instead of running.
    """
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.locator(".jp-KernelName").filter(has_text="Python 3").wait_for()


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
