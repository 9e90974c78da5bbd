"""What a claim is: a pair of functions in one place, what is measured and what follows from it.

    @claim("C26", "Merging leaves no overhead at inference", (LOREFT,), lesson="06",
           figures=("difference", "base", "merged"))
    def merging(seed: int) -> dict[str, float]:
        ...                                          # the figures of one seed

    @merging.judged
    def judge_merging(f: Figures) -> Verdict:
        ...                                          # the word, and the sentence that says why
"""
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from course_lib.display import percent

HOLDS, LIMITED, FAILS = "holds", "holds with a limit", "does not hold"
GOOGLE, GUIDE, WIKIPEDIA = "Google MLCC", "Unite.AI guide", "Wikipedia"
EXPLAINER, LOREFT = "Prompt-tuning explainer", "Unite.AI LoReFT"
CLOSE = 0.05  # accuracies nearer to each other than this are called about equal
SOURCES = {  # how a text is called beside a claim: its full title
    GOOGLE: "Google, Machine Learning Crash Course: LLMs: fine-tuning, distillation and prompt engineering",
    GUIDE: "Unite.AI, Complete guide to fine-tuning large language models",
    WIKIPEDIA: "Wikipedia, Fine-tuning (deep learning)",
    EXPLAINER: "An explainer of prompt tuning",
    LOREFT: "Unite.AI, LoReFT: representation fine-tuning for language models",
}


@dataclass(frozen=True)
class Figure:
    """One measured quantity over the seeds."""

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


Figures = Mapping[str, Figure]  # by name


def share(figure: Figure) -> str:
    """A share in percent, with its spread over seeds."""
    return percent(figure.mean) + (f" (± {100 * figure.spread:.0f})" if figure.spread >= 0.005 else "")


@dataclass(frozen=True)
class Verdict:
    """`word` is one of HOLDS, LIMITED, FAILS; `because` is made from the figures."""

    word: str
    because: str


@dataclass
class Claim:
    """`measure(seed)` gives the `figures`, on the bundled `models`; `judge` turns them into a verdict.

    `judge` looks at the means alone, so that a lesson's own run and the records are judged by one rule.
    A lesson has one to six `core` claims: those that it judges by its own run, too.
    `tolerance` is what another machine may differ by: relative above 1, absolute below.
    """

    id: str
    text: str
    sources: tuple[str, ...]
    lesson: str
    figures: tuple[str, ...]
    measure: Callable[[int], dict[str, float]]
    core: bool = False
    tolerance: float = 0.05
    models: tuple[str, ...] = ("orchard-s",)
    judge: Callable[[Figures], Verdict] | None = None

    def judged(self, judge: Callable[[Figures], Verdict]) -> Callable[[Figures], Verdict]:
        """Decorates the second function of the pair."""
        self.judge = judge
        return judge


def claim(id: str, text: str, sources: tuple[str, ...], **more) -> Callable[[Callable], Claim]:
    """Decorates the first function of the pair, seed -> figures, which becomes the Claim; `more` are its fields."""
    return lambda measure: Claim(id, text, sources, measure=measure, **more)
