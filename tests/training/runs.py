"""Short runs, and what is compared of them."""
import pytest
import torch

from course_lib.errors import CourseError
from course_lib.methods import LoRA
from course_lib.training import fit
from course_lib.training.batches import Batches, loss_of
from tests.training.conftest import state_of
from tests.training.small import pair_of, task_of


def train(method, pair=None, task=None, **settings):
    """The history of a short run without a progress bar: 6 steps of 8 rows, unless said otherwise."""
    settings = {"steps": 6, "batch_size": 8, "learning_rate": 1e-2, "progress": False} | settings
    return fit(*(pair or pair_of("llama")), task or task_of("reviews"), method, **settings)


def bits(method) -> dict:
    return {name: tensor.clone() for name, tensor in method.state_dict().items()}


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def only_train(name="reviews") -> dict:
    return {"train": task_of(name)["train"]}


def loss_on(rows, method) -> float:
    """The mean over all of the rows, as one batch."""
    model, tokenizer = pair_of("llama")
    data = Batches(model, tokenizer, rows, method)
    batch = data.batch(list(range(len(data))))
    with method.on(model), torch.no_grad():
        return loss_of(method.logits(model, batch), batch["labels"]).item()


def refused(said: str, task=None, build=LoRA, kind: str = "llama", pair=None, **settings) -> str:
    """The message of the CourseError, in which `said` is found; method and model are compared with what they were."""
    model, tokenizer = pair or pair_of(kind)
    method = build if isinstance(build, torch.nn.Module) else build(model)
    before, base = {name: tensor.clone() for name, tensor in method.state_dict().items()}, state_of(model)
    settings = {"steps": 3, "batch_size": 8, "progress": False} | settings
    with pytest.raises(CourseError, match=said) as caught:
        fit(model, tokenizer, task_of("reviews") if task is None else task, method, **settings)
    assert state_of(model) == base
    assert all(torch.equal(tensor, before[name]) for name, tensor in method.state_dict().items())
    return str(caught.value)
