"""The figures of a class, worked by hand, and pages that everybody can read."""
import json

import pytest

from course_lib.grading.class_page import write_class
from course_lib.grading.pages import write_feedback
from course_lib.grading.statistics import asked, calibrated, correlation, distribution, items
from course_lib.quiz.reading import bank
from tests.grading.marks import graded, mark, share


def wrong(task, **more):
    return mark(task, 0.0, verdict=more.pop("verdict", "wrong"), reason="Differs.", **more)


def row(at, kind, id, data, correct=None):
    return ("0" * 32, f"2026-11-0{at}T00:00:00+00:00", kind, id, json.dumps(data), correct)


def test_the_distribution_has_full_marks_in_its_last_band():
    points = [0, 0.39, 0.4, 2.8, 3.99, 4]  # of 4: 0, 9.75, 10, 70, 99.75 and 100 %
    assert distribution([share("s", one) for one in points]) == [2, 1, 0, 0, 0, 0, 0, 1, 0, 2]


def test_difficulty_and_what_failing_answers_do():
    class_ = [graded("a", wrong("06.1", mistake="no-scale", message="Scale."), mark("06.2")),
              graded("b", wrong("06.1", mistake="no-scale", message="Scale."), mark("06.2")),
              graded("c", wrong("06.1", verdict="time"), mark("06.2")), graded("d", mark("06.1"), wrong("06.2"))]
    first, second = items(class_)
    assert (first.task, first.right, first.students, first.difficulty) == ("06.1", 1, 4, 0.25)
    assert first.mistakes == (("no-scale", "Scale.", 2), ("took too long", "", 1))
    assert second.mistakes == (("wrong in a way that no named solution is", "", 1),)
    assert first.discrimination is None, "four are too few"


def test_discrimination_is_the_correlation_with_the_rest():
    class_ = [graded(f"s{i}", mark("06.1", float(i > 2)), mark("06.2", float(i > 2)), mark("06.3", float(i < 3)))
              for i in range(6)]
    by_task = {item.task: item.discrimination for item in items(class_)}
    assert by_task["06.3"] == pytest.approx(-1)
    assert by_task["06.1"] is None, "the rest is one point for each"
    assert correlation([0, 0, 0, 1, 1], [1, 2, 3, 4, 5]) == pytest.approx(3 / 12**0.5)  # 3 / sqrt(1.2 · 10)
    assert correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]) is None


def test_first_answers_count_and_a_file_cannot_invent_beliefs():
    question = next(iter(bank()[0].values()))
    belief = next(choice.misconception for choice in question.choices if choice.misconception)
    exports = [[row(2, "answer", question.id, {"misconception": ""}, 1),
                row(1, "answer", question.id, {"misconception": belief}, 0)],
               [row(1, "answer", question.id, {"misconception": "<script>"}, 0)],
               [row(1, "answer", question.id, {"misconception": ["x"]}, 0)],
               [row(1, "answer", question.id, {}, 1), row(2, "answer", "99.none", {}, 1)]]
    [one] = asked(exports)
    assert (one.id, one.answers, one.right) == (question.id, 4, 1)
    assert one.beliefs == (("other", 2), (belief, 1)) and asked([]) == []


def test_calibration_takes_the_last_guess_before_the_first_measurement():
    id = next(iter(bank()[1]))
    good = [row(1, "prediction", id, {"confidence": 10}), row(2, "prediction", id, {"confidence": 90}),
            row(3, "outcome", id, {}, 1), row(4, "prediction", id, {"confidence": 50}), row(5, "outcome", id, {}, 0)]
    sure = [row(1, "prediction", id, {"confidence": 100}), row(2, "outcome", id, {}, 0)]
    late = [row(1, "outcome", id, {}, 1), row(2, "prediction", id, {"confidence": 100})]
    odd = [[row(1, "prediction", id, {"confidence": value}), row(2, "outcome", id, {}, 1)]
           for value in ("90", True, 101, -1, None, 5.5)]
    assert calibrated([good, sure, late, *odd]) == [("80–100 %", 2, 95.0, 1)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    code = "def lora(x, W, A, B, alpha):\n" + "".join(f"    x = x + {i} * alpha @ W\n" for i in range(60))
    class_ = [graded(name, wrong("06.1", mistake="no-scale", message="It forgets alpha / r.", source=code),
                     mark("06.2", source="y = " + "x + " * 200 + "1"), weak=True, notes=["Two cells with one marker."])
              for name in ("anna", "ben", "<b>eve</b>")]
    question, prediction = next(iter(bank()[0].values())), next(iter(bank()[1]))
    exports = [[row(1, "answer", question.id, {"misconception": ""}, 1),
                row(1, "prediction", prediction, {"confidence": 70}), row(2, "outcome", prediction, {}, 1)]]
    (folder / "feedback").mkdir()
    write_class(class_, folder / "class.html", exports=exports)
    write_feedback(class_[2], folder / "feedback" / "eve.html")
    write_class([], folder / "empty.html")
    return folder


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", ["class.html", "feedback/eve.html", "empty.html"])
def test_axe_finds_nothing(name, width, scheme, pages, axe_browser):
    from axe_playwright_python.sync_playwright import Axe

    page = axe_browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto((pages / name).as_uri())
    for closed in page.query_selector_all("summary"):
        closed.click()
    found = [(one["id"], one["impact"]) for one in Axe().run(page).response["violations"]]
    assert not found
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    page.close()


@pytest.fixture(scope="module")
def axe_browser():
    import os

    from playwright.sync_api import sync_playwright

    from tests.browser.jupyter import FLAGS, find_browser

    path = find_browser()
    if path is None:
        if os.environ.get("COURSE_REQUIRE_BROWSER") == "1":
            pytest.fail("no Chromium or Chrome was found (name one with COURSE_BROWSER=PATH)")
        pytest.skip("no Chromium or Chrome was found")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
