"""What a training forgets: several methods at several rates, each for longer and longer, compared at one loss.

At matched steps the faster learner looks like the one that forgets more. So the loss on old text is read off where
each has just reached the same loss on the task.
"""
import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch.nn.functional import cross_entropy, kl_div

from course_lib.evaluation import old_domain_loss
from course_lib.experiments import near_and_far, tuning
from course_lib.experiments.run import trained
from course_lib.experiments.setting import Arm, Setting, score
from course_lib.experiments.store import once
from course_lib.training.batches import Batches, at_answers

SETTING = replace(near_and_far.NEAR, test=200)
LENGTHS = (20, 40, 80)        # steps of training
LEVEL = 0.25                  # nats on the task: about nine of ten are right
DOCUMENTS = 40                # of old text
KINDS = {"full": near_and_far.FULL, "lora": near_and_far.lora(), "adapter": near_and_far.adapter()}


def arms() -> dict[str, Arm]:
    """Each kind at the rate that is best on the task, and full fine-tuning at the next lower rates, too."""
    found = {name: tuning.tuned(near_and_far.NEAR, one) for name, one in KINDS.items()}
    return found | {"slow": tuning.slower(found["full"], 1), "slower": tuning.slower(found["full"], 2)}


@torch.no_grad()
def on_the_task(model, tokenizer, method, rows) -> tuple[float, float]:
    """(the loss, the KL from the base's to the method's distribution) at the answers' tokens: means, in nats."""
    data, losses, apart = Batches(model, tokenizer, rows, method), [], []
    for part in torch.arange(len(data)).split(50):
        batch = data.batch(part.tolist())
        plain = model(**{name: batch[name] for name in ("input_ids", "attention_mask")},
                      logits_to_keep=batch["logits_to_keep"]).logits
        base, labels = at_answers(plain, batch["labels"])                                          # (R, V), (R,)
        with method.on(model):
            own, _ = at_answers(method.logits(model, batch), batch["labels"])
        losses.append(cross_entropy(own, labels, reduction="none"))
        apart.append(kl_div(own.log_softmax(1), base.log_softmax(1), reduction="none", log_target=True).sum(1))
    return torch.cat(losses).mean().item(), torch.cat(apart).mean().item()


def outcome(setting: Setting, one: Arm, seed: int) -> dict[str, float]:
    """{"right", "loss", "kl", "old"} of this arm, trained now."""
    run = trained(setting, one, seed)
    loss, apart = on_the_task(run.model, run.tokenizer, run.method, run.test)
    return {"right": score(run.model, run.tokenizer, run.test, run.method), "loss": loss, "kl": apart,
            "old": old_domain_loss(run.model, run.tokenizer, run.method, n_documents=DOCUMENTS)}


def path(one: Arm, seed: int) -> list[dict[str, float]]:
    """The outcome after each of LENGTHS: each is a training of its own, to its end."""
    return [once(outcome, (SETTING.base,), replace(SETTING, steps=steps), one, seed) for steps in LENGTHS]


def at_level(losses: Sequence[float], values: Sequence[float], level: float = LEVEL) -> float:
    """The value where the loss first reaches the level: on the straight line between the two runs around it.

    The first run's value where it is there already; nan where none of them is.
    """
    before = None
    for loss, value in zip(losses, values, strict=True):
        if loss <= level:
            return value if before is None else value + (before[1] - value) * (level - loss) / (before[0] - loss)
        before = loss, value
    return math.nan
