"""A run that was killed goes on from its checkpoint and ends with the same bits; other files are refused."""
import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from course_lib.errors import CourseError
from course_lib.methods import FullFineTuning, LoRA, PromptTuning
from course_lib.training import fit
from tests.hang import HANGS
from tests.training.small import pair_of, task_of

ROOT = Path(__file__).resolve().parents[2]
RUN = {"steps": 12, "batch_size": 8, "learning_rate": 1e-2, "validate_every": 4, "progress": False}
KILLED = """
import os, signal, sys
from course_lib.methods import LoRA
from course_lib.training import fit
from tests.training.small import pair_of, task_of
from tests.training.test_resume import RUN

def watch(history):
    if len(history.loss) == 10:
        os.kill(os.getpid(), signal.SIGKILL)

model, tokenizer = pair_of("llama")
fit(model, tokenizer, task_of("reviews"), LoRA(model, dropout=0.5), **RUN, checkpoint=sys.argv[1], watch=watch)
"""


class Killed(Exception):
    pass


def at(step: int):
    """A `watch` that ends the run after so many steps."""
    def watch(history):
        if len(history.loss) == step:
            raise Killed
    return watch


def start(build, kind="llama", name="reviews", splits=("train", "validation"), **settings):
    """(history, trained bits) of one call of fit with a new method."""
    model, tokenizer = pair_of(kind)
    method, task = build(model), {split: task_of(name)[split] for split in splits}
    history = fit(model, tokenizer, task, method, **RUN | settings)
    return history, {name: tensor.clone() for name, tensor in method.state_dict().items()}


def equal(one, other) -> bool:
    """Whether two runs have the same history, but for the time that they took, and the same bits."""
    facts = [dataclasses.replace(history, seconds=0.0) for history, _ in (one, other)]
    return facts[0] == facts[1] and all(torch.equal(one[1][name], other[1][name]) for name in one[1])


def lora(model):
    return LoRA(model, dropout=0.5)


def test_a_killed_process_goes_on_and_ends_with_the_same_bits(tmp_path):
    path = tmp_path / "run.safetensors"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, timeout=HANGS, capture_output=True,
                            env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    steps = []
    resumed = start(lora, checkpoint=path, watch=lambda history: steps.append(len(history.loss)))
    assert steps == [9, 10, 11, 12], "it goes on from its last measurement, at step 8"
    assert equal(resumed, start(lora))


@pytest.mark.parametrize("build, kind, splits, settings", [
    (FullFineTuning, "llama", ("train", "validation"), {}),
    (FullFineTuning, "llama", ("train",), {}),
    (lambda m: LoRA(m, dropout=0.3, num_labels=2), "bert", ("train", "validation"), {"weight_decay": 0.1}),
    (lambda m: PromptTuning(m, length=3), "gpt2", ("train", "validation"), {"seed": 5, "validate_every": 3})],
    ids=["full", "without validation", "an encoder, its head and dropout", "prompts"])
def test_a_run_that_ended_anywhere_goes_on_to_the_same_bits(tmp_path, build, kind, splits, settings):
    path, settings = tmp_path / "run", {"kind": kind, "splits": splits, **settings}
    for step in (2, 5, 9):  # before anything is kept, and twice in the same run
        with pytest.raises(Killed):
            start(build, checkpoint=path, watch=at(step), **settings)
    assert equal(start(build, checkpoint=path, **settings), start(build, **settings))
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


def test_a_finished_run_returns_at_once(tmp_path):
    path, steps = tmp_path / "run", []
    first = start(lora, checkpoint=path)
    content = path.read_bytes()
    again = start(lora, checkpoint=path, watch=lambda history: steps.append(history))
    assert steps == [] and equal(first, again) and path.read_bytes() == content


def test_a_run_that_stopped_early_stays_stopped(tmp_path):
    settings = {"steps": 30, "learning_rate": 5e-2, "validate_every": 1, "patience": 1}
    first = start(FullFineTuning, checkpoint=tmp_path / "run", **settings)
    assert first[0].stopped == "early" and len(first[0].loss) < 30
    assert equal(first, start(FullFineTuning, checkpoint=tmp_path / "run", **settings))


def test_an_interrupted_run_goes_on_in_the_same_cell(tmp_path, small):
    method = lora(small[0])

    def interrupt(history):
        if len(history.loss) == 6:
            raise KeyboardInterrupt

    call = lambda **more: fit(*small, task_of("reviews"), method, **RUN, checkpoint=tmp_path / "run", **more)
    assert call(watch=interrupt).stopped == "interrupted"
    assert equal((call(), method.state_dict()), start(lora))


@pytest.fixture
def kept(tmp_path):
    """The checkpoint of a run with LoRA that ended after its first measurement."""
    path = tmp_path / "run"
    with pytest.raises(Killed):
        start(lora, checkpoint=path, watch=at(5))
    return path


@pytest.mark.parametrize("change, said", [
    ({"learning_rate": 2e-2}, "learning_rate"), ({"seed": 1}, "seed"), ({"steps": 13}, "steps"),
    ({"batch_size": 4, "clip": 2.0}, "batch_size and clip"), ({"name": "facts"}, "rows"),
    ({"splits": ("train",)}, "rows"), ({"kind": "gpt2"}, "settings and base"),
    ({"build": lambda m: LoRA(m, dropout=0.5, seed=1)}, "settings"),
    ({"build": lambda m: LoRA(m, dropout=0.5, num_labels=2)}, "settings and rows"),
    ({"build": FullFineTuning}, "method and settings")], ids=lambda value: value if isinstance(value, str) else "")
def test_the_checkpoint_of_another_run_is_refused(kept, change, said):
    content = kept.read_bytes()
    with pytest.raises(CourseError, match=f"checkpoint of another run, which differs in {said}. Delete it"):
        start(**{"build": lora} | change, checkpoint=kept)
    assert kept.read_bytes() == content


def test_other_labels_are_other_rows(tmp_path, small):
    """A head's labels are no tokens, but they are part of what is learned."""
    rows = task_of("reviews")["train"]
    turned = rows.map(lambda row: {"label": 1 - row["label"]}, features=rows.features)
    call = lambda rows: fit(*small, {"train": rows}, LoRA(small[0], num_labels=2), **RUN, checkpoint=tmp_path / "run")
    call(rows)
    with pytest.raises(CourseError, match="differs in rows"):
        call(turned)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def rewrite(change):
    """A file of the same run in which something is changed."""
    def damage(path):
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["run"])
        tensors = load_file(path)
        change(facts, tensors)
        save_file(tensors, path, {"run": json.dumps(facts)})
    return damage


@pytest.mark.parametrize("damage", [
    cut, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"no safetensors at all" * 9),
    lambda path: save_file({"a": torch.zeros(1)}, path),
    lambda path: save_file({"a": torch.zeros(1)}, path, {"run": "{"}),
    lambda path: save_file({"a": torch.zeros(1)}, path, {"run": "5"}),
    rewrite(lambda facts, tensors: facts.pop("history")), rewrite(lambda facts, tensors: tensors.pop("now.A.0")),
    rewrite(lambda facts, tensors: tensors.pop("best.B.1")),
    rewrite(lambda facts, tensors: facts.update(history={"no": 1})),
    rewrite(lambda facts, tensors: tensors.update({"now.A.0": torch.zeros(2, 2)}))])
def test_a_damaged_checkpoint_is_refused_and_the_method_is_as_it_was(kept, damage, small):
    damage(kept)
    method = lora(small[0])
    before = {name: tensor.clone() for name, tensor in method.state_dict().items()}
    with pytest.raises(CourseError, match="cannot be read as the checkpoint of a run .*Delete it, or name another"):
        fit(*small, task_of("reviews"), method, **RUN, checkpoint=kept)
    assert all(torch.equal(tensor, before[name]) for name, tensor in method.state_dict().items())


@pytest.mark.parametrize("given, said", [
    ("~nosuch/x", "knows no home folder"), ("", "is no path"), (5, "is no path"), ("{tmp}", "a file in a folder"),
    ("{tmp}/no folder/x", "Make the folder first"), ("{tmp}/file/x", "a file in a folder")])
def test_a_path_where_nothing_can_be_written_is_refused_before_the_first_step(tmp_path, small, given, said):
    (tmp_path / "file").touch()
    given = given.format(tmp=tmp_path) if isinstance(given, str) else given
    with pytest.raises(CourseError, match=said):
        fit(*small, task_of("reviews"), lora(small[0]), **RUN, checkpoint=given, watch=at(1))


def test_a_checkpoint_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(CourseError, match="cannot be written: File name too long"):
        start(lora, checkpoint=tmp_path / ("x" * 300))
