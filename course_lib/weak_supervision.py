"""Weak supervision: rules vote on rows that nobody labelled, and their votes are made into labels.

A vote is 1 (positive), -1 (negative) or 0 (the rule abstains). Shapes: n rows, m rules.
"""
import re
from collections.abc import Callable, Sequence
from numbers import Real

import torch

from course_lib.errors import CourseError, shown, whole_number
from course_lib.prompting.reading import texts_of

PRAISE = frozenset("wonderful superb excellent splendid marvellous brilliant terrific lovely impressive".split())
BLAME = frozenset("awful terrible dreadful horrible abysmal poor rotten ugly dismal dire".split())
GLAD = frozenset("happy delighted pleased smiling grateful".split())
CROSS = frozenset("cross dismayed displeased scowling grumpy".split())
NO = re.compile(r"\b(?:no|not|none|nor|never|nobody|nothing|neither)\b")
TURN = re.compile(r"\b(?:not|never|nobody|nothing|neither|anything but|far from|opposite of)\b(.*)")
BUT = re.compile(r"(?<!anything) but (.*)")
START = 0.7  # what a rule is believed at first: that it is right more often than not
SURE = 0.8   # how sure of a side the label model must be for a label to be kept


def sentences(text: str) -> list[str]:
    """The sentences in small letters, their marks left out."""
    return [" ".join(re.findall(r"[a-z'-]+", part.lower())) for part in re.split(r"(?<=[.!?]) ", text)]


def balance(parts: list[str], good: frozenset = PRAISE, bad: frozenset = BLAME) -> int:
    """1 with more good than bad words in these parts of a text, -1 with fewer, 0 where neither is more."""
    words = " ".join(parts).split()
    more = sum(word in good for word in words) - sum(word in bad for word in words)
    return (more > 0) - (more < 0)


def plain_words(text: str) -> int:
    """More praise or more blame, in sentences without a "not", a "but" or the like?"""
    return balance([one for one in sentences(text)
                    if not (NO.search(one) or TURN.search(one) or BUT.search(one))])


def turned_words(text: str) -> int:
    """Behind "nobody could call" and "anything but", praise is blame and blame is praise."""
    return -balance([BUT.sub("", found[1]) for one in sentences(text)
                     if (found := TURN.search(one))])


def behind_but(text: str) -> int:
    """What counts is what stands behind "but"."""
    return balance([found[1] for one in sentences(text) if (found := BUT.search(one))])


def mood(text: str) -> int:
    """In which mood did they go home?"""
    return balance([one.partition("home")[2] for one in sentences(text)], GLAD, CROSS)


def says_no(text: str) -> int:
    """Who says no, not or never complains."""
    return -int(any(NO.search(one) for one in sentences(text)))


RULES = (plain_words, turned_words, behind_but, mood, says_no)


def votes_of(texts: Sequence[str], rules: Sequence[Callable[[str], int]] = RULES) -> torch.Tensor:
    """(n, m): what each rule says of each text. CourseError for what are no texts, and a rule that gives no vote."""
    given, rules = rules, list(rules) if isinstance(rules, Sequence) else []
    if not rules or not all(map(callable, rules)):
        raise CourseError("rules is a list of functions, text -> vote, such as RULES: at least one, for there is a "
                          f"column for each rule. You gave {shown(given)}.")
    votes = [[rule(text) for rule in rules] for text in texts_of(texts, "The rules read a list of texts")]
    for row in votes:
        for rule, vote in zip(rules, row):
            if not isinstance(vote, Real) or isinstance(vote, bool) or vote not in (-1, 0, 1):
                raise CourseError(f"A vote is 1, -1 or 0; the rule {getattr(rule, '__name__', shown(rule))} gave "
                                  f"{shown(vote)}. Does it return something for every text?")
    return check_votes(torch.tensor(votes))


def majority(votes: torch.Tensor) -> torch.Tensor:
    """(n, m) -> (n,): 1 or -1, the side with more votes; 0 where both have as many, or nobody votes.

    CourseError for what is no table of votes.
    """
    return check_votes(votes).sum(1).sign()


def label_model(votes: torch.Tensor, rounds: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    """(m,) how often each rule is right where it votes, and (n,) the probability that a row is positive.

    Nobody tells it a label. Expectation-maximisation (Dawid & Skene 1979, https://doi.org/10.2307/2346806), for rules
    that err independently of each other, and two classes that are equally frequent:

        log p(y = 1 | votes) / p(y = -1 | votes) = sum over rules of vote * log(a / (1 - a))
        a = the mean probability, over the rows on which the rule votes, that its vote is the right one

    One right and one wrong vote are added for each rule, so that a few votes make none of them certain. CourseError
    for what is no table of votes, and no number of rounds.
    """
    votes, rounds = check_votes(votes), whole_number("rounds", rounds, 1)
    accuracy, cast = torch.full(votes.shape[1:], START), votes != 0                            # (m,), (n, m)
    for _ in range(rounds):
        positive = (votes.float() @ accuracy.logit()).sigmoid()                                # (n, m) @ (m,) -> (n,)
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])               # (n, m)
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)                             # (m,)
    return accuracy, (votes.float() @ accuracy.logit()).sigmoid()


def check_votes(votes: torch.Tensor) -> torch.Tensor:
    """The votes; CourseError where they are no table of 1, -1 and 0."""
    if not isinstance(votes, torch.Tensor) or votes.dim() != 2 or not votes.numel():
        raise CourseError(f"Votes are a tensor with a row for each text and a column for each rule, such as "
                          f"votes_of(texts); you gave {shown(votes)}.")
    if votes.dtype == torch.bool or votes.is_complex():
        raise CourseError(f"A vote is 1, -1 or 0, and these are {votes.dtype}. Where True is for and False against, "
                          "2 * votes.int() - 1 gives votes.")
    if not torch.isin(votes, torch.tensor([-1, 0, 1])).all():
        raise CourseError(f"A vote is 1, -1 or 0; you gave {shown(votes.unique().tolist())}.")
    return votes
