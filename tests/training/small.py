"""Models of a few thousand random numbers, a tokenizer of a few words, and tasks that can be learned in seconds."""
import functools
from random import Random

import datasets

from course_lib.models.tokenizer import encoder_tokenizer, train_tokenizer
from tests.tiny import DECODERS, tiny_model

GOOD, BAD = ("good", "great", "fine", "warm"), ("bad", "dull", "cold", "sad")
SUBJECTS = ("the film", "the food", "our long evening in the old town", "it", "the pear of the day")
FAMILY = {"apple": "pome", "pear": "pome", "quince": "pome", "peach": "stone fruit", "plum": "stone fruit",
          "cherry": "stone fruit"}
WORDS = " ".join([*GOOD, *BAD, *SUBJECTS, *FAMILY, *FAMILY.values(), "was what is a", "label stars question answer",
                  "negative positive 1 2 3"])
BLOCKS, CONTEXT = 3, 32


@functools.cache
def tokenizer_of(kind: str):
    base = train_tokenizer(iter([WORDS, WORDS.replace(" ", "\n")] * 50))
    return base if kind in DECODERS else encoder_tokenizer(base)


@functools.cache
def pair_of(kind: str) -> tuple:
    """(model, tokenizer) with three blocks of width 16 and with dropout. They are shared: leave them as they are."""
    tokenizer = tokenizer_of(kind)
    return tiny_model(kind, len(tokenizer), spread=0.2, context=CONTEXT, blocks=BLOCKS, dropout=0.1), tokenizer


def dataset(rows: list[tuple[str, str]], template: str, names: tuple[str, ...] = ()) -> datasets.Dataset:
    """Rows of (text, answer) with the columns of the course."""
    texts, answers = [text for text, _ in rows], [answer for _, answer in rows]
    columns = {"text": texts, "prompt": [template.replace("{text}", text) for text in texts], "answer": answers}
    features = {name: datasets.Value("string") for name in columns}
    if names:
        columns["label"] = [names.index(answer) for answer in answers]
        features["label"] = datasets.ClassLabel(names=list(names))
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))


@functools.cache
def task_of(name: str) -> datasets.DatasetDict:
    """"reviews" (two classes), "stars" (three) or "facts" (answers to write), with 24, 8 and 8 rows."""
    if name == "facts":
        rows = [(f"what is {start}{fruit}", family) for fruit, family in FAMILY.items()
                for start in ("", "a ", "the ", "our ", "the old ", "a fine ", "a warm ")]
        template, names = "question: {text}\nanswer:", ()
    else:
        steps = {"reviews": (("negative", BAD), ("positive", GOOD)),
                 "stars": (("1", BAD[:2]), ("2", BAD[2:]), ("3", GOOD))}[name]
        rows = [(f"{subject} was {word}", answer) for subject in SUBJECTS for answer, words in steps for word in words]
        template = "{text}\nlabel:" if name == "reviews" else "{text}\nstars:"
        names = tuple(answer for answer, _ in steps)
    rows = Random(3).sample(rows, len(rows))
    places = {"train": slice(0, 24), "validation": slice(24, 32), "test": slice(32, 40)}
    return datasets.DatasetDict({split: dataset(rows[place], template, names) for split, place in places.items()})
