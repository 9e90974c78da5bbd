"""NF4 against int4 over its whole range, in Python: every control changes the picture, and what is shown adds up."""
from functools import partial

import pytest

from course_lib.explore import quantise_lab as lab
from course_lib.explore.quantise_lab import BLOCK_SIZES, RANDOM, State
from course_lib.models import load_model
from course_lib.quantise import LEVELS, QuantisedLinear, quantise
from tests.closeness import assert_near

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")


@pytest.fixture(scope="module")
def orchard():
    return load_model("orchard-s")[0]


def test_the_matrices_are_those_that_quantise_rounds(orchard):
    new = quantise(orchard)
    wanted = [name for name, module in new.named_modules() if isinstance(module, QuantisedLinear)]
    assert lab.layers(orchard) == wanted


def test_the_error_is_that_of_the_quantised_layer(orchard):
    for scheme in LEVELS:
        name = State().matrix
        weight = orchard.get_submodule(name).weight
        moved = (quantise(orchard, scheme, 128).get_submodule(name).weight - weight).norm() / weight.norm()
        assert_near(lab.compute(orchard, State()).errors[scheme][128], moved, terms=weight.numel())


def test_the_bell_is_for_nf4_and_what_is_even_for_int4(orchard):
    at = {name: {scheme: found[64] for scheme, found in lab.compute(orchard, State(name)).errors.items()}
          for name in RANDOM}
    assert at["bell"]["nf4"] < at["bell"]["int4"] and at["even"]["int4"] < at["even"]["nf4"]


def test_what_is_shown_adds_up(orchard):
    for name in (State().matrix, lab.layers(orchard)[-1], *RANDOM):
        for size in BLOCK_SIZES:
            result = lab.compute(orchard, State(name, block_size=size))
            assert_near(result.shares.abs().max(), 1.0)
            assert len(result.shares) == lab.NUMBERS
            assert result.bits == pytest.approx(4 + 32 / size, abs=0.01)
        for found in result.errors.values():
            assert list(found) == list(BLOCK_SIZES) and 0 < min(found.values()) <= max(found.values()) < 0.5


def test_words_say_what_the_figure_shows(orchard):
    said = lab.summary(lab.compute(orchard, State()))
    assert said.startswith("Block 3, v_proj, blocks of 64: NF4 moves the matrix by ") and "so NF4 loses less" in said
    assert "so NF4 loses more" in lab.summary(lab.compute(orchard, State("even")))
    for size in BLOCK_SIZES:
        rows = lab.rows(lab.compute(orchard, State(block_size=size)))
        [marked] = [row for row in rows if row.endswith("<")]
        assert marked.startswith(f"blocks of {size:>5,}")


BAD = [("orchard-s", "A state here is State"), (None, "A state here is State"),
       (State("v_proj"), "no matrix in the blocks"), (State(["a"]), "no matrix in the blocks"),
       (State(scheme="fp4"), "no scheme called"), (State(scheme=None), "no scheme called"),
       *((State(block_size=size), "block_size cannot be") for size in (0, -1, 65, 64.0, "64", True, None, [64]))]


@pytest.mark.parametrize("state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(state, said, orchard, refused):
    refused(partial(lab.compute, orchard), partial(lab.quantise_lab, orchard), state, said)


def test_text_form_and_notebook(orchard, shown_both_ways):
    assert "NF4 moves the matrix" in shown_both_ways(partial(lab.quantise_lab, orchard))


def test_what_is_no_model(capsys):
    lab.quantise_lab("orchard-s")
    assert "quantise_lab needs a loaded model; you gave 'orchard-s'" in capsys.readouterr().out


def test_the_levels_drawn_are_those_of_the_scheme(orchard):
    for scheme, levels in LEVELS.items():
        lines = lab.figure(lab.compute(orchard, State(scheme=scheme))).axes[0].collections[0].get_segments()
        assert_near([line[0][0] for line in lines], levels())
