"""What can be folded into the weights, and what what cannot costs: LoRA and adapters that are no no-ops."""
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from course_lib.architecture import with_positions
from course_lib.cost import operations
from course_lib.experiments.near_and_far import BOTTLENECK, lora
from course_lib.methods import Adapter
from course_lib.models import load_model
from course_lib.world import load_task

ROUNDING = 1e-4     # logits nearer to each other than this differ by rounding alone


def filled(model, seed: int):
    """LoRA that is no no-op: B has random entries, too."""
    method = lora().build(model, None, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for B in method.B:
            B.normal_(std=0.1, generator=generator)
    return method


def filled_adapter(model, seed: int) -> Adapter:
    """An adapter that is no no-op: Up has random entries, too, and others than Down."""
    method, generator = Adapter(model, BOTTLENECK, seed=seed), torch.Generator().manual_seed(1000 + seed)
    with torch.no_grad():
        for up in method.up:
            up.weight.normal_(std=0.1, generator=generator)
    return method


def texts(tokenizer, seed: int, n: int = 16) -> dict:
    """A batch of n reviews for the model."""
    rows = load_task("reviews")["test"].shuffle(seed=seed).select(range(n))
    batch = tokenizer(rows["prompt"][:], return_tensors="pt", padding=True)
    return with_positions({"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"],
                           "use_cache": False})


def logits_of(model, batch: dict, method=None):
    """The logits at the last place of each row, (B, V); with `method` attached, if there is one."""
    with torch.no_grad():
        if method is None:
            return model(**batch).logits[:, -1]
        with method.on(model):
            return method.logits(model, batch)[:, -1]


def changes(model, seed: int) -> tuple:
    """What an adapter and what LoRA add at one place, as functions of what they read, and two inputs for them."""
    adapter, low_rank = filled_adapter(model, seed), filled(model, seed)
    generator = torch.Generator().manual_seed(2000 + seed)  # from the matrices' own seed, x would look like them
    x, y = (torch.randn(8, 128, generator=generator) for _ in range(2))
    add = lambda x: adapter.up[0](torch.relu(adapter.down[0](x)))
    return add, lambda x: x @ low_rank.A[0].T @ low_rank.B[0].T, x, y


@torch.no_grad()
def bend(change, x, y) -> float:
    """How far a change is from an affine map: |c(x + y) - c(x) - c(y) + c(0)| over |c(x)| + |c(y)|."""
    zero = change(torch.zeros_like(x))
    size = (change(x) - zero).norm() + (change(y) - zero).norm()
    return ((change(x + y) - change(x) - change(y) + zero).norm() / size).item()


class Products(TorchDispatchMode):
    """Counts the products of matrices that are made one after the other."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function.overloadpacket.__name__ in ("mm", "addmm", "bmm", "baddbmm")
        return function(*args, **kwargs or {})


@torch.no_grad()
def overhead(seed: int) -> dict[str, float]:
    """Operations and products of matrices of one pass over those of the base: adapters attached, and LoRA merged."""
    model, tokenizer = load_model("orchard-s")
    adapter, batch = filled_adapter(model, seed), texts(tokenizer, seed)

    def products() -> int:
        with Products() as counter:
            model(**batch)
        return counter.count

    base, plain = operations(model, batch), products()
    with adapter.on(model):
        extra, more = operations(model, batch) / base, products() / plain
    filled(model, seed).merge(model)
    return {"operations": extra, "products": more,
            "lora_operations": operations(model, batch) / base, "lora_products": products() / plain}
