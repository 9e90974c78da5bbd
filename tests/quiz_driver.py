"""The quiz checker: every quiz that a notebook shows is driven through its widget, against a key file.

This module is a pytest plugin for the notebook runs: it tells the kernels where to log, and fails the session
when a question of the key was never shown. In between, the startup file ipython_startup/20_quiz.py calls
`install()` in every kernel, which wraps the functions that show a quiz, a prediction and an outcome.
"""

import contextlib
import os
import re
import shutil
import tempfile
import tomllib
from pathlib import Path

TESTS = Path(__file__).resolve().parent
KEY = TESTS / "quiz_key.toml"


def read_key(path: Path = KEY) -> dict[str, dict]:
    """{"questions": {id: key}, "predictions": {id: guess}}."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def pytest_configure(config) -> None:
    if hasattr(config, "workerinput"):
        return  # a worker of xdist inherits the environment made below
    config.quiz_folder = Path(tempfile.mkdtemp(prefix="course-quiz-"))
    os.environ.update(
        COURSE_QUIZ_LOG=str(config.quiz_folder / "shown.log"), COURSE_QUIZ_TESTS=str(TESTS), COURSE_TEXT="0"
    )


def pytest_sessionfinish(session) -> None:
    folder = getattr(session.config, "quiz_folder", None)
    if folder is None:
        return
    missing = (
        []
        if session.config.option.collectonly
        else not_shown(folder / "shown.log", lessons_run(session.config.args))
    )
    shutil.rmtree(folder, ignore_errors=True)
    if missing:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for line in missing:
            reporter.write_line(f"\nFAILED {line}", red=True)
        session.exitstatus = 1


def lessons_run(args: list[str]) -> set[str]:
    """The lessons ("01") whose notebooks are among pytest's arguments."""
    paths = [Path(str(arg).split("::")[0]) for arg in args]
    files = [file for path in paths for file in (path.rglob("*.ipynb") if path.is_dir() else [path])]
    return {
        file.name[:2]
        for file in files
        if file.absolute().parent.name == "notebooks" and re.match(r"\d\d_.*(?<!_more)\.ipynb$", file.name)
    }


def not_shown(log: Path, lessons: set[str], key: dict | None = None) -> list[str]:
    """One sentence for each question or prediction of these lessons that no notebook showed."""
    shown = set(log.read_text(encoding="utf-8").splitlines()) if log.exists() else set()
    key = key or read_key()
    wanted = [("quiz", one) for one in key["questions"]]
    wanted += [(what, one) for one in key["predictions"] for what in ("predict", "reveal")]
    return [
        f'{what}("{one}") is in the key, but no notebook ran it'
        for what, one in wanted
        if one[:2] in lessons and f"{what} {one}" not in shown
    ]


@contextlib.contextmanager
def scratch_progress():
    """Inside, answers go to a folder of their own: the notebook goes on as a fresh student's."""
    before = os.environ.get("COURSE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COURSE_HOME"] = folder
        try:
            yield
        finally:
            os.environ.pop("COURSE_HOME")
            os.environ.update({} if before is None else {"COURSE_HOME": before})


def _log(what: str, one: str) -> None:
    with open(os.environ["COURSE_QUIZ_LOG"], "a", encoding="utf-8") as file:
        file.write(f"{what} {one}\n")


def check_question(view, key: dict) -> None:
    """Drives one shown question and asserts that its answers were kept."""
    from course_lib import progress
    from tests import quiz_widgets

    where = f"quiz {view.question.id}"
    quiz_widgets.require(view.question.id in key, where, "it is not in the key file")
    with scratch_progress():
        quiz_widgets.drive_question(view, key[view.question.id])
        kept = progress.summary()["answer"].get(view.question.id, {})
        quiz_widgets.require(kept.get("correct"), where, "the right answer was not kept in the progress file")


def check_prediction(view, key: dict) -> None:
    """Drives one shown prediction and asserts that its guess was kept."""
    from course_lib import progress
    from tests import quiz_widgets

    one = view.prediction.id
    quiz_widgets.require(one in key, f"prediction {one}", "it is not in the key file")
    with scratch_progress():
        view.prediction.check(key[one])
        quiz_widgets.drive_prediction(view, key[one])
        quiz_widgets.require(
            progress.latest("prediction", one), f"prediction {one}", "the guess was not kept"
        )


def check_reveal(prediction, measured, key: dict) -> None:
    """The measurement can be told beside the key's guess and beside none."""
    from course_lib.quiz import outcome

    measured = prediction.check(measured, "measurement")
    for guess in (None, {"guess": key[prediction.id], "confidence": 80}):
        rows = outcome.told(prediction, guess, measured)
        assert [name for name, _ in rows] == ["your guess", "measured", ""] and all(
            value for _, value in rows
        ), rows


def install() -> None:
    """Wraps what shows a question, a prediction and an outcome: shown, then driven, then logged."""
    from course_lib.quiz import outcome, view

    key = read_key()
    show_question, show_prediction, show_outcome = view.show_question, view.show_prediction, outcome.show

    def question(one):
        shown = show_question(one)
        check_question(shown, key["questions"])
        _log("quiz", one.id)
        return shown

    def prediction(one):
        shown = show_prediction(one)
        check_prediction(shown, key["predictions"])
        _log("predict", one.id)
        return shown

    def told(one, measured, in_notebook):
        check_reveal(one, measured, key["predictions"])
        show_outcome(one, measured, in_notebook)
        _log("reveal", one.id)

    view.show_question, view.show_prediction, outcome.show = question, prediction, told
