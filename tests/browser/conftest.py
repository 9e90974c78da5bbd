"""The browser, its page, and where the screenshots go."""
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MISSING = "no Chromium or Chrome was found, and playwright could not fetch one (name one with COURSE_BROWSER=PATH)"


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    from playwright.sync_api import expect, sync_playwright

    from tests.browser.jupyter import FLAGS, find_browser
    from tests.hang import HANGS

    path = find_browser()
    if path is None:
        if os.environ.get("COURSE_REQUIRE_BROWSER") == "1":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    expect.set_options(timeout=HANGS * 1000)  # the page's own default does not reach expect()
    with sync_playwright() as playwright:
        user_data = tmp_path_factory.mktemp("browser")
        context = playwright.chromium.launch_persistent_context(
            str(user_data), executable_path=path, headless=True, args=FLAGS, viewport={"width": 1280, "height": 1000}
        )
        context.set_default_timeout(HANGS * 1000)
        yield context
        context.close()


@pytest.fixture(scope="session")
def screenshots():
    folder = ROOT / ".screenshots"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def page(browser, screenshots):
    """A page; what it showed last is kept, also where the test failed."""
    page = browser.new_page()
    yield page
    page.screenshot(path=screenshots / "last.png")
    page.close()
