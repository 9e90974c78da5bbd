"""What every test of training gets: a small decoder and its task, and a guard that training leaves the model alone."""
import pytest
import torch

from course_lib.models import weights_hash
from tests.training.small import pair_of, task_of


def hooks_of(model) -> int:
    """How many hooks of the course the model's modules have; the library puts in some of its own, for good."""
    return sum(hook.__module__.startswith("course_lib") for module in model.modules()
               for hook in [*module._forward_hooks.values(), *module._forward_pre_hooks.values()])


def state_of(model) -> tuple:
    """All of a model that training could change: bits, hooks, modules, mode, gradients, the kind of attention."""
    return (weights_hash(model), hooks_of(model), [id(module) for module in model.modules()], model.training,
            [(parameter.requires_grad, parameter.grad) for parameter in model.parameters()],
            model.config._attn_implementation)


@pytest.fixture(scope="session", params=["llama", "gpt2", "bert", "distilbert"])
def any_pair(request):
    """(model, tokenizer) of each class."""
    return pair_of(request.param)


@pytest.fixture(scope="session")
def small():
    """(model, tokenizer): a Llama of three blocks."""
    return pair_of("llama")


@pytest.fixture(scope="session")
def reviews():
    """A task of two classes: 24 rows to train on, 8 and 8."""
    return task_of("reviews")


@pytest.fixture(autouse=True)
def nothing_is_left_behind(request):
    """Whatever a test does, the models it shares with others and torch's random numbers are the same afterwards."""
    pairs = [pair_of(kind) for kind in ("llama", "gpt2", "bert", "distilbert")]
    before, numbers = [state_of(model) for model, _ in pairs], torch.get_rng_state()
    yield
    assert [state_of(model) for model, _ in pairs] == before, "a model was changed"
    assert torch.equal(torch.get_rng_state(), numbers), "torch's random numbers were used"
