"""The world browser: read the documents that the base models were trained on, and count what they say."""
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from random import Random

from course_lib.errors import CourseError, shown, whole_number
from course_lib.explore.controls import Menu, Slider
from course_lib.explore.explorable import Explorable, checked, show
from course_lib.world import corpus

PAGES, ON_A_PAGE = 50, 5
MIXED = "as mixed for training"
CONTROLS = {"kind": Menu("Kind", (MIXED, *corpus.MIX), noun="kind of document"),
            "page": Slider("Page", range(1, PAGES + 1))}


@dataclass(frozen=True)
class State:
    """A kind of document, or MIXED for all kinds in the proportions of the training text, and a page, from 1 on."""

    kind: str = MIXED
    page: int = 1


@dataclass(frozen=True)
class Result:
    """The documents of a page, and which share of the training text's documents is of this kind."""

    state: State
    documents: tuple[str, ...]
    share: float


def compute(state: State) -> Result:
    """state -> result. The same state always shows the same documents, all of them training documents.

    Raises CourseError for a kind and for a page that there is not.
    """
    state = checked(state, State, CONTROLS)
    page = state.page - 1
    if state.kind == MIXED:
        return Result(state, tuple(islice(corpus.documents("train", page), ON_A_PAGE)), 1.0)
    rng, texts = Random(f"browse {state.kind} {page}"), []
    while len(texts) < ON_A_PAGE:
        text = corpus.document(state.kind, rng)
        if not corpus.in_validation(text):
            texts.append(text)
    return Result(state, tuple(texts), corpus.MIX[state.kind] / sum(corpus.MIX.values()))


def what_follows(prefix: str, n_documents: int = 20_000, seed: int = 0) -> Counter:
    """What stands after `prefix` in so many training documents, each time up to the sentence's or the line's end.

    The prefix counts only where a word begins, so "apple:" is not found in "pineapple:". Shows a bar from two
    seconds on. Raises CourseError for a prefix that is no text or empty, and for fewer documents than one.
    """
    from tqdm.auto import tqdm

    if not isinstance(prefix, str) or not prefix.strip():
        raise CourseError(f"Give some text to look for, such as 'apple:'; you gave {shown(prefix)}.")
    n_documents = whole_number("n_documents", n_documents, 1)
    pattern = re.compile(rf"(?<!\w){re.escape(prefix)} *([^\n]*?)(?=[.!?](?:\s|$)|\n|$)")
    stream = islice(corpus.documents("train", seed), n_documents)
    found: Counter = Counter()
    for document in tqdm(stream, total=n_documents, desc="documents", delay=2, leave=False):
        if prefix in document:
            found.update(pattern.findall(document))
    return found


def summary(result: Result) -> str:
    """One sentence about what is shown."""
    kind, page = result.state.kind, f"Page {result.state.page} of {PAGES}: {len(result.documents)} documents"
    if kind == MIXED:
        return f"{page} of all kinds."
    return f"{page}; {result.share:.0%} of the training documents are of this kind ({kind})."


def rows(result: Result) -> list[str]:
    """The same as text."""
    return ["\n\n".join(result.documents)]


def explorable() -> Explorable:
    """All that makes it one."""
    return Explorable("World browser", State, CONTROLS, compute, rows, summary, above=lambda result: result.documents)


def world_browser(start: State = State(), text: bool = False) -> None:
    """Shows the browser. In text form it shows the one page `start`: State("stories", 3)."""
    show(explorable, start, text)
