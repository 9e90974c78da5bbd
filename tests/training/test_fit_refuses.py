"""What cannot be trained is refused with a sentence that helps, and model and method are what they were."""
import copy

import datasets
import pytest
import torch

from course_lib import load_task
from course_lib.errors import CourseError
from course_lib.methods import FullFineTuning, LoRA, PrefixTuning, PromptTuning
from course_lib.training import fit
from tests.tiny import Broken
from tests.training.runs import refused
from tests.training.small import CONTEXT, dataset, pair_of, task_of

NAMES = ("negative", "positive")
NAN = float("nan")


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


@pytest.mark.parametrize("loss", ["kl", 0.5, [], True])
def test_what_is_no_loss(loss):
    refused(r"loss is a function \(logits, batch, keys\) -> a number, .*; you gave", loss=loss)


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


@pytest.mark.parametrize("name", ["val", "dev", "valid", "Validation", "eval", "development"])
def test_a_validation_split_of_another_name_is_not_overlooked(name):
    train = task_of("reviews")["train"]
    refused(f"The split '{name}' would not be read", {"train": train, name: train.select(range(4))}, steps=1)


def test_patience_needs_a_validation_split():
    refused("no split called validation", {"train": task_of("reviews")["train"]}, patience=2)


@pytest.mark.parametrize("build", [PromptTuning, PrefixTuning])
def test_a_text_for_which_the_virtual_tokens_leave_no_room_is_refused_before_the_first_step(build):
    steps = []
    refused("split train, row .*'our long evening .*With 25 virtual ones before it",
            build=lambda model: build(model, length=25), watch=steps.append)
    assert not steps
