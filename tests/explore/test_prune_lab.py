"""The prune lab over its whole range: every control changes the picture, and what is shown is what was recorded."""

import pytest
import torch

from course_lib.distillation import prune
from course_lib.explore import prune_lab as lab
from course_lib.explore.prune_lab import LEVELS, State
from course_lib.explore.recorded import pruning
from course_lib.explore.recorded.pruning import ORDERS, TAKEN, read
from course_lib.models import load_model

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
STATES = [State(part, order, level) for part in TAKEN for order in ORDERS for level in LEVELS]


def test_the_recorded_runs_are_complete_and_fit_the_model():
    kept, (model, _) = read(), load_model("orchard-m")
    assert kept["parameters"] == model.num_parameters() and set(kept["runs"]) == set(TAKEN)
    for part, levels in TAKEN.items():
        L, H = kept["sizes"][part]
        assert L == model.config.num_hidden_layers and len(levels) == len(LEVELS)
        for order in ORDERS:
            run = kept["runs"][part][order]
            assert [L * H - sum(level["left"]) for level in run] == list(levels)
            assert run[0]["accuracy"] > 0.9 and run[0]["parameters"] == kept["parameters"]
            assert all(0 <= level["accuracy"] <= 1 and level["loss"] > 0 for level in run)
            sizes = [level["parameters"] for level in run]
            assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == len(sizes)
    assert pruning.PATH.stat().st_size <= 40_000


def test_the_recorded_sizes_are_those_of_pruned_models():
    model, _ = load_model("orchard-m")
    for part in TAKEN:
        level, run = 3, read()["runs"][part][ORDERS[1]]
        ranks = torch.rand(read()["sizes"][part])
        gone, left = pruning.gone_of(part, ranks, TAKEN[part][level])
        small = prune(model, **{part: gone})
        assert small.num_parameters() == run[level]["parameters"] and sum(left) == sum(run[level]["left"])


def test_the_result_is_what_was_recorded():
    for state in STATES:
        result, run = lab.compute(state), read()["runs"][state.part][state.order]
        assert result.accuracy == tuple(level["accuracy"] for level in run)
        assert result.left == tuple(run[state.level]["left"]) and result.shares[0] == 0
        assert result.parameters == run[state.level]["parameters"] / read()["parameters"] <= 1


def test_words_say_what_the_figure_shows():
    for state in STATES:
        result = lab.compute(state)
        rows = lab.rows(result)
        assert [row.endswith("<") for row in rows[1:7]] == [level == state.level for level in LEVELS]
        assert state.part in lab.summary(result) and state.order in lab.summary(result)
        assert ", ".join(map(str, result.left)) in lab.alt(result)


BAD = [("heads", "A state here is State"), (State(part="ears"), "no part of a model called 'ears'"),
       (State(order="best"), "no order called 'best'"), (State(part=None), "no part of a model"),
       *((State(level=level), "level must be at least 0") for level in (-1, 6, 1.0, "1", True, None))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(lab.compute, lab.prune_lab, state, said)


def test_text_form_and_notebook(shown_both_ways):
    assert "Without 0 % of its heads" in shown_both_ways(lab.prune_lab)
