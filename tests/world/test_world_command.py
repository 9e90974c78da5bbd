"""`course world`, and how light `import course_lib.world` is."""
import subprocess
import sys

import pytest

from course_lib import cli
from course_lib.world import command, corpus


def test_a_sample_prints_as_many_documents_and_the_same_for_the_same_seed(capsys):
    assert cli.main(["world", "--sample", "20"]) == 0
    first = capsys.readouterr().out
    assert first.count("--- ") == 20
    cli.main(["world", "--sample", "20"])
    assert capsys.readouterr().out == first
    cli.main(["world", "--sample", "20", "--seed", "1"])
    assert capsys.readouterr().out != first


@pytest.mark.parametrize("kind", corpus.MIX)
def test_one_kind_only(capsys, kind):
    assert cli.main(["world", "--sample", "3", "--kind", kind]) == 0
    assert capsys.readouterr().out.count(f"--- {kind}\n") == 3


@pytest.mark.parametrize("argv, message", [
    (["--kind", "review"], "Did you mean 'reviews'"),
    (["--sample", "0"], "from 1 on; 0 was given"),
])
def test_bad_arguments_exit_with_2_and_a_reason(capsys, argv, message):
    assert cli.main(["world", *argv]) == 2
    assert message in capsys.readouterr().err


def test_stats_count_everything(capsys):
    assert cli.main(["world", "--stats"]) == 0
    out = capsys.readouterr().out
    for word in (*command.LEXICONS, *corpus.MIX, "ham messages"):
        assert word in out
    assert "reviews 4096 400 600 400" in " ".join(out.split())


def test_there_are_enough_shapes():
    counts = command.shape_counts()
    assert all(counts[f"{domain} reviews"] >= 60 for domain in ("film", "restaurant", "gadget"))
    assert min(counts["spam messages"], counts["ham messages"], counts["everyday"]) >= 40


def test_importing_the_world_is_light():
    code = """
import sys
import course_lib.world as world
assert "load_task" in dir(world) and "course_lib.world.tasks" not in sys.modules
assert world.relations()["country_capital"]["France"] == "Paris" and next(world.documents("train", 0))
assert not {"torch", "transformers", "datasets"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error():
    import course_lib.world as world

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        world.nothing  # noqa: B018
