"""Distillation: the loss with which `fit` trains a student, and the call that puts teacher and student together.

Shapes: B rows, R rows of logits or states that are compared, N classes or words, T tokens, d and d' widths.
"""
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from course_lib.distillation.losses import check_temperature, hidden_loss, soft_target_loss
from course_lib.distillation.teacher import Teacher, check_blocks, existing, watched
from course_lib.errors import CourseError, shown
from course_lib.models.seeding import seeded
from course_lib.prompting.reading import check_tokenizer
from course_lib.training import fit
from course_lib.training.batches import check_method, loss_of
from course_lib.training.plan import History, number


class Distillation:
    """soft · (T² KL(teacher ‖ student) + rest) + (1 - soft) · cross entropy of the labels, for `fit(..., loss=)`.

    rest is the cross entropy of what follows an answer's first token, where the teacher compares only that one.
    Train on `teacher.task`, for the teacher knows its rows by their numbers.
    """

    def __init__(self, teacher: Teacher, temperature: float = 2.0, soft: float = 0.9):
        self.teacher = teacher
        self.settings = {"temperature": check_temperature(temperature), "soft": number("soft", soft, 1),
                         "teacher": fingerprint(teacher)}

    def __call__(self, logits: torch.Tensor, batch: dict, keys: list) -> torch.Tensor:
        if missing := [key for key in keys if key not in self.teacher.logits]:
            raise CourseError(f"The teacher was not asked about the row {missing[0]}. Train on teacher.task.")
        soft, student = self.settings["soft"], self.teacher.chosen(logits, batch["labels"])  # (R, N)
        said = torch.cat([self.teacher.logits[key] for key in keys])                         # (R, N)
        loss = soft_target_loss(student, said, self.settings["temperature"])
        loss = soft * (loss + self.teacher.rest_loss(logits, batch["labels"]))
        return loss if soft == 1 else loss + (1 - soft) * loss_of(logits, batch["labels"])


class WithHidden:
    """Another loss, and `weight` times that of hidden states: `pairs` says which block of the student is to say what
    which block of the teacher says, at every token, through a projection where the widths differ.
    """

    def __init__(self, loss: Distillation, pairs: Mapping[int, int], weight: float, seen: dict, projections):
        self.loss, self.pairs, self.weight, self.seen, self.projections = loss, pairs, weight, seen, projections
        self.settings = loss.settings | {"hidden": weight, "match": {str(own): other for own, other in pairs.items()}}

    def __call__(self, logits: torch.Tensor, batch: dict, keys: list) -> torch.Tensor:
        total, real = self.loss(logits, batch, keys), batch["attention_mask"].bool()         # (), (B, T)
        for (own, other), project in zip(self.pairs.items(), self.projections):
            states = project(self.seen[own][:, -real.shape[1]:][real])                       # (R, d) -> (R, d')
            wanted = torch.cat([self.loss.teacher.hidden[key][other] for key in keys])
            total = total + self.weight * hidden_loss(states, wanted)
        return total


def distil(teacher: Teacher, model, tokenizer, method, temperature: float = 2.0, soft: float = 0.9,
           *, match: Mapping[int, int] | None = None, hidden: float = 1.0, epochs: int = 3,
           learning_rate: float = 2e-3, seed: int = 0, steps: int | None = None,
           batch_size: int = 32, validate_every: int | None = None, patience: int | None = None,
           checkpoint: str | Path | None = None, watch: Callable[[History], None] | None = None,
           progress: bool = True) -> History:
    """Trains a small model's `method` to say what the teacher says to the rows of its task.

    The loss is that of `Distillation`, and with a `match` that of hidden states, too; so is the
    loss on validation.

    Args:
        teacher: a teacher that was asked, Teacher(model, tokenizer, task, method).
        model: the student's model, whose own parameters keep their bits.
        tokenizer: the tokenizer of both models.
        method: a method built on `model`; it is trained in place.
        temperature: what the logits of both are divided by, from 0.001 to 1000.
        soft: the teacher's share of the loss, from 0 to 1; the rest is the labels'.
        match: {block of the student: block of the teacher}, such as {2: 5}: block 2 of the student
            is to say what block 5 of the teacher says.
        hidden: the weight of the loss of those hidden states, from 0 to 1000.
        epochs: as in `fit`, and so are all that follow.
        learning_rate: the highest learning rate of the run.
        seed: of the order of the rows and of dropout.
        steps: how many steps to take, in place of the epochs.
        batch_size: rows in one step.
        validate_every: steps between two measurements on validation; None: every epoch.
        patience: after how many measurements without a better one to stop; None: never.
        checkpoint: a file from which the same call goes on.
        watch: what is called with the history after every step.
        progress: whether to show a bar.

    Returns:
        The history of the run: losses and learning rates of the steps, and the validations.

    Raises:
        CourseError: if the student has another vocabulary or other classes than the teacher, if a
            number is outside of its bounds, if a block does not exist or the teacher was not asked
            about it, and as `fit` raises it.
    """
    check_method(model, method)
    check_tokenizer(tokenizer)
    if not isinstance(teacher, Teacher):
        raise CourseError("The first argument is a teacher that was asked, Teacher(model, "
                          f"tokenizer, task, method); you gave {shown(teacher)}.")
    check_pair(teacher, model, tokenizer, method)
    loss = Distillation(teacher, temperature, soft)
    with matching(loss, model, method, match or {}, number("hidden", hidden, 1000)) as whole:
        return fit(model, tokenizer, teacher.task, method, epochs, learning_rate, seed, steps=steps,
                   batch_size=batch_size, validate_every=validate_every, patience=patience,
                   checkpoint=checkpoint, watch=watch, progress=progress, loss=whole)


@contextmanager
def matching(loss: Distillation, model, method, match: Mapping[int, int], weight: float):
    """The block in which the loss looks at hidden states, too, where there is a match.

    The projections are a part of the method meanwhile, so that the loop trains them, and keeps them in a checkpoint.
    """
    if not match:
        yield loss
        return
    if not isinstance(match, Mapping):
        raise CourseError(f"match is a dictionary, the student's block: the teacher's, such as {{2: 5}}; you gave "
                          f"{shown(match)}.")
    own, other = check_blocks(model, tuple(match)), check_blocks_asked(loss.teacher, match)
    widths = model.config.hidden_size, loss.teacher.width
    with seeded(method.settings["seed"]):
        method.projections = nn.ModuleList(
            nn.Identity() if widths[0] == widths[1] else nn.Linear(*widths, bias=False) for _ in own)
    try:
        with watched(model, own) as seen:
            yield WithHidden(loss, dict(zip(own, other)), weight, seen, method.projections)
    finally:
        del method.projections


def check_blocks_asked(teacher: Teacher, match: Mapping[int, int]) -> tuple[int, ...]:
    """The teacher's blocks to match; CourseError for one that it was not asked about."""
    if absent := [block for block in match.values() if isinstance(block, bool) or block not in teacher.blocks]:
        raise CourseError(f"The teacher was not asked about its block {shown(absent[0])}, only about "
                          f"{shown(teacher.blocks)}. Name it: Teacher(model, tokenizer, task, method, "
                          f"blocks={tuple(match.values())}).")
    return tuple(match.values())


def check_pair(teacher: Teacher, model, tokenizer, method) -> None:
    """CourseError where teacher and student do not say the same things: other tokens, or other classes."""
    heads = [one.head and one.head.out_features for one in (teacher.method, method)]
    if heads[0] != heads[1]:
        named = [f"a head of {labels}" if labels else "no head" for labels in heads]
        raise CourseError(f"The teacher has {named[0]} and the student {named[1]}, so they answer differently. Build "
                          f"both with num_labels={heads[0]}.")
    if heads[0] and method.classes and method.classes != teacher.classes:
        raise CourseError(f"The teacher's classes are {shown(teacher.classes)} and the student's "
                          f"{shown(method.classes)}, so they do not answer alike. Build the student anew: it takes "
                          "over the teacher's.")
    theirs, ours = teacher.tokenizer.get_vocab(), tokenizer.get_vocab()
    if heads[0] is None and theirs != ours:
        token = min(set(theirs.items()) ^ set(ours.items()), key=lambda item: item[1])[0]
        raise CourseError(f"Teacher and student have different vocabularies, of {len(theirs):,} and {len(ours):,} "
                          f"tokens ({shown(token)} is one that differs), so their probabilities are not of the same "
                          "things. Take a student with the teacher's tokenizer, or let the teacher write the answers "
                          "(taught_rows), which any model can learn.")
    if heads[0] is None and teacher.tokens != existing(model, tokenizer):
        raise CourseError(f"Of the tokenizer's {len(ours):,} tokens the teacher knows {len(teacher.tokens):,} and the "
                          f"student {len(existing(model, tokenizer)):,}, so their probabilities are not of the same "
                          "things. Take two models that know all of them.")


def fingerprint(teacher: Teacher) -> float:
    """A number that differs, most probably, for another teacher or other rows."""
    return sum((place + 1) * said.double().sum().item() for place, said in enumerate(teacher.logits.values()))
