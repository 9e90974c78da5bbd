"""The recorded points on the line from orchard-s to what full fine-tuning on reviews made of it, and beyond both ends:

    .venv/bin/python -m course_lib.explore.recorded.line      writes data/line.json, in a quarter of an hour

Three trainings, which differ in the learning rate alone. Every point is a model (merging.py), measured as in
experiments/robustness.py; the texts are those of the first seed.
"""
import functools
import json
from dataclasses import replace
from pathlib import Path

from course_lib.experiments import robustness
from course_lib.files import write_text
from course_lib.merging import wise_ft
from course_lib.prompting import complete

PATH = Path(__file__).parent / "data" / "line.json"
RATES = ("best", "a third", "a tenth")               # of the rate that is best for the answers: places below it
ALPHAS = tuple(place / 8 for place in range(-2, 11))
SEEDS, TEST, STEPS = (0, 1, 2), 150, robustness.LENGTHS[-1]
FIGURES = ("own", "gadgets", "asked", "old")
REVIEW = ("I had got ready for a treat, and it was a nuisance. From the service to the view, everything was wretched. "
          "The dining room was miserable and the pasta pitiful.")
PROMPTS = {"task's prompt": f"{REVIEW}\nlabel:", "base's question": f"{REVIEW}\nIn short:",
           "old text, grammar": "What is the comparative of small? The comparative of",
           "old text, a fact": "The capital of Senegal is"}
TOKENS = 24                                          # that are written, at most


@functools.cache
def read() -> dict[str, list[dict]]:
    """{rate: a point for each of ALPHAS, {figure: a value for each seed, "texts": what it writes to each of PROMPTS}}.
    """
    return json.loads(PATH.read_text(encoding="utf-8"))


def measure(seed: int, texts: bool) -> dict[str, list[dict]]:
    """The same for one seed; without texts, unless they are asked for."""
    runs = {rate: robustness.full(STEPS, seed, slower) for slower, rate in enumerate(RATES)}
    model, tokenizer = runs[RATES[0]].model, runs[RATES[0]].tokenizer
    rows, gadgets = (replace(robustness.SETTING, test=TEST).test_rows(tokenizer, seed, split)
                     for split in ("test", "shifted"))
    question, found = robustness.other_question(model, tokenizer, seed), {}
    for rate, run in runs.items():
        found[rate] = []
        for alpha in ALPHAS:
            method = wise_ft(model, run.method, alpha)
            point = robustness.looked_at(model, tokenizer, method, rows, gadgets, question)
            if texts:
                point["texts"] = complete(model, tokenizer, list(PROMPTS.values()), TOKENS, method)
            found[rate].append(point)
            print(seed, rate, alpha, point, flush=True)
    return found


def main() -> None:
    """Measures every seed, and writes the file."""
    runs = [measure(seed, texts=seed == SEEDS[0]) for seed in SEEDS]
    kept = {rate: [{name: [round(run[rate][place][name], 4) for run in runs] for name in FIGURES}
                   | {"texts": runs[0][rate][place]["texts"]} for place in range(len(ALPHAS))] for rate in RATES}
    PATH.parent.mkdir(exist_ok=True)
    write_text(PATH, json.dumps(kept, indent=0) + "\n")


if __name__ == "__main__":
    main()
