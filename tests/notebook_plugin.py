"""How the notebooks are run as tests: `pytest -p tests.notebook_plugin --nbval-lax ... notebooks solutions`.

With --twice each cell runs twice in a row: the second run must do no harm. Else a lesson's last test is that its
cells printed as many words as lessons/NN_name/printed.json says; with --keep-printed they are written there, if every
cell passed.

Every kernel gets the startup files of tests/ipython_startup, a course home of this run's own, and no network but
loopback (tests/no_network). tests/quiz_driver.py drives what they show. At the end the run fails if a question was
never shown, or if anything tried to reach another computer.
"""
import os
import shutil
import tempfile
from pathlib import Path

import pytest

pytest_plugins = ["tests.quiz_driver"]
TESTS = Path(__file__).resolve().parent
LESSONS = TESTS.parent / "lessons"
scratch_key = pytest.StashKey[Path]()
failed_key = pytest.StashKey[bool]()  # of a cell


def pytest_addoption(parser):
    parser.addoption("--twice", action="store_true", help="run every cell twice in a row, as a student may")
    parser.addoption("--keep-printed", action="store_true", help="write how many words each cell of a lesson prints")


def pytest_configure(config):
    every_cell_twice() if config.option.twice else words_at_the_end()
    if hasattr(config, "workerinput"):
        return  # a worker of xdist inherits the environment made below
    scratch = Path(tempfile.mkdtemp(prefix="course-notebooks-"))
    config.stash[scratch_key] = scratch
    startup = scratch / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    for path in sorted((TESTS / "ipython_startup").glob("*.py")):
        shutil.copy(path, startup)
    for name in ("HF_HUB_OFFLINE", "MPLBACKEND"):  # as a student has it: the guard alone keeps the network away
        os.environ.pop(name, None)
    os.environ.update(
        IPYTHONDIR=str(scratch / "ipython"),
        COURSE_HOME=str(scratch / "home"),
        COURSE_NETWORK_LOG=str(scratch / "network.log"),
        PYTHONPATH=os.pathsep.join([str(TESTS / "no_network"), str(TESTS.parent)]),
    )


def every_cell_twice() -> None:
    """From here on nbval takes each cell of a notebook twice in a row, in the same kernel."""
    from nbval.plugin import IPyNbCell, IPyNbFile

    once = IPyNbFile.collect

    def collect(self):
        for cell in once(self):
            yield cell
            yield IPyNbCell.from_parent(self, name=f"{cell.name} again", cell_num=cell.cell_num, cell=cell.cell,
                                        options=cell.options)

    IPyNbFile.collect = collect


def words_at_the_end() -> None:
    """From here on nbval ends each lesson with a test of the words that it printed."""
    from nbval.plugin import IPyNbFile

    once = IPyNbFile.collect

    def collect(self):
        cells = list(once(self))
        yield from cells
        if self.path.parent.name == "notebooks" and (LESSONS / self.path.stem).is_dir():
            yield PrintedWords.from_parent(self, name="printed words", cells=cells)

    IPyNbFile.collect = collect


class PrintedWords(pytest.Item):
    """The words that a lesson's cells printed in this run, beside those that its minutes are computed from."""

    def __init__(self, cells: list, **named):
        super().__init__(**named)
        self.cells = cells

    def runtest(self) -> None:
        from course_lib.builder.printed import counted, other_length, printed_words, write_printed

        if any(cell.test_outputs is None for cell in self.cells):
            pytest.skip("not every cell was run")
        if failed := [one.cell.id for one in self.cells if one.stash.get(failed_key, False)]:
            pytest.skip(f"the cell {failed[0]!r} failed, so what it prints counts nothing and is not written")
        folder = LESSONS / self.path.stem
        counts = {one.cell.id: printed_words(one.test_outputs) for one in self.cells if counted(one.cell)}
        if self.config.option.keep_printed:
            write_printed(folder, counts)
        if problem := other_length(folder, counts):
            raise AssertionError(problem)

    def repr_failure(self, excinfo) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple:
        return self.path, 0, f"{self.path.name}: printed words"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.stash[failed_key] = item.stash.get(failed_key, False) or report.failed
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    scratch = session.config.stash.get(scratch_key, None)
    if scratch is None:
        return
    problems = network_problems(scratch / "network.log")
    shutil.rmtree(scratch, ignore_errors=True)
    if problems:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for problem in problems:
            reporter.write_line(f"\nFAILED {problem}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def network_problems(log: Path) -> list[str]:
    hosts = sorted(set(log.read_text(encoding="utf-8").split())) if log.exists() else []
    return [f"A notebook tried to reach {host}; lessons need no network." for host in hosts]
