"""What lesson 07 measures of the two things called adapter: is what each adds linear, and what does it cost?"""
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from course_lib.claims.lesson_07 import BOTTLENECK
from course_lib.claims.measures.lesson_06 import lora
from course_lib.claims.measures.lesson_07_settings import count
from course_lib.cost import operations
from course_lib.experiments.folding import filled, texts
from course_lib.methods import Adapter
from course_lib.models.loading import load_model


class Products(TorchDispatchMode):
    """Counts the products of matrices that are made one after the other."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function.overloadpacket.__name__ in ("mm", "addmm", "bmm", "baddbmm")
        return function(*args, **kwargs or {})


def bend(change, x, y) -> float:
    """How far a change is from an affine map: |c(x + y) - c(x) - c(y) + c(0)| over |c(x)| + |c(y)|."""
    zero = change(torch.zeros_like(x))
    size = (change(x) - zero).norm() + (change(y) - zero).norm()
    return ((change(x + y) - change(x) - change(y) + zero).norm() / size).item()


def filled_adapter(model, seed: int) -> Adapter:
    """An adapter that is no no-op: Up has random entries, too, and others than Down."""
    method, generator = Adapter(model, BOTTLENECK, seed=seed), torch.Generator().manual_seed(1000 + seed)
    with torch.no_grad():
        for up in method.up:
            up.weight.normal_(std=0.1, generator=generator)
    return method


def changes(model, seed: int) -> tuple:
    """What an adapter and what LoRA add at one place, as functions of what they read, and two inputs for them."""
    adapter, low_rank = filled_adapter(model, seed), filled(model, seed)
    generator = torch.Generator().manual_seed(2000 + seed)  # from the matrices' own seed, x would look like them
    x, y = (torch.randn(8, 128, generator=generator) for _ in range(2))
    add = lambda x: adapter.up[0](torch.relu(adapter.down[0](x)))
    return add, lambda x: x @ low_rank.A[0].T @ low_rank.B[0].T, x, y


@torch.no_grad()
def folding(seed: int) -> dict[str, float]:
    """How far an adapter's and LoRA's change are from linear; operations and products of matrices of one pass over
    those of the base, adapters attached and LoRA merged.
    """
    model, tokenizer = load_model("orchard-s")
    adapter, batch = filled_adapter(model, seed), texts(tokenizer, seed)
    add, low_rank, x, y = changes(model, seed)

    def products() -> int:
        with Products() as counter:
            model(**batch)
        return counter.count

    base, plain = operations(model, batch), products()
    with adapter.on(model):
        extra, more = operations(model, batch) / base, products() / plain
    merged = filled(model, seed)
    merged.merge(model)
    return {"bend": bend(add, x, y), "lora_bend": bend(low_rank, x, y), "operations": extra, "products": more,
            "lora_operations": operations(model, batch) / base, "lora_products": products() / plain}


@torch.no_grad()
def two_meanings(seed: int) -> dict[str, float]:
    """Low-rank matrices against bottleneck modules: what each trains, and how far its change is from linear."""
    model, _ = load_model("orchard-s")
    add, low_rank, x, y = changes(model, seed)
    return {"low_rank_parameters": count(lora(model)), "low_rank_bend": bend(low_rank, x, y),
            "bottleneck_parameters": count(Adapter(model, BOTTLENECK)), "bottleneck_bend": bend(add, x, y)}
