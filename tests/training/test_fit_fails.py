"""A run that goes wrong half-way: it says where, and model and method are what they were."""
import pytest
import torch

from course_lib.errors import CourseError
from course_lib.methods import FullFineTuning, LoRA
from course_lib.training import fit
from course_lib.training.batches import loss_of
from tests.training.runs import refused
from tests.training.small import pair_of, task_of

NAN = float("nan")


def poison(parameter):
    with torch.no_grad():
        parameter.view(-1)[0] = NAN
    return parameter


def test_a_loss_that_is_no_number_names_the_step_the_batch_and_the_rate(small):
    """Nan is put into a parameter after the second of four steps; the rates are 1, 3/4 and 2/4 of the one given."""
    model, tokenizer = small
    method, task = LoRA(model), {"train": task_of("reviews")["train"]}
    before = {name: tensor.clone() for name, tensor in method.state_dict().items()}
    order = torch.randperm(24, generator=torch.Generator().manual_seed(0)).split(8)

    def watch(history):
        if len(history.loss) == 2:
            poison(method.A[0])

    with pytest.raises(CourseError) as caught:
        fit(model, tokenizer, task, method, steps=4, batch_size=8, learning_rate=1e-3, warm_up=0, watch=watch,
            progress=False)
    assert str(caught.value) == (
        f"The loss is nan at step 3, in the batch of the rows {order[2].tolist()}, at the learning rate 0.0005. Most "
        "often that rate is too high: try a tenth of it. The method is what it was before this run, and so is the "
        "model.")
    assert all(torch.equal(tensor, before[name]) for name, tensor in method.state_dict().items())


def test_a_loss_that_is_no_number_from_the_start_is_not_blamed_on_the_rate():
    def build(model):
        method = FullFineTuning(model, num_labels=2)
        poison(method.head.weight)
        return method

    model, tokenizer = pair_of("llama")
    with pytest.raises(CourseError, match="The loss is nan at step 1, .*Nothing was learned before it.*build it"):
        fit(model, tokenizer, task_of("reviews"), build(model), steps=2, progress=False)


def test_an_absurd_learning_rate_is_said_to_be_too_high():
    """B is 0 at the first step and about 10 after it; times an absurd alpha, that is more than a float can square."""
    said = refused("The size of the gradient is nan at step 2, in the batch of the rows", learning_rate=10,
                   build=lambda model: LoRA(model, alpha=1e18))
    assert "at the learning rate 6.7. Most often that rate is too high: try a tenth of it." in said


def test_a_gradient_that_is_no_number_is_refused_before_it_is_used(monkeypatch):
    """The root of 0: the loss is finite, its slope is not."""
    monkeypatch.setattr("course_lib.training.loop.loss_of", lambda logits, labels: (logits - logits).abs().sum().sqrt())
    refused("The size of the gradient is nan at step 1")


def test_a_validation_loss_that_is_no_number_stops_the_run_and_no_checkpoint_is_kept(monkeypatch, tmp_path):
    monkeypatch.setattr("course_lib.training.loop.loss_of", lambda logits, labels: loss_of(logits, labels) * (
        1 if torch.is_grad_enabled() else NAN))
    refused("The loss is nan at step 2, on the validation split, at the learning rate", validate_every=2,
            checkpoint=tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_whatever_goes_wrong_the_method_is_what_it_was(small):
    model, tokenizer = small
    method = FullFineTuning(model)
    before = {name: tensor.clone() for name, tensor in method.state_dict().items()}
    with pytest.raises(ZeroDivisionError):
        fit(model, tokenizer, task_of("reviews"), method, steps=3, progress=False, learning_rate=0.1,
            watch=lambda history: 1 / (len(history.loss) - 2))
    assert all(torch.equal(tensor, before[name]) for name, tensor in method.state_dict().items())
    assert not method.training
