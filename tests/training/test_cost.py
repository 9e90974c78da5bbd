"""What a method costs: operations by hand, bytes as they are."""
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib.cost import cost, operations
from course_lib.errors import CourseError
from course_lib.methods import DeepPrompts, Frozen, FullFineTuning, LoRA, LoReFT, PrefixTuning, PromptTuning
from course_lib.training.batches import Batches, loss_of
from tests.training.small import BLOCKS, pair_of, task_of

ROWS = task_of("reviews")["train"].select(range(6))
L, d, H, KV, f = BLOCKS, 16, 4, 2, 24   # blocks, width, heads, heads of keys and values, feed-forward
d_head = d // H


def shape(method) -> tuple[int, int, int]:
    """(B, T, K) of the batch."""
    batch = Batches(*pair_of("llama"), ROWS, method).batch(list(range(len(ROWS))))
    return *batch["input_ids"].shape, batch.get("logits_to_keep", 0)


def blocks(B: int, T: int) -> int:
    """All blocks, forward; a product of (m, k) and (k, n) is 2·m·k·n.

    Each: query and output d·d, key and value d·(KV·d_head), scores q·k and their sum over the values, each T·T·d_head
    for every head, and the three matrices of the feed-forward layer, d·f.
    """
    linear = 2 * B * T * (2 * d * d + 2 * d * KV * d_head + 3 * d * f)
    attention = 2 * (2 * B * H * T * T * d_head)
    return L * (linear + attention)


def turning(model, B: int, T: int) -> int:
    """What this transformers needs for the angles of the positions: some versions make them by a product."""
    with FlopCounterMode(display=False) as counter:
        model.model.rotary_emb(torch.zeros(B, T, d), torch.arange(T).expand(B, T))
    return counter.get_total_flops()


def test_the_operations_of_full_fine_tuning_by_hand(small):
    """Backward, every product is done twice more: for what came in, and for the weight. Three times forward in all."""
    model, tokenizer = small
    method = FullFineTuning(model)
    B, T, K = shape(method)
    products = blocks(B, T) + 2 * B * K * d * len(tokenizer)  # the output layer works at K places
    found = cost(model, tokenizer, ROWS, method)
    angles = turning(model, B, T)
    assert (B, K) == (6, 3) and found.forward == products + angles
    assert found.step == 3 * products + angles
    batch = Batches(model, tokenizer, ROWS, method).batch(list(range(B)))
    batch.pop("labels")
    assert operations(model, batch, method) == found.forward
    assert operations(model, batch) == products + turning(model, 1, T)  # no positions were given: one row for all


def test_the_operations_of_a_head_alone_by_hand(small):
    """The blocks are run forward only. Of the head's product, backward, there is but one: for its weight."""
    model, tokenizer = small
    method = Frozen(model, train=(), num_labels=2)
    B, T, _ = shape(method)
    head = 2 * B * d * 2
    found = cost(model, tokenizer, ROWS, method)
    assert found.forward == blocks(B, T) + head + turning(model, B, T)
    assert found.step == found.forward + head


def test_the_operations_of_lora_in_the_last_value_by_hand(small):
    """r = 3 on v of block 2: A x is d·r, and B times that r·(KV·d_head). Backward: for A and for B the same once more,
    and r·(KV·d_head) for what lies between them; nothing for x, for nothing below is trained.

    What is above is frozen, so each product is done once more, for what came in: the sum over the values, output,
    feed-forward, output layer. Not the scores: they do not depend on v.
    """
    model, tokenizer = small
    method = LoRA(model, "layers.2.self_attn.v_proj", rank=3)
    B, T, K = shape(method)
    n = KV * d_head
    forward = blocks(B, T) + 2 * B * K * d * len(tokenizer) + 2 * B * T * (d * 3 + 3 * n)
    above = 2 * B * H * T * T * d_head + 2 * B * T * (d * d + 3 * d * f) + 2 * B * K * d * len(tokenizer)
    own = 2 * B * T * (d * 3 + 3 * n + 3 * n)
    found = cost(model, tokenizer, ROWS, method)
    forward += turning(model, B, T)
    assert found.forward == forward and found.step == forward + above + own


METHODS = [("llama", FullFineTuning), ("llama", LoRA), ("llama", lambda m: PromptTuning(m, length=3)),
           ("gpt2", lambda m: PrefixTuning(m, length=3)), ("gpt2", lambda m: LoReFT(m, num_labels=2)),
           ("bert", lambda m: FullFineTuning(m, num_labels=2)),  # its pooler is not used
           ("distilbert", lambda m: DeepPrompts(m, length=3, num_labels=2))]


@pytest.mark.parametrize("kind, build", METHODS)
def test_the_bytes_are_those_of_the_file_and_of_the_optimizer(kind, build, tmp_path):
    model, tokenizer = pair_of(kind)
    method = build(model)
    found = cost(model, tokenizer, ROWS, method)
    assert all(parameter.grad is None for parameter in method.parameters())
    method.save(tmp_path / "method")
    assert found.bytes_on_disk == (tmp_path / "method").stat().st_size
    assert found.parameters == sum(parameter.numel() for parameter in method.parameters())
    optimizer = torch.optim.AdamW(method.parameters())
    batch = Batches(model, tokenizer, ROWS, method).batch([0, 1])
    with method.on(model):
        loss_of(method.logits(model, batch), batch["labels"]).backward()
    optimizer.step()
    held = sum(tensor.nbytes for state in optimizer.state.values() for name, tensor in state.items() if name != "step")
    assert found.optimizer_bytes == held  # beside a counter of its steps for each tensor
    assert found.optimizer_bytes <= 8 * found.parameters


def test_all_is_left_as_it_was_after_an_error_too(small, monkeypatch):
    """Gradients, modes; and the kind of attention, which the fixture of every test compares."""
    model, tokenizer = small
    method = LoRA(model, dropout=0.5).train()
    for parameter in method.parameters():
        parameter.grad = torch.ones_like(parameter)
    cost(model, tokenizer, ROWS, method)
    monkeypatch.setattr("course_lib.cost.loss_of", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cost(model, tokenizer, ROWS, method)
    assert all(parameter.grad.eq(1).all() for parameter in method.parameters()) and method.training
    assert model.config._attn_implementation == "sdpa"


def test_what_has_no_cost(small):
    model, tokenizer = small
    many = task_of("reviews")["train"].select([0] * 257)
    for given, said in (((model, tokenizer, many, LoRA(model)), "at most 256 rows; these are 257.*rows.select"),
                        ((model, tokenizer, ROWS, LoRA(pair_of("gpt2")[0])), "not built on this model"),
                        ((None, tokenizer, ROWS, LoRA(model)), "model must be"),
                        ((model, tokenizer, task_of("reviews"), LoRA(model)), "one of its splits"),
                        ((*pair_of("bert"), ROWS, LoRA(pair_of("bert")[0])), "An encoder answers through a head")):
        with pytest.raises(CourseError, match=said):
            cost(*given)
