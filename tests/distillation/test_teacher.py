"""A teacher is asked once; what it says of a row does not depend on the batch; its answers are a task of their own."""
import pytest
import torch

from course_lib.distillation import Teacher, taught_rows
from course_lib.errors import CourseError
from course_lib.evaluation import answers
from course_lib.methods import FullFineTuning, LoRA, PromptTuning
from course_lib.prompting.tokens import answer_tokens
from course_lib.training.batches import Batches, at_answers
from tests.closeness import NET, assert_near
from tests.training.runs import train
from tests.training.small import dataset, pair_of, task_of


def teacher_of(build=FullFineTuning, kind="llama", name="reviews", **more):
    """(teacher, method) after a few steps."""
    pair = pair_of(kind)
    method = build(pair[0])
    train(method, pair, task_of(name))
    return Teacher(*pair, task_of(name), method, **more), method


@pytest.mark.parametrize("build, kind, name, over", [
    (FullFineTuning, "llama", "reviews", "labels"), (FullFineTuning, "llama", "reviews", "vocabulary"),
    (lambda m: PromptTuning(m, length=3), "gpt2", "facts", "labels"), (LoRA, "llama", "stars", "labels"),
    (lambda m: LoRA(m, num_labels=2), "bert", "reviews", "labels"),
    (lambda m: LoRA(m, num_labels=2), "llama", "reviews", "vocabulary")])
def test_each_row_is_as_if_it_were_asked_alone(build, kind, name, over):
    teacher, method = teacher_of(build, kind, name, over=over)
    model, tokenizer = pair_of(kind)
    names = {"reviews": ("negative", "positive"), "stars": ("1", "2", "3")}.get(name)
    words = [tokens[0] for tokens in answer_tokens(tokenizer, names)] if names else None
    assert set(teacher.logits) == {(split, row) for split in ("train", "validation")
                                   for row in range(len(task_of(name)[split]))}
    for split, row in (("train", 0), ("train", 23), ("validation", 5)):
        data = Batches(model, tokenizer, task_of(name)[split], method)
        with method.on(model), torch.no_grad():
            batch = data.batch([row])
            logits = method.logits(model, batch)                  # (1, N), or (1, 1 + answer, V)
        if method.head is None:
            logits = logits[:, 0, words] if words and over == "labels" else logits[0, :-1]
        assert_near(teacher.logits[split, row], logits, **NET)


def test_what_counts_of_a_batch():
    """Two rows, answers of two tokens and of one, at the last places; each is told by the place before it."""
    logits = torch.arange(2 * 3 * 4.0).view(2, 3, 4)
    labels = torch.tensor([[-100, -100, 2, 3], [-100, -100, -100, 1]])
    said, right = at_answers(logits, labels)
    assert right.tolist() == [2, 3, 1] and torch.equal(said, torch.stack([logits[0, 0], logits[0, 1], logits[1, 1]]))
    classes = torch.tensor([1, 0])
    assert at_answers(logits[:, 0], classes) == (pytest.approx(logits[:, 0]), classes)


@pytest.mark.parametrize("kind, build", [("llama", FullFineTuning), ("gpt2", lambda m: PromptTuning(m, length=3)),
                                         ("bert", lambda m: LoRA(m, num_labels=2))])
def test_hidden_states_are_those_of_the_rows_own_tokens(kind, build):
    teacher, method = teacher_of(build, kind, blocks=(2, 0))
    model, tokenizer = pair_of(kind)
    data = Batches(model, tokenizer, task_of("reviews")["train"], method)
    for row in (0, 7):
        batch = data.batch([row])
        with method.on(model), torch.no_grad():
            inputs = method.prepare({name: batch[name] for name in ("input_ids", "attention_mask")})
            states = model.base_model(**inputs, output_hidden_states=True).hidden_states
        found, T = teacher.hidden["train", row], batch["input_ids"].shape[1]
        assert set(found) == {0, 2} and found[0].shape == (T, 16)
        assert_near(found[0], states[1][0, -T:], **NET)


def test_nothing_is_left_of_its_hooks_where_it_fails():
    model, tokenizer = pair_of("llama")
    method = FullFineTuning(model)
    with torch.no_grad():
        method.copies[-1].view(-1)[0] = float("nan")
    with pytest.raises(CourseError, match=r"logits are no numbers in the rows \[.*of train.*Train it again"):
        Teacher(model, tokenizer, task_of("reviews"), method, blocks=(1,))


@pytest.mark.parametrize("blocks", [(3,), (-1,), ("a",), (0.5,)])
def test_a_block_that_does_not_exist(blocks):
    pair = pair_of("llama")
    with pytest.raises(CourseError, match="A block must be at least 0 and at most 2, a whole number; you gave"):
        Teacher(*pair, task_of("reviews"), FullFineTuning(pair[0]), blocks)


@pytest.mark.parametrize("blocks", [1, None, "1"])
def test_no_blocks(blocks):
    pair = pair_of("llama")
    with pytest.raises(CourseError, match=r"blocks names the blocks to look at, such as \(1, 3\); you gave"):
        Teacher(*pair, task_of("reviews"), FullFineTuning(pair[0]), blocks)


def test_label_words_that_begin_alike_are_refused():
    pair, rows = pair_of("llama"), [("it was good", "good"), ("it was bad", "good pear"), ("it was sad", "bad")]
    task = {"train": dataset(rows, "{text}\nlabel:", ("good", "good pear", "bad"))}
    with pytest.raises(CourseError, match="Two of the labels .* begin with the same token.*over='vocabulary', or"):
        Teacher(*pair, task, FullFineTuning(pair[0]))
    assert Teacher(*pair, task, FullFineTuning(pair[0]), over="vocabulary").words is None
    with pytest.raises(CourseError, match="over is 'labels' or 'vocabulary'; you gave 'words'"):
        Teacher(*pair, task, FullFineTuning(pair[0]), over="words")


@pytest.mark.parametrize("task, method, said", [
    ("reviews", None, "A task is a dictionary"), ({"test": 1}, None, "no split called train"),
    (None, "lora", "was not built on this model"), (None, LoRA, "was not built on this model")])
def test_what_fit_refuses_is_refused(task, method, said):
    pair = pair_of("llama")
    with pytest.raises(CourseError, match=said):
        Teacher(*pair, task or task_of("reviews"), method or LoRA(pair[0]))


def test_its_answers_stand_in_for_the_rows_own():
    for name in ("reviews", "facts"):
        pair, rows = pair_of("llama"), task_of(name)["test"]
        method = FullFineTuning(pair[0])
        train(method, pair, task_of(name), steps=40, learning_rate=2e-2)
        given, _ = answers(*pair, rows, method)
        taught = taught_rows(*pair, rows, method)
        assert taught.features == rows.features
        assert taught["prompt"][:] == [prompt for prompt, answer in zip(rows["prompt"], given) if answer != ""]
        if name == "reviews":
            assert taught["label"][:] == given
            assert taught["answer"][:] == [("negative", "positive")[label] for label in given]
        else:
            assert taught["answer"][:] == [answer for answer in given if answer]


def test_rows_to_which_it_writes_nothing_are_left_out(monkeypatch):
    rows = task_of("facts")["test"]
    written = ["pome", "", *["stone fruit"] * (len(rows) - 2)]
    monkeypatch.setattr("course_lib.distillation.teacher.answers", lambda *_: (written, rows["answer"][:]))
    taught = taught_rows(*pair_of("llama"), rows)
    assert len(taught) == len(rows) - 1 and taught["text"][:] == [rows["text"][0], *rows["text"][2:]]
