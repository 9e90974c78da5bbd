"""A teacher, asked once: what it says to every row, and the answers that it writes.

Shapes: B rows, R rows of logits that are compared, N classes or words, V vocabulary, T tokens, d width.
"""
from collections.abc import Collection
from contextlib import contextmanager

import torch
from datasets import ClassLabel, Dataset, Features
from torch.nn.functional import cross_entropy

from course_lib.architecture import blocks_of, evaluating
from course_lib.errors import CourseError, shown, whole_number
from course_lib.evaluation import ROWS, answers
from course_lib.prompting.tokens import answer_tokens
from course_lib.rows import class_names
from course_lib.training.batches import IGNORED, at_answers, check_method
from course_lib.training.loop import batches_of

Key = tuple[str, int]  # a row: ("train", 17)


class Teacher:
    """What `method` makes of `model` says to every row of a task, computed once.

    It is asked about the splits train and validation. `logits[key]` are (R, N): with a head those
    of the classes; else a decoder's, at the places of the answer's tokens. Where the task has
    labels, they are `over` the "labels": of the label words' first tokens alone, at the first
    place, (1, N). They could be over the whole "vocabulary", all tokens that exist (a model may
    have room for more), and are so where a task has no labels, but at a high temperature the
    thousands of other words then weigh more than the few that are the answer. What follows the
    first token, if only a newline, a student learns as it stands in the row, for `evaluate` counts
    whole answers. `hidden[key][block]` are that block's hidden states of the row, (T, d).

    Args:
        model: the teacher's model.
        tokenizer: the tokenizer of that model.
        task: {split: rows}, such as load_task("reviews"); a student is trained on `teacher.task`.
        method: what makes the model a teacher, a trained one.
        blocks: the numbers of the blocks whose hidden states are kept.
        over: "labels" or "vocabulary", what a decoder's logits are over.

    Raises:
        CourseError: if the model does not have a block, if label words begin alike, if the logits
            are no numbers, and as `fit` raises it for the task and the method.
    """

    def __init__(self, model, tokenizer, task, method, blocks: tuple[int, ...] = (), over: str = "labels"):
        check_method(model, method)
        self.blocks, parts = check_blocks(model, blocks), batches_of(model, tokenizer, task, method)
        self.task, self.tokenizer, self.method, self.width = task, tokenizer, method, model.config.hidden_size
        self.words = words_of(tokenizer, task["train"], over) if method.head is None else None
        self.classes = parts["train"].names
        if method.classes:  # a student is to count the classes as its teacher does
            self.task = {**task, **{split: counted_as(self.classes, task[split]) for split in parts}}
        self.tokens = None if method.head else existing(model, tokenizer)
        self.logits: dict[Key, torch.Tensor] = {}
        self.hidden: dict[Key, dict[int, torch.Tensor]] = {}
        with torch.no_grad(), evaluating(model, method), method.on(model), watched(model, self.blocks) as seen:
            for split, data in parts.items():
                for rows in torch.arange(len(data)).split(ROWS):
                    self.ask(model, split, rows.tolist(), data.batch(rows.tolist()), seen)

    def ask(self, model, split: str, rows: list[int], batch: dict, seen: dict) -> None:
        """Keeps what it says to these rows."""
        keys, sizes = [(split, row) for row in rows], rows_of(batch["labels"], self.words)
        said = self.chosen(self.method.logits(model, batch), batch["labels"])                # (R of all rows, N)
        if not said.isfinite().all():
            raise CourseError(f"The teacher's logits are no numbers in the rows {shown(rows)} of {split}. Train it "
                              "again, at a lower learning rate.")
        self.logits.update(zip(keys, said.split(sizes)))                                     # each (R, N)
        real = batch["attention_mask"].bool()                                                # (B, T)
        for place, key in enumerate(keys):
            self.hidden[key] = {block: states[place, -real.shape[1]:][real[place]] for block, states in seen.items()}

    def chosen(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Of a batch's logits, a teacher's or a student's, those that are compared: (R of all rows, N)."""
        said, _ = at_answers(logits, labels)
        if self.words is None:
            return said[:, self.tokens] if self.tokens else said                             # (R, V) -> (R, N)
        return said[first_places(labels)][:, self.words]                                     # (R, V) -> (B, N)

    def rest_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The cross entropy of a row's answer after its first token, where `chosen` holds only that one: ()."""
        if self.words is None:
            return logits.new_zeros(())
        each = cross_entropy(*at_answers(logits, labels), reduction="none")                  # (R,)
        return (each.sum() - each[first_places(labels)].sum()) / len(labels)


def first_places(labels: torch.Tensor) -> torch.Tensor:
    """Among the answers' tokens of a batch, row after row, the places of the first ones: (B, T) -> (B,)."""
    sizes = (labels != IGNORED).sum(1)                                                       # (B,)
    return sizes.cumsum(0) - sizes


def rows_of(labels: torch.Tensor, words: list[int] | None) -> list[int]:
    """How many rows of logits each row of a batch has."""
    return [1] * len(labels) if words or labels.dim() == 1 else (labels != IGNORED).sum(1).tolist()


def counted_as(classes: list[str], rows) -> Dataset:
    """The same rows, with the numbers of their classes by the places of their names in `classes`."""
    names, rows = class_names(rows), rows.with_format(None)
    labels = [classes.index(names[label]) for label in rows["label"][:]]
    features = Features({**rows.features, "label": ClassLabel(names=classes)})
    return Dataset.from_dict({**rows.to_dict(), "label": labels}, features=features)


def existing(model, tokenizer) -> list[int]:
    """The numbers of all tokens that exist. A model's vocabulary is often padded beyond them, to a round number."""
    rows = len(model.get_input_embeddings().weight)
    return sorted(number for number in tokenizer.get_vocab().values() if number < rows)


def words_of(tokenizer, rows, over: str) -> list[int] | None:
    """The first token of each label word; None for the whole vocabulary. CourseError where two words begin alike."""
    if over not in ("labels", "vocabulary"):
        raise CourseError(f"over is 'labels' or 'vocabulary'; you gave {shown(over)}.")
    if over == "vocabulary" or "label" not in rows.column_names:
        return None
    names = class_names(rows)
    first = [tokens[0] for tokens in answer_tokens(tokenizer, names)]
    if len(set(first)) < len(first):
        raise CourseError(f"Two of the labels {shown(names)} begin with the same token, so the first token does not "
                          "tell them apart. Say over='vocabulary', or build teacher and student with num_labels.")
    return first


def taught_rows(model, tokenizer, rows, method=None):
    """These rows with the teacher's answers in place of their own: `fit` does the rest.

    This is sequence-level distillation. The answer is a class where the task has labels, else what
    the teacher writes, the most probable token after token (Kim & Rush 2016,
    https://arxiv.org/abs/1606.07947, search with a beam). Rows to which it writes nothing are left
    out.

    Args:
        model: the teacher's model.
        tokenizer: the tokenizer of that model.
        rows: the rows to answer, such as task["train"], with the columns of a course task.
        method: what makes the model a teacher; None asks the bare model.

    Returns:
        A Dataset with the columns and features of `rows`; `answer`, and `label` where there is one,
        are the teacher's.

    Raises:
        CourseError: if the rows or the method do not go with the model, or if the teacher gives an
            answer that is none of the rows' classes.
    """
    given, _ = answers(model, tokenizer, rows, method)
    rows = rows.with_format(None)
    columns = rows.to_dict() | {"answer": given}
    if "label" in columns:
        names = class_names(rows)
        said = [((method and method.classes) or names)[label] for label in given]
        if others := sorted(set(said) - set(names)):
            raise CourseError(f"The teacher gives the answer {shown(others[0])}, which is none of "
                              f"the rows' classes: {', '.join(map(shown, names))}. Let it teach "
                              "rows of its own classes.")
        columns |= {"answer": said, "label": [names.index(one) for one in said]}
    taught = Dataset.from_dict(columns, rows.features)
    return taught.select([place for place, answer in enumerate(columns["answer"]) if answer])


def check_blocks(model, blocks) -> tuple[int, ...]:
    """The blocks' numbers; CourseError for one that the model does not have."""
    last = len(blocks_of(model)) - 1
    if isinstance(blocks, str) or not isinstance(blocks, Collection):
        raise CourseError(f"blocks names the blocks to look at, such as (1, 3); you gave {shown(blocks)}.")
    return tuple(whole_number("A block", block, 0, last) for block in blocks)


@contextmanager
def watched(model, blocks: tuple[int, ...]):
    """The block in which {number: its latest hidden states (B, T, d)} is kept up to date, for these blocks."""
    modules, seen = list(blocks_of(model).values()), {}

    def keep(block):
        return lambda module, inputs, out: seen.update({block: out})

    handles = [modules[block].register_forward_hook(keep(block)) for block in blocks]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
