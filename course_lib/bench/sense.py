"""A base model's own sense of a review: what it says of it when nobody asks for a label."""
import torch

from course_lib.prototypes import answer_losses
from course_lib.world import reviews


@torch.no_grad()
def own_sense(model, tokenizer, rows, batch: int = 25) -> float:
    """The share of reviews after which, at a closing "In short:", phrases of the right side are more probable."""
    film, restaurant = (reviews.summary_phrases(domain) for domain in ("film", "restaurant"))
    sides = [[p for p in film[side] if p in restaurant[side]] for side in (False, True)]
    right = 0
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        prompts = [f"{text}\n{reviews.SUMMARY_OPENING}" for text in part["text"]]
        chance = lambda phrase, said=prompts: (-answer_losses(model, tokenizer, said, [phrase] * len(said), ".")).exp()
        mass = torch.stack([sum(map(chance, side)) for side in sides])  # (2, B)
        right += (mass.argmax(0) == torch.tensor(part["label"])).sum().item()
    return right / len(rows)
