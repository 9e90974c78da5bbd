"""A checkpoint is gone on with by the method that began it, or that it brought to where it is; by no other."""
import pytest
import torch

from course_lib.errors import CourseError
from course_lib.methods import LoRA, PrefixTuning, PromptTuning
from course_lib.training import fit
from tests.training.runs import bits, same
from tests.training.small import pair_of, task_of

RUN = {"steps": 12, "batch_size": 8, "learning_rate": 1e-2, "validate_every": 4, "progress": False}


def call(method, path, watch=None, splits=("train", "validation"), **more):
    task = {split: task_of("reviews")[split] for split in splits}
    return fit(*pair_of("llama"), task, method, checkpoint=path, watch=watch, **RUN | more)


def interrupt(history):
    if len(history.loss) == 6:
        raise KeyboardInterrupt


def scrambled(model):
    method = LoRA(model)
    with torch.no_grad():
        method.B[0].add_(0.1)
    return method


STARTS = {"random": lambda model: PromptTuning(model, length=3),
          "vocabulary": lambda model: PromptTuning(model, length=3, init="vocabulary"),
          "a text": lambda model: PromptTuning(model, length=3, init="good", tokenizer=pair_of("llama")[1])}


@pytest.mark.parametrize("one, other", [
    (STARTS["random"], STARTS["vocabulary"]), (STARTS["vocabulary"], STARTS["a text"]), (LoRA, scrambled),
    (scrambled, LoRA)])
def test_another_start_is_refused(tmp_path, one, other):
    model = pair_of("llama")[0]
    call(one(model), tmp_path / "run", interrupt)
    content, method = (tmp_path / "run").read_bytes(), other(model)
    before = bits(method)
    with pytest.raises(CourseError, match="another run, which differs in start: the method began with other numbers"):
        call(method, tmp_path / "run")
    assert same(bits(method), before) and (tmp_path / "run").read_bytes() == content
    method = one(model)
    assert call(method, tmp_path / "run").stopped == "end"


def test_what_was_learned_before_is_another_start(tmp_path):
    model = pair_of("llama")[0]
    fresh, tuned = LoRA(model), LoRA(model)
    call(fresh, tmp_path / "run", interrupt)
    fit(*pair_of("llama"), {"train": task_of("reviews")["test"]}, tuned, steps=2, progress=False)
    with pytest.raises(CourseError, match="differs in start"):
        call(tuned, tmp_path / "run")


@pytest.mark.parametrize("splits", [("train",), ("train", "validation")])
def test_a_run_stopped_by_hand_goes_on_with_the_same_method(tmp_path, splits):
    model = pair_of("llama")[0]
    whole, method = PrefixTuning(model, length=2), PrefixTuning(model, length=2)
    wanted = call(whole, tmp_path / "whole", splits=splits).loss
    assert call(method, tmp_path / "run", interrupt, splits).stopped == "interrupted"
    assert call(method, tmp_path / "run", splits=splits).loss == wanted
    assert same(bits(method), bits(whole))


def test_a_finished_method_that_was_saved_and_loaded_again_is_where_its_run_ended(tmp_path):
    model = pair_of("llama")[0]
    method, steps = LoRA(model), []
    call(method, tmp_path / "run")
    method.save(tmp_path / "lora")
    call(LoRA.load(tmp_path / "lora", model), tmp_path / "run", watch=steps.append)
    assert not steps


def test_a_run_that_went_on_once_keeps_its_first_start(tmp_path):
    model = pair_of("llama")[0]
    for _ in range(2):
        method = LoRA(model)
        call(method, tmp_path / "run", interrupt)
        call(method, tmp_path / "run")
    assert call(LoRA(model), tmp_path / "run").stopped == "end"
