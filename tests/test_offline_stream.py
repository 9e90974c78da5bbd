"""The stream of questions: what people ask and how they type it; what an answer costs; what matching finds."""
from collections import Counter

import pytest

from course_lib import claims
from course_lib.experiments import offline_costs, offline_matched
from course_lib.experiments.offline_costs import answers, counted, operations
from course_lib.experiments.offline_stream import (
    TYPED,
    UNFORESEEN,
    entries,
    facts,
    is_right,
    question,
    stream,
    wordings,
)
from course_lib.models import load_model
from course_lib.offline import predict
from course_lib.offline.matching import exact, plain, same_words
from course_lib.world import relations


def test_a_question_names_its_key_and_no_answer():
    assert question(("country_capital", "France"), 0) == "What is the capital of France?"
    for name in relations():
        assert len(wordings(name)) >= 2 and all("{" in text and text.endswith("?") for text in wordings(name))
    asked = [question(fact, wording) for fact in facts(0) for wording in range(len(wordings(fact[0])))]
    assert len({plain(text) for text in asked}) == len(asked)          # so a question is about one fact alone


def test_a_stream_is_drawn_as_it_says():
    steep, even = (stream(3, steep, 4000) for steep in (1.0, 0.0))
    assert steep == stream(3, 1.0, 4000) != stream(4, 1.0, 4000)
    first = facts(3)[0]
    assert sum(query.fact == first for query in steep) > 200 > 20 > sum(query.fact == first for query in even)
    for way, share in TYPED.items():
        assert abs(sum(query.typed == way for query in even) / 4000 - share) < 0.03
    last = [query.wording == len(wordings(query.fact[0])) - 1 for query in even]
    assert abs(sum(last) / 4000 - UNFORESEEN) < 0.02
    for query in even:
        asked = question(query.fact, query.wording)
        if query.typed == "as written":
            assert query.text == asked
        elif query.typed == "no capitals":
            assert plain(query.text) == plain(asked)
        else:
            assert query.text != asked and Counter(query.text) == Counter(asked)


def test_entries_are_the_facts_that_are_asked_for_most_in_the_wordings_that_were_foreseen():
    few, many = entries(0, 10), entries(0, 100)
    assert set(few.values()) == set(facts(0)[:10]) and few.items() <= many.items()
    unforeseen = {question(fact, len(wordings(fact[0])) - 1) for fact in facts(0)}
    assert not unforeseen & set(many)


@pytest.mark.parametrize("answer, right, is_it", [
    ("The capital of France is Paris.", "Paris", True), ("It is hotter.", "hot", False), ("It is hot", "hot", True),
    ("", "hot", False), ("In digits, eleven is 11.", "1", False), ("the United States.", "United States", True)])
def test_right_is_who_says_the_whole_word(answer, right, is_it):
    assert is_right(answer, right) == is_it


def test_answers_are_those_of_predict_and_operations_those_that_are_counted():
    model, tokenizer = load_model("orchard-s")
    texts = list(entries(0, 12))
    found = answers(model, tokenizer, texts, batch=5)
    assert [found[text].text for text in texts] == predict(model, tokenizer, texts, max_new_tokens=16)
    for text, one in found.items():
        assert one.read == len(tokenizer(text)["input_ids"]) and 1 <= one.written <= 16
    assert all(operations(model, read, written) == counted(model, read, written)
               for read, written in ((1, 1), (7, 1), (7, 5), (12, 16)))


def test_matched_takes_the_same_words_before_what_is_like_them():
    queries = stream(0, n=60)
    known = entries(0, 200)
    texts = [query.text for query in queries]
    assert offline_matched.matched(exact, known, queries) == exact(known, texts)
    words = same_words(known, texts)
    assert offline_matched.matched(same_words, known, queries) == words
    wrong = next(iter(known))
    hits = offline_matched.matched(lambda entries, asked: [wrong] * len(asked), known, queries)
    assert [hit for hit, same in zip(hits, words) if same] == [same for same in words if same]
    assert set(offline_matched.false_hits(hits, known, queries)) == {
        place for place, (same, query) in enumerate(zip(words, queries)) if not same and query.fact != known[wrong]}


def test_small_runs_give_the_figures_of_the_claims(monkeypatch):
    for module in (offline_costs, offline_matched):
        monkeypatch.setattr(module, "stream", lambda seed, steep=1.0: stream(seed, steep, 40))
        monkeypatch.setattr(module, "entries", lambda seed, ahead=60: entries(seed, min(ahead, 80)))
    monkeypatch.setattr(offline_costs, "ROUNDS", 1)
    for claim_id in ("C73", "C74"):
        figures = claims.measure(claim_id, 0)
        assert tuple(figures) == claims.get(claim_id).figures and all(value >= 0 for value in figures.values())


def test_what_the_records_say_is_told():
    told = claims.get("C74").judge(claims.recorded("C74"))
    assert told.word == "cannot be told here" and "nothing of Google's traffic" in told.because
    assert claims.get("C73").judge(claims.recorded("C73")).word


def test_what_is_served_is_what_is_found_and_the_model_for_the_rest():
    model, tokenizer = load_model("orchard-s")
    queries, known = stream(0, n=30), entries(0, 200)
    said = answers(model, tokenizer, list(dict.fromkeys([*known, *(query.text for query in queries)])))
    none = offline_matched.served(model, queries, said, [None] * 30)
    hits = offline_matched.matched(same_words, known, queries)
    found = offline_matched.served(model, queries, said, hits)
    assert none.found == 0 and found.found == pytest.approx(sum(hit is not None for hit in hits) / 30)
    assert none.operations == offline_costs.of_all(model, (said[query.text] for query in queries)) / 1e9
    assert 0 < found.operations < none.operations
    missed = [said[query.text] for query, hit in zip(queries, hits) if hit is None]
    by_state = offline_matched.served(model, queries, said, hits, by_state=True)
    assert by_state.operations - found.operations == pytest.approx(offline_costs.to_read(model, missed) / 1e9)
