"""`course bench offline`, in small: all ways give the same answers, and the whole table is printed."""
import pytest

from course_lib.bench import command, offline
from course_lib.errors import CourseError


@pytest.fixture
def small(monkeypatch):
    """A smaller model, samples of four, two batch sizes, two rounds."""
    for name, value in (("MODEL", "orchard-xs"), ("ROUNDS", 2), ("ONE_BY_ONE", 4), ("TRIED", 6), ("SIZES", (1, 3))):
        monkeypatch.setattr(offline, name, value)


@pytest.mark.parametrize("kind", [offline.words, offline.questions])
def test_prompts_begin_alike_and_three_in_ten_come_again(kind):
    prompts = offline.some_twice(kind, 200)
    assert len(prompts) == 200 and len(set(prompts)) == 140 and prompts == offline.some_twice(kind, 200)
    head, _, _ = prompts[0].rpartition("\n" if kind is offline.words else "\nquestion:")
    assert all(prompt.startswith(head) for prompt in prompts) and head.count("\n") >= 3
    assert len(kind(3200)) == 3200 == len(set(kind(3200)))


def test_the_whole_table_in_small(small, capsys):
    assert command.main(["offline", "--prompts", "30"]) in (0, 1)
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if "30 prompts, 21 of them distinct" in line]) == 2
    assert len([line for line in lines if "by its batch size: 1: " in line and ", 3: " in line]) == 2
    for kind in ("words", "questions"):
        own = [line for line in lines if line.startswith(f"{kind} ")]
        assert len(own) == 9 and own[-1].split()[-1] == "yes" and "otherwise" in own[-1]


def test_a_wrong_answer_is_no_near_tie(small, monkeypatch, capsys):
    before = offline.one_by_one
    monkeypatch.setattr(offline, "one_by_one", lambda *given: ["wrong", *before(*given)[1:]])
    assert command.main(["offline", "--prompts", "20"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines if "differ otherwise" in line] == ["NO", "NO"]


def test_too_few_prompts_are_refused_and_too_many(monkeypatch):
    assert len(set(offline.words(9000))) == 9000
    monkeypatch.setattr(offline, "SEEDS", 1)
    with pytest.raises(CourseError, match="There are [12],... different questions here, and 9,000 were wanted"):
        offline.questions(9000)
    with pytest.raises(CourseError, match="--prompts must be at least 10"):
        command.main(["offline", "--prompts", "9"])
