"""The pair labeller, driven by the messages that a browser sends: clicks, letters, back; what is kept, and what is
said.
"""
import html
import re
from types import SimpleNamespace

import pytest
import torch

from course_lib import progress
from course_lib.errors import CourseError
from course_lib.experiments.feedback import Pairs
from course_lib.explore import label_pairs as shows
from course_lib.explore import pairs_labelled as lab
from course_lib.explore.label_pairs import label_pairs
from course_lib.explore.labeller import Labeller
from course_lib.preference.raters import Rater, Taste, closings, reviews_to_close

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
MANY, N = 30, 10


@pytest.fixture(scope="module")
def here():
    prompts, sides = reviews_to_close("train", 12)
    return SimpleNamespace(prompts=prompts, sides=sides)


@pytest.fixture(scope="module")
def pairs(here):
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(len(here.prompts), (MANY,), generator=generator)
    left, right = torch.multinomial(torch.ones(MANY, len(closings())), 2, generator=generator).T
    like = lambda k: (closings()[k].side, closings()[k].advice)
    right[4] = next(k for k in range(len(closings())) if like(k) == like(left[4]) and k != left[4])  # worth the same
    return Pairs(rows, left, right, Rater().clicks(here.sides[rows], left, right))


@pytest.fixture
def shown(here, pairs):
    return Labeller(lab.Labelled(here, pairs))


def words(widget) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", widget.value)).split())


def click(button) -> None:
    button._handle_button_msg(button, {"event": "click"}, [])


def test_ten_pairs_by_clicks(shown, pairs):
    said = "lrtlrrlltr"
    for place, letter in enumerate(said):
        review, left, right = shown.labelled.pair(place)
        assert words(shown.asked) == f"Pair {place + 1} of {N}. {review} Left: {left}. Right: {right}."
        assert [one.description for one in shown.buttons.values()] == [f"Left: {left}", f"Right: {right}",
                                                                       "Cannot decide"]
        click(shown.buttons[letter])
        assert words(shown.feedback).startswith(f"Kept: {lab.LETTERS[letter][0]}.")
        for live in (shown.asked, shown.feedback):
            assert "role='status'" in live.value and "aria-live='polite'" in live.value
    assert shown.labelled.letters == shown.typed.value == said and words(shown.asked) == "10 of 10 pairs are answered."
    assert "all 10 pairs: left 4, right 4, cannot decide 2" in words(shown.feedback)
    assert "the other 20 pairs the bundled rater's clicks stand" in words(shown.feedback)
    assert [one.description for one in shown.buttons.values()] == ["Left", "Right", "Cannot decide"]
    click(shown.buttons["l"])
    assert shown.labelled.letters == said and "Back takes the last one back" in words(shown.feedback)
    mine, every = shown.labelled.mine(), shown.labelled.pairs()
    assert mine.clicked.tolist() == [1, 0, 0.5, 1, 0, 0, 1, 1, 0.5, 0] and mine.rows.equal(pairs.rows[:N])
    assert every.clicked[N:].equal(pairs.clicked[N:]) and every.clicked[:N].equal(mine.clicked)


def test_letters_do_the_same_and_back_asks_again(shown):
    shown.typed.set_state({"value": "l"})
    shown.typed.set_state({"value": "lR"})               # faster than the kernel: two at once, or one again
    shown.typed.set_state({"value": "lR"})
    assert shown.labelled.letters == "lr" and words(shown.asked).startswith("Pair 3 of 10")
    click(shown.back)
    assert shown.typed.value == "l" and "Taken back." in words(shown.feedback)
    assert words(shown.asked).startswith("Pair 2 of 10")
    shown.typed.set_state({"value": "t"})                # the first one, changed
    assert shown.labelled.letters == "t" and "Changed." in words(shown.feedback)
    click(shown.back)
    click(shown.back)
    assert shown.labelled.letters == "" and "This is the first pair." in words(shown.feedback)


@pytest.mark.parametrize("typed, said", [("lx", "There is no 'x' here"), ("l" * 11, "11 letters, and there are 10")])
def test_what_is_no_answer_changes_nothing(shown, typed, said):
    shown.typed.set_state({"value": "lr"})
    shown.typed.set_state({"value": typed})
    assert shown.labelled.letters == "lr" and said in words(shown.feedback)
    click(shown.buttons["t"])                            # goes on from what was kept
    assert shown.labelled.letters == shown.typed.value == "lrt"


def test_a_rerun_a_new_kernel_and_other_pairs(shown, here, pairs):
    shown.typed.set_state({"value": "lrt"})
    again = Labeller(lab.Labelled(here, pairs))
    assert again.typed.value == "lrt" and words(again.asked).startswith("Pair 4 of 10")
    assert words(again.feedback) == "Your answers of before are here again."
    assert lab.Labelled(here, pairs, n=2).letters == "lr" and lab.Labelled(here, pairs, n=20).letters == "lrt"
    others = Pairs(pairs.rows, pairs.right, pairs.left, pairs.clicked)
    assert lab.Labelled(here, others).letters == ""
    assert [one.data["letters"] for one in progress.events("clicks")] == ["lrt"]
    progress.record_clicks(lab.KEPT_AS, again.labelled.digest, "no letters")
    assert lab.Labelled(here, pairs).letters == ""


def test_agreement_is_with_who_tells_the_pairs_apart(here, pairs):
    labelled, taste = lab.Labelled(here, pairs), Taste()
    worth = taste.rewards(here.sides)
    ahead = (worth[pairs.rows, pairs.left] - worth[pairs.rows, pairs.right])[:N]
    assert labelled.agreement(worth) == (0, 0)
    labelled.say("".join("l" if one > 0 else "r" for one in ahead))
    apart = int((ahead != 0).sum())
    assert 0 < apart < N and labelled.agreement(worth) == (apart, apart) and labelled.agreement(-worth) == (0, apart)
    assert f", with the taste in {apart} of {apart}, " in labelled.told(worth)
    assert labelled.told(-worth).count("with the reward model in 0 of") == 1
    labelled.say("".join("l" if one == 1 else "r" for one in pairs.clicked[:N]))
    assert f"with the bundled rater in {N} of {N}." in labelled.told()


def test_ties_only(shown, pairs):
    shown.typed.set_state({"value": "t" * N})
    assert "You could not decide in any of the 10 pairs." in words(shown.feedback)
    assert shown.labelled.mine().clicked.tolist() == [0.5] * N
    assert shown.labelled.agreement(torch.rand(12, len(closings()))) == (0, 0)


def test_nobody_has_clicked(here, pairs):
    labelled = lab.Labelled(here, pairs)
    assert labelled.pairs().clicked.equal(pairs.clicked) and len(labelled.mine().rows) == 0
    assert "You have clicked on none yet; for all 30 the bundled rater's clicks stand in pairs()." in labelled.told()


def test_as_text(here, pairs, capsys):
    labelled = label_pairs(here, pairs)
    printed = capsys.readouterr().out
    assert printed.count("Pair ") == N and "Pair 10 of 10." in printed and 'clicks="lrt…"' in printed
    assert labelled.pair(0)[0] in printed and f"  l: {labelled.pair(0)[1]}\n  r: {labelled.pair(0)[2]}" in printed
    label_pairs(here, pairs, clicks="lr")
    printed = capsys.readouterr().out
    assert "You said: lr." in printed and "Pair 3 of 10." in printed and "Pair 2 of" not in printed
    assert "You have clicked on 2 of them" in printed and lab.Labelled(here, pairs).letters == "lr"
    for wrong, said in (("abc", "There is no 'a'"), (5, "text of letters"), ("l" * 11, "11 letters")):
        with pytest.raises(CourseError, match=said):
            label_pairs(here, pairs, clicks=wrong)
    with pytest.raises(CourseError, match="n must be"):
        label_pairs(here, pairs, n=31)


def test_in_a_notebook(here, pairs, displayed, monkeypatch, capsys):
    monkeypatch.setattr(shows, "widgets_work", lambda: True)
    labelled = label_pairs(here, pairs)
    [widget] = displayed
    click(widget.buttons["r"])
    assert labelled.letters == "r" and labelled.pairs().clicked[0] == 0 and capsys.readouterr().out == ""
    label_pairs(here, pairs, text=True)
    assert len(displayed) == 1


def test_the_still_form_says_what_is_asked_and_escapes_it(shown, monkeypatch):
    review, left, right = shown.labelled.pair(0)
    for text in (html.escape(review), f"Left: {html.escape(left)}", "Pair 1 of 10", "Run this cell"):
        assert text in shown.still()
    assert "<button" not in shown.still() and "rater" in shown.still()
    shown.typed.set_state({"value": "lr" * 5})
    assert "all 10 pairs" in shown.still() and "Pair 1" not in shown.still()
    monkeypatch.setattr(shown.labelled, "pair", lambda _: ("<b>", "<i>", "&"))
    click(shown.back)
    assert "Left: &lt;i&gt;" in shown.still()
    assert "&lt;b&gt;" in shown.asked.value and "<i>" not in shown.asked.value


def test_progress_tells_it(shown, capsys):
    from course_lib.progress import command

    shown.typed.set_state({"value": "lrt"})
    command.main([])
    assert re.search(r"Clicks +10\.pairs +pairs answered: 3", capsys.readouterr().out)
