"""`course predict`: files in and out, what is broken named with its line, what cannot be used refused."""
import csv
import json
import os
import re
import resource
import subprocess
import sys

import pytest

from course_lib.cli import main
from course_lib.methods import LoRA
from course_lib.offline import predict, predictor, writer
from tests.hang import HANGS
from tests.offline.conftest import ended, forked


@pytest.fixture
def ask(folder, tmp_path, monkeypatch, capsys):
    """ask(INPUT, options): (exit code, what was printed, what was said on stderr), in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(given: str, *options: str, out: str = "out.csv"):
        code = main(["predict", given, "--model", str(folder), "--out", out, "--max-new-tokens", "4", *options])
        said = capsys.readouterr()
        return code, said.out, said.err
    return run


def write(path, texts) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "prompt"], *([f"00{n}", text] for n, text in enumerate(texts))])


def read(path) -> list[dict]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_keep_their_order_and_get_their_answers(ask, small, prompts, tmp_path):
    write("in.csv", prompts)
    code, printed, said = ask("in.csv")
    right = predict(*small, prompts, max_new_tokens=4)
    assert code == 0 and read("out.csv") == [
        {"id": f"00{n}", "prompt": prompt, "answer": answer} for n, (prompt, answer) in enumerate(zip(prompts, right))]
    n, distinct = len(prompts), len(set(prompts))
    assert printed.startswith(f"out.csv: {n} rows in ") and "Without an answer: 0 rows." in printed
    assert f"Computed: {distinct} prompts;" in printed
    assert sorted(os.listdir()) == ["course-home"] * (tmp_path / "course-home").exists() + [
        "in.csv", "out.csv", "out.csv.cache"]


def test_the_second_time_everything_is_in_the_cache(ask, prompts, monkeypatch):
    write("in.csv", prompts)
    ask("in.csv", "--cache", "kept")
    before = open("out.csv", "rb").read()
    monkeypatch.setattr(writer, "generate", lambda *_: pytest.fail("computed twice"))
    code, printed, _ = ask("in.csv", "--cache", "kept")            # OUT is ours, so it is written anew
    assert code == 0 and "Computed: 0 prompts;" in printed
    assert open("out.csv", "rb").read() == before
    code, printed, _ = ask("in.csv", "--cache", "kept", out="out.jsonl")
    lines = [json.loads(line) for line in open("out.jsonl", encoding="utf-8")]
    assert code == 0 and lines == read("out.csv")


def test_broken_rows_are_named_and_the_others_done(ask, small):
    with open("in.jsonl", "w", encoding="utf-8") as file:
        file.write('{"ask": "a pear"}\n{"ask": 7}\n\n{"ask": ""}\n{"ask": "' + "word " * 200 + '"}\n{"ask"\n'
                   '{"other": "x"}\n{"ask": "a pear"}\n{"ask": null}\n')
    code, printed, said = ask("in.jsonl", "--column", "ask", "--answer", "says", out="out.jsonl")
    [right] = predict(*small, ["a pear"], max_new_tokens=4)
    lines = [json.loads(line) for line in open("out.jsonl", encoding="utf-8")]
    assert [line["says"] for line in lines] == [right, "", "", "", "", "", right, ""] and code == 1
    assert "Without an answer: 6 rows." in printed and lines[5] == {"other": "x", "says": ""}
    assert [line[:47].rstrip() for line in said.splitlines()] == [
        "in.jsonl, line 2: the prompt is 7, which is no", "in.jsonl, line 4: the prompt is empty.",
        "in.jsonl, line 5: the prompt has 201 tokens, an", "in.jsonl, line 6: the line is no valid JSON: Ex",
        "in.jsonl, line 7: the line has no column 'ask'.", "in.jsonl, line 9: the prompt is missing."]


def test_all_rows_may_be_broken(ask):
    write("in.csv", ["word " * 200, "", "so " * 300])
    code, printed, said = ask("in.csv")
    assert code == 1 and "Without an answer: 3 rows." in printed and said.count("in.csv, line ") == 3
    assert [row["answer"] for row in read("out.csv")] == ["", "", ""]


def test_a_method_changes_the_answers_and_its_file_is_part_of_the_key(ask, small, prompts):
    lora = LoRA(small[0])
    for B in lora.B:
        B.data.fill_(0.5)
    lora.save("lora.safetensors")
    write("in.csv", prompts)
    ask("in.csv", "--cache", "kept")
    code, printed, _ = ask("in.csv", "--cache", "kept", "--method", "lora.safetensors", out="more.csv")
    assert code == 0 and f"Computed: {len(set(prompts))} prompts;" in printed
    assert [row["answer"] for row in read("more.csv")] == predict(*small, prompts, lora, max_new_tokens=4)
    assert read("more.csv") != read("out.csv")


@pytest.mark.parametrize("options, words", [
    (("none.csv",), "none.csv does not exist"), (("in.csv", "--column", "text"), "no column 'text'"),
    (("in.csv", "--method", "in.csv"), "in.csv cannot be read as a saved method"),
    (("in.csv", "--model", "orchard-z"), "no model called 'orchard-z'. Did you mean 'orchard-s'"),
    (("in.csv", "--model", "orchard-encoder"), "DistilBertModel has no output layer"),
    (("in.csv", "--batch-size", "0"), "batch_size must be at least 1"),
    (("in.csv", "--cache", "in.csv"), "three files"),
    (("in.csv", "--max-new-tokens", "999"), "max_new_tokens must be at least 1 and at most 95")])
def test_what_cannot_be_used_is_refused_and_nothing_is_left(ask, options, words):
    write("in.csv", ["a"])
    code, printed, said = ask(*options)
    assert code == 2 and words in said and not printed
    assert not [name for name in os.listdir() if name.startswith(("out", ".out")) and name != "out.csv.cache"]


@pytest.mark.parametrize("out, words", [
    ("out.txt", "ends in '.txt'"), ("in.csv", "three files"), ("none/out.csv", "no folder none for out.csv"),
    ("folder.csv", "folder.csv is no file"), ("mine.csv", "is there already, and it is not what this command wrote")])
def test_an_output_that_cannot_be_written_is_refused(ask, out, words):
    write("in.csv", ["a"])
    os.mkdir("folder.csv")
    with open("mine.csv", "w") as file:
        file.write("prompt,answer\na,b\n")
    code, _, said = ask("in.csv", out=out)
    assert code == 2 and words in said and open("mine.csv").read() == "prompt,answer\na,b\n"
    assert not os.path.exists("mine.csv.cache")


@pytest.mark.parametrize("dangling", [True, False])
def test_where_an_output_points_to_is_written(ask, dangling):
    write("in.csv", ["a"])
    os.mkdir("there")
    os.symlink("there/real.csv", "out.csv")
    if not dangling:
        assert ask("in.csv", "--cache", "kept", out="there/real.csv")[0] == 0
    for _ in range(2):
        assert ask("in.csv", "--cache", "kept")[0] == 0
        assert os.path.islink("out.csv") and len(read("there/real.csv")) == 1
    assert sorted(os.listdir("there")) == ["real.csv"]


def test_an_output_that_nobody_may_write_stays(ask):
    write("in.csv", ["a"])
    assert ask("in.csv")[0] == 0
    os.chmod("out.csv", 0o444)
    before = os.stat("out.csv").st_ino
    code, _, said = ask("in.csv")
    assert code == 2 and "may not be written by anybody" in said and os.stat("out.csv").st_ino == before


@pytest.mark.parametrize("end", ["csv", "jsonl", "parquet"])
def test_names_that_are_no_text(ask, end):
    write("in.csv", ["a"])
    for name in ("", "a\udcff"):
        code, _, said = ask("in.csv", "--answer", name, out=f"out.{end}")
        assert code == 2 and "is no name for a column of answers" in said
    assert ask("in.csv", "--column", "\udcff")[0] == 2
    for _ in range(2):                                        # the second time it is known as ours
        assert ask("in.csv", out=f"out\udcff.{end}")[0] == 0 and os.path.exists(f"out\udcff.{end}")
    for given, out in (("in.csv", f"{'x' * 300}.{end}"), (f"{'x' * 300}.{end}", f"out.{end}")):
        code, _, said = ask(given, out=out)
        assert code == 2 and ("File name too long" in said or "does not exist" in said)


def test_an_output_that_somebody_changed_is_theirs(ask):
    write("in.csv", ["a"])
    assert ask("in.csv")[0] == 0
    with open("out.csv", "a") as file:
        file.write("b,mine\n")
    code, _, said = ask("in.csv")
    assert code == 2 and "was changed since. Nothing is written over it" in said
    assert open("out.csv").read().endswith("b,mine\n")


def test_a_folder_of_somebody_else_is_named(folder, open_folder, as_somebody, capsys):
    inside = open_folder / "closed"
    inside.mkdir(mode=0o755)
    write(open_folder / "in.csv", ["a"])
    (open_folder / "in.csv").chmod(0o644)
    with as_somebody():
        code = main(["predict", str(open_folder / "in.csv"), "--model", "orchard-xs", "--out", str(inside / "out.csv"),
                     "--cache", str(inside / "cache")])
    assert code == 2 and "Name a file in a folder that you can write to" in capsys.readouterr().err


def test_a_file_that_changes_meanwhile_is_noticed(ask, monkeypatch):
    write("in.csv", ["a", "b"])
    before = predictor.key_parts
    monkeypatch.setattr(predictor, "key_parts", lambda *given: write("in.csv", ["a", "b", "c"]) or before(*given))
    code, _, said = ask("in.csv")
    assert code == 2 and "changed while it was read: it had 2 rows, and then 3" in said
    assert not os.path.exists("out.csv")


@pytest.mark.parametrize("out, limit", [("out.csv", 70_000), ("out.parquet", 70_000), ("out.csv", 300_000)])
def test_where_no_more_can_be_written_it_stops_and_goes_on_later(out, limit, folder, tmp_path, monkeypatch, capsys):
    """With the least room the cache is full first; with more of it OUT is, whose rows are long."""
    monkeypatch.chdir(tmp_path)
    long = "x" * 1500
    with open("in.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["prompt", "note"], *([f"pear {n} and", long] for n in range(400))])
    options = ["predict", "in.csv", "--model", str(folder), "--out", out, "--max-new-tokens", "2", "--batch-size", "40"]
    child = forked(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)) or main(options), "said")
    said = ended(child) == 2 and open("said", encoding="utf-8").read()
    assert said.count("\n") == 1 and "cannot be written" in said and "run the same again" in said
    assert not os.path.exists(out) and not [name for name in os.listdir() if name.endswith(".part")]
    assert main(options) == 0
    printed = capsys.readouterr().out
    [computed] = re.findall(r"Computed: (\d+) prompts;", printed)
    assert int(computed) == 0 if limit > 100_000 else int(computed) < 400


def test_the_whole_command_in_a_process_of_its_own(folder, tmp_path):
    write(tmp_path / "in.csv", ["a", "b", ""])
    done = subprocess.run([sys.executable, "-m", "course_lib.cli", "predict", "in.csv", "--model", str(folder), "--out",
                           "out.parquet"], cwd=tmp_path, capture_output=True, text=True, timeout=HANGS,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.returncode == 1 and done.stderr == "in.csv, line 4: the prompt is empty.\n"
    assert "out.parquet: 3 rows in" in done.stdout


def test_the_bar_counts_rows(ask, prompts, monkeypatch):
    from course_lib.offline import command

    class Bar(command.tqdm):
        def __init__(self, *given, **more):
            super().__init__(*given, **(more | {"disable": False, "mininterval": 0}))
    monkeypatch.setattr(command, "tqdm", Bar)
    write("in.csv", [*prompts, "", "word " * 200])
    code, _, said = ask("in.csv", "--batch-size", "4")
    n = len(prompts) + 2
    assert code == 1 and f"{n}/{n}" in said.replace("\r", "\n").splitlines()[-1] and "row/s" in said
