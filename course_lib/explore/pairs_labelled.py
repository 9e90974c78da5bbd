"""The answers to the pairs of label_pairs.py: one text, a letter for each pair in turn: l left, r right, t for what
cannot be decided. They are kept in the progress file, and put in the place of the bundled rater's clicks.
"""
import hashlib
import json
from dataclasses import replace

import torch

from course_lib import progress
from course_lib.errors import CourseError, shown, whole_number
from course_lib.experiments.feedback import Ground, Pairs
from course_lib.preference.raters import Taste, texts

LETTERS = {"l": ("left", 1.0), "r": ("right", 0.0), "t": ("cannot decide", 0.5)}
KEPT_AS = "10.pairs"
ASKED, TASTE = 10, Taste()


class Labelled:
    """The first `n` of these pairs are asked about; `letters` are the answers so far, also those of an earlier run."""

    def __init__(self, here: Ground, given: Pairs, n: int = ASKED):
        self.here, self.given = here, given
        self.n = whole_number("n", n, 1, len(given.clicked))
        told = [here.prompts, *(part.tolist() for part in (given.rows, given.left, given.right))]
        self.digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
        self.letters = self.kept()

    def kept(self) -> str:
        """What was said of these pairs last, in any run; nothing where the progress file holds no such letters."""
        said = [one.data.get("letters") for one in progress.events("clicks", KEPT_AS)
                if one.data.get("pairs") == self.digest]
        try:
            return read_letters(said[-1], len(said[-1]))[:self.n] if said else ""
        except (CourseError, TypeError):  # an imported file may hold anything
            return ""

    def say(self, letters: str) -> None:
        """These are the answers now, and are kept. CourseError if they are none."""
        letters = read_letters(letters, self.n)
        if letters != self.letters:
            self.letters = letters
            progress.record_clicks(KEPT_AS, self.digest, letters)

    def pair(self, place: int) -> tuple[str, str, str]:
        """(review, left, right) of a pair as they are shown; the first is 0."""
        row, left, right = (part[place].item() for part in (self.given.rows, self.given.left, self.given.right))
        return self.here.prompts[row].splitlines()[0], texts()[left], texts()[right]

    def mine(self) -> Pairs:
        """The pairs that you have clicked on, with your clicks."""
        return Pairs(*(part[:len(self.letters)] for part in vars(self.pairs()).values()))

    def pairs(self) -> Pairs:
        """All pairs: your clicks where there are some, for all others those of the bundled rater."""
        clicked = self.given.clicked.clone()                                                     # (n,)
        clicked[:len(self.letters)] = torch.tensor([LETTERS[letter][1] for letter in self.letters])
        return replace(self.given, clicked=clicked)

    def agreement(self, worth: torch.Tensor) -> tuple[int, int]:
        """(in how many pairs you chose what is worth more, of how many that you and it tell apart); worth is (P, K)."""
        mine = self.mine()
        ahead = worth[mine.rows, mine.left] - worth[mine.rows, mine.right]
        return agreed(mine.clicked - 0.5, ahead)

    def told(self, worth: torch.Tensor | None = None) -> str:
        """In sentences: who has clicked, and once all are answered, with whom you agree; `worth`: a reward model's."""
        done, rest = len(self.letters), len(self.given.clicked) - len(self.letters)
        if done < self.n:
            who = (f"You have clicked on {done} of them; for the other {rest}" if done else
                   f"You have clicked on none yet; for all {rest}")
            return f"{self.n} pairs are asked. {who} the bundled rater's clicks stand in pairs()."
        if set(self.letters) == {"t"}:
            return (f"You could not decide in any of the {self.n} pairs. That is an answer, too, but it says of "
                    "nothing that it is better: there is nothing to learn from it, and nothing to compare.")
        counts = ", ".join(f"{word} {self.letters.count(letter)}" for letter, (word, _) in LETTERS.items())
        mine, rater = self.mine().clicked, self.given.clicked[:done]
        compared = {"the bundled rater": agreed(mine - 0.5, rater - 0.5)}
        if worth is not None:
            compared |= {"the taste": self.agreement(TASTE.rewards(self.here.sides)),
                         "the reward model": self.agreement(worth)}
        told = ", ".join(f"with {whose} in {right} of {of}" for whose, (right, of) in compared.items())
        return (f"You have clicked on all {done} pairs: {counts}. Where both decide, you agree {told}."
                + (f" For the other {rest} pairs the bundled rater's clicks stand in pairs()." if rest else ""))


def agreed(one: torch.Tensor, other: torch.Tensor) -> tuple[int, int]:
    """(how often both have the same sign, how often both have one)."""
    both = one.sign() * other.sign()
    return int((both > 0).sum()), int((both != 0).sum())


def read_letters(typed: str, most: int) -> str:
    """The letters of what was typed, whose spaces and case do not count. CourseError for what is none, or too many."""
    if not isinstance(typed, str):
        raise CourseError(f"Clicks are a text of letters, such as clicks=\"lrt\"; you gave {shown(typed)}.")
    letters = "".join(typed.lower().split())
    if wrong := set(letters) - set(LETTERS):
        meant = ", ".join(f"{letter} ({word})" for letter, (word, _) in LETTERS.items())
        raise CourseError(f"There is no {shown(min(wrong))} here. The letters are {meant}, one for each pair.")
    if len(letters) > most:
        raise CourseError(f"These are {len(letters)} letters, and there are {most} pairs. Take some back.")
    return letters
