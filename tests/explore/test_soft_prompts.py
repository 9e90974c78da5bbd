"""The soft-prompt lens and the attention on the prefix over their whole range: what they show is so, and adds up."""
import math
from functools import partial

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from course_lib.errors import CourseError
from course_lib.explore import prefix_attention as attention
from course_lib.explore import soft_prompt_lens as lens
from course_lib.methods import PrefixTuning
from tests.closeness import assert_near

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")


@pytest.fixture(scope="module")
def table(model):
    return model.get_input_embeddings().weight.detach()


@pytest.fixture(scope="module")
def snapshots(table):
    """Four vectors that leave their tokens step by step, for a noise of their own."""
    noise = torch.randn(4, table.shape[1], generator=torch.Generator().manual_seed(0))
    return [table[[5, 6, 7, 8]] + step * noise for step in (0, 0.5, 2)]


@pytest.fixture(scope="module")
def prefixes(model):
    return {"one": PrefixTuning(model, 2, seed=1), "other": PrefixTuning(model, 2, init="random", seed=2)}


def test_the_lens_starts_at_the_tokens_themselves_and_then_leaves_them(table, tokenizer, snapshots):
    for vector in lens.explorable(table, tokenizer, snapshots).ranges()["vector"]:
        found = [lens.compute(table, tokenizer, snapshots, lens.State(vector, step)) for step in range(3)]
        assert found[0].tokens[0][0] == lens.visible(tokenizer.decode(4 + vector))
        assert_near([found[0].tokens[0][1], found[0].to_start], [1.0, 1.0], terms=128)
        assert found[2].to_start < found[1].to_start < 1
        for one in found:
            cosines = [cosine for _, cosine in one.tokens]
            assert cosines == sorted(cosines, reverse=True) and len(cosines) == lens.NEIGHBOURS
            assert_near(one.length, snapshots[one.state.step][vector - 1].norm(), terms=128)


def test_the_lens_ignores_lengths(table, tokenizer, snapshots):
    longer = [3 * one for one in snapshots]
    one, other = (lens.compute(table, tokenizer, given, lens.State(2, 1)) for given in (snapshots, longer))
    assert [token for token, _ in one.tokens] == [token for token, _ in other.tokens]


def test_the_lens_says_in_words_what_it_draws(table, tokenizer, snapshots):
    result = lens.Result(lens.State(3, 7), (("·good", 0.8), ("·film", 0.004), ("⏎", -0.1)), 0.25, 6.0, 2.0)
    axes = lens.figure(result)
    assert [patch.get_width() for patch in axes.patches] == [0.8, 0.004, 0.0]
    assert lens.alt(result) == "Bars with the cosine to the 8 nearest tokens: ·good 0.80, ·film 0.00, ⏎ -0.10."
    assert lens.summary(result) == ("Vector 3 after step 7: nearest is ·good, at a cosine of 0.80. Cosine to its own "
                                    "start: 0.25; it is 3.0 times as long as there.")
    assert [line.split()[0] for line in lens.rows(result)] == ["·good", "·film", "⏎"]


@pytest.mark.parametrize("state, said", [
    ("apple", "A state here is State"), (None, "A state here is State"), (lens.State(0), "vector must be at least 1"),
    (lens.State(5), "vector must be at least 1 and at most 4"), (lens.State(1, 3), "step must be at least 0"),
    (lens.State(1, True), "step must be"), (lens.State("1"), "vector must be"), (lens.State(math.nan), "vector must")])
def test_a_state_that_the_lens_cannot_show(table, tokenizer, snapshots, state, said, capsys):
    with pytest.raises(CourseError, match=said):
        lens.compute(table, tokenizer, snapshots, state)
    lens.soft_prompt_lens(table, tokenizer, snapshots, state)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("given", [[], None, 3, ["a"], [torch.zeros(3)], [torch.zeros(2, 4), torch.zeros(3, 4)]])
def test_what_are_no_snapshots(table, tokenizer, given):
    with pytest.raises(CourseError, match="snapshots is a list"):
        lens.compute(table, tokenizer, given, lens.State())


def test_attention_is_that_of_the_model_and_sums_to_one(model, tokenizer, prefixes):
    allowed = attention.explorable(model, tokenizer, prefixes).ranges()
    assert len(allowed["block"]) == model.config.num_hidden_layers
    for block in allowed["block"]:
        for head in allowed["head"]:
            result = attention.compute(model, tokenizer, prefixes, attention.State("one", block=block, head=head))
            T = len(result.tokens)
            assert result.n_prefix == 2 and len(result.weights) == T
            for place, row in enumerate(result.weights):
                assert len(row) == 2 + T
                assert_near(sum(row), 1.0, terms=len(row))
                assert sum(row[2 + place + 1:]) == 0  # nobody looks ahead
            assert 0 < result.mass < 1 and 0 < result.even < 1


def test_the_prefix_does_change_what_is_looked_at(model, tokenizer, prefixes):
    one, other = (attention.compute(model, tokenizer, prefixes, attention.State(name)) for name in prefixes)
    assert one.weights != other.weights and one.mass != other.mass and one.even == other.even
    assert attention.compute(model, tokenizer, prefixes, attention.State()).weights == one.weights  # the first one


def test_the_blocks_are_counted_from_one(model, tokenizer, prefixes, monkeypatch):
    """Two blocks with one head of two tokens: the controls pick the right one."""
    weights = torch.zeros(2, 2, 2, 4)                                                    # (L, H, T, P + T)
    weights[1, 0, :, 0] = 1  # block 2, head 1: all of it goes to the first position of the prefix
    monkeypatch.setattr(attention, "attention_of", lambda *_: weights)
    monkeypatch.setattr(attention, "checked", lambda state, kind, controls: state)
    found = {(block, head): attention.compute(model, tokenizer, prefixes, attention.State("one", "The", block, head))
             for block in (1, 2) for head in (1, 2)}
    assert {place: result.mass for place, result in found.items() if result.mass} == {(2, 1): 1.0}


def test_the_attention_says_in_words_what_it_draws():
    weights = ((0.5, 0.25, 0.25, 0.0), (0.25, 0.0, 0.25, 0.5))                           # (T, P + T)
    result = attention.Result(attention.State("one", "ab", 2, 3), ("a", "b"), 2, weights)
    assert result.mass == 0.5 and result.even == pytest.approx((2 / 3 + 2 / 4) / 2)
    axes = attention.figure(result)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["prefix", "a", "b"]
    assert axes.images[0].get_array().tolist() == [[0.75, 0.25, 0], [0.25, 0.25, 0.5]]  # the prefix as one
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    assert attention.alt(result).endswith("To the prefix: a 75 %, b 25 %.")
    assert attention.summary(result) == ("Block 2, head 3, prefix one: the prefix gets 50 % of the attention; evenly "
                                         "it would get 58 %.")
    assert "a    75 %" in "\n".join(attention.rows(result))
    FigureCanvasAgg(axes.figure).draw()


@pytest.mark.parametrize("state, said", [
    ("apple", "A state here is State"), (attention.State("none"), "no prefix called"),
    (attention.State("one", ""), "text is some text"), (attention.State("one", 3), "text is a text between quotes"),
    (attention.State("one", "word " * 60), "at most 24"), (attention.State("one", block=9), "block must be at least 1"),
    (attention.State("one", head=0), "head must be at least 1"), (attention.State(None), "no prefix called")])
def test_a_state_that_the_attention_cannot_show(model, tokenizer, prefixes, state, said, capsys):
    with pytest.raises(CourseError, match=said):
        attention.compute(model, tokenizer, prefixes, state)
    attention.prefix_attention(model, tokenizer, prefixes, state)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("given", [{}, None, [], {"one": 3}])
def test_what_are_no_prefixes(model, tokenizer, given):
    with pytest.raises(CourseError, match="prefixes is a dictionary"):
        attention.compute(model, tokenizer, given, attention.State())


def test_text_form_and_notebook(model, table, tokenizer, snapshots, prefixes, shown_both_ways):
    assert "nearest is" in shown_both_ways(partial(lens.soft_prompt_lens, table, tokenizer, snapshots))
    assert "the prefix gets" in shown_both_ways(partial(attention.prefix_attention, model, tokenizer, prefixes))
