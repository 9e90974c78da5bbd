"""A task's rows as the batches that a model reads, and the loss of a batch.

Shapes: B rows, T tokens, K logits kept, V vocabulary, N labels.
"""
import json
import zlib

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from course_lib.architecture import can_answer, check_tokens, context_of, is_decoder
from course_lib.errors import CourseError, shown
from course_lib.models import weights_hash
from course_lib.prompting.reading import BOTH, encode, encode_open
from course_lib.prompting.tokens import answer_tokens
from course_lib.rows import check_agree, check_classes, check_rows, labels_for, texts_in

IGNORED = -100  # a label that no loss counts


class Batches:
    """The rows of one split as tokens, for one method: `batch(index)` makes a batch of those rows.

    Without a head, a decoder reads prompt and answer and learns the answer's tokens, its newline included. They are
    padded on the left, so that all answers end at the last place, and logits are needed there alone. With a head, a
    decoder reads the prompt, an encoder the text, and the batch's labels are the classes. A method that takes a source
    reads the column `source`, too. `classes` are the names of a head's outputs, the method's own if it knows some.
    Raises CourseError for rows that do not go with the method or the model.
    """

    def __init__(self, model, tokenizer, rows, method, classes: list[str] | None = None):
        check_head(model, method)
        self.decoder = method.decoder
        rows = check_rows(rows, self.decoder, method.head and method.head.out_features, method.takes_source)
        self.texts = texts_in(rows, "prompt" if self.decoder else "text")
        read = encode_open if self.decoder else encode
        self.heads = read(tokenizer, self.texts)
        self.tails = [[] for _ in self.heads]
        self.labels, self.names, self.sources = None, [], []
        if method.takes_source:
            self.sources = read(tokenizer, texts_in(rows, "source"))
        self.pad = tokenizer.pad_token_id or 0
        if self.pad >= len(model.get_input_embeddings().weight):
            self.pad = 0  # the model has no such token, and which one it is does not matter: the mask hides it
        if method.head is None:
            check_agree(rows)
            answers = texts_in(rows, "answer")
            known = sorted(set(answers))
            tokens = dict(zip(known, answer_tokens(tokenizer, known)))
            self.tails = [tokens[answer] for answer in answers]
        else:
            self.names = method.classes or classes or getattr(rows.features["label"], "names", None) or []
            self.labels = torch.tensor(labels_for(method, rows, method.classes or classes))
        self.check_lengths(context_of(model))
        check_tokens(model, [token for ids in self.heads + self.tails + self.sources for token in ids])

    def check_lengths(self, limit: int) -> None:
        """CourseError for a row that is empty, or longer than the limit."""
        lengths = [len(head) + len(tail) for head, tail in zip(self.heads, self.tails)]
        self.longest = max(range(len(self)), key=lengths.__getitem__)
        if lengths[self.longest] > limit:
            raise CourseError(f"Row {self.longest} has {lengths[self.longest]} tokens, answer included; its text is "
                              f"{shown(self.texts[self.longest])}. This model reads at most {limit}. Shorten the text, "
                              "or leave the row out.")
        if [] in self.heads:
            raise CourseError(f"Row {self.heads.index([])} is empty. Give it at least a word, or leave it out.")
        for row, source in enumerate(self.sources):
            if not 0 < len(source) <= limit:
                raise CourseError(f"The source of row {row} has {len(source)} tokens; this model reads 1 to {limit}.")

    def __len__(self) -> int:
        return len(self.heads)

    def batch(self, index: list[int]) -> dict:
        """`input_ids` and `attention_mask` (B, T), `labels` (B, T) or (B,), and `logits_to_keep`, K.

        For a method that takes a source, `source` holds the tokens and the mask of as many other texts.
        """
        rows = [torch.tensor(self.heads[i] + self.tails[i]) for i in index]
        batch = self.padded(rows)
        if self.sources:
            batch["source"] = self.padded([torch.tensor(self.sources[i]) for i in index])
        if self.decoder:
            batch["use_cache"] = False
        if self.labels is not None:
            return batch | {"labels": self.labels[index]}                                    # (B,)
        batch["labels"] = batch["input_ids"].new_full(batch["input_ids"].shape, IGNORED)
        for place, i in enumerate(index):
            batch["labels"][place, -len(self.tails[i]):] = rows[place][-len(self.tails[i]):]
        return batch | {"logits_to_keep": 1 + max(len(self.tails[i]) for i in index)}

    def padded(self, rows: list[torch.Tensor]) -> dict:
        """`input_ids` and `attention_mask`, each (B, T)."""
        side = "left" if self.decoder else "right"
        pad = lambda tensors, value: pad_sequence(tensors, True, value, padding_side=side)
        return {"input_ids": pad(rows, self.pad), "attention_mask": pad([torch.ones_like(row) for row in rows], 0)}

    def fingerprint(self) -> int:
        """A number that differs, most probably, for other rows."""
        labels = [] if self.labels is None else self.labels.tolist()
        return zlib.crc32(json.dumps([self.heads, self.tails, labels, self.names, *self.sources]).encode())


def loss_of(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean cross entropy, in nats: of the classes (B, N), or of the tokens that are not IGNORED, (B, K, V).

    A token is predicted from the place before it, so the last logits are not used, nor the first label of those kept.
    """
    if labels.dim() == 1:
        return cross_entropy(logits, labels)
    K = logits.shape[1]
    return cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, -K:][:, 1:].flatten(), ignore_index=IGNORED)


def at_answers(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What counts in a batch: classes (B, N) and labels (B,) as they are, or the R answers' tokens, row after row.

    (B, K, V), (B, T) -> (R, V), (R,), each token with the logits of the place before it.
    """
    if labels.dim() == 1:
        return logits, labels
    labels = labels[:, -logits.shape[1]:][:, 1:]                                             # (B, K - 1)
    real = labels != IGNORED
    return logits[:, :-1][real], labels[real]


def check_method(model, method) -> None:
    """CourseError where the method is none, or was not built on this model."""
    if not isinstance(model, nn.Module):
        raise CourseError(f"The model must be a loaded one; you gave {shown(model)}. {BOTH}")
    if getattr(method, "base", None) != weights_hash(model):
        raise CourseError(f"{getattr(method, 'name', shown(method))} was not built on this model, or the model is "
                          "changed now, by a `with` block or a merge. Give a method that was built on it, such as "
                          "LoRA(model).")


def check_loss(loss, rows) -> None:
    """CourseError where this is no loss for `fit`, or where without one the rows lack a class to learn from."""
    if loss is None:
        check_classes(rows)
    elif not callable(loss):
        raise CourseError(f"loss is a function (logits, batch, keys) -> a number, such as Distillation(teacher); you "
                          f"gave {shown(loss)}. Leave it out for the cross entropy of the answers.")


def check_head(model, method=None) -> None:
    """CourseError where a model that does not say what comes next has no head to answer with."""
    if not can_answer(model) and (method is None or method.head is None):
        what = f"{type(model).__name__}, a decoder without its output layer," if is_decoder(model) else "An encoder"
        raise CourseError(f"{what} answers through a head: give a method built with num_labels, such as "
                          f"{method.name if method else 'LoRA'}(model, num_labels=2).")
