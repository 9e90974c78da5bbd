"""What cannot be trained is refused with a sentence that helps, and model and method are what they were."""
import copy

import datasets
import pytest
import torch

from course_lib import load_task
from course_lib.batches import loss_of
from course_lib.errors import CourseError
from course_lib.methods import FullFineTuning, LoRA, PrefixTuning, PromptTuning
from course_lib.training import fit
from tests.tiny import Broken
from tests.training.conftest import state_of
from tests.training.small import CONTEXT, dataset, pair_of, task_of

NAMES = ("negative", "positive")
NAN = float("nan")


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


def rows(*pairs, template="{text}\nlabel:", names=NAMES):
    return dataset(list(pairs), template, names)


def plain(**columns):
    return datasets.Dataset.from_dict(columns)


WHOLE = "must be at least 1, a whole number"


@pytest.mark.parametrize("name, values, said", [
    ("epochs", [0, -1, 1.5, "3", True, None], f"epochs {WHOLE}"), ("steps", [0, -2, 2.0, "x", True], f"steps {WHOLE}"),
    ("batch_size", [0, -8, 8.0, None, True], f"batch_size {WHOLE}"),
    ("validate_every", [0, 1.5, "x", False], f"validate_every {WHOLE}"),
    ("patience", [0, -1, 2.5, "x", True], f"patience {WHOLE}"),
    ("seed", [-1, 2**32, 0.5, "x", None], "seed must be at least 0"),
    ("learning_rate", [0, -1, NAN, 11, "x", True, None, 1j, Broken()], "learning_rate is a number above 0, at most 10"),
    ("clip", [0, -1, NAN, "x", None, True], "clip is a number above 0; you gave"),
    ("warm_up", [-0.1, -1e-12, 2, NAN, "x", None, True], "warm_up is a number from 0 to 1"),
    ("weight_decay", [-0.1, 11, NAN, "x", None], "weight_decay is a number from 0 to 10")])
def test_numbers_that_make_no_plan(name, values, said):
    for value in values:
        refused(said, **({"steps": None} if name == "epochs" else {}) | {name: value})


def test_numbers_of_numpy_and_the_ends_of_the_ranges_are_fine(small):
    import numpy

    fit(*small, task_of("reviews"), LoRA(small[0]), steps=numpy.int64(1), learning_rate=numpy.float32(1e-3), warm_up=0,
        clip=float("inf"), weight_decay=0, seed=2**32 - 1, progress=False)
    fit(*small, task_of("reviews"), LoRA(small[0]), steps=1, learning_rate=10, warm_up=1, progress=False)


@pytest.mark.parametrize("task, said", [
    ("reviews", "A task is a dictionary of splits, .*you gave 'reviews'"), (5, "A task is a dictionary"),
    (task_of("reviews")["train"], "A task is a dictionary of splits"), ([], "A task is a dictionary"),
    ({}, "no split called train; it has none"), ({"test": task_of("reviews")["test"]}, "called train; it has test"),
    ({"train": []}, r"The split train: The rows of a task are one of its splits.*you gave \[\]"),
    ({"train": None}, "one of its splits"), ({"train": task_of("reviews")}, "one of its splits"),
    ({"train": task_of("reviews")["train"].select([])}, "these are 0 rows with text, prompt"),
    ({"train": task_of("reviews")["train"], "validation": task_of("reviews")["test"].select([])},
     "The split validation: .*0 rows"),
    ({"train": task_of("reviews")["train"].remove_columns("prompt")}, "columns prompt and answer; these are 24 rows"),
    ({"train": plain()}, "these are 0 rows with no columns"),
    ({"train": rows(("it was", "positive"), ("good", "positive"))}, "no row of the class 'negative'.*among 2 rows"),
    ({"train": rows(("", "positive"), ("it", "negative"), template="{text}")}, "Row 0 is empty"),
    ({"train": rows(("it", "positive"), ("it " * 40, "negative"))}, f"Row 1 has .* most {CONTEXT}. Shorten"),
    ({"train": task_of("reviews")["train"], "validation": rows(("it " * 40, "negative"))}, "validation: Row 0 has"),
    ({"train": plain(prompt=[1, 2], answer=["a", "b"])}, "column prompt holds a text"),
    ({"train": plain(prompt=["a", "b"], answer=["a", None])}, "column answer holds a text"),
    ({"train": plain(prompt=["a"], answer=["a\nb"])}, "must be one line"),
    ({"train": plain(prompt=["a"], answer=[""])}, "has no tokens"),
    ({"train": plain(prompt=["a"], answer=["b"], label=[0])}, "no names for its classes"),
    ], ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_no_task(task, said):
    refused(said, task)


@pytest.mark.parametrize("task, num_labels, said", [
    (task_of("stars"), 2, "The split train: The head has 2 labels, 0 to 1, and a row has the label 2. Build the"),
    ({"train": task_of("reviews")["train"].select_columns(["text", "answer"])}, 2, "the columns text and label"),
    ({"train": plain(text=["a", "b"], label=["ham", "spam"])}, 2, "has the label 'ham'"),
    ({"train": plain(text=["a", "b"], label=[0, None])}, 2, "has the label None"),
    ({"train": plain(text=["a", "b"], label=[0, 1])}, 2, "no names for its classes"),
    ({"train": rows(("it", "positive"), ("it", "negative")), "validation": rows(("x " * 40, "negative"))}, 2,
     "split validation: Row 0 has")])
def test_what_does_not_go_with_a_head(task, num_labels, said):
    refused(said, task, lambda model: LoRA(model, num_labels=num_labels), kind="bert")


def test_an_encoder_without_a_head_is_refused():
    refused(r"An encoder answers through a head.*LoRA\(model, num_labels=2\)", kind="distilbert")


def test_a_file_with_one_class_is_refused_when_it_is_loaded(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("text,label\n" + "".join(f"text {number},good\n" for number in range(30)))
    with pytest.raises(CourseError, match="one label only, 'good'; at least two are needed"):
        load_task(path)


@pytest.mark.parametrize("given", [None, "lora", LoRA, 5, torch.nn.Linear(2, 2)])
def test_what_is_no_method(given, small):
    with pytest.raises(CourseError, match="was not built on this model, .*such as LoRA"):
        fit(*small, task_of("reviews"), given, progress=False)


def test_a_method_of_another_model_or_of_a_model_that_is_changed_now(small):
    model, tokenizer = small
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.model.norm.weight.mul_(1.001)
    refused("LoRA was not built on this model", build=LoRA(other))
    refused("LoRA was not built on this model", build=LoRA(pair_of("gpt2")[0]))
    full, lora = FullFineTuning(other), LoRA(other)
    with torch.no_grad():
        full.copies[0].mul_(1.001)  # trained a little
    with full.on(other):
        refused("FullFineTuning was not built on this model, or the model is changed now", build=full,
                pair=(other, tokenizer))
    with lora.on(other):
        refused("LoRA is attached to this model already", build=lora, pair=(other, tokenizer))
    with torch.no_grad():
        lora.B[0].add_(1)
    lora.merge(other)
    refused("LoRA was not built on this model, or the model is changed now.* a merge", build=lora,
            pair=(other, tokenizer))


@pytest.mark.parametrize("place, given, said", [
    (0, None, "The model must be a loaded one"), (0, "orchard-s", "must be a loaded one; you gave 'orchard-s'"),
    (1, None, "The tokenizer must be one of a loaded model"), (1, "x", "The tokenizer must be")])
def test_what_is_no_model_or_no_tokenizer(small, place, given, said):
    pair = list(small)
    pair[place] = given
    with pytest.raises(CourseError, match=said):
        fit(*pair, task_of("reviews"), LoRA(small[0]), progress=False)


def test_the_tokenizer_of_another_model_is_refused(small):
    _, encoder_tokenizer = pair_of("bert")
    refused("The tokenizer is of another model: it gives the token", pair=(small[0], encoder_tokenizer))


def test_patience_needs_a_validation_split():
    refused("no split called validation", {"train": task_of("reviews")["train"]}, patience=2)


@pytest.mark.parametrize("build", [PromptTuning, PrefixTuning])
def test_a_text_for_which_the_virtual_tokens_leave_no_room_is_refused_before_the_first_step(build):
    steps = []
    refused("With 25 virtual ones before it", build=lambda model: build(model, length=25), watch=steps.append)
    assert not steps


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
    monkeypatch.setattr("course_lib.training.loss_of", lambda logits, labels: (logits - logits).abs().sum().sqrt())
    refused("The size of the gradient is nan at step 1")


def test_a_validation_loss_that_is_no_number_stops_the_run_and_no_checkpoint_is_kept(monkeypatch, tmp_path):
    monkeypatch.setattr("course_lib.training.loss_of", lambda logits, labels: loss_of(logits, labels) * (
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
