"""The training loop: it learns, it repeats itself bit for bit, and it does what its settings say."""
import copy

import pytest
import torch

from course_lib.evaluation import evaluate
from course_lib.methods import BitFit, DeepPrompts, Frozen, FullFineTuning, LoRA, LoReFT, PrefixTuning, PromptTuning
from course_lib.models import weights_hash
from course_lib.models.seeding import seeded
from course_lib.training.batches import Batches, loss_of
from course_lib.training.plan import make_plan
from tests.closeness import NET, assert_near
from tests.training.runs import bits, loss_on, only_train, same, train
from tests.training.small import pair_of, task_of

CASES = [("llama", "reviews", None), ("gpt2", "reviews", None), ("llama", "facts", None), ("llama", "stars", None),
         ("llama", "reviews", 2), ("gpt2", "stars", 3), ("bert", "stars", 3), ("distilbert", "reviews", 2)]
PLAN = {"epochs": 3, "learning_rate": 1.0, "seed": 0, "steps": None, "batch_size": 4, "warm_up": 0.1,
        "weight_decay": 0.0, "clip": 1.0, "validate_every": None, "patience": None}


@pytest.mark.parametrize("kind, name, num_labels", CASES)
def test_it_learns_every_kind_of_task_on_every_class(kind, name, num_labels):
    pair, rows = pair_of(kind), only_train(name)
    method = FullFineTuning(pair[0], num_labels=num_labels)
    history = train(method, pair, rows, steps=60, batch_size=24, learning_rate=2e-2)
    assert history.loss[0] > 0.5 and history.loss[-1] < 0.05
    found = evaluate(*pair, rows["train"], method)
    assert found["exact_match" if name == "facts" else "accuracy"] == 1 and found["n"] == 24
    assert not method.training and not any(module.training for module in method.modules())


@pytest.mark.parametrize("kind, build", [
    ("llama", lambda m: LoRA(m, dropout=0.5)), ("llama", lambda m: Frozen(m)), ("llama", lambda m: LoReFT(m)),
    ("llama", lambda m: PromptTuning(m, length=3)), ("gpt2", lambda m: PrefixTuning(m, length=3)),
    ("bert", lambda m: DeepPrompts(m, length=3, num_labels=2)), ("distilbert", lambda m: BitFit(m, num_labels=2)),
    ("llama", lambda m: Frozen(m, train=(), num_labels=2))], ids=lambda value: value if isinstance(value, str) else "")
def test_it_trains_every_method_and_the_same_seed_gives_the_same_bits(kind, build):
    pair, runs = pair_of(kind), []
    for noise in (1, 2):
        with seeded(noise):  # the caller's random numbers must not matter, and must not be used
            numbers = torch.get_rng_state()
            method = build(pair[0])
            before, history = bits(method), train(method, pair)
            assert torch.equal(torch.get_rng_state(), numbers)
        assert not same(bits(method), before)
        runs.append((history.loss, history.validation, bits(method)))
    assert runs[0][:2] == runs[1][:2] and same(runs[0][2], runs[1][2])


def test_another_seed_gives_other_batches_and_other_dropout(monkeypatch, small):
    seen, batch = [], Batches.batch
    monkeypatch.setattr(Batches, "batch", lambda self, rows: seen.append(rows) or batch(self, rows))
    for seed in (0, 1):
        train(LoRA(small[0]), task=only_train(), steps=3, seed=seed)
    assert seen[1:4] != seen[5:8]  # the first of each run is the longest row, which is only tried for its length
    rows = {"train": task_of("facts")["train"].select([0])}  # nothing but dropout can differ
    losses = [train(LoRA(small[0], dropout=0.5), task=rows, steps=3, seed=seed).loss for seed in (0, 1)]
    assert losses[0][0] == losses[1][0] and losses[0][2] != losses[1][2]  # B = 0 at the first step


def test_dropout_is_another_one_at_every_step(small):
    method = LoRA(small[0], dropout=0.5)
    with torch.no_grad():
        for B in method.B:
            B.fill_(0.1)
    rows = {"train": task_of("facts")["train"].select([0])}
    assert len(set(train(method, task=rows, learning_rate=1e-12).loss)) == 6  # all else is the same


def test_every_row_is_met_once_an_epoch_in_an_order_of_its_own():
    plan = make_plan(10, **PLAN)
    assert plan.steps == 9
    batches = [rows for _, rows in zip(range(plan.steps), plan.batches(10))]
    assert [len(rows) for rows in batches] == [4, 4, 2] * 3
    epochs = [sum(batches[start:start + 3], []) for start in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


@pytest.mark.parametrize("steps, warm_up, rates", [
    (10, 0.2, [1 / 2, 1, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]),
    (4, 0, [1, 3 / 4, 2 / 4, 1 / 4]), (4, 1, [1 / 4, 2 / 4, 3 / 4, 1]), (1, 0.1, [1])])
def test_the_learning_rate_rises_and_falls_in_straight_lines(small, steps, warm_up, rates):
    history = train(LoRA(small[0]), task=only_train(), steps=steps, warm_up=warm_up, learning_rate=1e-3)
    assert history.learning_rate == pytest.approx([rate * 1e-3 for rate in rates])


@pytest.mark.parametrize("clip, weight_decay", [(1.0, 0.0), (float("inf"), 0.5), (0.01, 0.0)])
def test_every_step_is_that_of_a_loop_written_by_hand(small, clip, weight_decay):
    model, tokenizer = small
    ours, theirs = FullFineTuning(model), copy.deepcopy(model)
    history = train(ours, task=only_train(), steps=3, clip=clip, weight_decay=weight_decay)
    data = Batches(model, tokenizer, task_of("reviews")["train"], ours)
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=1e-2, weight_decay=weight_decay)
    order = torch.randperm(24, generator=torch.Generator().manual_seed(0))
    for rows, rate, loss in zip(order.split(8), history.learning_rate, history.loss):
        optimizer.param_groups[0]["lr"] = rate
        batch = data.batch(rows.tolist())
        mask = batch["attention_mask"]
        logits = theirs(input_ids=batch["input_ids"], attention_mask=mask, use_cache=False,
                        position_ids=(mask.cumsum(1) - 1).clamp(0)).logits
        own = loss_of(logits, batch["labels"])
        assert_near(own, loss, **NET)
        optimizer.zero_grad()
        own.backward()
        norm = torch.stack([parameter.grad.norm() for parameter in theirs.parameters()]).norm()
        for parameter in theirs.parameters():
            parameter.grad *= min(1.0, clip / float(norm))
        optimizer.step()


@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert", "distilbert"])
def test_the_models_own_dropout_is_off_and_its_mode_is_put_back(kind):
    pair = pair_of(kind)
    model, losses = copy.deepcopy(pair[0]), []
    for training in (True, False):
        model.train(training)
        losses.append(train(LoRA(model, num_labels=2), (model, pair[1]), steps=3).loss)
        assert model.training is training
    assert losses[0] == losses[1]


def test_fine_tuning_of_everything_leaves_the_base_as_it_was(small):
    model, tokenizer = small
    before, ids = weights_hash(model), torch.tensor([tokenizer("the film was")["input_ids"]])
    with torch.no_grad():
        logits = model(input_ids=ids).logits
        train(FullFineTuning(model), learning_rate=0.1)
        assert torch.equal(model(input_ids=ids).logits, logits) and weights_hash(model) == before


def test_training_goes_on_from_where_the_method_is(small):
    method = FullFineTuning(small[0])
    task = {"train": task_of("reviews")["train"].select(range(8))}
    first = train(method, task=task)
    after = loss_on(task["train"], method)
    assert_near(train(method, task=task).loss[0], after, **NET)
    assert after < first.loss[0] - 1
