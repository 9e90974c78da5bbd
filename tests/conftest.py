"""What every test gets: no hub, one thread, no window, and an empty course home of its own."""
import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "agg"
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest  # noqa: E402


@pytest.fixture(autouse=True)
def course_home(tmp_path, monkeypatch):
    """The folder that keeps answers and predictions: a new one for every test."""
    home = tmp_path / "course-home"
    monkeypatch.setenv("COURSE_HOME", str(home))
    return home
