"""What can be folded into the weights: LoRA that is no no-op, and reviews to ask the model with."""
import torch

from course_lib.architecture import with_positions
from course_lib.experiments.lora import lora
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
