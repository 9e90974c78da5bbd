"""Which rows of a split an experiment takes: n rows drawn by the seed, of all rows or of the short ones.

"first", "shortest" and "brief" are older rules, of what benches and explorables show.
"""
import functools

POOL = 600               # the shortest rows are looked for among so many
BRIEF = 30               # words of a brief review, at most


def first(rows, n: int, tokenizer=None, seed: int = 0):
    """The first n rows."""
    return rows.select(range(n))


def shuffled(rows, n: int, tokenizer=None, seed: int = 0):
    """n rows in an order that the seed decides."""
    return rows.shuffle(seed=seed).select(range(n))


def shortest(rows, n: int, tokenizer, seed: int = 0):
    """The n shortest rows among POOL drawn by the seed, as many of each label: short texts make quick steps."""
    pool = rows.shuffle(seed=seed).select(range(min(POOL, len(rows))))
    lengths = [len(ids) for ids in tokenizer(pool["prompt"][:])["input_ids"]]
    order, labels = sorted(range(len(pool)), key=lengths.__getitem__), pool["label"][:]
    each = n // len(set(labels))
    chosen = [[i for i in order if labels[i] == label][:each] for label in sorted(set(labels))]
    return pool.select(sum(chosen, []))


def short(rows, n: int, tokenizer=None, seed: int = 0):
    """n rows of at most BRIEF words, in an order that the seed decides: short texts make quick steps."""
    return rows.select(brief_places(tuple(rows["text"][:]))).shuffle(seed=seed).select(range(n))


def brief(rows, n: int | None = None, tokenizer=None, seed: int = 0):
    """The first n rows, or all, whose text has at most BRIEF words."""
    return rows.select(brief_places(tuple(rows["text"][:]))[:n])


@functools.lru_cache(maxsize=8)
def brief_places(texts: tuple[str, ...]) -> list[int]:
    """The places of the texts of at most BRIEF words."""
    return [place for place, text in enumerate(texts) if len(text.split()) <= BRIEF]


DRAWS = {"shuffled": shuffled, "short": short, "first": first, "shortest": shortest, "brief": brief}
