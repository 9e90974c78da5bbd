"""The rank lab over its whole range, in Python: every control changes the picture, and what is shown adds up."""

import pytest
import torch

from course_lib.architecture import matrix_label
from course_lib.explore import rank_lab as lab
from course_lib.explore.rank_lab import State
from course_lib.explore.recorded import ranks
from course_lib.explore.recorded.ranks import MODELS, RANKS, SHIPPED, update
from course_lib.models import load_model
from tests.closeness import assert_near

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")


def all_states():
    """Every rank of every model, and every matrix."""
    yield from (State(model, rank) for model in MODELS for rank in RANKS)
    yield from (State(matrix=matrix) for matrix in lab.explorable().ranges()["matrix"])


@pytest.mark.parametrize("name", MODELS)
def test_the_recorded_change_fits_its_model(name):
    model, _ = load_model(name)
    found = update(name)
    matrices = {key.removesuffix(".weight"): tuple(weight.shape) for key, weight in model.named_parameters()
                if ".layers." in f".{key}" and weight.dim() == 2}
    assert dict(zip(found.names, found.shapes)) == matrices
    assert tuple(found.delta.shape) == matrices[SHIPPED]
    own = torch.linalg.svdvals(found.delta)
    assert torch.allclose(own, found.singular[found.names.index(SHIPPED)], atol=2e-3 * own[0].item())
    assert set(found.accuracy) == set(found.control) == set(RANKS)
    assert found.accuracy[0] == found.control[0] == found.bare < found.full
    assert ranks.path_of(name).stat().st_size <= 70_000 and found.command.endswith("course_lib.explore.recorded.ranks")


def test_cutting_keeps_the_strongest_directions():
    delta = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    squares = torch.linalg.svdvals(delta).square()
    for rank in range(6):
        lost = (delta - ranks.cut(delta, rank)).square().sum()
        assert_near(lost, squares[rank:].sum(), terms=delta.numel(), depth=2, size=squares.sum().item())
        assert torch.linalg.matrix_rank(ranks.cut(delta, rank), rtol=1e-5) == rank
        at_random = ranks.cut_at_random(delta, rank, torch.Generator().manual_seed(1))
        assert torch.linalg.matrix_rank(at_random, rtol=1e-5) == rank
        assert (delta - at_random).square().sum() >= lost - 1e-5


def test_what_is_kept_grows_with_the_rank_and_ends_with_all():
    for model in MODELS:
        results = [lab.compute(State(model, rank)) for rank in RANKS]
        for what in ("kept", "kept_at_random", "bytes"):
            values = [getattr(result, what) for result in results]
            assert values == sorted(values) and values[0] == 0
        assert_near([results[-1].kept, results[-1].kept_at_random], [1.0, 1.0], terms=128)
        assert all(result.kept >= result.kept_at_random for result in results[:-1])
        shapes = update(model).shapes
        assert results[3].bytes == 4 * 4 * sum(d + k for d, k in shapes)
        assert results[0].full_bytes == 4 * sum(d * k for d, k in shapes)


def test_words_say_what_the_figure_shows():
    for state in all_states():
        result = lab.compute(state)
        assert matrix_label(state.matrix) in lab.summary(result) and matrix_label(state.matrix) in lab.alt(result)
        rows = lab.rows(result)
        [marked] = [row for row in rows if row.endswith("<")]
        assert marked.startswith(f"rank {state.rank:>3}")
    assert lab.summary(lab.compute(State(rank=0))).startswith("Rank 0 keeps 0 % of the change of block 3, v_proj")


BAD = [("orchard-s", "A state here is State"), (None, "A state here is State"),
       (State(model="orchard-m"), "no recorded change of a model"), (State(model=None), "no recorded change"),
       (State(matrix="v_proj"), "no matrix in the blocks"), (State(matrix=["a"]), "no matrix in the blocks"),
       *((State(rank=rank), "rank cannot be") for rank in (3, -1, 129, 4.0, "4", True, None, float("nan"), [4]))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, refused):
    refused(lab.compute, lab.rank_lab, state, said)


def test_text_form_and_notebook(shown_both_ways):
    assert "Rank 4 keeps" in shown_both_ways(lab.rank_lab)
