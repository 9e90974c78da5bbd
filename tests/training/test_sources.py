"""Rows with a second text, the source: batched, trained on and scored; and methods with nothing to train."""
import datasets
import pytest
import torch

from course_lib.errors import CourseError
from course_lib.evaluation import evaluate
from course_lib.intervals import wilson
from course_lib.methods import Interchange, LoRA, Steering
from course_lib.prompting.tokens import answer_tokens
from course_lib.training.batches import Batches
from tests.training.runs import bits, refused, same, train
from tests.training.small import CONTEXT, pair_of, task_of


def crossed(name="reviews", split="train"):
    """Rows whose source is the next row's prompt, and whose label and answer are the source's."""
    rows = task_of(name)[split]
    turn = lambda column: rows[column][1:] + rows[column][:1]
    columns = {"prompt": turn("prompt"), "answer": turn("answer"), "label": turn("label")}
    changed = rows.remove_columns(["answer", "label"]).add_column("source", columns["prompt"])
    changed = changed.add_column("answer", columns["answer"])
    return changed.add_column("label", columns["label"]).cast_column("label", rows.features["label"])


def test_a_batch_holds_the_sources_of_its_rows():
    model, tokenizer = pair_of("llama")
    rows = crossed()
    batch = Batches(model, tokenizer, rows, Interchange(model)).batch([3, 7])
    read = lambda part: [tokenizer.decode(ids[mask.bool()])
                         for ids, mask in zip(part["input_ids"], part["attention_mask"])]
    assert read(batch["source"]) == [rows["prompt"][4], rows["prompt"][8]]
    assert [text.startswith(rows["prompt"][row]) for text, row in zip(read(batch), (3, 7))] == [True, True]
    assert "source" not in Batches(model, tokenizer, rows, LoRA(model)).batch([3])  # a column of yours is left alone
    prints = [Batches(model, tokenizer, one, Interchange(model)).fingerprint()
              for one in (rows, rows.remove_columns("source").add_column("source", rows["prompt"]))]
    assert prints[0] != prints[1]


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_the_subspace_is_trained_and_the_same_seed_gives_the_same_bits(kind):
    pair, runs = pair_of(kind), []
    for _ in range(2):
        method = Interchange(pair[0], rank=2)
        before, history = bits(method), train(method, pair, {"train": crossed(), "validation": crossed(split="test")})
        assert not same(bits(method), before) and history.validation
        runs.append(bits(method))
    assert same(*runs)


def test_an_encoder_learns_a_head_and_a_subspace():
    method = Interchange(pair_of("bert")[0], rank=2, num_labels=2)
    before = bits(method)
    train(method, pair_of("bert"), {"train": crossed()})
    assert not any(torch.equal(tensor, before[name]) for name, tensor in method.state_dict().items())
    assert evaluate(*pair_of("bert"), crossed(), method)["n"] == 24


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("rank", [3, None])
@pytest.mark.parametrize("words", [("1", "2", "3"), ("1 1 1", "2", "3")])     # as long, and one longer
@torch.no_grad()
def test_interchange_accuracy_by_hand(kind, rank, words):
    """Each row and each answer word alone: the sum of the log probabilities of its tokens."""
    (model, tokenizer), rows, marks = pair_of(kind), crossed("stars"), []
    rows = rows.cast_column("label", datasets.ClassLabel(names=list(words)))
    rows = rows.remove_columns("answer").add_column("answer", [words[label] for label in rows["label"]])
    method, names = Interchange(model, 1, rank=rank), rows.features["label"].names
    for row in rows:
        prompt, source, scores = *(tokenizer(row[name])["input_ids"] for name in ("prompt", "source")), []
        for tail in answer_tokens(tokenizer, names):
            batch = {"input_ids": torch.tensor([prompt + tail]), "labels": torch.tensor([[-100] * len(prompt) + tail]),
                     "source": {"input_ids": torch.tensor([source])}}
            with method.on(model):
                logs = method.logits(model, batch)[0].log_softmax(-1)
            scores.append(sum(logs[len(prompt) - 1 + place, token].item() for place, token in enumerate(tail)))
        marks.append(scores.index(max(scores)) == row["label"])
    share, low, high = wilson(sum(marks), len(marks))
    assert evaluate(model, tokenizer, rows, method) == {"accuracy": share, "low": low, "high": high, "n": len(marks)}
    assert 0 < share < 1


ROWS = crossed()
SOURCES = [(ROWS.remove_columns("source"), "rows with the columns prompt and answer and source"),
           (ROWS.remove_columns("source").add_column("source", [""] * 24), "The source of row 0 has 0 tokens"),
           (ROWS.remove_columns("source").add_column("source", ["film " * CONTEXT] * 24), "The source of row 0 has"),
           (ROWS.remove_columns("source").add_column("source", [1] * 24), "source holds a text for each row")]


@pytest.mark.parametrize("rows, said", SOURCES, ids=range(len(SOURCES)))
def test_sources_that_cannot_be_read(rows, said):
    refused(said, {"train": rows}, lambda model: Interchange(model, rank=1))
    with pytest.raises(CourseError, match=said):
        evaluate(*pair_of("llama"), rows, Interchange(pair_of("llama")[0]))


def test_rows_without_labels_have_no_interchange_accuracy():
    with pytest.raises(CourseError, match="Interchange is measured by a choice among answer words.*column label"):
        evaluate(*pair_of("llama"), crossed().remove_columns("label"), Interchange(pair_of("llama")[0]))


@pytest.mark.parametrize("build", [Steering, Interchange], ids=lambda kind: kind.__name__)
def test_a_method_with_nothing_to_train(build):
    refused(f"This {build.__name__} has nothing to train: it is used as it is", {"train": crossed()}, build)


def test_frozen_work_below_a_swap_is_not_reused():
    refused("Interchange changes the first block here", {"train": crossed()},
            lambda model: Interchange(model, 2, rank=1), reuse=True)
