"""`course bench methods`, in small: both sides of a ratio compute the same, in turns; the whole table is printed."""
import copy
import random

import peft
import pytest
import torch

from course_lib.bench import methods, pairs
from course_lib.bench.rows import Table, at_least, at_most, exact
from course_lib.methods import Frozen, LoRA, PrefixTuning, PromptTuning
from tests.closeness import NET, assert_near


@pytest.fixture
def small(pair, task, monkeypatch):
    """Untrained models with the same weights, a batch of four, two measured pairs, two epochs of two steps."""
    monkeypatch.setattr(methods, "load_model", lambda name: (copy.deepcopy(pair[0]), pair[1]))
    monkeypatch.setattr(methods, "load_task", lambda name: task)
    for name, value in (("ROWS", 4), ("EPOCH_ROWS", 8), ("EPOCHS", 2), ("REPEATS", 1), ("TEST_ROWS", 6)):
        monkeypatch.setattr(methods, name, value)
    for module in (methods, pairs):
        monkeypatch.setattr(module, "PAIRS", 2)
        monkeypatch.setattr(module, "WARM_UP", 1)


def test_the_two_run_in_turns_and_each_is_first_half_the_time(monkeypatch):
    ran, clock = [], [0.0]

    def runs(name, seconds):
        def run():
            ran.append(name)
            clock[0] += seconds
        return run
    monkeypatch.setattr(pairs, "PAIRS", 6)
    monkeypatch.setattr(pairs, "WARM_UP", 2)
    monkeypatch.setattr(pairs.time, "process_time", lambda: clock[0])
    assert pairs.interleaved(runs("ours", 2), runs("theirs", 4)) == [(2, 4)] * 6
    assert ran == ["theirs", "ours", "ours", "theirs"] * 4


def test_a_ratio_is_that_of_the_medians_with_its_interval():
    figure = pairs.ratio([(3, 2), (300, 2), (4, 1), (5, 100), (5, 2)])
    assert figure.value == 2.5 and figure.low < 2.5 < figure.high
    draw = random.Random(0)
    many = [(1.1 + draw.gauss(0, 0.05), 1 + draw.gauss(0, 0.05)) for _ in range(200)]
    figure = pairs.ratio(many)
    assert 1.07 < figure.low < figure.value < figure.high < 1.13
    assert figure == pairs.ratio(many)


def test_threads_are_given_back():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with pytest.raises(KeyError), pairs.one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("build, config, copy_in", [
    (lambda model: LoRA(model, rank=4), peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"]), None),
    (lambda model: PromptTuning(model, 5), peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5),
     lambda method: method.prompt),
    (lambda model: PrefixTuning(model, 5), peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5),
     lambda method: method.prefix.permute(3, 0, 1, 2, 4).flatten(1))])
def test_both_sides_compute_the_same_logits(build, config, copy_in, small, monkeypatch):
    sides, shapes = [], []

    def step_of(parameters, logits, labels):
        sides.append((list(parameters), logits))
        return lambda: None

    def compare(ours, theirs):
        (own, our_logits), (other, their_logits) = sides
        assert sum(p.numel() for p in own) == sum(p.numel() for p in other)
        if copy_in:
            with torch.no_grad():
                other[0].copy_(copy_in(method[0]))
        shapes.append(their_logits().shape)
        if config.peft_type != "PROMPT_TUNING":  # there peft counts padding as positions
            assert_near(our_logits(), their_logits(), **NET)
        assert our_logits().shape == their_logits().shape
        return [(1.0, 1.0)]
    method = []
    monkeypatch.setattr(methods, "step_of", step_of)
    monkeypatch.setattr(methods, "interleaved", compare)
    methods.over_library(lambda model: method.append(build(model)) or method[0], methods.by_peft(config))
    assert shapes[0][:2] == (4, 3)  # of the answer's places alone


def test_a_step_of_fit_and_one_of_trainer_are_the_same(small, monkeypatch):
    """The weights of both, after as many steps as are measured."""
    bases, built = [], []
    load, full = methods.load_model, methods.FullFineTuning
    monkeypatch.setattr(methods, "load_model", lambda name: bases.append(load(name)) or bases[-1])
    monkeypatch.setattr(methods, "FullFineTuning", lambda model: built.append(full(model)) or built[-1])
    assert methods.over_trainer().value > 0
    [method], (_, (other, _)) = built, bases
    moved = 0.0
    for names, ours in zip(method.names, method.copies):
        theirs, before = other.get_parameter(names[0]), bases[0][0].get_parameter(names[0])
        torch.testing.assert_close(ours.data, theirs.data, atol=1e-4, rtol=0)
        moved = max(moved, (ours - before).abs().max().item())
    assert moved > methods.RATE


@pytest.mark.parametrize("gate, holds", [(at_least(0), True), (at_least(1e9), False)])
def test_reuse_prints_what_was_learned_on_both_sides(gate, holds, small, capsys):
    table = Table()
    methods.reuse(table, "last block", Frozen, gate)
    assert [row.holds for row in table.rows] == [holds, True, True, True, True]
    said = [row.measure.removeprefix("last block: ") for row in table.rows]
    assert said == ["times as fast with reuse", "last loss without reuse", "last loss with reuse",
                    "accuracy without reuse", "accuracy with reuse"]
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_another_result_with_reuse_is_a_miss(small, monkeypatch):
    monkeypatch.setattr(methods, "epochs", lambda *given, reuse: ([1.0], 0.5 + 0.002 * reuse))
    right = iter((0.5, 0.6))
    monkeypatch.setattr(methods, "evaluate", lambda *given: {"accuracy": next(right)})
    table = Table()
    methods.reuse(table, "last block", Frozen, at_least(0))
    assert [row.holds for row in table.rows] == [True, True, False, True, False]


def test_only_epochs_after_the_first_are_measured(small, pair, task, monkeypatch):
    clock = iter((1.0, 2.0, 4.0, 8.0))  # after each of four steps
    monkeypatch.setattr(methods.time, "process_time", lambda: next(clock))
    train = {"train": task["train"].select(range(8))}
    seconds, loss = methods.epochs(*pair, train, Frozen(pair[0]), reuse=False)
    assert seconds == [6.0] and loss > 0


def test_the_whole_table_in_small(small, monkeypatch, capsys):
    monkeypatch.setattr(methods, "find_spec", lambda name: None)
    for limit in ("at_most", "at_least"):
        monkeypatch.setattr(methods, limit, lambda limit: ("any", lambda figure: figure.value > 0))
    assert methods.methods()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 14 and all(line.startswith("orchard-s ") and line.endswith("yes") for line in lines)
    assert [line.split(" a step of ")[1].split(" over ")[0] for line in lines[:4]] == [
        "LoRA", "prompt tuning", "prefix tuning", "full fine-tuning"]
    monkeypatch.setattr(methods, "over_library", lambda *given: exact(2))
    monkeypatch.setattr(methods, "over_trainer", lambda: exact(2))
    monkeypatch.setattr(methods, "reuse", lambda *given: None)
    monkeypatch.setattr(methods, "at_most", at_most)
    assert not methods.methods()
