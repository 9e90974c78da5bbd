"""Frozen work is done once: the same losses, and the blocks below are not run again."""
from collections import Counter

import pytest

from course_lib.architecture import blocks_of
from course_lib.errors import CourseError
from course_lib.evaluation import evaluate
from course_lib.methods import BitFit, DeepPrompts, Frozen, FullFineTuning, LoRA, LoReFT, PrefixTuning, PromptTuning
from course_lib.training import fit
from course_lib.training.batches import Batches
from course_lib.training.reuse import FrozenWork
from tests.closeness import NET, assert_near
from tests.training.small import BLOCKS, DECODERS, pair_of, task_of

LAST = {"llama": "layers.2.self_attn.q_proj", "gpt2": "h.2.attn.c_attn", "bert": "layer.2.attention.self.query",
        "distilbert": "layer.2.attention.q_lin"}
NORM = {"llama": "model.norm", "gpt2": "transformer.ln_f"}
METHODS = {
    "last block": lambda kind, model, N: Frozen(model, num_labels=N),
    "LoRA in the last block": lambda kind, model, N: LoRA(model, LAST[kind], dropout=0.3, num_labels=N),
    "LoReFT after the last block": lambda kind, model, N: LoReFT(model, layers=[2], suffix=2, num_labels=N),
    "head alone": lambda kind, model, N: Frozen(model, train=(), num_labels=N),
    "last norm": lambda kind, model, N: Frozen(model, train=NORM[kind], num_labels=N),
}
CASES = [(name, kind, N) for name in METHODS for kind in LAST for N in (None, 2)
         if (N or (kind in DECODERS and name != "head alone")) and (name != "last norm" or kind in DECODERS)]


def train(method, kind, **settings):
    settings = {"epochs": 3, "batch_size": 7, "learning_rate": 2e-2, "progress": False} | settings
    return fit(*pair_of(kind), task_of("reviews"), method, **settings)


@pytest.mark.parametrize("name, kind, N", CASES)
def test_the_losses_and_the_answers_are_those_without_reuse(name, kind, N):
    """24 rows in batches of 7, of several lengths: in later epochs a row stands in other batches, padded otherwise."""
    pair, histories, found = pair_of(kind), [], []
    for reuse in (False, True):
        method = METHODS[name](kind, pair[0], N)
        histories.append(train(method, kind, reuse=reuse))
        found.append(evaluate(*pair, task_of("reviews")["test"], method))
    plain, reused = histories
    assert len(reused.loss) == 12 and len({point["loss"] for point in reused.validation}) == 3  # it learns something
    assert_near(reused.loss, plain.loss, **NET)
    assert_near(*([point["loss"] for point in one.validation] for one in (reused, plain)), **NET)
    assert found[0] == found[1]


@pytest.mark.parametrize("name, later", [("last block", [0, 0, 5]), ("head alone", [0, 0, 0])])
@pytest.mark.parametrize("kind", LAST)
def test_blocks_below_are_run_in_the_first_epoch_only(name, later, kind):
    """An epoch is four batches and one of validation, so each block is called five times in it."""
    model, calls, by_epoch = pair_of(kind)[0], Counter(), []
    count = lambda place: lambda *_: calls.update([place])
    handles = [block.register_forward_hook(count(place)) for place, block in enumerate(blocks_of(model).values())]

    def watch(history):
        if len(history.loss) % 4 == 0:
            by_epoch.append([calls[place] for place in range(BLOCKS)])
            calls.clear()

    try:
        method = METHODS[name](kind, model, 2)
        train(method, kind, reuse=True, watch=watch)
    finally:
        for handle in handles:
            handle.remove()
    assert by_epoch == [[5, 5, 5], later, later]


def test_a_row_is_kept_without_its_padding(small):
    model, tokenizer = small
    method = Frozen(model)
    data = Batches(model, tokenizer, task_of("reviews")["train"], method)
    with method.on(model):
        work = FrozenWork(model, method)
        work.logits(data.batch([0, 1, 2]), [("train", row) for row in (0, 1, 2)])
    assert {key: tuple(kept.shape) for key, kept in work.kept.items()} == {
        ("train", row): (len(data.heads[row] + data.tails[row]), 16) for row in (0, 1, 2)}
    assert not any(kept.requires_grad for kept in work.kept.values())


@pytest.mark.parametrize("kind, build", [
    ("llama", LoRA), ("llama", FullFineTuning), ("gpt2", BitFit), ("llama", LoReFT),
    ("llama", lambda m: PromptTuning(m, length=2)), ("gpt2", lambda m: PrefixTuning(m, length=2)),
    ("bert", lambda m: DeepPrompts(m, length=2, num_labels=2)), ("llama", lambda m: LoReFT(m, layers=[0, 2])),
    ("llama", lambda m: Frozen(m, train="lm_head"))],  # tied: it is the input embedding, too
    ids=lambda value: value if isinstance(value, str) else "")
def test_where_the_first_block_is_changed_nothing_can_be_reused(kind, build):
    method = build(pair_of(kind)[0])
    with pytest.raises(CourseError, match=f"{method.name} changes the first block here, so nothing below it is frozen"):
        train(method, kind, reuse=True)
    with pytest.raises(CourseError, match="is attached to no model"):
        method.prepare({})


@pytest.mark.parametrize("kind", LAST)
def test_skipped_blocks_are_put_back_after_an_exception(kind):
    """The fixture of every test compares the model's modules, by identity, with what they were."""
    model = pair_of(kind)[0]
    last = list(blocks_of(model).values())[-1]

    def fail(*_):
        if len(steps) > 4:  # in the second epoch, when blocks are skipped
            raise ZeroDivisionError

    steps, handle = [], last.register_forward_hook(fail)
    try:
        with pytest.raises(ZeroDivisionError):
            train(Frozen(model, num_labels=2), kind, reuse=True, watch=lambda history: steps.append(1))
    finally:
        handle.remove()
