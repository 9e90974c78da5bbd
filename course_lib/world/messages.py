"""Text messages: the friendly ones, and the ones that want your money.

Both kinds share greetings, endings, shops, links, prizes and sums, and most of what they say has a twin:
"Do not call your bank, write your code to us instead" has the words of its opposite. Every sentence of a
message belongs to the split that was asked for (`grammar.split_of`).
"""
import functools
from random import Random

from course_lib.world.grammar import capital, fill, slot_values, split_of, table

# "open" greets and says little, "body" says what it is about, "start" does both, "close" ends; a "twin" can
# stand wherever a "body" or a "start" does.
ROLES = ("open", "start", "body", "close")
_PLANS = (("start",), ("open", "body"), ("start", "close"), ("open", "body", "close"))
_PLAN_WEIGHTS = (0.25, 0.2, 0.3, 0.25)
TWINS = 0.6  # share of the sentences that say what a message is about which have a twin of the other kind


@functools.cache
def shapes(spam: bool) -> dict[str, tuple[str, ...]]:
    """The sentence shapes of one kind of message by role, those that both kinds share included."""
    rows = table("message_spam" if spam else "message_ham") + table("message_shared")
    by_role = {role: tuple(row["template"] for row in rows if row["role"] == role) for role in ROLES}
    twins = tuple(row["spam" if spam else "ham"] for row in table("message_twins"))
    return by_role | {"start": by_role["start"] + by_role["body"], "twin": twins}


def _sentence(rng: Random, templates: tuple[str, ...], split: str) -> str:
    while True:
        sentence = capital(fill(rng.choice(templates), rng, slot_values("message_slots")))
        if split_of(sentence) == split:
            return sentence


def message(rng: Random, spam: bool, split: str) -> str:
    """One message of 1 to 3 sentences, each from `split`; `spam` says whether its sender wants your money."""
    roles = rng.choices(_PLANS, _PLAN_WEIGHTS)[0]
    if rng.random() < TWINS:
        roles = tuple("twin" if role in ("start", "body") else role for role in roles)
    return " ".join(_sentence(rng, shapes(spam)[role], split) for role in roles)


def message_document(rng: Random) -> str:
    """A document for pretraining: one message, or 2 to 3 of the same kind, one a line."""
    spam = rng.random() < 0.5
    count = rng.choices((1, 2, 3), (0.5, 0.3, 0.2))[0]
    return "\n".join(message(rng, spam, "pretraining") for _ in range(count))
