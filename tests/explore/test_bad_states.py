"""A state that cannot be shown is refused by the pure function, and explained by the view, which never raises."""
from functools import partial

import ipywidgets
import pytest

from course_lib.errors import CourseError
from course_lib.explore import prompt_lab as lab
from course_lib.explore import tokenizer_lens as lens
from course_lib.explore import world_browser as browser

NAN = float("nan")
BAD = [  # (explorable, state, what the message says)
    *((lab, state, "A state here is State") for state in ("apple", None, {"k": 1}, lab.State, lens.State())),
    *((lab, lab.State(relation=name), "no relation called") for name in ("fruit_famly", None, NAN, ["opposite"])),
    *((lab, lab.State(query=query), "no query of this relation") for query in ("peach", "", None, NAN, ["apple"])),
    *((lab, lab.State(k=k), "k must be at least 0 and at most 8") for k in (9, -1, 1.0, "3", True, NAN, [1])),
    *((lab, lab.State(draw=draw), "draw must be at least 0") for draw in (20, -1, "0", NAN, 10**5000)),
    *((lab, lab.State(shuffled=value), "shuffled cannot be") for value in (1, "yes", None, NAN)),
    *((lens, state, "A state here is State") for state in ("apple", None, browser.State())),
    *((lens, lens.State(text), "text is a text") for text in (None, 5, NAN, b"apple", ["apple"])),
    (lens, lens.State("\ud83d"), "half of a character"),
    *((browser, state, "A state here is State") for state in ("stories", None, lens.State())),
    *((browser, browser.State(kind), "no kind of document") for kind in ("review", None, 3, NAN, ["stories"])),
    *((browser, browser.State("stories", page), "page must be at least 1") for page in (51, 0, -1, "3", 1.0, NAN)),
]


@pytest.fixture
def functions(model, tokenizer):
    """For each explorable: the pure function and the view, as functions of a state."""
    return {lab: (partial(lab.compute, model, tokenizer), partial(lab.prompt_lab, model, tokenizer)),
            lens: (partial(lens.compute, tokenizer), partial(lens.tokenizer_lens, tokenizer)),
            browser: (browser.compute, browser.world_browser)}


@pytest.mark.parametrize("explorable, state, said", BAD, ids=range(len(BAD)))
def test_a_bad_state(functions, explorable, state, said, refused):
    assert len(refused(*functions[explorable], state, said)) < 600


def test_what_is_no_model_and_no_tokenizer(tokenizer, capsys):
    lab.prompt_lab("orchard-s", tokenizer)
    lens.tokenizer_lens("orchard-s")
    model_said, tokenizer_said = capsys.readouterr().out.splitlines()
    assert "The model must be a loaded one" in model_said
    assert "The tokenizer must be one of a loaded model" in tokenizer_said


@pytest.mark.parametrize("prefix, n, said", [
    (" ", 10, "some text"), (None, 10, "some text"), (["a"], 10, "some text"), (NAN, 10, "some text"),
    ("apple:", 0, "n_documents"), ("apple:", NAN, "n_documents"), ("apple:", "10", "n_documents")])
def test_what_cannot_follow_anything(prefix, n, said):
    with pytest.raises(CourseError, match=said):
        browser.what_follows(prefix, n)


def test_an_argument_that_ipywidgets_would_ignore_is_an_error():
    """By pyproject.toml, in every test: a misspelt argument would otherwise pass unseen."""
    with pytest.raises(DeprecationWarning, match="Passing unrecognized arguments"):
        ipywidgets.IntSlider(colour_of_the_knob="red")
