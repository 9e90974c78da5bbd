"""Every prompt is planned once, prefixes are such and leave something to read, and little is read twice."""
import random

import pytest

from course_lib.offline import plan, planning


def tokens_read(rows, groups) -> int:
    return sum(group.prefix + sum(len(rows[row]) - group.prefix for row in group.rows) for group in groups)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_prompts_every_one_is_planned_once(seed, monkeypatch):
    monkeypatch.setattr(planning, "PASS", seed % 5)
    draw = random.Random(seed)
    heads = [[draw.randrange(4) for _ in range(draw.randrange(30))] for _ in range(4)]
    rows = [draw.choice(heads) + [draw.randrange(3) for _ in range(draw.randrange(1, 9))] for _ in range(80)]
    groups = plan(rows, batch_size=7)
    assert sorted(row for group in groups for row in group.rows) == list(range(80))
    for group in groups:
        assert len({tuple(rows[row][:group.prefix]) for row in group.rows}) == 1
        lengths = [len(rows[row]) for row in group.rows]
        assert lengths == sorted(lengths, reverse=True) and min(lengths) > group.prefix
    assert tokens_read(rows, groups) <= sum(map(len, rows))
    assert groups == plan(rows, batch_size=7)


def test_two_preambles_make_two_groups_and_the_rest_one():
    rows = [[7] * 50 + [n] for n in range(100)] + [[8] * 40 + [n, n] for n in range(60)] + [[n] for n in range(20, 25)]
    assert [(group.prefix, len(group.rows)) for group in plan(rows, 32)] == [(50, 100), (40, 60), (0, 5)]
    assert [(group.prefix, len(group.rows)) for group in plan(rows, 32, share=False)] == [(0, 165)]


def test_a_longer_prefix_of_some_is_worth_it_only_where_it_saves_more():
    rows = [[1] * 60 + [2] * 40 + [n] for n in range(64)] + [[1] * 60 + [3] * 40 + [n] for n in range(64)]
    assert [(group.prefix, len(group.rows)) for group in plan(rows, 32)] == [(100, 64), (100, 64)]
    rows = [[1] * 60 + [2] * 3 + [n] for n in range(4)] + [[1] * 60 + [n] for n in range(10, 70)]
    assert [(group.prefix, len(group.rows)) for group in plan(rows, 32)] == [(60, 64)]


def test_a_prompt_that_another_one_goes_on_from_keeps_a_token():
    assert plan([[1] * 500, [1] * 501, [1] * 500, [1] * 700], 4)[0].prefix == 499


def test_few_that_share_little_are_read_with_the_others():
    assert plan([[1, 2, 3], [1, 2, 4]], 8) == [planning.Group(0, [0, 1])]


def test_prompts_that_grow_by_a_token_are_planned_without_a_deep_stack():
    rows = [[1] * n for n in range(1, 3000)]
    groups = plan(rows, 64)
    assert sorted(row for group in groups for row in group.rows) == list(range(2999))
    assert tokens_read(rows, groups) < sum(map(len, rows)) / 1.4
    assert plan([], 4) == []
