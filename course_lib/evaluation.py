"""How well a model does a task, and how well it predicts text. Shapes: B rows, T tokens, V vocabulary, N labels."""
from collections.abc import Sequence
from itertools import islice

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from course_lib.architecture import check_tokens, context_of, evaluating
from course_lib.errors import CourseError, shown, whole_number
from course_lib.intervals import wilson
from course_lib.prompting import complete, score_choices
from course_lib.prompting.reading import added, attached, check_model, encode_plain, texts_of
from course_lib.prompting.tokens import answer_tokens, as_written, stop_tokens
from course_lib.rows import check_agree, check_rows, class_names, texts_in
from course_lib.training.batches import Batches, check_head, check_method
from course_lib.world import documents

ROWS = 64  # in one forward pass


def evaluate(model, tokenizer, rows, method=None) -> dict[str, float]:
    """The share of right answers among these rows, with its 95 % interval (Wilson).

    With a head, the class with the highest logit is the answer. A decoder without one answers with
    the most probable of the answer words; where a task has no labels, with what it writes. Classes
    are told by their names, and texts are compared as the tokenizer writes both.

    Args:
        model: the model that answers.
        tokenizer: the tokenizer of that model.
        rows: one split of a task, such as load_task("reviews")["test"].
        method: what edits the model; None asks the bare base. With Interchange the share is the
            interchange accuracy: every row has a `source`, and its label is what should come with
            the source swapped in.

    Returns:
        {"accuracy", "low", "high", "n"}: three shares from 0 to 1, and the number of rows. Where
        the task has no labels, the share is called "exact_match".

    Raises:
        CourseError: if the rows or the method do not go with the model, or, without a head, if a
            row's answer is not the name of its label.
    """
    given, right = answers(model, tokenizer, rows, method)
    if "label" not in rows.column_names:
        given, right = as_written(tokenizer, given), as_written(tokenizer, right)
    marks = [one == other for one, other in zip(given, right)]
    share, low, high = wilson(sum(marks), len(marks))
    return {"accuracy" if "label" in rows.column_names else "exact_match": share, "low": low, "high": high,
            "n": len(marks)}


@torch.no_grad()
def answers(model, tokenizer, rows, method=None) -> tuple[list, list]:
    """(what the model answers to each row, what is right): class numbers, or texts where the task has no labels.

    The numbers are those of the rows' own classes; where a method's head knows classes by their names, those of the
    head, `method.classes`.
    """
    if method is not None:
        check_method(model, method)
    if hasattr(model, "can_generate"):
        check_head(model, method)
    with evaluating(model, method):
        if method is not None and method.head is not None:
            data = Batches(model, tokenizer, rows, method)
            with method.on(model):
                given = [method.logits(model, data.batch(part.tolist())).argmax(-1)              # (B, N) -> (B,)
                         for part in torch.arange(len(data)).split(ROWS)]
            return torch.cat(given).tolist(), data.labels.tolist()
        rows = check_rows(rows, decoder=True)
        check_agree(rows)
        if method is not None and method.takes_source:
            return swapped_answers(model, tokenizer, rows, method), rows["label"][:]
        if "label" in rows.column_names:
            scores = score_choices(model, tokenizer, rows["prompt"][:], class_names(rows), method=method)
            return [row.index(max(row)) for row in scores], rows["label"][:]
        right = texts_in(rows, "answer")
        longest = longest_answer(model, tokenizer, right)
        return complete(model, tokenizer, rows["prompt"][:], longest, method), right


def longest_answer(model, tokenizer, right: list[str]) -> int:
    """How many tokens the longest of these answers has; CourseError for one that the model cannot write to its end."""
    known = sorted(set(right))
    tails, stops = answer_tokens(tokenizer, known), set(stop_tokens(model, tokenizer))
    for answer, tail in zip(known, tails):
        if early := stops & set(tail[:-1]):
            raise CourseError(f"The model stops writing at {tokenizer.decode([min(early)])!r}, as its generation "
                              f"settings say (eos_token_id), and the answer {shown(answer)} holds that: it can never "
                              "be right. Change model.generation_config.eos_token_id, or the answer.")
    return max(map(len, tails))


def swapped_answers(model, tokenizer, rows, method) -> list[int]:
    """The class whose name is the most probable answer to each row, with a part of the row's source swapped in."""
    if "label" not in rows.column_names:
        raise CourseError(f"{method.name} is measured by a choice among answer words: the rows need a column label "
                          "names, of what is right with the source swapped in.")
    scores = []
    with method.on(model):
        for name in class_names(rows):
            same = rows.remove_columns(["answer", "label"]).add_column("answer", [name] * len(rows))
            data = Batches(model, tokenizer, same, method)
            for part in torch.arange(len(data)).split(ROWS):
                batch = data.batch(part.tolist())
                logits = method.logits(model, batch)[:, :-1].transpose(1, 2)                 # (B, K, V) -> (B, V, K)
                labels = batch["labels"][:, -logits.shape[2]:]                               # (B, K)
                scores.append(-cross_entropy(logits, labels, reduction="none").sum(1))       # (B,), log probabilities
    return torch.cat(scores).view(-1, len(rows)).argmax(0).tolist()                          # (N, rows) -> (rows,)


def old_domain_loss(model, tokenizer, method=None, n_documents: int = 200, seed: int = 0) -> float:
    """The mean loss on unseen documents of pretraining: what it rises by, a method has forgotten.

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        method: what edits the model; None measures the bare base.
        n_documents: how many documents are read, 1 or more.
        seed: which documents: the same seed, the same ones.

    Returns:
        The mean next-token cross entropy, in nats a token.

    Raises:
        CourseError: if the model says nothing about the tokens of a text, if the method was not
            built on it, or if `n_documents` is no whole number from 1 on.
    """
    texts = list(islice(documents("validation", seed), whole_number("n_documents", n_documents, 1)))
    return mean_loss(model, tokenizer, texts, method=method)


def _ids(tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Each document with its beginning and its end: the first starts it, the last must be predicted.

    The tokenizer's own, where it puts some around a text by itself; else an end token on both sides. CourseError for a
    tokenizer that has neither.
    """
    rows = encode_plain(tokenizer, texts_of(texts, "Documents are a list of texts, at least one"))
    beginning, end = added(tokenizer)
    end = end or [tokenizer.eos_token_id]
    if end == [None]:
        raise CourseError("The tokenizer has no token for the end of a text, which is predicted, too. "
                          "Name it: tokenizer.eos_token = ..., one of the model's own.")
    return [[*(beginning or end), *ids, *end] for ids in rows]


def perplexity(model, tokenizer, texts: Sequence[str], batch: int = 50, method=None) -> float:
    """exp of `mean_loss`: 1 is certain of every token, the vocabulary's size is even among all.

    Args:
        model: a causal language model.
        tokenizer: the tokenizer of that model.
        texts: a list of documents, at least one.
        batch: how many documents are read in one forward pass.
        method: what edits the model; None measures the bare base.

    Returns:
        The perplexity per token, the ends of the documents included.

    Raises:
        CourseError: if the model is no causal language model, if `texts` is no list of texts, if a
            text is too long for the model, or if `batch` is no whole number from 1 on.
    """
    return torch.tensor(mean_loss(model, tokenizer, texts, batch, method), dtype=torch.float64).exp().item()


@torch.no_grad()
def mean_loss(model, tokenizer, texts: Sequence[str], batch: int = 50, method=None) -> float:
    """The mean next-token cross entropy, in nats, over all tokens of all documents (their ends included).

    With a method: of the language model as the method makes it, whether the method has a head or not. Raises
    CourseError for what is no causal language model, no list of texts, or a text too long for the model.
    """
    check_model(model)
    total = count = 0
    documents, batch = _ids(tokenizer, texts), whole_number("batch", batch, 1)
    check_tokens(model, [token for ids in documents for token in ids])
    longest = max(range(len(documents)), key=lambda place: len(documents[place]))
    limit = context_of(model)
    if len(documents[longest]) > limit:
        raise CourseError(f"A document has {len(documents[longest])} tokens with its two ends; this model reads at "
                          f"most {limit}. Shorten or split it: {shown(texts[longest])}.")
    with attached(model, method):
        for start in range(0, len(documents), batch):
            part = [torch.tensor(ids) for ids in documents[start : start + batch]]
            ids = pad_sequence(part, batch_first=True).to(model.device)                                 # (B, T)
            mask = pad_sequence([torch.ones_like(p) for p in part], batch_first=True).to(model.device)  # (B, T)
            inputs = {"input_ids": ids, "attention_mask": mask}
            inputs = inputs if method is None else method.prepare(inputs)
            logits = model(**inputs).logits[:, -ids.shape[1]:-1]                                        # (B, T-1, V)
            real = mask[:, 1:].bool()
            total += cross_entropy(logits[real].float(), ids[:, 1:][real], reduction="sum").item()
            count += int(real.sum())
    return total / count


def unigram_perplexity(tokenizer, seen: Sequence[str], texts: Sequence[str]) -> float:
    """The control: every token predicted by how often it occurs in `seen` (add-one smoothed), by nothing else."""
    tokens = lambda documents: torch.tensor([i for ids in _ids(tokenizer, documents) for i in ids[1:]])
    counts = torch.ones(len(tokenizer)) + torch.bincount(tokens(seen), minlength=len(tokenizer))  # (V,)
    return float((-(counts / counts.sum()).log()[tokens(texts)]).mean().exp())
