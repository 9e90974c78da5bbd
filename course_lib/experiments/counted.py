"""The simplest rival of a language model: counts of what followed the last two tokens; and what both are asked.

Whoever sees two tokens can go on with "he lives in", and does not know who he is: so both are asked for pronouns that
agree with a name further back, and for facts of the world.
"""
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log
from random import Random

from course_lib.world import relations
from course_lib.world.facts import PRONOUNS, slots, templates
from course_lib.world.grammar import fill

PRIOR = 3  # how many tokens the guess from a shorter context weighs


class Counted:
    """Which token followed the last n - 1 tokens in these texts, how often: n = 2 counts pairs, 3 triples.

    p_n(token) = (count + PRIOR · p_{n-1}(token)) / (total + PRIOR), down to an even p_0: MacKay and Peto 1995.
    """

    def __init__(self, tokenizer, texts: Iterable[str], n: int = 3):
        self.tokenizer, self.vocabulary, self.end = tokenizer, len(tokenizer), tokenizer.eos_token_id
        self.followed = [defaultdict(Counter) for _ in range(n)]
        for ids in tokenizer(list(texts))["input_ids"]:
            ids = [self.end, *ids, self.end]
            for place in range(1, len(ids)):
                for before, followed in enumerate(self.followed[:place + 1]):
                    followed[tuple(ids[place - before:place])][ids[place]] += 1
        self.totals = [{context: found.total() for context, found in followed.items()} for followed in self.followed]

    def probability(self, before: Sequence[int], token: int, n: int = 3) -> float:
        """Of this token after those, by the last n - 1 of them."""
        p = 1 / self.vocabulary
        for back, followed in enumerate(self.followed[:min(n, len(before) + 1)]):
            context = tuple(before[len(before) - back:])
            if context in followed:
                p = (followed[context][token] + PRIOR * p) / (self.totals[back][context] + PRIOR)
        return p

    def losses(self, text: str, n: int = 3) -> list[float]:
        """-ln p of each token of a document and of its end."""
        ids = [self.end, *self.tokenizer(text)["input_ids"], self.end]
        return [-log(self.probability(ids[:place], ids[place], n)) for place in range(1, len(ids))]

    def write(self, beginning: str, most: int = 8) -> str:
        """What it goes on with: always the likeliest token."""
        ids = [self.end, *self.tokenizer(beginning)["input_ids"]]
        start = len(ids)
        while len(ids) < start + most and (len(ids) == start or ids[-1] != self.end):
            ids.append(max(self.followed[1].get((ids[-1],)) or self.followed[0][()],
                           key=lambda token: self.probability(ids, token)))
        return self.tokenizer.decode(ids[start:]).strip()


def facts(n: int, seed: int) -> list[tuple[str, str]]:
    """n facts as sentences say them, cut before their last word or two: ("The apple is a", "pome")."""
    rng, found = Random(f"facts {seed}"), []
    while len(found) < n:
        name, relation = rng.choice(list(relations().items()))
        known = slots(name, rng.choice(list(relation)))
        text = fill(rng.choice([one for one in templates(name)["plain"] if "{wrong" not in one]), rng, known)
        if text.endswith(f" {known['value']}."):
            found.append((text.removesuffix(f" {known['value']}."), known["value"]))
    return found


def pronouns(n: int, seed: int) -> list[tuple[str, str]]:
    """n pairs (right, wrong) of texts with one pronoun, which has to agree with the name a sentence before."""
    rng, found = Random(f"pronouns {seed}"), []
    people = {name: relation for name, relation in relations().items() if relation.subject == "person"}
    while len(found) < n:
        (first, relation), (second, other) = rng.sample(list(people.items()), 2)
        key = rng.choice([key for key in relation if key in other])
        own = slots(second, key)
        plain = [one for one in templates(first)["plain"] if not {"{he}", "{his}"} & set(one.split())
                 and "{wrong" not in one]
        beginning = fill(rng.choice(plain), rng, slots(first, key))
        template = rng.choice(templates(second)["more"])
        right, wrong = (f"{beginning} {fill(template, rng, own | PRONOUNS[gender])}"
                        for gender in sorted(PRONOUNS, key=lambda gender: gender != own["he"]))
        found.append((right, wrong))
    return found
