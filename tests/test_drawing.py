"""docs/architecture.md and its drawing are what the tested layers say."""
from tests import drawing


def test_the_drawing_and_the_table_are_of_now():
    """Where this fails: python -m tests.drawing"""
    assert drawing.SVG.read_text(encoding="utf-8") == drawing.drawing()
    assert drawing.PAGE.read_text(encoding="utf-8") == drawing.page()


def test_every_part_says_what_it_is():
    assert not [part for part, files in drawing.parts().items() if len(drawing.says(files)) < 10]
