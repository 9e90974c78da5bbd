"""What a method costs, in counts that are the same on every machine: parameters, bytes, operations."""
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch.utils.flop_counter import FlopCounterMode

from course_lib.architecture import evaluating
from course_lib.errors import CourseError
from course_lib.training.batches import Batches, check_method, loss_of

LARGEST_BATCH = 256  # rows: more are not one batch, and would need much memory


@dataclass(frozen=True)
class Cost:
    """`step` and `forward` are floating-point operations for one batch, attention included; a multiply-add is two.

    Counted are the products of matrices, in which nearly all of the work is. `optimizer_bytes` is what AdamW keeps
    beside the parameters: two numbers for each one that the loss depends on. `bytes_on_disk` is the size of the saved
    file.
    """

    parameters: int
    bytes_on_disk: int
    optimizer_bytes: int
    forward: int
    step: int


def cost(model, tokenizer, rows, method) -> Cost:
    """The cost of `method` on one batch of rows; all is left as it was.

    Args:
        model: the model on which the method was built.
        tokenizer: the tokenizer of that model.
        rows: the batch, at most 256 rows, such as task["train"].select(range(32)).
        method: the method whose cost is counted.

    Returns:
        A `Cost`: numbers of parameters, bytes and floating-point operations.

    Raises:
        CourseError: if the method or the rows do not go with the model, or if there are too many
            rows.
    """
    check_method(model, method)
    data = Batches(model, tokenizer, rows, method)
    if len(data) > LARGEST_BATCH:
        raise CourseError(f"The cost is counted for one batch of at most {LARGEST_BATCH} rows; these are {len(data)}. "
                          "Give a few of them: rows.select(range(32)).")
    batch, trained = data.batch(list(range(len(data)))), list(method.parameters())
    before = [parameter.grad for parameter in trained]
    try:
        for parameter in trained:
            parameter.grad = None
        with torch.enable_grad(), evaluating(model, method), method.on(model), eager_attention(model):
            with FlopCounterMode(display=False) as forward:
                loss = loss_of(method.logits(model, batch), batch["labels"])
            with FlopCounterMode(display=False) as backward:
                loss.backward()
        kept = 2 * sum(parameter.nbytes for parameter in trained if parameter.grad is not None)
    finally:
        for parameter, grad in zip(trained, before):
            parameter.grad = grad
    return Cost(sum(parameter.numel() for parameter in trained), size_on_disk(method), kept, forward.get_total_flops(),
                forward.get_total_flops() + backward.get_total_flops())


@torch.no_grad()
def operations(model, batch: dict, method=None) -> int:
    """Floating-point operations of one forward pass over this batch, attention included; with the method, if any."""
    with eager_attention(model), FlopCounterMode(display=False) as counter:
        if method is None:
            model(**batch)
        else:
            with method.on(model):
                method.logits(model, batch)
    return counter.get_total_flops()


def size_on_disk(method) -> int:
    """The size of the file that `method.save` writes.

    Args:
        method: a method that can be saved.

    Returns:
        The size in bytes.

    Raises:
        CourseError: if the method cannot be saved, as prompts that are mixed for one batch.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "method.safetensors"
        method.save(path)
        return path.stat().st_size


@contextmanager
def eager_attention(model):
    """The block in which attention is computed in plain steps, for the counter does not see the fused one."""
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(before)
