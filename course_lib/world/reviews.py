"""Film, restaurant and gadget reviews: clear to a reader, hard for a bag of words.

Every shape of sentence works for both sides: {same} stands for a word of the review's side, {other} for one
of the opposite side. "Nobody could call the plot dull" and "Nobody could call the plot superb" differ in one
word, and that word belongs to the opposite side. So no word and no shape alone tells the side; who reads the
sentence knows it.
"""
import functools
from itertools import accumulate
from random import Random

from course_lib.errors import CourseError, unknown
from course_lib.world.grammar import SPLITS, fill, split_of, table
from course_lib.world.opinions import draw_distinct, opinion_words, weights_of

DOMAINS = ("film", "restaurant", "gadget")
SUMMARY_OPENING = "In short:"
SUMMARY_SHARE = 0.30
LENGTHS = (2, 3, 3, 4, 4, 4)
FILLER_SHARE = 0.4
MIX = {"plain": 65, "negated": 11, "contrast": 8, "overruled": 6, "comparison": 5, "mixed": 5}
PRETRAINING_MIX = {**MIX, "plain": 150}  # plainer: what a word says is learned before what "anything but" does to it
PAIRED = (("verdict", "counter"), ("noun", "counternoun"), ("mood", "countermood"))


@functools.cache
def shapes(kind: str, domain: str) -> tuple[str, ...]:
    """The templates of one kind that suit a domain."""
    return tuple(row["template"] for row in table("review_shapes")
                 if row["kind"] == kind and row["domains"] in ("any", domain))


@functools.cache
def _fixed_slots(domain: str, positive: bool) -> dict[str, tuple[str, ...]]:
    """The slots: words of the domain, and pairs of which the side picks one half."""
    slots: dict[str, tuple[str, ...]] = {}
    for row in table("review_words"):
        if row["domain"] in ("any", domain):
            slots[row["slot"]] = slots.get(row["slot"], ()) + (row["word"],)
    slots["count2"], slots["very2"] = slots["count"], slots["very"]
    for own, opposite in PAIRED:
        for name, side in ((own, positive), (opposite, not positive)):
            column = "positive" if side else "negative"
            slots[name] = tuple(row[column] for row in table("review_pairs") if row["slot"] == own)
    return slots


class _Draft:
    """One review in the making: what stays the same throughout it, and what must not come twice."""

    def __init__(self, rng: Random, positive: bool, domain: str, owner: str, mild: bool = False):
        self.rng, self.domain, self.owner = rng, domain, owner
        self.slots = dict(_fixed_slots(domain, positive))
        self.same, self.other = opinion_words(positive, mild), opinion_words(not positive, mild)
        self.aspects, self.people = list(self.slots["aspect"]), list(table("review_people"))
        for name in ("thing", "proper", "rival"):
            self.slots[name] = rng.choice(self.slots[name])
        self.used: set[str] = set()

    def sentence(self, mix: dict[str, int]) -> str:
        """One more sentence of the split, its kind drawn with the weights of `mix`.

        No shape, aspect or person comes twice in a review.
        """
        rng, slots = self.rng, self.slots
        kinds, weights = tuple(mix), tuple(accumulate(mix.values()))
        while True:
            kind = rng.choices(kinds, cum_weights=weights)[0]
            template = rng.choice(shapes(kind, self.domain))
            if template in self.used:
                continue
            if "{same" in template:
                slots["same"], slots["same2"] = draw_distinct(rng, self.same, 2, weights_of(len(self.same)))
            if "{other" in template:
                slots["other"], slots["other2"] = draw_distinct(rng, self.other, 2, weights_of(len(self.other)))
            slots["aspect"], slots["aspect2"] = draw_distinct(rng, self.aspects, 2)
            who = rng.choice(self.people)
            slots["person"], slots["pronoun"] = who["person"], who["pronoun"]
            text = fill(template, rng, slots)
            if split_of(text) == self.owner:
                self.used.add(template)
                for name in ("aspect", "aspect2"):
                    if f"{{{name}}}" in template:
                        self.aspects.remove(slots[name])
                if "{person" in template:
                    self.people.remove(who)
                return text


def review(rng: Random, positive: bool, domain: str, split: str, stars: int | None = None) -> str:
    """One review, a line of 2 to 4 sentences that all belong to `split`.

    `stars` (1 to 5) grades its strength: 5 and 1 are emphatic, 4 and 2 mild, 3 is balanced; `positive` is
    then not used. The split "shifted" takes the sentences of "test". Raises CourseError for an unknown
    domain, split or number of stars.
    """
    owners = [name for name, _ in SPLITS]
    if domain not in DOMAINS:
        raise unknown("review domain", domain, DOMAINS)
    if split not in (*owners, "shifted"):
        raise unknown("split", split, (*owners, "shifted"))
    if stars not in (None, 1, 2, 3, 4, 5):
        raise CourseError(f"A review has 1 to 5 stars, or None for no grading; {stars!r} was given.")
    if stars is not None:
        positive = stars > 3 or (stars == 3 and rng.random() < 0.5)
    draft = _Draft(rng, positive, domain, "test" if split == "shifted" else split, mild=stars in (2, 3, 4))
    length = rng.choice(LENGTHS)
    filler = [draft.sentence({"filler": 1})] if rng.random() < FILLER_SHARE else []
    if stars == 3:
        body = [draft.sentence({"balance": 1}) for _ in range(rng.choice((1, 2)))]
        body.append(draft.sentence({"lukewarm": 1}))
    elif stars in (1, 5):
        body = [draft.sentence({"strong": 1}) for _ in range(max(2, length - 1))]
    elif stars in (2, 4):
        body = [draft.sentence({"mild": 1}) for _ in range(max(2, length - len(filler)))]
    else:
        mix = PRETRAINING_MIX if split == "pretraining" else MIX
        body = [draft.sentence(mix) for _ in range(length - len(filler))]
    return " ".join(filler + body)


@functools.cache
def _summaries(domain: str, positive: bool) -> tuple[str, ...]:
    side = "positive" if positive else "negative"
    return tuple(row[side] for row in table("review_summaries") if row["domain"] in ("any", domain))


def summary_phrases(domain: str) -> dict[bool, list[str]]:
    """The closing phrases that suit a domain: {True: [...], False: [...]}, of equal number."""
    return {side: list(_summaries(domain, side)) for side in (True, False)}


def summary(rng: Random, positive: bool, domain: str) -> str:
    """One closing phrase, without the opening and the full stop; it is no label word."""
    return rng.choice(_summaries(domain, positive))


def review_document(rng: Random) -> str:
    """A document for pretraining: one review, and in 30 % of the documents a second line that sums it up.

    One document in four has the wording of 1, 2, 4 or 5 stars, one in twenty is balanced and has no summary.
    """
    positive, domain = rng.random() < 0.5, rng.choice(DOMAINS)
    style, closes = rng.random(), rng.random() < SUMMARY_SHARE / 0.95
    if style < 0.05:
        return review(rng, positive, domain, "pretraining", stars=3)
    stars = None if style >= 0.30 else rng.choice((4, 5) if positive else (1, 2))
    text = review(rng, positive, domain, "pretraining", stars)
    return f"{text}\n{SUMMARY_OPENING} {summary(rng, positive, domain)}." if closes else text
