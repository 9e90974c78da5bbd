# %% [markdown] title
# # Exercise 11 · Answers ahead, and alarms that keep a promise
#
# Each task is a step up. You build from scratch what [lesson 11](../notebooks/11_offline.ipynb) explains: what
# `course predict` does with thousands of prompts, and what watches over a model afterwards. Below each task stands a
# check. Run it as often as you like: it names the likely mistake, and what you have solved is kept. Below the check,
# your own code meets the model.

# %% start
import random

import torch

from course_lib import load_model, models
from course_lib.checks import check, passed
from course_lib.experiments.offline_stream import entries
from course_lib.explore.recorded import drift
from course_lib.plots import bars, show, wilson
from course_lib.syntax import digest

model, tokenizer = load_model("orchard-s")
END, NEWLINE = tokenizer.eos_token_id, tokenizer("\n")["input_ids"][-1]
questions = random.Random(0).sample(list(entries(0)), 120)
rows = tokenizer(questions)["input_ids"]

# %% task 11.1

# %% [markdown] your-batches-question
# With the real model: 120 questions about the world, sixteen at once. How much padding does your order save, and does
# every row get the answer that it gets alone?

# %% your-answers
read = []                                 # (tokens, padding) of each batch


@torch.no_grad()
def answers_of(model, ids, mask, n=8):
    """Greedy: the most probable token, n times. ids, mask: (B, T), padded on the left."""
    ids, mask = torch.tensor(ids), torch.tensor(mask)
    read.append((int(mask.sum()), int((1 - mask).sum())))
    new = model.generate(ids, attention_mask=mask, max_new_tokens=n, do_sample=False,
                         eos_token_id=[END, NEWLINE], pad_token_id=END)[:, ids.shape[1]:]
    return [text.split("\n")[0].strip()
            for text in tokenizer.batch_decode(new, skip_special_tokens=True)]

# %% your-orders
if passed("11.1"):
    answer = lambda ids, mask: answers_of(model, ids, mask)
    alone = [answer([row], [[1] * len(row)])[0] for row in rows]
    read.clear()
    together = length_sorted_batches(rows, 16, answer)
    tokens, padding = map(sum, zip(*read))
    as_given = sum(16 * max(map(len, rows[start:start + 16])) for start in range(0, 112, 16))
    as_given += 8 * max(map(len, rows[112:])) - tokens
    print(f"{tokens} tokens, and {padding} of padding; in the given order {as_given} of padding")
    print(f"{sum(map(str.__ne__, alone, together))} of {len(rows)} answers are others than alone")
    for row in (0, 1):
        print(f"{questions[row]} {together[row]}")

# %% task 11.2

# %% [markdown] your-keys-question
# With the real models: which of these questions may share an answer?

# %% your-keys
if passed("11.2"):
    small = load_model("orchard-xs")[0]
    settings = {"max_new_tokens": 8, "until": "newline"}
    calls = {"the question": (questions[0], settings, model),
             "settings in another order": (questions[0], dict(reversed(settings.items())), model),
             "two tokens at most": (questions[0], settings | {"max_new_tokens": 2}, model),
             "a smaller model": (questions[0], settings, small)}
    for name, (prompt, how, who) in calls.items():
        key = cache_key(prompt, how, models.weights_hash(who), digest)
        said = answers_of(who, [rows[0]], [[1] * len(rows[0])], how["max_new_tokens"])[0]
        print(f"{name:26} key {key}  {said}")

# %% task 11.3

# %% [markdown] your-kill-question
# With the real model: the run is stopped in its third batch, and started again. How many questions does the model get
# in all, and are the answers those of a run that nobody stopped?

# %% your-model
def ask(batch):
    """The model. It counts what it is asked, and is stopped in its third batch."""
    if len(asked) == 64 and not stopped:
        stopped.append(True)
        raise KeyboardInterrupt           # as when somebody presses Ctrl-C
    asked.extend(batch)
    return length_sorted_batches(tokenizer(batch)["input_ids"], 16, answer)

# %% your-kill
if passed("11.1") and passed("11.3"):
    asked, stopped = [], []
    twice = questions + questions[:30]    # some are asked again
    cache = {}
    try:
        resume(twice, 32, ask, cache)
    except KeyboardInterrupt:
        print(f"stopped: {len(cache)} answers are kept")
    whole = resume(twice, 32, ask, cache)
    print(f"the model was asked {len(asked)} times for {len(twice)} rows")
    print(f"{sum(map(str.__ne__, whole, together + together[:30]))} answers are others than before")

# %% task 11.4

# %% [markdown] your-psi-question
# Now a model that is in use. What it answered to fresh reviews is recorded, with the log odds that it gave to
# "positive". A rule that is handed on says: *moved* is a PSI above `0.1`. Compare rows of which nothing has moved.
# How often does the rule cry wolf, by the number of rows?

# %% your-psi
kept = drift.read().pools
scores = {name: torch.tensor(kept[name].margins).float() for name in ("own", "gadgets")}


def above(now, n, times=200):
    """How many of `times` comparisons of n rows of then with n of `now` are above 0.1."""
    torch.manual_seed(0)
    some = lambda values: values[torch.randint(len(values), (n,))]
    return sum(psi(some(scores["own"]), some(scores[now]), 10).item() > 0.1
               for _ in range(times))


if passed("11.4"):
    sizes = (50, 100, 200, 400)
    cries = {n: above("own", n) for n in sizes}
    for n in sizes:
        print(f"{n} rows: nothing has moved, and {cries[n] / 2:.0f} % say so; "
              f"gadgets come in, and {above('gadgets', n) / 2:.0f} %")

# %% your-picture
if passed("11.4"):
    shares = [cries[n] / 200 for n in sizes]
    show(bars([f"{n} rows" for n in sizes], shares, [wilson(cries[n], 200)[1:] for n in sizes],
              highlight=[f"{sizes[0]} rows"], x_label="comparisons above 0.1, nothing moved"),
         alt="Bars with the share of comparisons above 0.1 though nothing has moved: "
         + ", ".join(f"{n} rows {share:.2f}" for n, share in zip(sizes, shares)),
         caption="n = 200 comparisons each. Lines: 95 % intervals.")

# %% task 11.5

# %% [markdown] your-alarm-question
# Last, with the same record: promise that of a hundred streams of 500 rows five ring by chance. Is it kept on other
# rows? And when the labels of restaurants turn, how many rows does the alarm need?

# %% your-alarm
def climbed_in(streams, mean, delta=0.05):
    """How far the sum has climbed after each row, (S, T)."""
    m = (streams - mean - delta).cumsum(1)
    return m - m.cummin(1).values


if passed("11.5"):
    wrong = {name: torch.tensor(kept[name].wrong).float() for name in ("calibration", "own")}
    recorded = wrong["calibration"]
    torch.manual_seed(0)
    drawn = lambda T, S=1000: torch.rand(S, T)
    threshold = alarm_threshold(recorded, len(recorded), drawn(500), 0.05, 0.05)
    of = lambda errors, u: errors[(u * len(errors)).long()]
    still = climbed_in(of(wrong["own"], drawn(500)), recorded.mean())
    rung = int((still.max(1).values > threshold).sum())
    print("threshold {:.1f}; false alarms {:.3f} ({:.3f} to {:.3f}), promised 0.05".format(
        threshold, *wilson(rung, len(still))))

# %% your-turn
if passed("11.5"):
    restaurants = torch.tensor(kept["own"].restaurants)
    turned = torch.where(restaurants, 1 - wrong["own"], wrong["own"])
    streams = torch.cat([of(wrong["own"], drawn(250)), of(turned, drawn(250))], 1)
    above_it = climbed_in(streams, recorded.mean()) > threshold
    above_it = above_it[~above_it[:, :250].any(1), 250:]    # of those that have not rung before
    rings = above_it.any(1)
    delay = above_it[rings].float().argmax(1) + 1
    print(f"errors {wrong['own'].mean():.2f}, and {turned.mean():.2f} after the labels have turned")
    print(f"{int(rings.sum())} of {len(rings)} streams ring, half of these within "
          f"{delay.median():.0f} rows of the change")

# %% [markdown] end
# You have built a run that nobody needs to fear stopping, and an alarm whose false alarms are counted before anybody
# hears one. To see what you have solved so far, run `%run -m course_lib.cli progress` in a cell.
