"""A review, then "In short:": what the model goes on with is its own sense of it, which nobody trained.

The texts, pairs and readings that lesson 08, its claims and its explorables share.
Shapes: B texts, T tokens, P last places, d width, N random vectors.
"""
from contextlib import ExitStack
from random import Random

import datasets
import torch

from course_lib.architecture import blocks_of, with_positions
from course_lib.world import reviews
from course_lib.world.tasks import load_task

OPENING, PHRASES = f"\n{reviews.SUMMARY_OPENING}", ("no marks.", "full marks.")  # both are in every domain's list
LONGEST = 30             # words of a review, so that a run is short
PLACES = 5               # the last places, the same in every text: its end, the line break, "In", " short", ":"


def short_reviews(split: str, n: int, seed: int = 0, label: int | None = None) -> tuple[list[str], list[int]]:
    """`n` drawn reviews of at most LONGEST words, each with the opening behind it, and their labels."""
    rows = load_task("reviews")[split]
    short = [(text + OPENING, side) for text, side in zip(rows["text"][:], rows["label"][:])
             if len(text.split()) <= LONGEST and label in (None, side)]
    texts, labels = zip(*Random(seed).sample(short, n))
    return list(texts), list(labels)


def unfinished(texts: list[str]) -> list[str]:
    """The texts without their last token, the colon: their last one is "short", where the opinion is gathered."""
    return [text.removesuffix(":") for text in texts]


def swap_rows(split: str, n: int, seed: int = 0) -> datasets.Dataset:
    """Pairs of reviews: `prompt` is the base, `source` the other one, whose side the `answer` and the `label` name."""
    bases, _ = short_reviews(split, n, seed)
    sources, labels = short_reviews(split, n, seed + 1000)
    return rows_of(labels, prompt=bases, source=sources, answer=[PHRASES[label] for label in labels])


def rows_of(labels: list[int], **columns: list[str]) -> datasets.Dataset:
    """Rows with these columns of texts and a column `label`, whose classes are the PHRASES."""
    features = {name: datasets.Value("string") for name in columns}
    return datasets.Dataset.from_dict(columns | {"label": labels}, features=datasets.Features(
        features | {"label": datasets.ClassLabel(names=list(PHRASES))}))


def batch_of(tokenizer, texts: list[str]) -> dict:
    """The texts as a batch, padded on the left, so that their last tokens stand together."""
    given = tokenizer(texts, return_tensors="pt", padding=True, padding_side="left")
    return with_positions({"input_ids": given["input_ids"], "attention_mask": given["attention_mask"],
                           "use_cache": False, "logits_to_keep": 1})


@torch.no_grad()
def states(model, batch: dict, last: int = PLACES) -> torch.Tensor:
    """What every block gives at the last places, (blocks, B, P, d)."""
    seen: list[torch.Tensor] = []
    with ExitStack() as undo:
        for block in blocks_of(model).values():
            undo.callback(block.register_forward_hook(lambda *call: seen.append(call[2][:, -last:])).remove)
        model(**batch)
    return torch.stack(seen)


def answer_direction(model, tokenizer) -> torch.Tensor:
    """The direction that the answer is read off at the end: what unembeds "full", less what unembeds "no", (d,)."""
    no, full = (model.get_output_embeddings().weight.detach()[tokenizer(f" {phrase}")["input_ids"][0]]
                for phrase in PHRASES)
    return full - no


def margins(tokenizer, logits: torch.Tensor) -> torch.Tensor:
    """How far "full" is ahead of "no" at the last place, (B, T, V) -> (B,)."""
    no, full = (tokenizer(f" {phrase}")["input_ids"][0] for phrase in PHRASES)
    return logits[:, -1, full] - logits[:, -1, no]


def favourable(tokenizer, logits: torch.Tensor) -> float:
    """The share of texts after which "full" is more probable than "no"; logits (B, T, V), the last place counts."""
    return (margins(tokenizer, logits) > 0).float().mean().item()


@torch.no_grad()
def said(model, tokenizer, batch: dict, method=None) -> float:
    """`favourable` of what the model says, with the method attached if there is one."""
    if method is None:
        return favourable(tokenizer, model(**batch).logits)
    with method.on(model):
        return favourable(tokenizer, method.logits(model, batch))


def as_long(vector: torch.Tensor, seed: int, n: int = 8) -> torch.Tensor:
    """`n` random vectors, each as long as this one: (d,) -> (N, d)."""
    random = torch.randn(n, len(vector), generator=torch.Generator().manual_seed(seed))
    return random * vector.norm() / random.norm(dim=1, keepdim=True)


def probe(x: torch.Tensor, y: torch.Tensor, decay: float = 0.1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ridge regression on the labels -1 and 1: (weights (d,), and the mean and size (d,) that x is measured in)."""
    mean, size = x.mean(0), x.std(0) + 1e-6
    z = (x - mean) / size                                                                    # (B, d)
    weights = torch.linalg.solve(z.T @ z + decay * len(z) * torch.eye(z.shape[1]), z.T @ (2.0 * y - 1))
    return weights, mean, size


def probed(x: torch.Tensor, y: torch.Tensor, x_test: torch.Tensor, y_test: torch.Tensor) -> float:
    """The share of the test rows on whose side a probe of x, y puts them."""
    weights, mean, size = probe(x, y)
    return (((x_test - mean) / size @ weights > 0) == (y_test == 1)).float().mean().item()
