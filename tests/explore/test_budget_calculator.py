"""The budget calculator: known models come out right, every control counts, and nonsense is refused."""
from dataclasses import replace

import pytest

from course_lib.explore import budget_calculator as budget
from course_lib.explore.budget_calculator import State
from course_lib.models import load_model

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
NAN = float("nan")


def test_the_texts_own_figures():
    assert budget.file_bytes(175_000_000_000, "16 bit") == 350e9
    result = budget.compute(State())
    assert round(result.parameters / 1e9) == 175 and budget.size(result.weights) == "349 GB"
    assert result.prompt_parameters == 245_760 and result.prompt == 491_520 == 480 * 1024


def test_a_model_of_ours_is_counted_rightly():
    model, _ = load_model("orchard-s")
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert budget.parameters_of(128, 4, 2048) == pytest.approx(counted, rel=0.02)


def test_what_is_added_up():
    result = budget.compute(State(width=10, layers=2, vocabulary=100, tasks=3, dtype="32 bit"))
    assert result.parameters == 12 * 2 * 100 + 1000 == 3400
    assert result.weights == 13_600 and result.copies == 40_800 and result.training == 2 * 13_600 + 8 * 3400
    assert result.shared == 13_600 + 3 * 20 * 10 * 4


@pytest.mark.parametrize("count, words", [
    (0, "0 bytes"), (999, "999 bytes"), (999.7, "1 KB"), (1000, "1 KB"), (1234, "1.23 KB"), (350e9, "350 GB"),
    (999.6e9, "1 TB"), (2.8e15, "2.8 PB"), (5e18, "5e+03 PB")])
def test_sizes_in_words(count, words):
    assert budget.size(count) == words


def test_the_picture_and_the_words_say_the_same():
    result = budget.compute(replace(State(), width=768, layers=12))
    axes = budget.figure(result)
    sizes = [budget.size(count) for count in budget.sizes(result).values()]
    assert [text.get_text() for text in axes.texts] == sizes
    assert [line.partition("  ")[2].strip() for line in budget.rows(result)] == sizes
    assert all(size in budget.alt(result) for size in sizes)


def test_text_form_and_notebook(shown_both_ways):
    assert "174,563,733,504 parameters, 349 GB" in shown_both_ways(budget.budget_calculator)


@pytest.mark.parametrize("state, said", [
    *((state, "A state here is State") for state in (None, "175B", 350)),
    *((State(width=width), "width must be") for width in (0, -1, 65_537, 12.5, "12288", True, NAN)),
    *((State(layers=layers), "layers must be") for layers in (0, 257)),
    *((State(tasks=tasks), "tasks must be") for tasks in (0, 10_001)),
    *((State(dtype=dtype), "no dtype called") for dtype in ("16", 16, None, ["16 bit"]))])
def test_a_bad_state(state, said, refused):
    refused(budget.compute, budget.budget_calculator, state, said)
