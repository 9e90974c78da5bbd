"""The tokenizer lens and the world browser, driven in Python."""
import gc
from collections import Counter
from itertools import islice

import pytest
from traitlets import TraitError

from course_lib.errors import CourseError
from course_lib.explore import explorable
from course_lib.explore import tokenizer_lens as lens
from course_lib.explore import world_browser as browser
from course_lib.world import corpus, relations

pytestmark = pytest.mark.filterwarnings("error:Passing unrecognized arguments")
TEXTS = ["The apple is a pome.", "peach: drupe\napple:", "", "naïve 🙂 Ⱥ", "\n\n", "<b>&'\"</b>", "x" * 3000,
         "a\tb"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_lens_loses_nothing(tokenizer, text):
    result = lens.compute(tokenizer, lens.State(text))
    assert [token.id for token in result.tokens] == tokenizer(text, verbose=False)["input_ids"]
    whole = "".join(token.text for token in result.tokens if token.part[:2] in ("", "1/"))
    assert whole.replace("\n ", "\n").removeprefix(" ") == text  # the tokenizer gives a line's first word a space
    assert result.n_bytes == len(text.encode()) and result.n_characters == len(text)
    picture = lens.picture(result)
    assert picture.count("<li ") == min(len(result.tokens), lens.MOST_BOXES) and "<b>" not in picture
    assert ("more." in picture) == (len(result.tokens) > lens.MOST_BOXES)


def test_the_lens_shows_spaces_line_breaks_and_parts_of_characters(tokenizer):
    result = lens.compute(tokenizer, lens.State("an apple:\n🙂"))
    shown = [token.visible for token in result.tokens]
    assert ":" in shown and "⏎" in shown and any(text.startswith("·") for text in shown)
    assert shown[-4:] == ["🙂 1/4", "🙂 2/4", "🙂 3/4", "🙂 4/4"]
    assert result.tokens[-1].spoken == "🙂 (bytes, part 4/4)" and lens.Token(5, " apple").spoken == "space apple"
    n = len(shown)
    assert lens.summary(result) == f"{n} tokens for 11 characters (14 bytes): {14 / n:.1f} bytes a token."
    assert f"{result.tokens[0].id:6}  {shown[0]}" in lens.rows(result)


def test_the_browser_over_its_whole_range():
    ranges = browser.explorable().ranges()
    assert ranges["kind"] == (browser.MIXED, *corpus.MIX)
    pages = Counter()
    for kind in ranges["kind"]:
        for page in ranges["page"]:
            result = browser.compute(browser.State(kind, page))
            assert len(result.documents) == browser.ON_A_PAGE and all(result.documents)
            assert page > 1 or result == browser.compute(browser.State(kind, page))
            pages[result.documents] += 1
    assert max(pages.values()) == 1
    shares = [browser.compute(browser.State(kind)).share for kind in corpus.MIX]
    assert sum(shares) == pytest.approx(1)


def test_the_browser_shows_no_document_that_is_kept_from_training():
    for kind in browser.explorable().ranges()["kind"]:
        assert not any(map(corpus.in_validation, browser.compute(browser.State(kind, 1)).documents))


def test_what_follows_counts_what_the_text_says(monkeypatch):
    texts = ["apple: computers\npear: pome", "pineapple: syncarp", "Have an apple: red", "apple: computers",
             "The apple is a pome. It is 3.5 cm. Yes!", "apple:\nApple: red"]
    monkeypatch.setattr(corpus, "documents", lambda split, seed: iter(texts * 100))
    assert browser.what_follows("apple:", len(texts)) == {"computers": 2, "red": 1, "": 1}
    assert browser.what_follows("The apple is", len(texts)) == {"a pome": 1}
    assert browser.what_follows("It is", len(texts)) == {"3.5 cm": 1}
    assert browser.what_follows("apple:", 2 * len(texts))["computers"] == 4


def test_what_follows_in_the_real_world():
    texts = list(islice(corpus.documents("train", 0), 1000))
    listed = Counter(line.split(":")[0] for text in texts for line in text.split("\n") if ": " in line)
    key = next(key for key, _ in listed.most_common() if key in relations()["country_capital"].seen)
    found = browser.what_follows(f"{key}:", 1000)
    assert found and set(found) <= {relation[key] for relation in relations().values() if key in relation}
    assert found.total() == sum(text.count(f"{key}: ") for text in texts)


def test_text_forms(tokenizer, displayed, monkeypatch, capsys):
    lens.tokenizer_lens(tokenizer)
    browser.world_browser(browser.State("lists", 3))
    printed = capsys.readouterr().out
    assert "tokens for" in printed and "Page 3 of 50: 5 documents" in printed and displayed == []
    monkeypatch.setattr(explorable, "widgets_work", lambda: True)
    lens.tokenizer_lens(tokenizer), browser.world_browser()
    assert len(displayed) == 2


def test_a_users_mistake_is_shown_in_the_picture(monkeypatch):
    panel = browser.explorable().panel(browser.State())

    def fail(values):
        raise CourseError("Not <this> one.")

    panel.draw = fail
    panel.controls["page"].value = 2
    assert panel.picture.value == "<div role='alert'>Not &lt;this&gt; one.</div>"


def test_a_mistake_of_ours_is_shown_too_and_a_value_that_a_control_cannot_take_leaves_the_panel_alive():
    panel = browser.explorable().panel(browser.State())
    draw, panel.draw = panel.draw, lambda values: 1 / 0
    panel.controls["page"].value = 2
    alert = "<div role='alert'>This cannot be drawn. ZeroDivisionError: division by zero</div>"
    assert panel.picture.value == alert
    panel.draw = draw
    with pytest.raises(TraitError):
        panel.set(kind="poems")
    panel.controls["page"].value = 3
    assert "Page 3" in panel.picture.value


def test_garbage_is_not_collected_while_a_picture_is_made():
    panel, collecting = browser.explorable().panel(browser.State()), []
    for answer in (lambda: "a picture", lambda: 1 / 0):
        panel.draw = lambda values, answer=answer: collecting.append(gc.isenabled()) or answer()
        panel.controls["page"].value += 1
        assert gc.isenabled()
    assert collecting == [False, False]
