"""A small random model, and a notebook that only pretends to display."""
import pytest

from course_lib.errors import CourseError
from course_lib.explore import explorable
from tests.tiny import tiny_model


@pytest.fixture(scope="session")
def model(tokenizer):
    return tiny_model("llama", len(tokenizer), spread=0.7, context=192, blocks=1, tied=False)


@pytest.fixture
def displayed(monkeypatch):
    """What a pretended notebook was given to display."""
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    return shown


@pytest.fixture
def refused(displayed, monkeypatch, capsys):
    """Checks that `compute` refuses a state, and that `view` explains it, in a notebook or not; gives what it says."""
    def check(compute, view, state, said):
        with pytest.raises(CourseError, match=said):
            compute(state)
        for widgets in (False, True):
            monkeypatch.setattr(explorable, "widgets_work", lambda on=widgets: on)
            view(state)
            printed = capsys.readouterr().out
            assert said in printed and displayed == []
        return printed
    return check


@pytest.fixture
def shown_both_ways(displayed, monkeypatch, capsys):
    """Checks that a view prints where there is no notebook, and displays once where there is; gives what it printed."""
    def check(view):
        view()
        printed = capsys.readouterr().out
        assert displayed == []
        monkeypatch.setattr(explorable, "widgets_work", lambda: True)
        assert view() is None and len(displayed) == 1
        view(text=True)
        assert len(displayed) == 1
        displayed.clear()
        monkeypatch.setattr(explorable, "widgets_work", lambda: False)
        return printed
    return check
