"""What stands in a widget's place where no kernel answers, and that every ordering can be chosen from."""
import html
import os
import re
import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from course_lib import progress
from course_lib.quiz import reading, soundness, view
from course_lib.quiz.markup import to_html
from tests import quiz_widgets

QUESTIONS, PREDICTIONS = reading.bank()
ALL = {**{key: view.QuestionView for key in QUESTIONS}, **{key: view.PredictionView for key in PREDICTIONS}}


def text_of(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def made(one: str) -> view.View:
    return ALL[one](QUESTIONS[one] if one in QUESTIONS else PREDICTIONS[one])


@pytest.mark.parametrize("one", ALL)
def test_the_still_form_says_all_that_is_asked(one):
    shown = made(one)
    asked, options = (QUESTIONS | PREDICTIONS)[one].text, shown.options
    still = shown.still()
    assert text_of(to_html(asked)) in text_of(still) and all(html.escape(option) in still for option in options)
    assert "Run this cell" in still and "<input" not in still


def test_the_still_form_keeps_the_last_answer():
    shown = view.QuestionView(QUESTIONS["01.bare"])
    shown.controls[0].set_state({"index": 2})
    told = quiz_widgets.press(shown, "Check", "01.bare")
    assert told in text_of(shown.still())
    again = view.QuestionView(QUESTIONS["01.bare"])
    assert f"You tried this on {progress.day(progress.latest('answer', '01.bare').at)}" in again.still()


def test_both_forms_are_displayed_and_the_still_one_is_renewed(monkeypatch):
    """As Jupyter gets them: HTML that names the frame, then the widget; after an answer, the HTML again."""
    shell, sent = InteractiveShell.instance(), []
    try:
        monkeypatch.setattr(shell.display_pub, "publish",
                            lambda data, *_, **more: sent.append((data, more.get("transient"), more.get("update"))))
        shown = view.QuestionView(QUESTIONS["05.size"])
        assert sent == []
        shell.display_formatter.format(shown)
        still, widget = sent
        assert shown.name in still[0]["text/html"] and still[1] == {"display_id": shown.name} and not still[2]
        assert widget[0]["application/vnd.jupyter.widget-view+json"]["model_id"] == shown.box.model_id
        assert shown.name in shown.box._dom_classes
        shown.controls[0].set_state({"value": "1"})
        quiz_widgets.press(shown, "Check", "05.size")
        data, transient, update = sent[-1]
        assert update and transient == {"display_id": shown.name} and "Not yet." in data["text/html"]
    finally:
        InteractiveShell.clear_instance()


SEEDS = """
from course_lib.quiz import reading, view
for question in reading.bank()[0].values():
    if question.kind == "ordering":
        places = view.QuestionView(question).controls
        assert len(places) == len(question.options)
        assert all(place.index == 0 and place.label == "choose" for place in places), [place.index for place in places]
"""


@pytest.mark.parametrize("seed", [0, 5, 6, 7])
def test_every_place_of_an_ordering_can_be_chosen_whatever_the_hash_seed(seed):
    """With None among the options ipywidgets showed empty boxes at seeds 6 and 7."""
    done = subprocess.run([sys.executable, "-c", SEEDS], env={**os.environ, "PYTHONHASHSEED": str(seed)},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", ["the rule $w - g$", r"the rule \(w - g\)", r"a \frac{1}{2}"])
def test_latex_that_nobody_sets_is_refused(text):
    choices = [{"text": "one", "reason": "a", "correct": True}, {"text": "two", "reason": "b", "misconception": "m"}]
    table = {"id": "01.x", "kind": "single", "text": "Which?", "see": "Here", "choices": choices}
    assert soundness.make_question(table, "here").text == "Which?"
    for changed in (table | {"text": text}, table | {"choices": [choices[0] | {"reason": text}, choices[1]]}):
        with pytest.raises(ValueError, match="LaTeX"):
            soundness.make_question(changed, "here")
    asked = {"id": "01.y", "kind": "number", "text": text, "min": 0, "max": 1, "near": 0.1, "unit": "nats"}
    with pytest.raises(ValueError, match="LaTeX"):
        soundness.make_prediction(asked, "here")


def test_no_verdict_begins_with_but():
    for question in QUESTIONS.values():
        if question.kind == "ordering":
            last_first = [len(question.items) - 1, *range(len(question.items) - 1)]
            told = question.mark([question.shown.index(item) for item in last_first]).feedback
            assert told.startswith("At place 1, ")
