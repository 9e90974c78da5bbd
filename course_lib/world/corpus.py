"""The text that the base models are pretrained on: an endless, seeded stream of short documents.

A document is a plain string. Of all documents that the world can say, a fixed 4 % (by a hash of the text) belong to
validation and are never trained on.
"""
import hashlib
from collections.abc import Iterator
from random import Random

from course_lib.errors import unknown
from course_lib.world import everyday, facts, messages, opinions, reviews, stories

VALIDATION_SHARE = 0.04

# kind: (what writes one document, how often it is drawn)
KINDS = {
    "encyclopaedia": (facts.encyclopaedia, 54),
    "lists": (facts.relation_list, 11),
    "names": (facts.word_list, 3),
    "questions": (facts.question, 5),
    "reviews": (reviews.review_document, 30),
    "opinions": (opinions.opinion_sentence, 12),
    "messages": (messages.message_document, 7),
    "stories": (stories.story, 4),
    "news": (stories.news_document, 3),
    "everyday": (everyday.everyday, 5),
}
MIX = {kind: weight for kind, (_, weight) in KINDS.items()}


def document(kind: str, rng: Random) -> str:
    """One document of this kind."""
    if kind not in KINDS:
        raise unknown("kind of document", kind, KINDS)
    return KINDS[kind][0](rng)


def in_validation(text: str) -> bool:
    """Whether this document belongs to the part of the world that is kept from training."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") < VALIDATION_SHARE * 2**32


def documents(split: str, seed: int) -> Iterator[str]:
    """An endless stream of documents. Same seed, same stream.

    Args:
        split: "train", or "validation", the documents that are never trained on.
        seed: any number or text.

    Yields:
        One document, a text.

    Raises:
        CourseError: at the first document, if `split` is another.
    """
    if split not in ("train", "validation"):
        raise unknown("split of the corpus", split, ("train", "validation"))
    rng = Random(f"{split}-{seed}")
    kinds, weights = list(MIX), list(MIX.values())
    while True:
        text = document(rng.choices(kinds, weights)[0], rng)
        if in_validation(text) == (split == "validation"):
            yield text
