"""What every method promises on every model while it is attached: the one mechanism of methods/base/method.py.

Shapes: B rows, T tokens, d width.
"""
import copy
import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from course_lib.errors import CourseError
from course_lib.methods import Frozen, Interchange, LoRA, LoReFT, PrefixTuning
from course_lib.methods.base.virtual_tokens import VirtualTokens
from course_lib.models import weights_hash
from course_lib.prompting import complete, score_choices
from course_lib.prompting.reading import read, read_on
from course_lib.prompting.tokens import answer_text, answer_tokens
from tests.closeness import NET, assert_near
from tests.methods.contract import cases, changed, every, merges, nudged, outputs, scalar, trains, within
from tests.methods.tiny_models import DECODERS, IMPOSSIBLE, REFUSED, ROWS, Case, batch_of, logits_of, sourced


@pytest.mark.parametrize("case", IMPOSSIBLE, ids=str)
def test_what_cannot_be_built_says_on_which_models_it_can(case, model, tokenizer):
    with pytest.raises(CourseError, match=REFUSED[case.method.split("-")[0]][1]):
        case.build(model, tokenizer)


@cases(lambda case: not issubclass(case.kind, (VirtualTokens, Interchange)))  # these start as something
@torch.no_grad()
def test_the_start_changes_nothing(case, model, tokenizer):
    method = case.build(model, tokenizer)
    with method.on(model):
        inputs = method.prepare(batch_of())
        given = outputs(model, inputs)
    wanted = outputs(model, inputs)
    if case.kind is LoReFT and case.method != "direft":  # R^T (R h - R h), and R is made anew
        assert_near(given, wanted, **NET)
    else:
        assert torch.equal(given, wanted)


@cases(trains)
def test_gradients_reach_its_own_parameters_and_no_others(case, model, tokenizer):
    method = nudged(case, model, tokenizer)
    with method.on(model):
        scalar(model, method, batch_of(side="left")).backward()
        assert not any(parameter.requires_grad for parameter in set(model.parameters()) - set(method.parameters()))
    # BERT's pooler is not read; softmax does not see a bias that all keys share
    idle = {f"copies.{place}" for place, (name, *_) in enumerate(getattr(method, "names", []))
            if "pooler." in name or name.endswith(("key.bias", "k_lin.bias"))}
    for name, parameter in method.named_parameters():
        if name not in idle:
            assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.any(), name
    assert all(parameter.grad is None for parameter in model.parameters())


@cases(trains)
def test_training_moves_the_method_and_leaves_the_base_as_it_was(case, model, tokenizer):
    method, before = nudged(case, model, tokenizer), weights_hash(model)
    start = copy.deepcopy(method.state_dict())
    optimizer = torch.optim.AdamW(method.parameters(), lr=1e-2, weight_decay=0.1)
    method.train()
    with method.on(model):
        for _ in range(3):
            optimizer.zero_grad()
            scalar(model, method, batch_of()).backward()
            optimizer.step()
    assert weights_hash(model) == before
    assert any(not torch.equal(tensor, start[name]) for name, tensor in method.state_dict().items())


@every
@torch.no_grad()
def test_what_the_model_says_afterwards_is_what_it_said_before(case, model, tokenizer):
    method, real = nudged(case, model, tokenizer), batch_of()["attention_mask"].bool()
    before = outputs(model, batch_of())
    inside = changed(model, method, batch_of())
    assert torch.equal(outputs(model, batch_of()), before)
    assert torch.equal(inside[real], before[real]) == (case.method == "probe")


@every
def test_what_can_be_trained_is_put_back_after_an_error_too(case, model, tokenizer):
    method = case.build(model, tokenizer)
    parameters = dict(model.named_parameters(remove_duplicate=False))
    hooks = lambda: [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in model.modules()]
    some, hooks_before = list(model.parameters())[::2], hooks()
    try:
        for parameter in some:
            parameter.requires_grad_(False)
        wanted = {name: parameter.requires_grad for name, parameter in parameters.items()}
        with pytest.raises(ZeroDivisionError), method.on(model):
            assert not any(parameter.requires_grad for parameter in parameters.values())
            1 / 0  # noqa: B018
        after = dict(model.named_parameters(remove_duplicate=False))
        assert {name: parameter.requires_grad for name, parameter in after.items()} == wanted
        assert all(after[name] is parameter for name, parameter in parameters.items()) and hooks() == hooks_before
        with pytest.raises(CourseError, match="attached to no model now"):
            method.model  # noqa: B018
    finally:
        for parameter in some:
            parameter.requires_grad_(True)


def test_a_failing_edit_undoes_those_before_it(base):
    class Half(LoRA):
        def edits(self, model):
            yield from super().edits(model)
            raise ZeroDivisionError

    model = base("llama")
    method = Half(model)
    torch.nn.init.ones_(method.B[0])
    with torch.no_grad():
        before = outputs(model, batch_of())
        with pytest.raises(ZeroDivisionError), method.on(model):
            pass
        assert torch.equal(outputs(model, batch_of()), before)
    with LoRA(model).on(model):
        pass


TEXTS = ["The film was", "A pear tree stood in the garden of the house, and", "Now"]


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[:1]], ids=["padded", "one row"])
@cases(lambda case: case.model in DECODERS and not case.labels and not case.kind.takes_source)
@torch.no_grad()
def test_generate_with_and_without_cache_is_a_loop_by_hand(case, texts, model, tokenizer):
    """One row has no padding, and `generate` then leaves the mask out."""
    method = nudged(case, model, tokenizer)
    batch = dict(tokenizer(texts, return_tensors="pt", padding=True, padding_side="left"))
    end = lambda rows: [row[:row.index(0)] if 0 in row else row for row in rows.tolist()]
    ask = lambda **more: end(model.generate(**method.prepare(batch), max_new_tokens=6, do_sample=False, **more)[:, -6:])
    with method.on(model):
        given = ask()
        if case.kind is PrefixTuning:
            with pytest.raises(CourseError, match="prefix is a cache.*leave use_cache=False out of `generate`"):
                ask(use_cache=False)
        else:
            assert ask(use_cache=False) == given
        reading = read(model, tokenizer(texts)["input_ids"], method)
        tokens = [reading.logits.argmax(-1, keepdim=True)]
        for _ in range(5):
            tokens.append(read_on(model, reading, tokens[-1])[:, -1].argmax(-1, keepdim=True))
    assert end(torch.cat(tokens, dim=1)) == given
    assert complete(model, tokenizer, texts, 6, method) == [answer_text(tokenizer, row) for row in given]


@cases(lambda case: case.model in ("llama", "gpt2") and not case.labels and not case.kind.takes_source)
@torch.no_grad()
def test_scores_of_answers_are_those_of_one_forward_pass(case, model, tokenizer):
    method, choices = nudged(case, model, tokenizer), ["good", "very dull"]
    scores = score_choices(model, tokenizer, TEXTS, choices, normalise=False, method=method)
    for text, given in zip(TEXTS, scores):
        prompt = tokenizer(text)["input_ids"]
        for tail, score in zip(answer_tokens(tokenizer, choices), given):
            labels = torch.tensor([[-100] * len(prompt) + tail])
            with method.on(model):
                logits = method.logits(model, {"input_ids": torch.tensor([prompt + tail]), "labels": labels})
            wanted = (-cross_entropy(logits[0, :-1].double(), labels[0, 1:], reduction="sum")).exp()
            assert_near(math.log(score), math.log(wanted.item()), **NET)


@every
@torch.no_grad()
def test_padding_on_either_side_shifts_nothing(case, model, tokenizer):
    method, batches = nudged(case, model, tokenizer), [batch_of(side=side) for side in ("left", "right")]
    with method.on(model):
        left, right = (within(model, method, batch) for batch in batches)
        for place, row in enumerate(ROWS):
            alone = within(model, method, {"input_ids": torch.tensor([row])})[0]
            assert_near(left[place, -len(row):], alone, **NET)
            assert_near(right[place, :len(row)], alone, **NET)
        if method.head is not None:
            said = lambda batch: method.logits(model, sourced(method, batch))
            left, right = map(said, batches)
            alone = torch.cat([said({"input_ids": torch.tensor([row])}) for row in ROWS])
            assert_near(left, alone, **NET)
            assert_near(right, alone, **NET)


@every
def test_one_method_on_one_model_at_a_time(case, model, tokenizer):
    method, other, twin = case.build(model, tokenizer), Frozen(model, (), num_labels=2), copy.deepcopy(model)
    with method.on(model):
        for second in (method, other):
            with pytest.raises(CourseError, match=f"{method.name} is attached to this model already; one method"):
                second.on(model).__enter__()
        with pytest.raises(CourseError, match="attached to another model already; one model"):
            method.on(twin).__enter__()
        with pytest.raises(CourseError, match="leave its `with` block before you build"):
            case.build(model, tokenizer)
        if merges(case.kind):
            with pytest.raises(CourseError, match="attached to this model. Undo"):
                method.merge(model)
    with method.on(twin):  # another copy of the same base is as good
        pass


def test_dropout_is_off_until_it_trains(base, tokenizer):
    model = base("llama")
    method = nudged(Case("llama", "lora-dropout"), model, tokenizer)
    assert torch.equal(logits_of(model, method), logits_of(model, method))
    method.train()
    assert not torch.equal(logits_of(model, method), logits_of(model, method))
