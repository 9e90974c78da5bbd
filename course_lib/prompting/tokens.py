"""An answer as tokens and back, whatever a tokenizer changes or lacks: one space before it, a newline after it."""
from collections.abc import Sequence

from course_lib.errors import CourseError, shown
from course_lib.prompting.reading import check_tokenizer, encode_plain, texts_of


def answer_tokens(tokenizer, choices: Sequence[str]) -> list[list[int]]:
    """The tokens of each answer: one space before it, a newline after it. CourseError where that makes no sense.

    So it is for a text that is no answer, for a word that the tokenizer does not know, for two choices of which it
    makes the same tokens, and for a tokenizer without a newline.
    """
    choices = texts_of(choices, "Choices are a list of texts, at least one")
    check_tokenizer(tokenizer)
    for choice in choices:
        if choice != choice.strip() or "\n" in choice:
            raise CourseError(f"The choice {shown(choice)} must be one line without spaces around it: the space "
                              "before an answer and the newline after it are put for you.")
        if not choice or not encode_plain(tokenizer, [choice])[0]:
            raise CourseError(f"The choice {shown(choice)} has no tokens, so it has no probability. "
                              "Give at least one letter.")
    if twice := sorted({choice for choice in choices if choices.count(choice) > 1}):
        raise CourseError(f"Some choices are the same: {shown(twice)}. Give each answer once, for example with "
                          "list(dict.fromkeys(choices)).")
    tails, end = behind(tokenizer, choices), newline(tokenizer)
    signs = set(tokenizer.all_special_ids)
    for choice, tail in zip(choices, tails):
        if signs & set(tail):
            raise no_answer(tokenizer, choice, tail)
    return [[*tail, end] for tail in tails]


def behind(tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """The tokens of each text as it stands behind another one and a space; CourseError where that cannot be told.

    Behind something, for some tokenizers put a space before every text; and behind what they join with nothing.
    """
    for before in (":", "a", ".", "\n"):
        [start] = encode_plain(tokenizer, [before])
        rows = encode_plain(tokenizer, [f"{before} {text}" for text in texts])
        if all(row[:len(start)] == start for row in rows):
            return [row[len(start):] for row in rows]
    raise CourseError("The tokenizer joins the beginning of an answer with what stands before it, so the "
                      "answer has no tokens of its own. Take another model's tokenizer, or build the method with "
                      "num_labels: a head needs none.")


def no_answer(tokenizer, choice: str, tail: list[int]) -> CourseError:
    """What is said of an answer of whose tokens some are signs of the tokenizer's own."""
    written = tokenizer.convert_ids_to_tokens(tail)
    if tokenizer.unk_token in written:
        return CourseError(f"The tokenizer does not know all of the choice {shown(choice)}: it makes "
                           f"{' '.join(written)} of it, and so of other words, too. Take words that it knows, or build "
                           "the method with num_labels: a head needs none.")
    return CourseError(f"The choice {shown(choice)} holds something that is no text for this tokenizer but a sign of "
                       f"its own; it makes {' '.join(written)} of it. Write it in another way.")


def told_apart(tokenizer, choices: Sequence[str]) -> list[list[int]]:
    """`answer_tokens` of choices between which a model is to choose; CourseError where two have the same tokens."""
    tails, first = answer_tokens(tokenizer, choices), {}
    for choice, tail in zip(choices, map(tuple, tails)):
        if tail in first:
            raise CourseError(f"The tokenizer makes the same tokens of {shown(first[tail])} and {shown(choice)}, so "
                              "the model cannot choose between them. Give them names that differ in more.")
        first[tail] = choice
    return tails


def newline(tokenizer) -> int:
    """The token that ends an answer; CourseError where the tokenizer has none for a newline alone."""
    if (found := line_end(tokenizer)) is None:
        raise CourseError("The tokenizer has no token for a newline, with which every answer ends here. "
                          "Take a model whose tokenizer keeps newlines, as those of Llama, Qwen and GPT-2 do; or build "
                          "the method with num_labels: a head needs no answer words.")
    return found


def line_end(tokenizer) -> int | None:
    """The token for a newline and nothing else; None where there is none."""
    ids = encode_plain(tokenizer, ["a\n"])[0]
    alone = tokenizer.decode(ids[-1:])
    return ids[-1] if "\n" in alone and not alone.strip() else None


def stop_tokens(model, tokenizer) -> list[int]:
    """Where an answer ends: the newline, the end of the text, and where the model's own generation settings say."""
    ends = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    ends = ends if isinstance(ends, list | tuple) else [ends]
    known = len(model.get_input_embeddings().weight)
    found = dict.fromkeys([line_end(tokenizer), tokenizer.eos_token_id, *ends])
    return [token for token in found if token is not None and token < known]


def answer_text(tokenizer, ids: list[int], stops: Sequence[int] = ()) -> str:
    """What these tokens say, up to the first newline or the end of the text, without spaces around it."""
    stops = {tokenizer.eos_token_id, *stops} - {None}
    end = next((place for place, token in enumerate(ids) if token in stops), len(ids))
    return tokenizer.decode(ids[:end]).split("\n")[0].strip()


def as_written(tokenizer, texts: Sequence[str]) -> list[str]:
    """Each text as it comes back from the tokenizer, which may write letters small, or compose accents (NFC).

    A model can only ever write such texts, so two are compared by what the tokenizer makes of both.
    """
    known = [text for text in dict.fromkeys(texts) if text]
    written = {"": ""} | dict(zip(known, (answer_text(tokenizer, ids) for ids in behind(tokenizer, known))))
    return [written[text] for text in texts]
