"""How well a task is done: counted by hand, with its interval, for what a method can be given."""
import copy
import math

import pytest
import torch

from course_lib.errors import CourseError
from course_lib.evaluation import answers, evaluate, mean_loss, old_domain_loss, perplexity
from course_lib.intervals import wilson
from course_lib.methods import Frozen, FullFineTuning, LoRA, LoReFT, PrefixTuning, PromptTuning
from course_lib.prompting import complete, score_choices
from course_lib.training import fit
from course_lib.training.batches import Batches
from tests.closeness import NET, assert_near
from tests.training.small import dataset, pair_of, task_of

ROWS = task_of("reviews")["train"]


def scrambled(method):
    """The method with other values for everything that is trained, so that it changes the answers."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return method


def check(found: dict, marks: list[bool], name: str = "accuracy"):
    share, low, high = wilson(sum(marks), len(marks))
    assert found == {name: share, "low": low, "high": high, "n": len(marks)}
    assert share == sum(marks) / len(marks) and low < share < high or share in (0, 1)


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("build", [None, LoRA, LoReFT, FullFineTuning, lambda m: PromptTuning(m, length=3),
                                   lambda m: PrefixTuning(m, length=3)])
def test_a_decoder_answers_with_the_most_probable_answer_word(kind, build):
    model, tokenizer = pair_of(kind)
    method, marks = build and scrambled(build(model)), []
    for row in ROWS:
        negative, positive = score_choices(model, tokenizer, row["prompt"], ["negative", "positive"], method=method)
        marks.append((positive > negative) == (row["label"] == 1))
    check(evaluate(model, tokenizer, ROWS, method), marks)


@pytest.mark.parametrize("ask", [evaluate, answers])
@pytest.mark.parametrize("build", [None, LoRA])
def test_a_row_whose_answer_is_not_its_labels_name_is_refused_as_fit_refuses_it(ask, build):
    model, tokenizer = pair_of("llama")
    right = ROWS[0]["answer"]
    wrong = "positive" if right == "negative" else "negative"
    rows = ROWS.remove_columns("answer").add_column("answer", [wrong, *ROWS["answer"][1:]])
    with pytest.raises(CourseError, match=f"Row 0 has the answer '{wrong}' and the label ., which is '{right}'"):
        ask(model, tokenizer, rows, build and build(model))
    method = LoRA(model, num_labels=2)  # a head is told by the labels alone
    assert ask(model, tokenizer, rows, method) == ask(model, tokenizer, ROWS, method)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert", "distilbert"])
def test_a_head_answers_with_its_highest_logit(kind, monkeypatch):
    model, tokenizer = pair_of(kind)
    method, given, right = scrambled(LoRA(model, num_labels=2)), [], ROWS["label"][:]
    data = Batches(model, tokenizer, ROWS, method)
    with method.on(model), torch.no_grad():
        for row in range(len(ROWS)):
            first, second = method.logits(model, data.batch([row]))[0].tolist()
            given.append(int(second > first))
    marks = [one == other for one, other in zip(given, right)]
    check(evaluate(model, tokenizer, ROWS, method), marks)
    monkeypatch.setattr("course_lib.evaluation.ROWS", 7)  # several passes, the last a smaller one
    assert answers(model, tokenizer, ROWS, method) == (given, right)


def test_a_task_without_labels_is_judged_by_what_is_written(small):
    model, tokenizer = small
    rows, method = task_of("facts")["train"], FullFineTuning(model)
    fit(model, tokenizer, {"train": rows}, method, steps=25, learning_rate=2e-2, batch_size=24, progress=False)
    given = [complete(model, tokenizer, row["prompt"], 3, method) for row in rows]
    marks = [text == row["answer"] for text, row in zip(given, rows)]
    assert any(marks) and set(given) <= {"pome", "stone fruit"}
    check(evaluate(model, tokenizer, rows, method), marks, "exact_match")
    check(evaluate(model, tokenizer, rows), [False] * 24, "exact_match")


def test_dropout_is_off_and_modes_are_put_back(small):
    model, tokenizer = copy.deepcopy(small[0]), small[1]
    method = scrambled(LoRA(model, dropout=0.9, num_labels=2)).eval()
    quiet = answers(model, tokenizer, ROWS, method)
    method.train()
    model.train()
    assert all(answers(model, tokenizer, ROWS, method) == quiet for _ in range(3))
    assert method.training and model.training


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_an_encoder_answers_through_a_head_only(kind):
    model, tokenizer = pair_of(kind)
    with pytest.raises(CourseError, match=r"An encoder answers through a head.*LoRA\(model, num_labels=2\)"):
        evaluate(model, tokenizer, ROWS)
    with pytest.raises(CourseError, match=r"An encoder answers through a head.*Frozen\(model, num_labels=2\)"):
        evaluate(model, tokenizer, ROWS, Frozen(model))


def test_what_cannot_be_evaluated(small):
    model, tokenizer = small
    encoder, gpt2 = pair_of("bert"), pair_of("gpt2")
    attached, plain = LoRA(model), LoRA(model)
    no_names = ROWS.cast_column("label", type(ROWS.features["answer"])("int64"))
    none = ROWS.select([])
    long = dataset([("it " * 40, "negative"), ("it", "positive")], "{text}\nlabel:", ("negative", "positive"))
    stars = LoRA(encoder[0], num_labels=3)
    table = [((model, tokenizer, ROWS, LoRA(gpt2[0])), "LoRA was not built on this model"),
             ((model, tokenizer, ROWS, "lora"), "'lora' was not built"),
             ((model, tokenizer, ROWS, LoRA), "not built on"),
             ((model, tokenizer, none), "these are 0 rows"), ((model, tokenizer, none, plain), "these are 0 rows"),
             ((model, tokenizer, task_of("reviews")), "one of its splits"),
             ((model, tokenizer, "reviews"), "one of its splits"),
             ((model, tokenizer, ROWS.remove_columns("answer")), "the columns prompt and answer; these are 24 rows"),
             ((model, tokenizer, no_names, plain), "no names for its classes"),
             ((None, tokenizer, ROWS), "model must be"), ((None, tokenizer, ROWS, plain), "model must be"),
             ((model, None, ROWS, plain), "tokenizer must be"), ((model, None, ROWS), "tokenizer must be"),
             ((model, tokenizer, long), "Prompt 0 has"),
             ((*encoder, long, LoRA(encoder[0], num_labels=2)), "Row 0 has"),
             ((*encoder, task_of("facts")["test"], stars), "the columns text and label")]
    for given, said in table:
        with pytest.raises(CourseError, match=said):
            evaluate(*given)
    with attached.on(model):
        for method in (attached, plain):
            with pytest.raises(CourseError, match="LoRA is attached to this model already"):
                evaluate(model, tokenizer, ROWS, method)


def test_old_domain_loss_is_that_of_the_language_model_as_the_method_makes_it(small):
    """A head changes nothing in it; a scrambled change of the weights does; an untrained LoRA does not."""
    model, tokenizer = small
    texts = ["the film was good", "our long evening in the old town was cold"]
    plain = mean_loss(model, tokenizer, texts)
    assert_near(math.log(perplexity(model, tokenizer, texts)), plain, **NET)
    for num_labels in (None, 2):
        assert_near(mean_loss(model, tokenizer, texts, method=LoRA(model, num_labels=num_labels)), plain, **NET)
        changed = scrambled(LoRA(model, num_labels=num_labels))
        merged = copy.deepcopy(model)
        changed.merge(merged)
        assert_near(mean_loss(model, tokenizer, texts, method=changed), mean_loss(merged, tokenizer, texts), **NET)
        assert abs(mean_loss(model, tokenizer, texts, method=changed) - plain) > 0.01


@pytest.mark.parametrize("build", [PromptTuning, PrefixTuning])
def test_old_domain_loss_counts_the_texts_tokens_and_not_the_virtual_ones(small, build):
    model, tokenizer = small
    method, end = scrambled(build(model, length=3)), tokenizer.eos_token_id
    ids = torch.tensor([[end, *tokenizer("the film was good")["input_ids"], end]])
    with method.on(model), torch.no_grad():
        logs = model(**method.prepare({"input_ids": ids})).logits[0, -ids.shape[1]:].log_softmax(-1)
    losses = [-logs[place, token].item() for place, token in enumerate(ids[0, 1:])]
    found = mean_loss(model, tokenizer, ["the film was good"], method=method)
    assert_near(found, sum(losses) / len(losses), **NET)


@pytest.mark.parametrize("build", [None, lambda m: PromptTuning(m, length=20)])
def test_old_domain_loss_of_the_worlds_own_documents(pair, build):
    """Of an untrained model: about ln of the vocabulary, 2,048. The longest documents leave room for a prompt."""
    model, tokenizer = pair
    loss = old_domain_loss(model, tokenizer, build and build(model), n_documents=20)
    assert loss == pytest.approx(math.log(2048), abs=0.5)
    with pytest.raises(CourseError, match="n_documents must be at least 1"):
        old_domain_loss(model, tokenizer, n_documents=0)
