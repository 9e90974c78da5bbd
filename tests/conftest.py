"""What every test gets: no hub, one thread, no window, and an empty course home of its own."""
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "agg"
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest  # noqa: E402

import course_lib  # noqa: E402, F401  before torch: its threads then wait asleep
from tests import closeness  # noqa: E402
from tests.hang import HANGS  # noqa: E402

WRITTEN = pytest.StashKey[dict[str, set[str]]]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """file::function of every test that was found, with the names of its marks: before any is left out by a mark."""
    found = config.stash.setdefault(WRITTEN, {})
    for item in items:
        name = f"{item.nodeid.partition('::')[0]}::{getattr(item, 'originalname', item.name)}"
        found.setdefault(name, set()).update(mark.name for mark in item.iter_markers())


@pytest.fixture(autouse=True)
def course_home(tmp_path, monkeypatch):
    """The folder that keeps answers and predictions: a new one for every test."""
    home = tmp_path / "course-home"
    monkeypatch.setenv("COURSE_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def tolerance_used(request):
    """The largest error over tolerance of the test goes into its report."""
    closeness.ratios.clear()
    yield
    if closeness.ratios:
        request.node.user_properties.append(("tolerance used", max(closeness.ratios)))


def pytest_terminal_summary(terminalreporter):
    """The tests that use the most of their tolerance."""
    used = {report.nodeid: value for report in terminalreporter.stats.get("", ())  # the reports of the tests' ends
            for name, value in report.user_properties if name == "tolerance used"}
    if used:
        worst = sorted(used, key=used.get, reverse=True)[:10]
        terminalreporter.section(f"error over tolerance: {len(used)} tests, largest {used[worst[0]]:.3f}")
        for test in worst:
            terminalreporter.line(f"{used[test]:.3f}  {test}")


@pytest.fixture
def open_folder():
    """A folder of this test's own that everybody may enter; pytest's are their owner's alone."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def as_somebody():
    """`with as_somebody():` the process is not root, who may write anywhere; the test must lie in open_folder."""
    @contextmanager
    def become():
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return become


@pytest.fixture
def refused_without_network(tmp_path):
    """refused_without_network(name, argument): what course_lib's function says, at the first try, where no
    computer is reached."""
    def run(name: str, argument: str) -> str:
        code = (f"from course_lib import {name}\ntry:\n    {name}({argument!r})\n"
                "except ValueError as error:\n    print(error)")
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent / "no_network"),
                       "HF_HOME": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "0",
                       "COURSE_NETWORK_LOG": str(tmp_path / "asked")}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True,
                              encoding="utf-8", timeout=HANGS)
        asked = (tmp_path / "asked").read_text(encoding="utf-8").split()
        assert done.stderr == "" and len(asked) <= 2, "each try more keeps a student waiting"
        return done.stdout

    return run


@pytest.fixture(scope="session")
def tokenizer():
    """A small one of the world's text; read it, change none of it."""
    from course_lib.models.tokenizer import train_tokenizer
    from course_lib.world import documents

    return train_tokenizer(documents("train", 0), count=300)


@pytest.fixture
def trainings(tokenizer, monkeypatch):
    """Experiments on a tiny model: what is trained, in order, with the sum of its parameters at the start. Nothing is.

    No test is scored: half of the answers are right.
    """
    from course_lib.experiments import run, setting, tuning
    from course_lib.training.plan import History
    from tests.tiny import tiny_model

    model, found = tiny_model("llama", len(tokenizer), spread=0.7, context=192, blocks=4), []

    def fit(model, tokenizer, task, method, *, learning_rate, seed, steps, **_):
        start = sum(one.sum().item() for one in method.parameters())
        found.append(SimpleNamespace(method=method, rows=task["train"], seed=seed, rate=learning_rate, steps=steps,
                                     start=start))
        next(method.parameters()).data += 0.01                      # another model, as after training
        return History([1.0] * 12, [0.1] * 12, [{"step": 1, "loss": 0.5}], 1)

    monkeypatch.setattr(setting, "load_model", lambda *_, **__: (model, tokenizer))
    monkeypatch.setattr(setting, "fit", fit)
    monkeypatch.setattr(tuning, "best_rate", lambda of, run, start: start)
    monkeypatch.setattr(setting, "evaluate", lambda *_: {"accuracy": 0.5})
    run.trained_at.cache_clear()
    yield found
    run.trained_at.cache_clear()


@pytest.fixture(scope="session")
def pair():
    """(model, tokenizer): orchard-s untrained; read it, change none of it."""
    from course_lib.models import load_model

    return load_model("orchard-s", random=True)
