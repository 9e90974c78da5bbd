"""What the short contract promises of answers: what is written, and how probable it is. See contract.py."""
import torch

from course_lib.architecture import can_answer
from course_lib.bench.subject import P, Subject, apart, moved, must, narrow, refused
from course_lib.methods import Frozen, LoRA, LoReFT, PrefixTuning, PromptTuning
from course_lib.methods.base.method import Method
from course_lib.prompting import complete, score_choices
from course_lib.prompting.tokens import answer_tokens

NEW = 8  # tokens that are written
TEXTS = ["The film was", "A pear tree stood in the garden of the house, and", "Now"]


@torch.no_grad()
def writing(s: Subject) -> float | None:
    """`generate` writes the same with its cache, without it, and as `complete` does, with and without a method."""
    if not can_answer(s.model):
        return None
    for method in (Frozen(s.model), moved(LoRA(s.model)), moved(LoReFT(s.model)), PromptTuning(s.model, P),
                   PrefixTuning(s.model, P)):
        for some in (TEXTS, TEXTS[:1]):
            prefix = method.name == "PrefixTuning"
            if prefix and len(some) > 1 and narrow(s.model, P + NEW):
                must(refused(written, s, method, some), "a prefix is read over padding inside a window")
                continue
            given = written(s, method, some)
            must(prefix or written(s, method, some, use_cache=False) == given,
                 f"{method.name}: without a cache it writes something else")
            must(complete(s.model, s.tokenizer, some, NEW, method) == given,
                 f"{method.name}: `complete` writes another text")
    return 0.0


@torch.no_grad()
def scoring(s: Subject) -> float | None:
    """The probability of an answer after each of several texts is that of one forward pass over text and answer."""
    if not can_answer(s.model):
        return None
    choices, texts, errors = ["good", "very dull"], TEXTS[:2], []
    tails = answer_tokens(s.tokenizer, choices)
    for method in (moved(LoRA(s.model)), PromptTuning(s.model, P)):
        scores = torch.tensor(score_choices(s.model, s.tokenizer, texts, choices, normalise=False, method=method))
        for text, given in zip(texts, scores):
            ids = s.tokenizer(text)["input_ids"]
            for tail, score in zip(tails, given):
                inputs = {"input_ids": torch.tensor([ids + tail]), "labels": torch.tensor([[-100] * len(ids) + tail])}
                with method.on(s.model):
                    logs = method.logits(s.model, inputs)[0].log_softmax(-1)[len(ids) - 1:-1]    # (T of the tail, V)
                errors.append(apart(score.log(), logs.gather(1, torch.tensor(tail)[:, None]).sum()))
    return max(errors)


def written(s: Subject, method: Method, texts: list[str], **more) -> list[str]:
    """What `generate` writes after these texts, up to a newline or the end."""
    batch = dict(s.tokenizer(texts, return_tensors="pt", padding=True, padding_side="left"))
    batch.pop("token_type_ids", None)
    with method.on(s.model):
        rows = s.model.generate(**method.prepare(batch), max_new_tokens=NEW, do_sample=False, pad_token_id=0, **more)
    ended = [row[:row.index(0)] if 0 in row else row for row in rows[:, -NEW:].tolist()]
    return [s.tokenizer.decode(row).split("\n")[0].strip() for row in ended]
