"""The pair labeller: which of two answers is better? Some clicks of your own, kept in your progress, and read later.

    labelled = label_pairs(here, pairs)    shows a widget; as text: label_pairs(here, pairs, clicks="lrt")
    labelled.pairs()                       all pairs, your clicks in place of the bundled rater's
    labelled.agreement(worth)              in how many of your pairs you chose what a reward model does
"""
from course_lib.display import widgets_work
from course_lib.experiments.feedback import Ground, Pairs
from course_lib.explore.pairs_labelled import ASKED, Labelled


def label_pairs(here: Ground, pairs: Pairs, clicks: str | None = None, *, n: int = ASKED,
                text: bool = False) -> Labelled:
    """Shows the first `n` of these pairs to click on; in the text form `clicks` are the answers.

    What you said of the same pairs before is there again. The object that comes back always knows
    your latest click. Raises CourseError for clicks that are none, or an `n` that is.
    """
    labelled = Labelled(here, pairs, n)
    if clicks is not None:
        labelled.say(clicks)
    elif not text and widgets_work():
        from IPython.display import display

        from course_lib.explore.labeller import Labeller

        display(Labeller(labelled))
        return labelled
    print(text_form(labelled))
    return labelled


def text_form(labelled: Labelled) -> str:
    """What is still asked, how to answer, and what was said."""
    lines = []
    for place in range(len(labelled.letters), labelled.n):
        review, left, right = labelled.pair(place)
        lines += [f"Pair {place + 1} of {labelled.n}. {review}", f"  l: {left}", f"  r: {right}"]
    if lines:
        lines += ["Somebody wants the review in a few words: which answer is better? Say it by a letter for each pair, "
                  'from the first on, t for what you cannot decide: label_pairs(here, pairs, clicks="lrt…")']
    said = [f"You said: {labelled.letters}."] if labelled.letters else []
    return "\n".join([*lines, *said, labelled.told()])
