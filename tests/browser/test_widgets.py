"""Widgets in a real JupyterLab: by keyboard, in a narrow window, and where their kernel is gone."""
import re

import nbformat
import pytest
from playwright.sync_api import expect

from course_lib.root import MARKER
from tests.browser.jupyter import Lab, open_notebook, run_all, wait_until_ready

pytestmark = pytest.mark.browser
NOTEBOOK = "widgets.ipynb"
CELLS = ("""from course_lib.quiz import predict, quiz
from course_lib.explore.learning_rate_sweep import learning_rate_sweep
from course_lib.explore.world_browser import world_browser""",
         'quiz("08.probe_proof")', 'quiz("03.rules")', 'quiz("05.size")', 'quiz("00.forward")',
         'predict("01.curve")', "learning_rate_sweep()", "world_browser()", "print('ALL', 'DONE')")
SINGLE, SEVERAL, NUMBER, ORDER, GUESS, RATES, WORLD = range(7)  # the frames, in their order
LINES = """labels => labels.map(label => {
    const text = document.createRange();
    text.selectNodeContents(label.querySelector("span") ?? label.firstChild);
    const [line] = text.getClientRects(), button = label.querySelector("input").getBoundingClientRect();
    const {top, bottom} = label.getBoundingClientRect();
    return {top, bottom, left: button.left, right: button.right, middle: (button.top + button.bottom) / 2,
            line: [line.top, line.bottom, line.left], lines: text.getClientRects().length};
})"""


@pytest.fixture
def lab(tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / MARKER).write_text("", encoding="utf-8")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / NOTEBOOK)
    with Lab(folder, tmp_path) as server:
        yield server


def run(page):
    run_all(page)
    expect(page.get_by_text("ALL DONE", exact=True)).to_be_attached()
    expect(frame(page, WORLD).locator(".widget-readout")).to_have_text("1")


def frame(page, place: int):
    return page.locator(".course-live").nth(place)


def check_lines(frame):
    """Each button stands left of the first line of its label, and labels lie below each other."""
    places = frame.locator("label:has(> input)").evaluate_all(LINES)
    assert len(places) > 2 and max(one["lines"] for one in places) > 1  # some are wrapped
    for one in places:
        top, bottom, left = one["line"]
        assert top < one["middle"] < bottom and one["right"] <= left, one
    for above, below in zip(places, places[1:]):
        assert above["bottom"] <= below["top"] + 1, (above, below)


def check_keys(page):
    radios = frame(page, SINGLE).get_by_role("radio")
    radios.first.focus()
    page.keyboard.press("ArrowDown")
    expect(radios.nth(1)).to_be_focused()
    expect(radios.nth(1)).to_be_checked()
    page.keyboard.press("x")  # in JupyterLab it cuts the cell
    frame(page, SINGLE).get_by_role("button", name="Check").press("Enter")
    expect(frame(page, SINGLE).get_by_role("status")).to_contain_text("Not yet.")

    box = frame(page, NUMBER).get_by_role("textbox", name="Your answer")
    box.press_sequentially("81,920")
    box.press("Enter")
    expect(frame(page, NUMBER).get_by_role("status")).to_contain_text("Right.")
    assert len(page.locator(".jp-CodeCell").all()) == len(CELLS)


def check_names(page):
    for place, name in ((SINGLE, "Question. A linear probe"), (RATES, "Learning-rate sweep")):
        expect(frame(page, place)).to_have_attribute("aria-label", re.compile(name))
    expect(frame(page, SINGLE).get_by_role("radiogroup")).to_have_attribute("aria-label", re.compile("A linear probe"))
    rate = frame(page, RATES).get_by_role("slider", name="Learning rate")
    expect(rate).to_have_attribute("aria-valuetext", "0.0001")
    rate.focus()
    page.keyboard.press("ArrowRight")
    expect(rate).to_have_attribute("aria-valuetext", re.compile(r"0\.\d+"))
    expect(rate).not_to_have_attribute("aria-valuetext", "0.0001")
    expect(frame(page, GUESS).get_by_role("slider", name="How sure")).to_have_attribute("aria-valuetext", "50")


def check_still(page):
    """No widget is drawn, and each still form with what was answered last."""
    stills = page.locator(".course-still")
    for place in range(7):
        expect(stills.nth(place)).to_be_visible()
        expect(stills.nth(place)).to_contain_text("Run this cell")
    expect(page.locator(".course-live:visible")).to_have_count(0)
    expect(page.get_by_text("model not found").locator("visible=true")).to_have_count(0)
    expect(stills.nth(SINGLE)).to_contain_text("Not yet.")
    expect(stills.nth(NUMBER)).to_contain_text("Right.")
    expect(stills.nth(RATES).locator("img")).to_be_visible()
    expect(stills.nth(WORLD)).to_contain_text("Page 1 of 50")


def test_by_keyboard_in_a_narrow_window_and_without_a_kernel(page, lab, screenshots):
    lab.start_kernel(NOTEBOOK)
    open_notebook(page, lab, NOTEBOOK)
    page.set_viewport_size({"width": 800, "height": 4000})  # high enough for every cell to be drawn
    run(page)
    expect(page.locator(".course-still:visible")).to_have_count(0)
    for place in (SINGLE, SEVERAL):
        check_lines(frame(page, place))
    expect(frame(page, ORDER).locator("select").first).to_have_value("choose")
    check_keys(page)
    check_names(page)
    page.screenshot(path=screenshots / "widgets-800.png")

    page.set_viewport_size({"width": 1280, "height": 4000})
    page.locator(".jp-CodeCell").last.click()
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator('.lm-Menu-item[data-command="kernelmenu:restart"]').click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    check_still(page)
    page.reload()
    wait_until_ready(page)
    expect(page.get_by_text("model not found")).to_have_count(7)  # what JupyterLab says, and nobody sees
    check_still(page)
    page.screenshot(path=screenshots / "widgets-still.png")
    run(page)
    expect(page.locator(".course-still:visible")).to_have_count(0)
    expect(page.locator(".course-live:visible")).to_have_count(7)
    page.set_viewport_size({"width": 1280, "height": 1000})
