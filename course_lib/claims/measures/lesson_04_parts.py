"""What lesson 04 measures of a model's parts: what the tuned teacher can still do without some of them."""
import torch

from course_lib import models
from course_lib.claims.lesson_04 import GONE, HALF
from course_lib.claims.measures.lesson_04 import accuracy, drawn, shuffled, teach, test_rows
from course_lib.distillation import importance, least, prune
from course_lib.evaluation import old_domain_loss


def without(model, part: str, ranks: torch.Tensor, gone: int):
    """The model without `gone` per cent of its heads or neurons, those with the lowest ranks."""
    return prune(model, **{part: least(ranks, round(gone / 100 * ranks.numel()))})


def parts(seed: int) -> dict[str, float]:
    """The teacher without its least important heads or neurons, and without as many that chance has drawn."""
    big, tokenizer = models.load_model("orchard-m")
    taught = teach(big, tokenizer, drawn(seed)[0], seed)
    scores = importance(big, tokenizer, shuffled("train", 64, seed), taught)
    taught.merge(big)
    generator = torch.Generator().manual_seed(seed)
    test = test_rows()
    found = {"whole": accuracy(big, tokenizer, rows=test),
             "loss_whole": old_domain_loss(big, tokenizer, n_documents=30)}
    for part, given in (("heads", scores.heads), ("neurons", scores.neurons)):
        small = {gone: without(big, part, given, gone) for gone in GONE}
        found |= {f"{part}_{gone}": accuracy(one, tokenizer, rows=test) for gone, one in small.items()}
        by_chance = without(big, part, torch.rand(given.shape, generator=generator), HALF)
        found |= {f"{part}_random": accuracy(by_chance, tokenizer, rows=test),
                  f"loss_{part}": old_domain_loss(small[HALF], tokenizer, n_documents=30)}
    return found
