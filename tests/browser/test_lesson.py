"""Lesson 01 as a student has it: in a working copy, in JupyterLab, in a real browser, today and tomorrow."""
import tomllib
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from course_lib.lab.command import update_copy
from tests.browser.jupyter import Lab, open_notebook, run_all, wait_until_ready
from tests.hang import HANGS

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LESSON = "notebooks/01_prompting.ipynb"
QUESTION = "01.bare"
WRONG = "Chance: another seed"  # how the wrong choice begins; the right one is in the key file
EXPLORABLE, SLIDER = "Prompt lab", "Examples"  # the heading of the explorable, the words beside its slider
SEEN = """frame => {
    const {top, bottom} = frame.getBoundingClientRect();
    return 0 < top && top < bottom && bottom < window.innerHeight;
}"""


@pytest.fixture
def copy(tmp_path):
    """A student's working copy; the lesson in it says when it has run to its end."""
    copy = tmp_path / "my-course"
    update_copy(ROOT, copy)
    notebook = nbformat.read(copy / LESSON, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("print('ALL', 'DONE')"))
    nbformat.write(notebook, copy / LESSON)
    return copy


def right_choice() -> str:
    key = tomllib.loads((ROOT / "tests" / "quiz_key.toml").read_text(encoding="utf-8"))
    return key["questions"][QUESTION]["right"][0]


def run_to_the_end(page):
    run_all(page)
    expect(page.get_by_text("ALL DONE", exact=True)).to_be_attached()


def quiz(page):
    """The frame of the question, found by its right choice."""
    return page.locator(".course-quiz").filter(has_text=right_choice())


def answer(frame, choice: str):
    frame.locator("label").filter(has_text=choice).click()
    frame.get_by_role("button", name="Check").click()


def in_sight(frame):
    """Scrolls until the whole frame stays in sight: cells that come near grow to their height and move it away."""
    for _ in range(HANGS):
        frame.evaluate("frame => frame.scrollIntoView({block: 'center'})")
        frame.page.wait_for_timeout(1000)
        if frame.evaluate(SEEN):
            return
    raise AssertionError("the question cannot be scrolled into sight")


def picture(lab):
    """What the explorable draws just now."""
    return lab.locator("img").first.get_attribute("src")


def move_slider(lab, value: int):
    readout = lab.locator(".widget-hslider").filter(has_text=SLIDER).locator(".widget-readout")
    readout.click()
    readout.press("Control+a")
    readout.type(str(value))
    readout.press("Enter")


def test_a_students_day(page, copy, tmp_path, screenshots):
    with Lab(copy, tmp_path) as server:
        kernel = server.start_kernel(LESSON)
        open_notebook(page, server, LESSON)
        run_to_the_end(page)

        frame = quiz(page)
        answer(frame, WRONG)
        expect(frame.get_by_role("status")).to_contain_text("Not")
        frame.screenshot(path=screenshots / "lesson-quiz-wrong.png")
        answer(frame, right_choice())
        expect(frame.get_by_role("status")).to_contain_text("Right")
        frame.screenshot(path=screenshots / "lesson-quiz-right.png")

        explorable = page.locator(".jp-OutputArea-output").filter(has_text=EXPLORABLE).filter(
            has=page.locator(".widget-hslider")).first
        explorable.scroll_into_view_if_needed()
        before = picture(explorable)
        explorable.screenshot(path=screenshots / "lesson-slider-before.png")
        move_slider(explorable, 4)
        expect(explorable.locator("img").first).not_to_have_attribute("src", before)
        explorable.screenshot(path=screenshots / "lesson-slider-after.png")

        server.restart_kernel(kernel)
        page.reload()
        wait_until_ready(page)
        run_to_the_end(page)
        expect(quiz(page).get_by_role("status")).to_contain_text("You answered this right on")
        in_sight(quiz(page))
        page.screenshot(path=screenshots / "lesson-next-day.png")
    assert list((copy / ".course").glob("*.jsonl"))
