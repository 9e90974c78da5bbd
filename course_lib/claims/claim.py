"""What a claim is: a question that is fixed before anything is measured, what is measured, and how it is told.

    @claim("C26", "Merging leaves no overhead at inference", (LOREFT,), lesson="06",
           question="Does LoRA, merged, answer at the base's cost?",
           asks={"operations": same(lambda f: f["merged"] / f["base"] - 1, 0.01, "percent")},
           figures=("base", "merged"))
    def merging(seed: int) -> dict[str, float]:
        ...                                          # the figures of one seed

    @merging.told
    def tell_merging(f: Figures) -> str:
        ...                                          # what was found, in a sentence

The word follows from the intervals of the quantities that are asked for, by one rule for all claims.
"""
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import add, mul, sub, truediv

from course_lib.display import percent
from course_lib.intervals import students_t

HOLDS, LIMITED, FAILS = "holds", "holds with a limit", "does not hold"
UNTOLD, CONSTRUCTED, UNTOLD_HERE = "cannot be told", "by construction", "cannot be told here"
MEASURED, BEYOND = "measured", "beyond these models"  # kinds of claims; the third is CONSTRUCTED
MORE, LESS, SAME = "more", "less", "same"
GOOGLE, GUIDE, WIKIPEDIA = "Google MLCC", "Unite.AI guide", "Wikipedia"
EXPLAINER, LOREFT = "Prompt-tuning explainer", "Unite.AI LoReFT"
SOURCES = {  # how a text is called beside a claim: its full title
    GOOGLE: "Google, Machine Learning Crash Course: LLMs: fine-tuning, distillation and prompt engineering",
    GUIDE: "Unite.AI, Complete guide to fine-tuning large language models",
    WIKIPEDIA: "Wikipedia, Fine-tuning (deep learning)",
    EXPLAINER: "An explainer of prompt tuning",
    LOREFT: "Unite.AI, LoReFT: representation fine-tuning for language models",
}
SHOWN = {"points": (100, "points"), "percent": (100, "%")}  # unit: (times what, and its word); any other is itself


@dataclass(frozen=True)
class Figure:
    """One measured quantity over the seeds. Arithmetic is done seed by seed."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return statistics.mean(self.values)

    @property
    def spread(self) -> float:
        """The standard deviation over seeds; 0 with a single seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0

    def __str__(self) -> str:
        mean = f"{self.mean:,.0f}" if self.mean >= 1000 else f"{self.mean:.3g}"
        return mean + (f" ± {self.spread:.2g}" if self.spread else "")

    def with_each(self, act: Callable, other: "Figure | float") -> "Figure":
        """act(own, other's) for each seed; a single value goes with every one."""
        theirs = other.values if isinstance(other, Figure) else (other,)
        n = max(len(self.values), len(theirs))
        pairs = zip(*(values * n if len(values) == 1 else values for values in (self.values, theirs)), strict=True)
        return type(self)(tuple(act(*pair) for pair in pairs))

    def __add__(self, other):
        return self.with_each(add, other)

    def __sub__(self, other):
        return self.with_each(sub, other)

    def __mul__(self, other):
        return self.with_each(mul, other)

    def __truediv__(self, other):
        return self.with_each(truediv, other)


class Marks(Figure):
    """The mark of each row of one run, 0 or 1: what they are spread by is no spread over seeds."""

    spread = 0.0


Figures = Mapping[str, Figure]  # by name


def highest(*figures: Figure) -> Figure:
    """The highest of these of each seed: a claim over the better of two rivals is over this."""
    best, *rest = figures
    for other in rest:
        best = best.with_each(max, other)
    return best


def share(figure: Figure) -> str:
    """A share in percent, with its spread over seeds."""
    return percent(figure.mean) + (f" (± {100 * figure.spread:.0f})" if figure.spread >= 0.005 else "")


@dataclass(frozen=True)
class Quantity:
    """What a question asks for in one of its settings: `of` the figures, whether it is more, less, or the same.

    `smallest` is the smallest difference that the sentence is about, chosen from the sentence.
    """

    of: Callable[[Figures], Figure]
    direction: str
    smallest: float
    unit: str

    @property
    def borders(self) -> tuple[float, ...]:
        """Where the word changes."""
        return {MORE: (self.smallest,), LESS: (-self.smallest,), SAME: (-self.smallest, self.smallest)}[self.direction]

    def asked(self, values: tuple[float, ...]) -> "Answer":
        """The word for these values, one of each seed, from their 95 % interval."""
        if len(values) == 1:
            return Answer(self, len(values), *values * 3, UNTOLD)
        mean, low, high = students_t(values)
        if self.direction == SAME:
            holds, fails = -self.smallest < low and high < self.smallest, low > self.smallest or high < -self.smallest
        else:
            near, far = (low, high) if self.direction == MORE else (-high, -low)
            holds, fails = near > self.smallest, far <= self.smallest
        return Answer(self, len(values), mean, low, high, HOLDS if holds else FAILS if fails else UNTOLD)


def more(of: Callable[[Figures], Figure], smallest: float, unit: str = "points") -> Quantity:
    """The quantity is above `smallest`; refuted where it is shown to be below."""
    return Quantity(of, MORE, smallest, unit)


def less(of: Callable[[Figures], Figure], smallest: float, unit: str = "points") -> Quantity:
    """The quantity is below -`smallest`; refuted where it is shown to be above."""
    return Quantity(of, LESS, smallest, unit)


def same(of: Callable[[Figures], Figure], smallest: float, unit: str = "points") -> Quantity:
    """The quantity lies within ± `smallest`; refuted where it is shown to lie outside."""
    return Quantity(of, SAME, smallest, unit)


@dataclass(frozen=True)
class Answer:
    """What came out for a quantity: its mean over n seeds, its 95 % interval, and the word for it."""

    quantity: Quantity
    n: int
    mean: float
    low: float
    high: float
    word: str

    def __str__(self) -> str:
        times, unit = SHOWN.get(self.quantity.unit, (1, self.quantity.unit))
        mean, low, high = (short(times * value, signed=unit != "times") for value in (self.mean, self.low, self.high))
        if self.n == 1:
            return f"{mean} {unit} in one run, which has no interval"
        if self.low == self.high:
            return "not one row differed" if self.mean == 0 and unit == "points" else f"{mean} {unit} with every seed"
        return f"{mean} {unit} ({low} to {high}): {self.word}"


def short(value: float, signed: bool) -> str:
    """A difference, or a ratio or nothing without a sign, to three digits or so; what floats leave of 0 is 0."""
    value = round(value, 12) + 0.0
    shown = f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.1f}" if abs(value) >= 1 else f"{value:+.2g}"
    return shown if signed and value else shown.removeprefix("+")


@dataclass(frozen=True)
class Verdict:
    """`word` is one of the words above; `because` is made from the figures; `answers` are those of the settings."""

    word: str
    because: str
    answers: Mapping[str, Answer] = field(default_factory=dict)


@dataclass
class Claim:
    """`measure(seed)` gives the `figures`, on the bundled `models`; `asks` are what the `question` asks for in each
    of its settings, and `tell` says what was found.

    With `every` the text says so of all the settings ("always", "more than all others"), without of at least one
    ("can"). A lesson has one to six `core` claims: those that it judges by its own run, too.
    Without `learns` an arm may stay at guessing: that is what it is there to show. Else nothing is recorded then.
    `turned` says what an earlier measurement of ours had found, where this one turned it round, and why.
    `tolerance` is what another machine may differ by: relative above 1, absolute below.
    """

    id: str
    text: str
    sources: tuple[str, ...]
    lesson: str
    figures: tuple[str, ...]
    measure: Callable[[int], dict[str, float]]
    question: str = ""
    turned: str = ""
    asks: Mapping[str, Quantity] = field(default_factory=dict)
    kind: str = MEASURED
    every: bool = True
    learns: bool = True
    core: bool = False
    tolerance: float = 0.05
    models: tuple[str, ...] = ("orchard-s",)
    tell: Callable[[Figures], str] | None = None

    def told(self, tell: Callable[[Figures], str]) -> Callable[[Figures], str]:
        """Decorates the second function of the pair."""
        self.tell = tell
        return tell

    def judge(self, figures: Figures) -> Verdict:
        """The verdict from these figures: the word from the intervals, by one rule for all claims."""
        values = {setting: one.of(figures).values for setting, one in self.asks.items()}
        exact = self.kind == CONSTRUCTED  # one run is enough where nothing is left to chance
        answers = {setting: self.asks[setting].asked(found * 2 if exact and len(found) == 1 else found)
                   for setting, found in values.items()}
        said = [f"{setting[0].upper()}{setting[1:]}: {answer}." for setting, answer in answers.items()]
        return Verdict(self.word(answers), "\n".join([self.tell(figures), *said]), answers)

    def word(self, answers: Mapping[str, Answer]) -> str:
        """One word for the answers of all settings."""
        words = {answer.word for answer in answers.values()}
        if self.kind == BEYOND:
            return UNTOLD_HERE
        if words == {HOLDS} or HOLDS in words and not self.every:
            return CONSTRUCTED if self.kind == CONSTRUCTED else HOLDS
        if words == {FAILS} or FAILS in words and self.every:
            return LIMITED if HOLDS in words else FAILS
        return UNTOLD


def claim(id: str, text: str, sources: tuple[str, ...], **more) -> Callable[[Callable], Claim]:
    """Decorates the first function of the pair, seed -> figures, which becomes the Claim; `more` are its fields."""
    return lambda measure: Claim(id, text, sources, measure=measure, **more)
