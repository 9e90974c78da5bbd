"""Interchange interventions: what is swapped, what stays, and what a trained rotation finds where the answer is known.

Shapes: B rows, T tokens, d width, r rank.
"""
import pytest
import torch

from course_lib.architecture import blocks_of
from course_lib.errors import CourseError
from course_lib.methods import Interchange
from tests.closeness import NET, apart, assert_near, tolerance
from tests.methods.contract import outputs
from tests.methods.tiny_models import ROWS, batch_of, sourced

NAMES = pytest.mark.parametrize("name", ["llama", "gpt2", "bert", "distilbert"])
SIDES = pytest.mark.parametrize("side", ["left", "right"])
SWAPS = [{}, {"rank": 1}, {"rank": 5, "layer": 0, "position": 0}, {"rank": 16, "position": -1}]
SOURCES = ([9, 8, 7, 6, 5], [1000, 4, 71, 72, 73, 74, 75], [33, 44])


def given_by(model, layer: int, inputs: dict) -> torch.Tensor:
    """What this block gives, (B, T, d)."""
    seen = []
    handle = list(blocks_of(model).values())[layer].register_forward_hook(lambda *call: seen.append(call[2]))
    model(**inputs)
    handle.remove()
    return seen[-1]


def place_of(mask, row: int, position: int) -> int:
    """Where in the batch the token number `position` of this row stands."""
    return mask[row].nonzero().flatten().tolist()[position]


@NAMES
@SIDES
@pytest.mark.parametrize("settings", SWAPS, ids=str)
@torch.no_grad()
def test_a_source_equal_to_the_base_changes_nothing_bit_for_bit(name, side, settings, base):
    model, batch = base(name), batch_of(side=side)
    method = Interchange(model, **settings, seed=3)
    with method.on(model):
        inputs = method.prepare({**batch, "source": batch_of(side=side)})
        given = outputs(model, inputs)
        other = outputs(model, method.prepare({**batch, "source": sourced(method, batch)["source"]}))
    wanted = outputs(model, inputs)
    assert torch.equal(given, wanted)
    assert not torch.equal(other, wanted)


@NAMES
@SIDES
@pytest.mark.parametrize("settings", SWAPS, ids=str)
@torch.no_grad()
def test_the_swap_is_the_formula_at_one_position_and_nothing_elsewhere(name, side, settings, base):
    """h_b + R^T R (h_s - h_b) row by row, with sources of other lengths, which have a run of their own here."""
    model, batch = base(name), batch_of(side=side)
    method = Interchange(model, **settings, seed=3)
    layer, R = method.layer, method.R
    with method.on(model):
        inputs = method.prepare({**batch, "source": batch_of(SOURCES, side)})
        after = given_by(model, layer, inputs)
    before = given_by(model, layer, inputs)
    for row, source in enumerate(SOURCES):
        place = place_of(batch["attention_mask"], row, method.position)
        alone = given_by(model, layer, {"input_ids": torch.tensor([source])})[0, method.position]
        h = before[row, place]
        wanted = alone if R is None else h + R.T @ (R @ (alone - h))
        size = before[row, place].abs().max().item()
        assert_near(after[row, place], wanted, **NET)
        assert apart(after[row, place], h, **NET)
        if R is not None:  # what R does not see is the base's, what it sees the source's
            assert_near(R @ after[row, place], R @ alone, **NET, size=size)
            change = after[row, place] - h
            assert_near(change, R.T @ R @ change, **NET, size=size)
        before[row, place] = after[row, place]
    assert torch.equal(before, after)


@torch.no_grad()
def test_a_subspace_of_full_rank_is_the_whole_vector(base):
    model, batch = base("llama"), batch_of()
    given = []
    for rank in (32, None):
        method = Interchange(model, rank=rank)
        with method.on(model):
            given.append(outputs(model, method.prepare(sourced(method, batch))))
    assert_near(*given, **NET)


@torch.no_grad()
def test_an_answer_that_is_to_be_learned_is_no_part_of_the_prompt(base):
    model, batch = base("llama"), batch_of(side="left")
    labels = torch.full_like(batch["input_ids"], -100)
    labels[:2, -2:] = batch["input_ids"][:2, -2:]
    method = Interchange(model, 0)
    with method.on(model):
        inputs = method.prepare({**batch, "labels": labels, "source": batch_of(SOURCES)})
        inputs.pop("labels")
        after = given_by(model, 0, inputs)
    moved = (after - given_by(model, 0, inputs)).abs().amax(-1) > 1e-4                       # (B, T)
    assert moved.nonzero().tolist() == [[0, 4], [1, 4], [2, 6]]


@NAMES
@torch.no_grad()
def test_a_source_may_have_labels_and_an_answer_too(name, base):
    """Its position is one of its prompt, as the base's is; what only an output layer reads is no matter."""
    model, batch = base(name), batch_of(side="left")
    labels = torch.full_like(batch["input_ids"], -100)
    labels[0, -2:] = batch["input_ids"][0, -2:]
    method = Interchange(model, 0)
    with method.on(model):
        method.prepare({**batch, "source": {**batch, "labels": labels, "logits_to_keep": 1}})
    wanted = given_by(model, 0, {"input_ids": torch.tensor([ROWS[0]])})[0, -3]
    assert_near(method.source[0], wanted, **NET)


@pytest.mark.parametrize("use_cache", [True, False])
@pytest.mark.parametrize("name", ["llama", "gpt2"])
@torch.no_grad()
def test_what_is_written_after_the_prompt_is_left_alone(name, use_cache, base):
    model, batch = base(name), batch_of(side="left")
    method, seen = Interchange(model, 0), []
    with method.on(model):
        inputs = method.prepare(sourced(method, batch))
        handle = next(iter(blocks_of(model).values())).register_forward_hook(lambda *call: seen.append(call[2]))
        model.generate(**inputs, max_new_tokens=4, min_new_tokens=4, do_sample=False, use_cache=use_cache)
        handle.remove()
        first = outputs(model, inputs)[:, -1, model.config.hidden_size:].argmax(-1)
    with method.on(model):
        ids = model.generate(**method.prepare(sourced(method, batch)), max_new_tokens=4, min_new_tokens=4,
                             do_sample=False, use_cache=not use_cache)
    after = torch.cat(seen, dim=1) if use_cache else seen[-1]
    mask = torch.cat([batch["attention_mask"], torch.ones(3, 3, dtype=torch.long)], dim=1)
    before = given_by(model, 0, {"input_ids": ids[:, :-1], "attention_mask": mask,
                                 "position_ids": (mask.cumsum(1) - 1).clamp(0)})
    moved = (after - before).abs().amax(-1) > 5 * tolerance(**NET) * before.abs().max()
    assert moved.nonzero().tolist() == [[row, 6] for row in range(3)] and torch.equal(ids[:, 7], first)


def test_training_finds_the_subspace_in_which_the_answer_lies(base):
    """The wanted logits are those of a swap in a known plane: the trained R ends in that plane, a random one is not."""
    model, batch = base("llama"), batch_of([[5, 70, 900, 33], [77, 9, 1500, 6], [250, 11, 13, 4], [8, 2, 900, 1]] * 4)
    known, batch = Interchange(model, 1, rank=2, seed=5), sourced(Interchange(model), batch)
    batch["source"]["input_ids"] = batch["source"]["input_ids"].roll(1, 0)
    with known.on(model), torch.no_grad():
        wanted = known.logits(model, batch)[:, -1]
    method = Interchange(model, 1, rank=2, seed=6)
    overlap = lambda: (known.R @ method.R.T).square().sum().item() / 2  # 1: the same plane
    start, optimizer = overlap(), torch.optim.AdamW(method.parameters(), lr=0.03, weight_decay=0.1)
    with method.on(model):
        for _ in range(300):
            optimizer.zero_grad()
            (method.logits(model, batch)[:, -1] - wanted).square().mean().backward()
            optimizer.step()
    assert start < 0.2 and overlap() > 0.95
    assert_near(method.R @ method.R.T, torch.eye(2), terms=32)


WITHOUT = "Interchange takes a part of other texts, the sources, as many as the batch has rows, 3"


@pytest.mark.parametrize("source", [None, "a text", {}, {"attention_mask": torch.ones(3, 2)}, batch_of(ROWS[:2]),
                                    {"input_ids": [[1], [2], [3]]}, {"input_ids": torch.ones(3)},
                                    batch_of([*ROWS, [4, 5]])], ids=str)
def test_sources_that_do_not_go_with_the_batch(source, base):
    model = base("llama")
    method = Interchange(model)
    batch = batch_of() if source is None else {**batch_of(), "source": source}
    with method.on(model), pytest.raises(CourseError, match=WITHOUT):
        method.prepare(batch)


@pytest.mark.parametrize("position, rows, sources, least", [
    (-3, ROWS, SOURCES, 2), (-2, ROWS, [[4, 5]] * 3, 1), (1, ROWS, [[4, 5]] * 3, 1), (2, ROWS[:2], SOURCES[1:], 2)])
def test_a_position_that_a_text_does_not_have(position, rows, sources, least, base):
    model = base("gpt2")
    method = Interchange(model, position=position)
    with method.on(model), pytest.raises(CourseError, match=f"at position {position}; one of them has {least} tokens. "
                                                            f"Take a position from {-least} to {least - 1}"):
        model(**method.prepare({**batch_of(rows), "source": batch_of(sources)}))


def test_other_rows_than_were_prepared(base):
    model = base("llama")
    method = Interchange(model)
    with method.on(model):
        method.prepare(sourced(method, batch_of()))
        with pytest.raises(CourseError, match=r"last called for \(3, 7\) tokens, and the model reads \(1, 7\)"):
            model(**batch_of([[1, 2, 3, 4, 5, 6, 7]]))
