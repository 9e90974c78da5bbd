"""Which positions are changed, for which rows, and whether recorded hidden states show it: LoReFT, and mixed prompts.

Shapes: B rows, T tokens, n edited positions, d width, r rank.
"""
import pytest
import torch

from course_lib.architecture import blocks_of, with_positions
from course_lib.methods import LoReFT, PromptTuning
from tests.closeness import NET, apart, assert_near, tolerance
from tests.methods.contract import cases, changed, nudged, scalar
from tests.methods.tiny_models import Case, batch_of, build_model


@cases(lambda case: case.model in ("llama", "gpt2", "bert", "distilbert")
       and case.method in ("full", "prompt", "prefix", "deep", "lora", "loreft", "loreft-tied"))
@torch.no_grad()
def test_recorded_hidden_states_are_those_that_the_blocks_read(case, tokenizer):
    def recorded(called_before):
        model = build_model(case.model)
        if called_before:  # the library hangs up its recorders at the first such call, and never takes them down
            model(**batch_of(), output_hidden_states=True)
        method, read_by = nudged(case, model, tokenizer), []
        with method.on(model):
            inputs = method.prepare(batch_of())
            handles = [block.register_forward_pre_hook(lambda _, args: read_by.append(args[0]))
                       for block in blocks_of(model).values()]
            states = model(**inputs, output_hidden_states=True).hidden_states
            for handle in handles:
                handle.remove()
        return states, read_by

    first, read_by = recorded(False)
    assert len(first) == len(read_by) + 1
    T = batch_of()["input_ids"].shape[1]  # DeepPrompts puts its own in front after a block, before the next
    assert all(torch.equal(state[:, -T:], given[:, -T:]) for state, given in zip(first, read_by))
    assert all(torch.equal(*pair) for pair in zip(first, recorded(True)[0]))


@pytest.mark.parametrize("method, name", [("prompt", "llama"), ("prompt", "gpt2"), ("prompt", "bert"),
                                          ("prompt-text", "orchard-s")])
@torch.no_grad()
def test_each_row_of_a_mixed_batch_has_its_own_prompt(method, name, base, tokenizer):
    model = base(name)
    prompts = [nudged(Case(name, method), model, tokenizer, by) for by in (0.1, 0.5)]
    for side in ("left", "right"):
        batch = batch_of(side=side)
        real = batch["attention_mask"].bool()
        mixed = changed(model, PromptTuning.mix(prompts, [1, 0, 1]), batch)
        alone = [changed(model, prompt, batch) for prompt in prompts]
        for place, row in enumerate((1, 0, 1)):
            assert_near(mixed[place][real[place]], alone[row][place][real[place]], **NET)
            assert apart(mixed[place][real[place]], alone[1 - row][place][real[place]], **NET)


def promised(n: int, method) -> dict[str, list[int]]:
    """Which of the n tokens of a prompt are edited, by kind."""
    first = list(range(n))[:method.prefix]
    last = [place for place in range(n)[-method.suffix:] if place not in first] if method.suffix else []
    return {"prefix": first, "suffix": last, "both": first + last}


def given_by(model, layer: int, inputs: dict) -> torch.Tensor:
    """What this block gives, (B, T, d)."""
    seen = []
    handle = list(blocks_of(model).values())[layer].register_forward_hook(lambda *call: seen.append(call[2]))
    model(**inputs)
    handle.remove()
    return seen[0]


def loreft(model, by=0.3, **settings):
    """LoReFT away from its start: other parameters at every site."""
    method, generator = LoReFT(model, **settings), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * by)
    return method


def check_edits(method, before, after, prompts: list[list[int]]) -> None:
    """That block 1's output changed where it should: in the row space of that site's R, and by that site's formula.

    `prompts` are the places (n) of each row's prompt in the batch; before and after are (B, T, d).
    """
    untouched = torch.ones(before.shape[:2], dtype=torch.bool)
    for (_, kind), R, W, b in zip(method.sites, method.R, method.W, method.b):
        for row, places in enumerate(prompts):
            edited = [places[number] for number in promised(len(places), method)[kind]]
            if not edited:  # the prompt is too short for it
                continue
            untouched[row, edited] = False
            h = before[row, edited]                                                          # (n, d)
            seen = h @ R.T if method.orthonormal else 0
            change = after[row, edited] - h
            size = max(h.abs().max().item(), 1)
            assert_near(change, (h @ W.T + b - seen) @ R, terms=32, depth=3, size=size)
            assert (change.abs().sum(-1) > 0).all()
            if method.orthonormal:
                assert_near(change @ R.T @ R, change, terms=32, depth=3, size=size)
    assert torch.equal(before[untouched], after[untouched])


WINDOWS = [{}, {"prefix": 2, "suffix": 3}, {"prefix": 0, "suffix": 2}, {"prefix": 3, "suffix": 0},
           {"prefix": 2, "suffix": 3, "tied": True}, {"prefix": 5, "suffix": 5, "variant": "direft"}]
SIDES = pytest.mark.parametrize("side", ["left", "right"])
NAMES = pytest.mark.parametrize("name", ["llama", "gpt2", "bert", "distilbert"])


@SIDES
@NAMES
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@torch.no_grad()
def test_loreft_edits_the_positions_it_promises(name, window, side, base):
    model, batch = base(name), batch_of(side=side)
    method = loreft(model, layers=[1], **window)
    with method.on(model):
        inputs = method.prepare(batch)
        after = given_by(model, 1, inputs)
    prompts = [mask.nonzero().flatten().tolist() for mask in batch["attention_mask"]]
    check_edits(method, given_by(model, 1, inputs), after, prompts)


@SIDES
@torch.no_grad()
def test_loreft_leaves_an_answer_that_is_to_be_learned_alone(side, base):
    model = base("llama")
    rows = ([5, 70, 900, 33, 410, 8, 1200], [77, 9, 1500, 6], [250, 4])
    batch, answers = batch_of(rows, side), (3, 1, 1)
    places = [mask.nonzero().flatten().tolist() for mask in batch["attention_mask"]]
    labels = torch.full_like(batch["input_ids"], -100)
    for row, n in enumerate(answers):
        labels[row, places[row][-n:]] = batch["input_ids"][row, places[row][-n:]]
    method = loreft(model, layers=[1], prefix=2, suffix=2)
    with method.on(model):
        inputs = method.prepare({**batch, "labels": labels})
        after = given_by(model, 1, inputs)
    check_edits(method, given_by(model, 1, inputs), after, [row[:-n] for row, n in zip(places, answers)])


@pytest.mark.parametrize("use_cache", [True, False])
@pytest.mark.parametrize("name", ["llama", "gpt2"])
@torch.no_grad()
def test_loreft_leaves_the_tokens_that_it_writes_alone(name, use_cache, base):
    model, batch = base(name), batch_of(side="left")
    method, seen = loreft(model, layers=[0], prefix=2, suffix=2), []
    T = batch["input_ids"].shape[1]
    with method.on(model):
        handle = next(iter(blocks_of(model).values())).register_forward_hook(lambda *call: seen.append(call[2]))
        ids = model.generate(**method.prepare(batch), max_new_tokens=5, min_new_tokens=5, do_sample=False,
                             use_cache=use_cache)[:, :-1]                                    # the last is never read
        handle.remove()
    after = torch.cat(seen, dim=1) if use_cache else seen[-1]                                # (B, T + 4, d)
    mask = torch.cat([batch["attention_mask"], torch.ones(len(ids), 4, dtype=torch.long)], dim=1)
    before = given_by(model, 0, with_positions({"input_ids": ids, "attention_mask": mask}))
    moved = (after - before).abs().amax(-1) > 5 * tolerance(**NET) * before.abs().max()      # (B, T + 4)
    for row, real in enumerate(batch["attention_mask"]):
        places = real.nonzero().flatten().tolist()
        assert moved[row].nonzero().flatten().tolist() == [places[n] for n in promised(len(places), method)["both"]]
    assert before.shape[1] == T + 4


@NAMES
@pytest.mark.parametrize("tied", [True, False])
def test_the_rows_of_r_stay_orthonormal_under_weight_decay(name, tied, base):
    model = base(name)
    method = LoReFT(model, rank=4, tied=tied)
    optimizer = torch.optim.AdamW(method.parameters(), lr=0.05, weight_decay=0.5)
    start = [R.detach() for R in method.R]
    with method.on(model):
        for _ in range(5):
            optimizer.zero_grad()
            scalar(model, method, batch_of()).backward()
            optimizer.step()
    kinds = ["both"] if tied else ["prefix", "suffix"]
    assert method.sites == [(layer, kind) for layer in range(len(blocks_of(model))) for kind in kinds]
    for R, before, W in zip(method.R, start, method.W):
        assert_near(R @ R.T, torch.eye(4), terms=32)
        assert (R - before).abs().max() > 1e-3 and (W - R).abs().max() > 1e-3  # it was trained, and is no identity
