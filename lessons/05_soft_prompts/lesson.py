# %% [markdown] title
# # Lesson 05 · Soft prompts and prefixes
#
# **What this lesson claims:** a few trained vectors in front of the input can steer a frozen model to a task.
# You need [lesson 01](01_prompting.ipynb), and from [lesson 00](00_start_here.ipynb) what an embedding is.
# After it you can
#
# - put trained vectors before a text yourself: embeddings, mask, labels;
# - train a soft prompt, swap it for another one, and serve two tasks in one batch;
# - say what the vectors are and what they are not, how small they are, and what they cost;
# - put a prefix into every block, and see how much attention it gets.

# %% setup
from course_lib.lesson import start

lesson = start("05")

# %% load
import torch

from course_lib import load_model, load_task
from course_lib.models import weights_hash

model, tokenizer = load_model("orchard-s")
hash_before = weights_hash(model)                                # a fingerprint of every parameter
table = model.get_input_embeddings().weight.detach()             # (V, d): a vector for each token
print("table", tuple(table.shape), " parameters", sum(p.numel() for p in model.parameters()))

# %% helpers
from course_lib.display import decimal, fold, percent, say, show_source
from course_lib.plots import bars, show, show_shares

# %% [markdown] before
# ## Twenty vectors before a sentence
#
# A prompt of words is turned into vectors before the model sees it: one row of the embedding table for each
# token. So why go through words? Take vectors that stand for no token at all, and learn them. The source text
# puts 20 of them before *The movie was absolutely fantastic!* Here is what the model reads then.

# %% before-look
from course_lib.methods import PromptTuning

soft = PromptTuning(model, length=20, init="vocabulary", seed=lesson.seed)  # .prompt: (P, d)
sentence = "The movie was absolutely fantastic!"
ids = tokenizer(sentence)["input_ids"]                           # T tokens
pieces = [tokenizer.decode(one).strip() for one in ids]
read = [f"v{place}" for place in range(1, 21)] + pieces
print(f"[v1, v2, …, v20, {', '.join(pieces)}]")
say(f"{len(soft.prompt)} vectors and {len(ids)} tokens: the model reads {len(read)} positions, "
    f"each a vector of {table.shape[1]} numbers. (Our tokenizer cuts rare words into pieces.)")

# %% [markdown] scratch
# From scratch it is a line of `cat`. What must grow with it is easy to forget: the mask and the positions, and
# the labels, for nothing may be predicted at the vectors. (The label `-100` means: do not count this
# position.) You build all of that in the exercise; here the library does.

# %% scratch-run
def put_before(prompt, ids):
    """What a model reads when the rows of `prompt` stand before one text, given by its tokens."""
    text = table[ids]                                            # (T,) -> (T, d)
    return torch.cat([prompt, text])                             # (P, d), (T, d) -> (P + T, d)

# %% scratch-equal
texts = [f"{sentence}\nlabel: positive\n", "It was awful.\nlabel: negative\n"]
batch = dict(tokenizer(texts, padding=True, padding_side="left", return_tensors="pt"))
batch.pop("token_type_ids", None)
batch["labels"] = batch["input_ids"].clone()
batch["labels"][:, :-2] = -100                                   # only " positive" and the newline
with soft.on(model):                                             # inside, the model is frozen
    course = soft.prepare(batch)
for ids, given in zip(batch["input_ids"], course["inputs_embeds"]):
    assert torch.equal(put_before(soft.prompt, ids), given)
for name, given in course.items():
    print(f"{name:15}", tuple(given.shape))
show_source(PromptTuning.prepare)

# %% [markdown] only
# ## Only the vectors learn
#
# Send the loss of this batch back through the model. Which parameters get a gradient? Then take one step
# down that gradient, and compare the fingerprint of the model.

# %% only-run
soft = PromptTuning(model, length=20, init="vocabulary", seed=lesson.seed)       # as above
with soft.on(model):
    loss = model(**soft.prepare(batch)).loss                     # mean over the answers' tokens
    loss.backward()
touched = [name for name, one in model.named_parameters() if one.grad is not None]
with torch.no_grad():
    soft.prompt -= 0.3 * soft.prompt.grad                        # one step, by hand
    with soft.on(model):
        after = model(**soft.prepare(batch)).loss
assert not touched and weights_hash(model) == hash_before
say(f"A gradient came to {soft.prompt.numel():,} numbers, `soft.prompt`, and to {len(touched)} "
    f"tensors of the model. After one step the loss went from {loss:.2f} to {after:.2f} nats, and "
    "the fingerprint of the model is the same.")

# %% [markdown] train
# ## Train them
#
# The task is the one that lesson 01 could not prompt: is a review positive or negative? The model gets
# 128 labelled reviews, short ones so that it goes quickly. The prompt starts from 20 tokens drawn by
# lot: nobody designed it.

# %% train-predict
from course_lib.quiz import predict, reveal

predict("05.trained")

# %% train-rows
from course_lib.experiments.soft_prompts import QUICK

reviews, spam = load_task("reviews"), load_task("spam")
few = {"train": QUICK.train_rows(tokenizer, lesson.seed)}        # 128, of at most 30 words
test = reviews["test"].select(range(150))
print(few["train"][0]["prompt"], "->", few["train"][0]["answer"])

# %% train-run
from course_lib import fit
from course_lib.experiments import tuned
from course_lib.experiments.soft_prompts import SOFT
from course_lib.plots import LiveCurve

snapshots = []                                                   # the prompt after every step
curve_now = LiveCurve()


def watch(history):
    """Called after every step: keeps the vectors, and draws the loss."""
    snapshots.append(sentiment.prompt.detach().clone())
    curve_now(history)


sentiment = PromptTuning(model, length=20, init="vocabulary", seed=lesson.seed)
snapshots.append(sentiment.prompt.detach().clone())              # step 0
history = fit(model, tokenizer, few, sentiment, steps=QUICK.steps, batch_size=QUICK.batch,
              learning_rate=tuned(QUICK, SOFT).rate, seed=lesson.seed, watch=watch, progress=False)
curve_now.finish(history)

# %% [markdown] train-rate
# (The learning rate is far larger than for weights. It was found on validation rows, over three seeds, by the one
# rule of this course.)
# Now the test, with its controls: the bare model; the same vectors before training, which are a text of 20
# tokens drawn by lot; and a prompt for a model with **random weights**, from this lesson's recorded runs.

# %% over-runs
def over_runs(figure):
    """A recorded figure: mean, lowest and highest."""
    return figure.mean, min(figure.values), max(figure.values)

# %% train-marks
from course_lib.evaluation import answers
from course_lib.plots import wilson


def marks_of(rows, method=None):
    """Row by row: is the answer right?"""
    return [one == other for one, other in zip(*answers(model, tokenizer, rows, method))]


def share_of(marks):
    """(share of right answers, low, high), with a 95 % interval."""
    return wilson(sum(marks), len(marks))

# %% train-test
from course_lib import claims

drawn = PromptTuning(model, length=20, init="vocabulary", seed=lesson.seed)     # not trained
marks = {"bare model": marks_of(test), "vectors, not trained": marks_of(test, drawn),
         "vectors, trained": marks_of(test, sentiment)}
recorded = claims.recorded("C42")
measured = {name: share_of(one) for name, one in marks.items()} | {
    "random weights (recorded)": over_runs(recorded["untrained_model"])}
reveal("05.trained", 100 * round(measured["vectors, trained"][0], 2))

# %% train-plot
show_shares(measured, "right labels",
            f"n = {len(test)} reviews, half of them positive; lines: 95 % intervals. Random "
            "weights: a trained prompt before an untrained model, mean of "
            f"{len(recorded['bare'].values)} recorded runs, line from lowest to highest.",
            ["vectors, trained"], {"guessing": 0.5})

# %% train-explain
(bare, _, bare_high), (right, right_low, right_high) = (
    measured[name] for name in ("bare model", "vectors, trained"))
say(f"{sentiment.prompt.numel():,} numbers took the frozen model from {percent(bare)} to "
    f"**{percent(right)}** (95 % interval {percent(right_low)} to {percent(right_high)})."
    + (" That is more than the bare model does, by more than chance explains."
       if right_low > bare_high else " The intervals overlap: this run alone proves no gain."))
trained_hash = weights_hash(model)
assert trained_hash == hash_before                               # not a single bit
say("The model's fingerprint is still the same: whatever it can do now, it could do before. The "
    "vectors only **call it up**. Before random weights there is nothing to call up"
    + (", and the prompt helps little there." if recorded["untrained_model"].mean < 0.6 else "."))

# %% [markdown] swap
# ## Swap the prompt
#
# One model, many tasks: take the sentiment prompt away and put another one there. Spam is harder: the same
# words ask for your money and warn you of it. So we trained that prompt before, with more labels and steps,
# starting from the label words `ham spam`, again and again up to 20; it comes with the course as a file.

# %% swap-load
from course_lib.experiments import spam_prompt

words = PromptTuning.load(spam_prompt.FILE, model)               # refused on any other base
spam_test = spam["test"].select(range(len(test)))
marks |= {"spam, bare model": marks_of(spam_test), "spam, its prompt": marks_of(spam_test, words)}
two = {"reviews, bare model": measured["bare model"],
       "reviews, its prompt": measured["vectors, trained"],
       **{name: share_of(marks[name]) for name in ("spam, bare model", "spam, its prompt")}}
say(f"`{spam_prompt.FILE.name}`: {spam_prompt.FILE.stat().st_size:,} bytes, "
    f"{spam_prompt.SETTING.steps} steps on {spam_prompt.SETTING.labels:,} labels.")

# %% swap-plot
show_shares(two, "right labels",
            f"One frozen model, n = {len(test)} rows of each task, lines: 95 % intervals.",
            ["reviews, its prompt", "spam, its prompt"], {"guessing": 0.5})
by_words, by_words_low, _ = two["spam, its prompt"]
say(f"With the spam prompt the same model is right in {percent(by_words)} of the messages"
    + (", more than by guessing" if by_words_low > 0.5 else ", no more than by guessing")
    + (", and still far from reliable." if by_words < 0.8 else "."))

# %% [markdown] swap-mixed
# A server that waits for a batch of one task is slow. But a prompt is only input, so each **row** can have
# its own. `PromptTuning.mix` does that: row by row the prompt of its task, and the model reads them all
# at once. Is every answer the one that its prompt alone would give?

# %% swap-mixed-batch
by_length = lambda rows: sorted(rows, key=lambda row: len(row["text"]))
(film, other_film), (note, other_note) = (by_length(task["test"])[:2] for task in (reviews, spam))
rows, which = [film, note, other_film, other_note], [0, 1, 0, 1]  # 0: sentiment, 1: spam
prompts = [row["prompt"] for row in rows]
mixed_batch = dict(tokenizer(prompts, padding=True, padding_side="left", return_tensors="pt"))
mixed_batch.pop("token_type_ids", None)
mixed = PromptTuning.mix([sentiment, words], which)              # .prompt: (B, P, d)


def last_logits(method):
    """What the model says after each row of the mixed batch, under this method."""
    with torch.no_grad(), method.on(model):
        return method.logits(model, mixed_batch)[:, -1]          # (B, T, V) -> (B, V)

# %% swap-mixed-run
choices = [("negative", "positive"), ("ham", "spam")]            # the words of each task
for row, task, logits in zip(rows, which, last_logits(mixed)):
    first = [tokenizer(f" {word}")["input_ids"][0] for word in choices[task]]
    said = choices[task][logits[first].argmax()]
    print(f"{row['text']}\n    -> {said} (right: {row['answer']})")

# %% swap-mixed-equal
alone = [last_logits(sentiment), last_logits(words)]             # each task's prompt, all rows
wanted = torch.stack([alone[task][row] for row, task in enumerate(which)])
apart = (last_logits(mixed) - wanted).abs().max().item()
assert apart < 1e-3
say("Row by row the logits of the mixed batch are those of the separate runs "
    f"({f'to within {apart:.0e}' if apart else 'exactly'}): a row knows nothing of its neighbours' "
    "prompts.")

# %% [markdown] vectors
# ## What do the vectors say?
#
# They live in the space of the embeddings, so one can ask for each which **token** points most nearly in its
# direction: the cosine, 1 where the directions are equal. Do the 20 vectors spell out an instruction?

# %% vectors-predict
from course_lib.quiz import predict, reveal

predict("05.words")

# %% vectors-run
from torch.nn.functional import normalize


def nearest(vectors):
    """For each vector the cosine to its nearest token, and that token: (P,), (P,)."""
    cosines = normalize(vectors, dim=1) @ normalize(table, dim=1).T     # (P, d) @ (d, V) -> (P, V)
    return cosines.max(dim=1)


vectors = sentiment.prompt.detach()
cosine, token = nearest(vectors)
spelled = [tokenizer.decode(one) for one in token]
print(spelled)

# %% vectors-compare
def spread(values):
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


noise = torch.randn(20, table.shape[1], generator=torch.Generator().manual_seed(lesson.seed))
groups = {"where training started: tokens": snapshots[0], "trained, started from tokens": vectors,
          "trained for spam, from label words": words.prompt.detach(), "random vectors": noise}
rows_of = "\n".join(f"| {name} | {spread(nearest(one)[0])} | {one.norm(dim=1).mean():.2f} |"
                    for name, one in groups.items())
say("| 20 vectors | cosine to the nearest token: mean (range) | mean length |\n|---|---|---|\n"
    + rows_of + f"\n| all tokens of the table | 1 | {table.norm(dim=1).mean():.2f} |")
nearer = cosine.mean() - nearest(noise)[0].mean()
longer = vectors.norm(dim=1).mean() / table.norm(dim=1).mean()
say(f"After training they are {longer:.0f} times as long as tokens are"
    + (", and point no nearer to any token than random vectors do." if nearer < 0.05 else "."))

# %% [markdown] vectors-text
# If the vectors were text, the text would do as well. So replace each by its nearest token, and ask again:
# the same model, the same test, a prompt that one could type.

# %% vectors-text-run
as_text = PromptTuning(model, length=20, init="vocabulary", seed=lesson.seed)
with torch.no_grad():
    as_text.prompt.copy_(table[token])                           # (P, d): rows of the table
typed = share_of(marks_of(test, as_text))
opinion = {"good", "bad", "great", "awful", "positive", "negative", "label", "wonderful"}
telling = sum(piece.strip().lower() in opinion for piece in spelled)
moved = normalize(vectors, dim=1).mul(normalize(snapshots[0], dim=1)).sum(1)     # (P,)
same = token == nearest(snapshots[0])[1]
reveal("05.words", "far" if cosine.mean() < 0.5 else "opinion" if telling >= 5
       else "start" if same.float().mean() > 0.5 else "other")

# %% vectors-explain
say(f"The vectors are right in {percent(right)}; their nearest tokens, typed in their place, in "
    f"**{percent(typed[0])}** (95 % interval {percent(typed[1])} to {percent(typed[2])}).")
say(f"{int(same.sum())} of 20 are still nearest to the token where they started, with a mean "
    f"cosine of {moved.mean():.2f} to it. Of the nearest tokens {telling} are words of opinion or "
    "labels"
    + (": what stands there is no instruction that one could read." if telling < 5 else "."))
after = normalize(snapshots[1], dim=1).mul(normalize(snapshots[0], dim=1)).sum(1).mean()
say(f"But the first of {len(snapshots) - 1} steps alone brought that cosine to {after:.2f}: how "
    "far from tokens they end says as much of the learning rate as of the task.")

# %% [markdown] vectors-near
# Nor would nearness prove anything. Prompts were trained to lie near *any* text that one likes, such as the
# definition of another task, and did their own within two points as well as the best
# ([Khashabi et al. 2022](https://arxiv.org/abs/2112.08348)). So we trained ours to lie near a text about a bridge,
# in recorded runs.

# %% vectors-near-run
no_text = claims.get("C37").judge(claims.recorded("C37"))
say(f"{no_text.because} That the vectors are not text: **{no_text.word}**.")

# %% [markdown] lens
# ## Explore: the soft-prompt lens
#
# **Question: when do the vectors leave the tokens they started from, and do they ever come near another
# one?** Choose a vector and move the step. (It shows your run above: after a restart of the kernel, choose Run,
# Run All Above Selected Cell first.)

# %% lens-run
from course_lib.explore.soft_prompt_lens import soft_prompt_lens

soft_prompt_lens(table, tokenizer, snapshots)

# %% lens-found
drift = [normalize(one, dim=1).mul(normalize(snapshots[0], dim=1)).sum(1).mean().item()
         for one in snapshots]                                   # mean cosine to the start, by step
half_way = next((step for step, value in enumerate(drift) if value < 0.5), None)
first = nearest(snapshots[0])[1]                                 # (P,)
other = [1 for one in snapshots for c, t, f in zip(*nearest(one), first) if c > 0.7 and t != f]
found = (f"On average the vectors are half turned away (cosine below a half) after step {half_way}."
         if half_way else "On average they keep more than half of their first direction.")
found += (f" Of {20 * len(snapshots):,} looks (20 vectors, before training and after each step) "
          f"{len(other)} find a vector near (cosine above 0.7) to another token than its first.")
fold("What did you find?", found)

# %% [markdown] starts
# ## Where should they start?
#
# The sources disagree: one says that such prompts have to be *carefully designed*, another that the soft
# tokens start at random. We tried three starts: random numbers as large as embeddings, tokens drawn by lot,
# and the label words.

# %% starts-predict
from course_lib.quiz import predict, reveal

predict("05.start")

# %% starts-plot
from course_lib.intervals import students_t

starts = {"random": "random numbers", "vocabulary": "tokens drawn by lot",
          "labels": "label words"}
bars_of = {"bare model": over_runs(recorded["bare"]),
           **{name: over_runs(recorded[key]) for key, name in starts.items()}}
best, second, _ = sorted(starts, key=lambda key: -recorded[key].mean)
lead, low, high = students_t([100 * one for one in (recorded[best] - recorded[second]).values])
reveal("05.start", best if low > 0 else "untold")
show_shares(bars_of, "right labels",
            f"Recorded: mean of {len(recorded['bare'].values)} runs on reviews, {QUICK.steps} "
            "steps, each start at its own rate; the line goes from lowest to highest.",
            starts.values(), {"guessing": 0.5})

# %% starts-told
say(f"{starts[best].capitalize()} rather than {starts[second]}: {lead:+.1f} points ({low:+.1f} to "
    f"{high:+.1f})" + ("." if low > 0 else ", which cannot be told from none."))
verdict = claims.get("C42").judge(recorded)
say(f"That prompt tuning needs carefully designed prompts **{verdict.word}**. {verdict.because}")

# %% starts-forgotten
n = min(20, len(snapshots) - 1)
moved_by = (snapshots[n] - snapshots[0]).norm(dim=1).mean() / snapshots[0].norm(dim=1).mean()
say(f"In your run, after {n} steps a vector has moved {moved_by:.0f} times its first length, and "
    f"its cosine to its start is {drift[n]:.2f}. It goes far, and where it starts can matter.")

# %% [markdown] starts-beside
# Beside it, from the paper that made the method known, on models up to ten thousand times as large as ours:
# sampled vocabulary beats random numbers, label words beat both, and at the largest size the differences
# vanish ([Lester et al. 2021, figure 3](https://arxiv.org/abs/2104.08691)).

# %% [markdown] size
# ## How small is it, and what does it cost?
#
# *A few thousand parameters, a few KB*, says the source, of 20 tokens. For a large model, too? The largest
# GPT-3 has vectors of `12,288` numbers.

# %% size-predict
from course_lib.quiz import predict, reveal

predict("05.bytes")

# %% size-run
from course_lib.cost import cost, size_on_disk

ours_kb, wide = size_on_disk(sentiment) / 1024, 20 * 12_288
reveal("05.bytes", wide * 2 / 1024)
say("| 20 vectors | parameters | bytes each | KB of 1,024 bytes |\n|---|---|---|---|\n"
    f"| of {table.shape[1]} numbers, ours, the saved file | {sentiment.prompt.numel():,} | 4 | "
    f"{ours_kb:.0f} KB |\n| of 12,288 numbers, in 16 bits | {wide:,} | 2 | "
    f"{wide * 2 / 1024:.0f} KB |\n| of 12,288 numbers, in 32 bits | {wide:,} | 4 | "
    f"{wide * 4 / 1024:.0f} KB |")
say("A *few KB* is true of our small model. For the large one it is hundreds: the size grows with "
    "the width. Still it is nothing beside the model itself, whose file has about 350 GB.")

# %% [markdown] size-cost
# A prompt is small to keep. It is not free to **use**: every question is read with 20 positions more. If
# all the work is done per position, that is `(P + n) / n` times as much. Count it.

# %% size-cost-run
from course_lib.methods import FullFineTuning

some = reviews["train"].select(range(32))
with_prompt = cost(model, tokenizer, some, sentiment)            # operations for one batch
without = cost(model, tokenizer, some, FullFineTuning(model))    # the model as it is reads the same
padded = max(map(len, tokenizer([p + f" {a}\n" for p, a in zip(some["prompt"], some["answer"])])
                 ["input_ids"]))
ratio, formula = with_prompt.forward / without.forward, (20 + padded) / padded
say(f"Reading 32 reviews (padded to {padded} tokens) takes {ratio:.2f} times the operations with "
    f"the prompt; the formula says {formula:.2f}."
    + (" The rest is attention, which grows faster than the number of positions: each looks at all "
       "before it." if ratio > formula else ""))

# %% [markdown] prefix
# ## A prefix in every block
#
# Input vectors have to work through every block. **Prefix tuning** goes in further: each block's attention
# gets keys and values of its own, before those of the text. To the model that is a *cache* of tokens that it
# seems to have read already.

# %% prefix-shapes
from course_lib.methods import PrefixTuning

prefix = PrefixTuning(model, length=20, seed=lesson.seed)        # starts from 20 tokens, too
L, _, H, P, width = prefix.prefix.shape      # blocks, key or value, heads, positions, head width
print("prefix", tuple(prefix.prefix.shape), "=", prefix.prefix.numel(), "numbers")
print("prompt", tuple(sentiment.prompt.shape), "=", sentiment.prompt.numel(), "numbers")

# %% prefix-scratch
from transformers import DynamicCache


def with_prefix(numbers, batch):
    """The batch, read after a prefix (L, 2, H, P, width) that stands in every block."""
    B, P = len(batch["input_ids"]), numbers.shape[3]
    pairs = [(block[0].expand(B, -1, -1, -1), block[1].expand(B, -1, -1, -1)) for block in numbers]
    seen = torch.ones(B, P, dtype=torch.long)
    mask = torch.cat([seen, batch["attention_mask"]], dim=1)             # (B, P + T)
    positions = (mask.cumsum(1) - 1).clamp(0)[:, P:]                     # (B, T), counted from P
    return {"input_ids": batch["input_ids"], "attention_mask": mask, "position_ids": positions,
            "past_key_values": DynamicCache(pairs)}                      # new for every call


with torch.no_grad(), prefix.on(model):
    by_hand = model(**with_prefix(prefix.prefix, mixed_batch)).logits
    assert torch.allclose(by_hand, model(**prefix.prepare(mixed_batch)).logits, atol=1e-5)
show_source(PrefixTuning)

# %% [markdown] prefix-direct
# Can one train these numbers directly, as we trained the prompt? We tried, on as many rows and steps, with eight
# learning rates over more than three decades. The best of them on validation rows gives this:

# %% prefix-direct-run
steered = claims.recorded("C41")
direct, seen = steered["direct"], steered["direct_seen"]
heart = students_t((seen - direct).values)                       # mean, low, high
say(f"Recorded, mean of {len(direct.values)} runs: the prefix that is trained directly is right "
    f"in {percent(direct.mean)} of new reviews, and in {percent(seen.mean)} of those it learned "
    f"from: {100 * heart[0]:+.0f} points ({100 * heart[1]:+.0f} to {100 * heart[2]:+.0f})"
    + (". It begins to learn those by heart." if heart[1] > 0.02 else "."))

# %% [markdown] prefix-network
# The authors of the method met something like it: updating a prefix directly is unstable, they write, so they
# let a feed-forward network make it from a smaller matrix
# ([Li & Liang 2021, section 4.3](https://arxiv.org/abs/2101.00190)). We own such a network: the model itself.
# In every block it makes keys and values of a prompt. Keep them, and they **are** a prefix. Take our prompt as it
# was half way.

# %% prefix-from-prompt
half = PromptTuning(model, length=20, seed=lesson.seed)
with torch.no_grad():
    half.prompt.copy_(snapshots[len(snapshots) // 2])
    read = model(inputs_embeds=half.prompt[None], use_cache=True)                # (1, P, d)
    made = [torch.cat([one.keys, one.values]) for one in read.past_key_values.layers]
prefix = PrefixTuning.from_prompt(half, model)                   # the library does the same
assert torch.allclose(prefix.prefix, torch.stack(made))          # L × (2, H, P, width)
off = (last_logits(prefix) - last_logits(half)).abs().max().item()
assert off < 1e-3
say("With this prefix the logits are those with the prompt "
    f"({f'to within {off:.0e}' if off else 'exactly'}). So whatever a soft prompt can do, a prefix "
    "of the same length can do.")

# %% [markdown] prefix-train
# The reverse is not so: in a prefix, each block's numbers may go their own way. Let them, for the other half of
# the steps, on the same rows: so the prompt has learned as long as the prefix. Another control is the prefix of
# the tokens from which the prompt started.

# %% prefix-predict
from course_lib.quiz import predict, reveal

predict("05.mass")

# %% prefix-run
from course_lib.experiments.soft_prompts import grown_rate

started = PrefixTuning(model, length=20, seed=lesson.seed)       # stays as it is: the control
with torch.no_grad():
    prefix.prefix.copy_(torch.stack(made))                       # from the prompt's, once more
fit(model, tokenizer, few, prefix, steps=QUICK.steps // 2, batch_size=QUICK.batch,
    seed=lesson.seed, learning_rate=grown_rate(QUICK, P), progress=False)
by_prefix = share_of(marks_of(test, prefix))

# %% prefix-mass
from course_lib.experiments.soft_prompts import attention_mass, even_share

some_texts = test["prompt"][:40]
mass = {name: attention_mass(model, tokenizer, one, some_texts)  # a share for each block
        for name, one in (("trained", prefix), ("not trained", started))}
even = even_share(P, [len(one) for one in tokenizer(some_texts)["input_ids"]])
mean_of = {name: sum(shares) / len(shares) for name, shares in mass.items()}
reveal("05.mass", 100 * round(mean_of["trained"], 2))

# %% prefix-plot
names = [f"block {place}, {name}" for place in range(1, L + 1) for name in mass]
values = [mass[name][place] for place in range(L) for name in mass]
told = ", ".join(f"{one} {decimal(value)}" for one, value in zip(names, values))
chart = bars(names, values, limit=1, x_label="share of attention on the prefix",
             highlight=[one for one in names if "not" not in one], baselines={"even": even})
show(chart, alt=f"Bars with the share of attention on the prefix: {told}; even {even:.2f}.",
     caption=f"Mean over heads, and over all positions of {len(some_texts)} reviews. Dashed: what "
             f"{P} positions would get if every position looked evenly at all that it sees.")

# %% prefix-explain
grew = mean_of["trained"] - mean_of["not trained"]
say(f"The trained prefix gets **{percent(mean_of['trained'])}** of the attention; before training "
    f"it got {percent(mean_of['not trained'])}. Evenly, {P} positions would get {percent(even)}. "
    + ("Training has drawn attention to it" if grew > 0.05 else "Training has drawn little to it")
    + (", more than its share." if mean_of["trained"] > even else
       ", and still less than an even share."))
say(f"It is right in {percent(by_prefix[0])} of the reviews (95 % interval {percent(by_prefix[1])} "
    f"to {percent(by_prefix[2])}); the prompt, after as many steps in all, in {percent(right)} "
    f"({percent(right_low)} to {percent(right_high)}).")
ahead = claims.get("C41").judge(steered).answers["right answers, of a prefix rather than a prompt"]
say(f"One run is one run. Recorded, {ahead.n} runs, the prefix rather than the prompt: {ahead}.")

# %% [markdown] prefix-limit
# What a prefix **cannot** do: make a word look more at one word and less at another. It takes attention from all
# of them alike ([Petrov et al. 2023](https://arxiv.org/abs/2310.19698)). In block 1, where the words come in
# unchanged, that is exact.

# %% prefix-limit-run
from course_lib.experiments.soft_prompts import moved_among_words

moved_on = moved_among_words(model, tokenizer, prefix, some_texts)
assert moved_on < 1e-4
say("Of the attention that words pay to words in block 1, the trained prefix moves "
    f"{moved_on:.0e}.")

# %% [markdown] attention
# ## Explore: attention on the prefix
#
# **Question: in which block, and in which head, do the words of a review look at the prefix most?** Compare
# with the prefix before training. (It shows your prefix above: after a restart of the kernel, choose Run, Run All
# Above Selected Cell first.)

# %% attention-run
from course_lib.explore.prefix_attention import prefix_attention

prefix_attention(model, tokenizer, {"trained": prefix, "not trained": started})

# %% attention-found
from course_lib.explore.prefix_attention import TEXTS, attention_of

seen = {name: torch.stack([attention_of(model, tokenizer, one, text)[..., :P].sum(-1).mean(-1)
                           for text in TEXTS]).mean(0)          # (texts, L, H) -> (L, H)
        for name, one in (("trained", prefix), ("not trained", started))}
place = divmod(int(seen["trained"].argmax()), seen["trained"].shape[1])
change = seen["trained"] - seen["not trained"]
most = divmod(int(change.abs().argmax()), change.shape[1])
fold("What did you find?",
     f"On its {len(TEXTS)} texts, the trained prefix is looked at most in block {place[0] + 1}, "
       f"head {place[1] + 1}: {percent(seen['trained'][place].item())} of that head's attention "
       "goes to it. Training changed most in block "
       f"{most[0] + 1}, head {most[1] + 1}: from {percent(seen['not trained'][most].item())} to "
       f"{percent(seen['trained'][most].item())}.")

# %% [markdown] others
# ## Against the others, small and large
#
# Is a soft prompt a good bargain? A text says that methods with prompts are *often* worse than other ones that train
# few numbers. So we ask whether, in the mean over draws of labels, LoRA (lesson 06) is ahead of the better one of
# two. Recorded, with the same labels and steps, each at its own rate: the prompt; the prefix that goes on from a
# prompt half way; and LoRA, with no more numbers than the prompt has.

# %% others-plot
from course_lib.experiments.soft_prompts import LORA

budget = claims.recorded("C44")
low_rank = sum(one.numel() for one in LORA.build(model, tokenizer, lesson.seed).parameters())
named = {"prompt": f"prompt, {sentiment.prompt.numel():,} numbers",
         "prefix": f"prefix, {prefix.prefix.numel():,}", "lora": f"LoRA, {low_rank:,}"}
show_shares({name: over_runs(budget[key]) for key, name in named.items()}, "right labels",
            f"Recorded, reviews, {QUICK.steps} steps: mean of {len(budget['lora'].values)} runs, "
            "the line from lowest to highest.", [named["prompt"]], {"guessing": 0.5})

# %% others-told
compared = claims.get("C44").judge(budget)
say(f"{compared.because} That prompt-based methods are often worse than others, read like this: "
    f"**{compared.word}**.")
ahead_of = {key: students_t([100 * lead for lead in (budget["lora"] - budget[key]).values])
            for key in ("prompt", "prefix")}
say("LoRA's lead in points: " + "; ".join(
    f"over the {key} alone {mean:+.1f} ({low:+.1f} to {high:+.1f})"
    for key, (mean, low, high) in ahead_of.items()) + ".")

# %% [markdown] others-sizes
# The source praises prompts for models of 175 billion parameters. We have none. But we have three sizes, and
# can ask which way it goes: is the **gap** between a prompt and full fine-tuning smaller in a larger model? Each
# size and method has the learning rate that was best for it on validation rows; labels and steps are the same.

# %% others-sizes-predict
from course_lib.quiz import predict, reveal

predict("05.sizes")

# %% others-sizes-run
from course_lib.plots import curve

sizes = claims.recorded("C46")
counts = [sum(p.numel() for p in load_model(f"orchard-{one}")[0].parameters())
          for one in ("xs", "s", "m")]
lines = {what: tuple(zip(*(over_runs(sizes[f"{key}_{one}"]) for one in ("xs", "s", "m"))))
         for key, what in (("full", "full"), ("prompt", "prompt"))}
gaps = [full - prompt for full, prompt in zip(lines["full"][0], lines["prompt"][0])]
[change] = claims.get("C46").judge(sizes).answers.values()       # of the gap, over the runs
reveal("05.sizes", "narrows" if change.high < 0 else "grows" if change.low > 0 else "untold")
stuck = [one for one in ("xs", "s", "m") if sizes[f"prompt_{one}"].mean < 0.6]
say(claims.get("C46").judge(sizes).because
    + (f" Mind: on {' and '.join(stuck)} the prompt does about as well as guessing, so there the "
       "gap is what full fine-tuning gains." if stuck else ""))

# %% others-sizes-plot
chart = curve([round(one / 1e6, 1) for one in counts], lines, x_label="millions of parameters",
              y_label="share of right labels", y_limits=(0.4, 1), baselines={"guessing": 0.5})
told = ", ".join(f"{one} {gap:.2f}" for one, gap in zip(("xs", "s", "m"), gaps))
show(chart, alt=f"Curves over the size of the model: full is ahead of the prompt by {told}.",
     caption=f"Recorded, reviews, {len(sizes['full_s'].values)} runs; bands: lowest to highest.")

# %% [markdown] others-beside
# Beside it, from the paper that made the method known:
#
# > … prompt tuning becomes more competitive with scale: as models exceed billions of parameters, our method
# > "closes the gap" and matches the strong performance of model tuning …
# >
# > — [Lester et al. 2021, abstract](https://arxiv.org/abs/2104.08691)
#
# And from one that tried it at 175 billion: on GPT-3, trained vectors at the input reached `63.1 %` on WikiSQL and
# `88.6 %` on MNLI, full fine-tuning `73.8 %` and `89.5 %` ([Hu et al. 2021, table
# 4](https://arxiv.org/abs/2106.09685)). Which gap closes depends on the task, too.

# %% [markdown] library
# ## The same with the library
#
# `peft` has both methods. Give it our numbers, and its logits have to be ours.

# %% library-peft
import warnings

import peft

ids = torch.tensor([tokenizer(rows[0]["prompt"])["input_ids"]])  # (1, T)
text = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def difference(method, config, numbers):
    """The largest difference of our logits from those of peft, given our numbers."""
    with torch.no_grad(), method.on(model), warnings.catch_warnings(action="ignore"):
        theirs = peft.get_peft_model(load_model("orchard-s")[0], config)
        theirs.prompt_encoder.default.embedding.weight.copy_(numbers)
        return (method.logits(model, text) - theirs(**text).logits[:, -ids.shape[1]:]).abs().max()

# %% library-run
both = {"task_type": "CAUSAL_LM"}
as_theirs = prefix.prefix.permute(3, 0, 1, 2, 4).reshape(P, -1)  # (P, L * 2 * H * width)
for method, config, numbers in (
        (sentiment, peft.PromptTuningConfig(num_virtual_tokens=20, **both), sentiment.prompt),
        (prefix, peft.PrefixTuningConfig(num_virtual_tokens=P, **both), as_theirs)):
    gap = difference(method, config, numbers).item()
    assert gap < 1e-3
    print(f"{type(config).__name__:20} largest difference of the logits: {gap:.0e}")

# %% [markdown] real
# ## On a real model
#
# All this was a small world. The same class works on **minilm**, a real pretrained encoder, and on sentences
# that people might write, where one has to understand what is meant. An encoder does not continue text, so it
# gets a head: a linear layer on top, trained with the prompt. The control is the head alone.

# %% real-load
from course_lib.errors import CourseError

try:
    real, real_tokenizer = load_model("minilm")
except CourseError as error:
    real = None
    print(error)
    print("\nThe rest of the lesson does not need it.")

# %% real-run
from course_lib import evaluate
from course_lib.methods import Frozen

natural = load_task("natural")           # for your own: load_task("mine.csv"), columns text, label
sentences = {"train": natural["train"].select(range(200))}
if real is not None:
    real_prompt = PromptTuning(real, length=5, init="vocabulary", num_labels=2, seed=lesson.seed)
    real_head = Frozen(real, (), num_labels=2, seed=lesson.seed)
    for method, rate in ((real_prompt, 3e-2), (real_head, 1e-2)):
        fit(real, real_tokenizer, sentences, method, steps=40, batch_size=8, learning_rate=rate,
            seed=lesson.seed, reuse=method is real_head, progress=False)
        found = evaluate(real, real_tokenizer, natural["test"], method)
        print(f"{method.name:14} {percent(found['accuracy'])} right (95 % interval "
              f"{percent(found['low'])} to {percent(found['high'])}, n = {found['n']})")

# %% [markdown] real-own
# Forty steps on 200 sentences are few: an interval that reaches down to a half says that guessing does as well.
# To bring sentences of your own, write a file with the columns `text` and `label` (any two words), and give
# its path to `load_task` in the cell above. In a terminal, `.venv/bin/course bench minilm mine.csv` compares
# several methods on it.

# %% [markdown] exercise
# ## Now you
#
# In [exercise 05](../exercises/05_soft_prompts.ipynb) you build the mask and the labels of a soft prompt,
# the whole of `prepare`, the search for nearest tokens, and a batch in which each row has its own prompt.
#
# ## Quiz
#
# A wrong answer tells you why it was tempting, and where the lesson shows what is true.

# %% quiz-what
from course_lib.quiz import quiz

quiz("05.what")

# %% quiz-labels
from course_lib.quiz import quiz

quiz("05.labels")

# %% quiz-size
from course_lib.quiz import quiz

quiz("05.size")

# %% quiz-trained
from course_lib.quiz import quiz

quiz("05.frozen")

# %% quiz-nearest
from course_lib.quiz import quiz

quiz("05.nearest")

# %% quiz-prefix
from course_lib.quiz import quiz

quiz("05.prefix")

# %% quiz-overhead
from course_lib.quiz import quiz

quiz("05.overhead")

# %% [markdown] verdicts
# ## The text says, we measured
#
# The figures are yours, from this run, row by row. Code draws the verdict from them.

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

says_measured_verdict({
    "C38": {"trained": sentiment.prompt.numel(), "others": len(touched),
            "changed": float(trained_hash != hash_before)},
    "C39": {"parameters": sentiment.prompt.numel(), "kb": ours_kb, "wide_parameters": wide,
            "wide_kb": wide * 2 / 1024},
    "C40": {"bare_reviews": marks["bare model"], "reviews": marks["vectors, trained"],
            "bare_spam": marks["spam, bare model"], "spam": marks["spam, its prompt"],
            "apart": apart},
})

# %% [markdown] ledger
# One run is one run. The *ledger* holds the recorded runs of all claims of this lesson, over several seeds.

# %% ledger-run
ledger("05")

# %% [markdown] recap
# ## What we know now
#
# 1. A soft prompt is a small matrix of vectors before the text; training moves it and nothing else, so one
#    frozen model serves many tasks, even in one batch.
# 2. The vectors stand where embeddings stand and are not text: the tokens nearest to them do not do their work.
# 3. They are small to keep, and not free to use. In a model as small as ours, the figures above say how far a
#    prompt stays behind LoRA after as many steps. A prefix in every block reaches further in; how one trains it
#    makes the difference.
#
# **What remains unexplained:** vectors before the text can only call up what the model has. How much of the
# change that fine-tuning makes *inside* can one write with as few numbers? Lesson 06 takes the weights apart.

# %% [markdown] sources
# ## Sources
#
# - An explainer of prompt tuning: the film sentence, the 20 vectors, the swap to spam.
# - Unite.AI, *Complete guide to fine-tuning large language models*; and *LoReFT: representation fine-tuning*.
# - Lester et al. 2021, [The power of scale for parameter-efficient prompt tuning](https://arxiv.org/abs/2104.08691).
# - Li & Liang 2021, [Prefix-tuning](https://arxiv.org/abs/2101.00190).
