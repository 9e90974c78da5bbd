"""What an instructor and a student read of a grading: everybody can, at any width, in light and dark."""
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from course_lib.grading.class_page import write_class
from course_lib.grading.pages import write_feedback
from course_lib.quiz.reading import bank
from tests.grading.marks import graded, mark, row, wrong

pytestmark = pytest.mark.browser


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
    class_[2] = replace(class_[2], marks=(*class_[2].marks, mark("06.3", 0.5, verdict="set", reason="Set: why."),
                                          mark("extra", 0.5, 0.0, "extra", "Extra points: why.")))
    write_feedback(class_[2], folder / "feedback" / "eve.html")
    write_class([], folder / "empty.html")
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", ["class.html", "feedback/eve.html", "empty.html"])
def test_axe_finds_nothing(name, width, scheme, pages, page):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto((pages / name).as_uri())
    for closed in page.query_selector_all("summary"):
        closed.click()
    found = [(one["id"], one["impact"]) for one in Axe().run(page).response["violations"]]
    assert not found
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
