"""What lesson 08 measures, in small: each claim gives its own figures; and the texts and readings that it shares."""
import pytest
import torch

from course_lib import claims, models
from course_lib.claims.topics import das, interchange, loreft_and_lora, loreft_edits, probes, steering
from course_lib.evaluation import evaluate
from course_lib.experiments import run, setting, tuning
from course_lib.methods import Interchange, Steering
from course_lib.world import summing_up
from tests.closeness import assert_near


@pytest.fixture
def small(monkeypatch):
    """One step of training, few texts, one small model."""
    whole, drawn, scored = setting.fit, summing_up.short_reviews, run.score
    for module, changed in ((das, dict.fromkeys(("PAIRS", "VALIDATION", "TEST"), 24)),
                            (steering, {"STRENGTHS": (1.0, 2.0)})):
        for name, value in changed.items():
            monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(setting, "fit", lambda *args, steps, **more: whole(*args, steps=1, **more))
    for module in (loreft_and_lora, run):
        monkeypatch.setattr(module, "score", lambda model, tokenizer, rows, method=None: scored(
            model, tokenizer, rows.select(range(4)), method))
    for module in (interchange, loreft_edits, probes, steering):
        monkeypatch.setattr(module, "short_reviews", lambda split, n, seed=0, label=None: drawn(split, min(n, 8), seed,
                                                                                                label))
    for module in (das, tuning):
        monkeypatch.setattr(module, "best_rate", lambda of, run, start: start)
    run.trained_at.cache_clear()
    yield
    run.trained_at.cache_clear()


@pytest.mark.parametrize("claim_id", ["C47", "C49", "C50", "C51", "C52", "C58", "C59", "C60", "C61", "C62", "C102"])
def test_a_measurement_gives_the_figures_that_the_claim_is_judged_by(claim_id, small):
    assert tuple(sorted(claims.measure(claim_id, 0))) == tuple(sorted(claims.get(claim_id).figures))


def test_a_model_asked_for_what_it_says_itself_does_so_where_everything_is_swapped():
    """But for near ties: the answer's later words read the base's text as well."""
    model, tokenizer = models.load_model("orchard-s", random=True, seed=1)
    rows = das.own_rows(model, tokenizer, "test", 40, seed=2)
    assert sum(rows["label"]) == 20 and rows["answer"][:2] == list(summing_up.PHRASES)
    everything = Interchange(model, 3, position=-1)
    assert evaluate(model, tokenizer, rows, everything)["accuracy"] > 0.9
    assert evaluate(model, tokenizer, rows)["accuracy"] < 0.8


def test_random_vectors_are_as_long_and_differ():
    vector = torch.tensor([3.0, 0.0, 4.0])
    drawn = summing_up.as_long(vector, seed=0, n=5)
    assert drawn.shape == (5, 3)
    assert_near(drawn.norm(dim=1), [5.0] * 5, terms=3)
    assert torch.equal(drawn, summing_up.as_long(vector, 0, 5)) and len({tuple(row.tolist()) for row in drawn}) == 5
    assert not torch.equal(drawn, summing_up.as_long(vector, 1, 5))


def test_pairs_of_reviews_have_the_sources_answer():
    rows = summing_up.swap_rows("validation", 40, seed=3)
    assert rows.features["label"].names == list(summing_up.PHRASES) and 10 < sum(rows["label"]) < 30
    assert all(row["answer"] == summing_up.PHRASES[row["label"]] for row in rows)
    known = dict(zip(*summing_up.short_reviews("validation", 80, 1)))
    assert {known[row["source"]] == row["label"] for row in rows if row["source"] in known} == {True}
    assert all(len(row["prompt"].removesuffix(summing_up.OPENING).split()) <= summing_up.LONGEST for row in rows)
    assert rows["prompt"][:] != rows["source"][:]


def test_recorded_states_are_those_of_the_library():
    model, tokenizer = models.load_model("orchard-s")
    batch = summing_up.batch_of(tokenizer, summing_up.short_reviews("test", 3)[0])
    seen = summing_up.states(model, batch, 2)                                                # (4, 3, 2, 128)
    with torch.no_grad():
        theirs = model(**batch, output_hidden_states=True).hidden_states
    assert all(torch.equal(ours, h[:, -2:]) for ours, h in zip(seen[:-1], theirs[1:]))
    assert not any(block._forward_hooks for block in model.model.layers if any(
        hook.__module__.startswith("course_lib") for hook in block._forward_hooks.values()))
    push = Steering(model, 3, 100 * (seen[-1, 0, -1] - seen[-1, 1, -1]))
    assert 0 <= summing_up.said(model, tokenizer, batch, push) <= 1


def test_a_probe_finds_a_direction_that_is_there_and_none_where_there_is_none():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(400, 16, generator=generator), torch.randint(2, (400,), generator=generator)
    marked = x + 2.0 * (2 * y[:, None] - 1) * torch.eye(16)[3]
    assert summing_up.probed(marked[:300], y[:300], marked[300:], y[300:]) > 0.9
    assert 0.35 < summing_up.probed(x[:300], y[:300], x[300:], y[300:]) < 0.65
    weights, mean, size = summing_up.probe(marked, y)
    assert weights.abs().argmax() == 3 and size.shape == (16,)
    assert_near(mean, marked.mean(0), terms=len(marked))


@torch.no_grad()
def test_the_direction_of_the_answer_moves_the_margin_alone_and_the_more_the_further():
    model, tokenizer = models.load_model("orchard-s")
    batch = summing_up.batch_of(tokenizer, summing_up.short_reviews("test", 4)[0])
    direction = summing_up.answer_direction(model, tokenizer)                                # (128,)
    h = model.base_model(**{name: batch[name] for name in ("input_ids", "attention_mask", "position_ids")})
    last = h.last_hidden_state[:, -1]                                                        # (4, 128)
    margins = summing_up.margins(tokenizer, model(**batch).logits)
    assert_near(last @ direction, margins, terms=128)
    assert summing_up.favourable(tokenizer, model(**batch).logits) == (margins > 0).float().mean()
