"""Torch's threads sleep while they wait for each other, whoever starts Python; a small pass is computed by one."""
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_lib import threads
from course_lib.lab import doctor
from course_lib.pretraining.optimise import make_optimizer, train_steps
from course_lib.prompting import complete, score_choices
from course_lib.threads import HOW_TO_WAIT, SMALL_PASS, threads_for

ROOT = Path(__file__).resolve().parents[1]
SAY = "import os; print(os.environ.get('OMP_WAIT_POLICY'), course_lib.threads.IN_TIME)"


def said(code: str, **given: str) -> str:
    """What a new Python prints, in which only what is given says how threads wait."""
    kept = {name: value for name, value in os.environ.items() if name not in HOW_TO_WAIT}
    return subprocess.run([sys.executable, "-c", code], env={**kept, **given}, capture_output=True, text=True,
                          encoding="utf-8", check=True).stdout.strip()


@pytest.mark.parametrize("code, given, found", [
    (f"import course_lib; {SAY}", {}, "PASSIVE True"),
    (f"import course_lib.cli; {SAY}", {}, "PASSIVE True"),
    (f"import course_lib, torch; {SAY}", {}, "PASSIVE True"),
    (f"import torch, course_lib; {SAY}", {}, "PASSIVE False"),  # too late for this process, not for its children
    (f"import torch, course_lib; {SAY}", {"OMP_WAIT_POLICY": "PASSIVE"}, "PASSIVE True"),
    (f"import course_lib; {SAY}", {"OMP_WAIT_POLICY": "active"}, "active True"),
    (f"import course_lib; {SAY}", {"GOMP_SPINCOUNT": "500"}, "None True")])
def test_threads_sleep_unless_the_user_has_said_how_they_wait(code, given, found):
    assert said(code, **given) == found


def test_every_test_runs_with_threads_that_sleep():
    assert threads.IN_TIME and any(name in os.environ for name in HOW_TO_WAIT)


@pytest.mark.parametrize("path", sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("exercises/*.ipynb")]),
                         ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_notebook_loads_the_course_before_torch(path):
    text = path.read_text(encoding="utf-8")
    assert 0 < text.index('"import course_lib  # before torch') < (text + '"import torch').index('"import torch')


@pytest.fixture
def two_threads():
    """Torch has two threads, as on the smallest of computers; its number is put back."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def of_size(count: int) -> torch.nn.Module:
    """A model of so many numbers."""
    return torch.nn.Linear(count, 1, bias=False)


@pytest.mark.parametrize("tokens, count", [(1, 1), (999, 1), (1000, 2), (10_000, 2)])
def test_the_size_of_a_pass_decides_on_its_threads(tokens, count, two_threads):
    with threads_for(of_size(int(SMALL_PASS) // 1000), tokens):
        assert torch.get_num_threads() == count
    assert torch.get_num_threads() == 2


def test_a_number_that_the_user_has_set_is_never_raised_and_is_put_back_after_an_error(two_threads):
    torch.set_num_threads(1)
    with threads_for(of_size(10), 10**9):
        assert torch.get_num_threads() == 1
    torch.set_num_threads(2)
    with pytest.raises(KeyboardInterrupt), threads_for(of_size(10), 1):
        raise KeyboardInterrupt
    assert torch.get_num_threads() == 2


def test_prompts_and_pretraining_ask_for_it(pair, two_threads):
    model, tokenizer = pair
    counts = []
    watch = model.register_forward_pre_hook(lambda *_: counts.append(torch.get_num_threads()))
    try:
        complete(model, tokenizer, "peach:")
        score_choices(model, tokenizer, ["peach: drupe\napple:"] * 32, ["pome", "drupe"])
    finally:
        watch.remove()
    assert counts[0] == 1 and 2 in counts


def test_a_small_step_of_pretraining_is_computed_by_one_thread(two_threads):
    from course_lib.models.configs import Recipe

    counts = []

    class Watched(torch.nn.Module):
        def __init__(self, count):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1, count))
            self.device = self.weight.device

    def loss(model, ids):
        counts.append(torch.get_num_threads())
        return model.weight.sum()

    recipe = Recipe("tiny", "causal", 4, 1, 1, 8, tokens=100, learning_rate=1e-3)
    for count in (100, int(SMALL_PASS) // 10):
        model = Watched(count)
        list(train_steps(model, recipe, [(torch.ones(2, 5),)], make_optimizer(model, recipe), loss_function=loss))
    assert counts == [1, 2]


def test_the_doctor_says_how_threads_wait(monkeypatch, two_threads):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    found = doctor.check_threads()
    assert found.state == doctor.GOOD and "2 (OMP_WAIT_POLICY=PASSIVE" in found.found
    monkeypatch.setattr(threads, "IN_TIME", False)
    found = doctor.check_threads()
    assert found.state == doctor.NOTE and "torch was loaded before course_lib" in found.found
    assert "import course_lib" in found.advice and "torch.set_num_threads(1)" in found.advice
    torch.set_num_threads(1)  # nobody to wait for
    assert doctor.check_threads().state == doctor.GOOD
