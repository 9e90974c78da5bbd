"""With which parameters a run ends, when it ends, and what it says on the way."""
from types import SimpleNamespace

import pytest

from course_lib.methods import FullFineTuning, LoRA
from course_lib.training.loop import VALIDATION_ROWS
from tests.closeness import NET, assert_near
from tests.training.runs import bits, loss_on, only_train, same, train
from tests.training.small import dataset, task_of


def test_the_best_parameters_are_kept(small):
    rows, names = task_of("reviews")["train"], ("negative", "positive")
    wrong = dataset([(row["text"], names[1 - row["label"]]) for row in rows], "{text}\nlabel:", names)
    method = FullFineTuning(small[0])  # the better it learns these rows, the worse it does on the wrong answers to them
    history = train(method, task={"train": rows, "validation": wrong}, steps=40, learning_rate=2e-2, validate_every=6)
    losses = {point["step"]: point["loss"] for point in history.validation}
    assert list(losses) == [6, 12, 18, 24, 30, 36, 40]  # and at the end
    assert history.best_loss == min(losses.values()) == losses[history.best_step]
    assert history.best_step < 40
    assert_near(loss_on(wrong, method), history.best_loss, **NET)


def test_validation_is_a_mean_over_rows_however_many_fit_into_a_pass(small, monkeypatch):
    losses = []
    for rows in (VALIDATION_ROWS, 3):  # 3 + 3 + 2
        monkeypatch.setattr("course_lib.training.loop.VALIDATION_ROWS", rows)
        losses.append(train(LoRA(small[0], num_labels=2), steps=2).validation[0]["loss"])
    assert_near(losses[0], losses[1], **NET)


def test_without_a_validation_split_the_last_parameters_are_kept(small):
    method, seen = LoRA(small[0]), []
    history = train(method, task=only_train(), watch=lambda history: seen.append(bits(method)))
    assert history.validation == [] and history.best_step == 6 and history.best_loss == float("inf")
    assert same(bits(method), seen[-1]) and not same(seen[-1], seen[-2])


def test_it_measures_at_the_end_of_every_epoch(small):
    history = train(LoRA(small[0]), steps=None, epochs=2)  # 24 rows: 3 batches of 8
    assert [point["step"] for point in history.validation] == [3, 6] and len(history.loss) == 6


def test_patience_stops_early_and_not_too_early(small):
    settings = {"steps": 30, "learning_rate": 5e-2, "validate_every": 1}
    whole = train(FullFineTuning(small[0]), **settings)
    method = FullFineTuning(small[0])
    history = train(method, **settings, patience=2)
    losses, best = [point["loss"] for point in whole.validation], 0
    for place, loss in enumerate(losses):  # the rule, written once more
        best = place if loss < losses[best] else best
        if place - best == 2:
            break
    assert place < 29 and whole.stopped == "end"
    assert history.stopped == "early" and len(history.loss) == place + 1 and history.best_step == best + 1
    assert history.validation == whole.validation[:place + 1]
    assert_near(loss_on(task_of("reviews")["validation"], method), losses[best], **NET)
    assert train(FullFineTuning(small[0]), **settings, patience=40).stopped == "end"


@pytest.mark.parametrize("validate_every, kept", [(100, 4), (3, 3)])
def test_interrupting_keeps_what_was_learned(small, validate_every, kept):
    model, method, seen = small[0], LoRA(small[0]), []

    def watch(history):
        seen.append(bits(method))
        if len(history.loss) == 4:
            raise KeyboardInterrupt

    history = train(method, watch=watch, validate_every=validate_every)
    assert history.stopped == "interrupted" and len(history.loss) == 4 and history.best_step == kept
    assert same(bits(method), seen[kept - 1]) and not method.training
    with method.on(model):
        pass  # it is not attached any more


def test_watch_is_called_after_every_step_and_finished_once(small):
    calls = []
    watch = lambda history: calls.append((len(history.loss), len(history.validation)))
    history = train(LoRA(small[0]), watch=watch, validate_every=4)
    assert calls == [(1, 0), (2, 0), (3, 0), (4, 1), (5, 1), (6, 2)]

    class Watch:
        def __call__(self, history):
            calls.append(SimpleNamespace(step=len(history.loss)))
            if len(history.loss) == 2:
                raise KeyboardInterrupt

        def finish(self, history):
            calls.append(history)

    calls.clear()
    history = train(LoRA(small[0]), watch=Watch())
    assert [call.step for call in calls[:-1]] == [1, 2] and calls[-1] is history


def test_the_progress_bar_says_method_step_and_loss_and_can_be_silenced(small, capsys):
    history = train(LoRA(small[0]), progress=True)
    said = capsys.readouterr()
    last = said.err.split("\r")[-1]
    assert said.out == "" and last.startswith("LoRA: 100%") and "6/6" in last and "step" in last
    assert f"loss {history.loss[-1]:.3f}" in last
    train(LoRA(small[0]))
    assert capsys.readouterr() == ("", "")
