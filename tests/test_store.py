"""The store of runs: one that was stopped goes on, and nothing is taken from it that is not the very same run."""
import ast
import os
import pkgutil
import signal
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from course_lib import experiments, syntax
from course_lib.errors import CourseError
from course_lib.experiments import Setting, arm, experiment, kept, once, run, setting, store
from course_lib.methods import LoRA, LoReFT

LORA = arm(LoRA, 1e-3, rank=2)


@pytest.fixture
def asked(monkeypatch):
    """The seeds that were measured; weights and code are what the test says."""
    monkeypatch.setattr(store, "base_hash", lambda name: "aa")
    monkeypatch.setattr(store, "library", lambda: "now")
    return []


def measured(asked, path, seeds, any_code=False) -> list[float]:
    def measure(seed: int) -> dict[str, float]:
        asked.append(seed)
        return {"figure": seed / 3}

    with kept(path, any_code):
        return [once(measure, ("orchard-xs",), seed)["figure"] for seed in seeds]


def test_what_is_killed_goes_on(asked, tmp_path):
    def then_killed():
        yield from (0, 1)
        os.kill(os.getpid(), signal.SIGKILL)

    path = tmp_path / "runs.jsonl"
    if not (child := os.fork()):
        try:
            measured(asked, path, then_killed())
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert measured(asked, path, (0, 1, 2)) == [0, 1 / 3, 2 / 3] and asked == [2]
    assert measured(asked, path, (0, 1, 2)) == [0, 1 / 3, 2 / 3] and asked == [2]


def test_a_line_that_is_no_run_is_passed_over_with_a_word_and_no_run_is_lost(asked, tmp_path, capsys):
    path = tmp_path / "runs.jsonl"
    measured(asked, path, (0, 1))
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b'{"of": {}, "code": "now", "figures": {"figure": "1"}}\n\xff\n[]\n' + second[:-30])
    assert measured(asked, path, (0, 1, 2)) == [0, 1 / 3, 2 / 3] and asked == [0, 1, 1, 2]
    assert "passed over, are the lines 2, 3, 4, 5." in capsys.readouterr().out
    measured(asked, path, (0, 1, 2))
    assert asked == [0, 1, 1, 2] and path.read_bytes().startswith(first)


def test_another_base_is_measured_anew(asked, tmp_path, monkeypatch):
    for weights in ("aa", "bb", "aa"):
        monkeypatch.setattr(store, "base_hash", lambda name, now=weights: now)
        measured(asked, tmp_path / "runs.jsonl", (0,))
    assert asked == [0, 0]


def test_what_other_code_measured_is_taken_only_where_somebody_asks_for_it(asked, tmp_path, monkeypatch, capsys):
    path = tmp_path / "runs.jsonl"
    measured(asked, path, (0, 1))
    monkeypatch.setattr(store, "library", lambda: "later")
    assert measured(asked, path, (0, 1), any_code=True) == [0, 1 / 3] and asked == [0, 1]
    assert "as they were measured then" in capsys.readouterr().out
    measured(asked, path, (0, 1))
    assert asked == [0, 1, 0, 1] and capsys.readouterr().out.count("are measured anew") == 1


def test_nothing_is_kept_where_nobody_asked_for_it(asked, tmp_path):
    measured(asked, None, (0, 0))
    with kept(tmp_path / "runs.jsonl"):
        measured(asked, None, (0,))
    assert asked == [0, 0, 0] and (tmp_path / "runs.jsonl").read_text() == ""


@pytest.mark.parametrize("file, before, after, same", [
    ("methods/lora.py", "a = 1\n", "# a comment\na = 1\n", True),
    ("methods/lora.py", "def f():\n    return 1\n", 'def f():\n    """Gives 1."""\n    return 1\n', True),
    ("methods/base/method.py", "a = 1\n", "a = 2\n", False), ("methods/lora.py", "a = 1\n", "a = 2\n", True),
    ("experiments/setting.py", "a = 1\n", "a = 2\n", False), ("experiments/loreft.py", "a = 1\n", "a = 2\n", True),
    ("new/part.py", "", "a = 1\n", False),
    ("world/data/fruit.tsv", "plum\n", "pear\n", False), ("claims/records/C1.json", "1", "2", True),
    ("plots/style.py", "a = 1\n", "a = 2\n", True), ("lengths.json", "1", "2", True)])
def test_what_the_code_is_known_by(file, before, after, same, tmp_path, monkeypatch):
    digests, path = [], tmp_path / file
    monkeypatch.setattr(store, "COURSE", tmp_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for text in (before, after):
        path.write_text(text)
        syntax.parsed.cache_clear()
        digests.append(store.library.__wrapped__())
    syntax.parsed.cache_clear()
    assert (digests[0] == digests[1]) == same


def test_no_experiment_imports_what_the_digest_leaves_out():
    names = [f"course_lib.experiments.{module.name}" for module in pkgutil.iter_modules(experiments.__path__)]
    code = f"import sys, {', '.join(names)}; print(*[name for name in sys.modules if name.startswith('course_lib.')])"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "course_lib.experiments.run" in loaded
    left_out = {name.removesuffix(".py") for name in store.CANNOT_CHANGE_A_RUN}
    assert not [name for name in loaded if name.split(".")[1] in left_out]


OTHER = {"base": "orchard-s", "random": True, "quantised": "nf4", "task": "spam", "labels": 8, "draw": "first",
         "steps": 3, "batch": 8, "test": 9, "test_draw": "shuffled", "validation": 5, "validate_every": 2}


def test_an_experiment_is_the_same_where_its_setting_arm_and_seed_are(asked, tmp_path, monkeypatch):
    assert OTHER.keys() == {field.name for field in fields(Setting)}
    plain = Setting(base="orchard-xs")
    runs = [(plain, LORA, 0), (plain, LORA, 1), (plain, replace(LORA, rate=1e-2), 0),
            (plain, replace(LORA, reuse=True), 0), (plain, arm(LoRA, 1e-3, rank=4), 0), (plain, arm(LoReFT, 1e-3), 0),
            *((replace(plain, **{name: value}), LORA, 0) for name, value in OTHER.items())]
    monkeypatch.setattr(run, "trained", lambda *what: asked.append(what) or run.Trained(*[None] * 5))
    monkeypatch.setattr(run, "score", lambda *_: len(asked) / 7)
    for _ in range(2):
        with kept(tmp_path / "runs.jsonl"):
            assert [experiment(*one) for one in runs] == [number / 7 for number in range(1, len(runs) + 1)]
    assert asked == runs


def test_a_training_that_somebody_stops_is_no_measurement(tmp_path, monkeypatch):
    fit = setting.fit

    def stopped(*args, **options):
        history = fit(*args, **options)
        history.stopped = "interrupted"
        return history

    monkeypatch.setattr(setting, "fit", stopped)
    small = Setting(base="orchard-xs", steps=1, labels=4)
    with pytest.raises(KeyboardInterrupt), kept(tmp_path / "runs.jsonl"):
        experiment(small, LORA, 0)
    assert (tmp_path / "runs.jsonl").read_text() == ""


def test_a_file_that_cannot_be_written_is_said_before_anything_is_measured(asked, tmp_path):
    with pytest.raises(CourseError, match="cannot keep runs.*Name another file"):
        measured(asked, tmp_path / "missing" / "runs.jsonl", (0,))
    assert not asked


def test_where_the_file_is_lost_meanwhile_what_was_measured_is_told(asked, tmp_path):
    def lost():
        (tmp_path / "runs.jsonl").rename(tmp_path / "elsewhere")
        (tmp_path / "runs.jsonl").mkdir()
        yield 0

    with pytest.raises(CourseError, match="cannot keep what was measured.*'figure': 0.0"):
        measured(asked, tmp_path / "runs.jsonl", lost())


def test_no_measurement_takes_half_a_training():
    """After Ctrl+C `fit` and `distil` keep what was learned: in a measurement, `whole` must stand around each."""
    course = Path(store.__file__).parents[1]
    for path in [path for part in ("claims", "experiments", "bench") for path in (course / part).rglob("*.py")]:
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        named = lambda call: call.func.id if isinstance(call.func, ast.Name) else ""
        inside = {id(one) for call in calls if named(call) == "whole" for one in call.args}
        assert not [ast.unparse(call) for call in calls if named(call) in ("fit", "distil") and id(call) not in inside]
