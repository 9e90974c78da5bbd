# %% [markdown] title
# # Exercise 05 · A soft prompt, built by hand
#
# Each task is a step up: one line, then functions with which you train a prompt of your own, read it,
# and serve two tasks in one batch. You build from scratch what [lesson
# 05](../notebooks/05_soft_prompts.ipynb) used ready-made. Below each task stands a check. Run it as often as
# you like: it names the likely mistake, and what you have solved is kept. Below the check, your own code
# meets the model.

# %% start
import torch

from course_lib import load_model, load_task
from course_lib.checks import check, passed
from course_lib.experiments.draws import shortest
from course_lib.plots import curve, show

model, tokenizer = load_model("orchard-s")
model.requires_grad_(False)                                      # frozen, all of it
table = model.get_input_embeddings().weight                      # (V, d)

# %% batches
def batch_of(rows):
    """Rows of a task as a batch: every answer is one token and a newline, so two labels count."""
    texts = [f"{prompt} {answer}\n" for prompt, answer in zip(rows["prompt"], rows["answer"])]
    batch = tokenizer(texts, padding=True, padding_side="left", return_tensors="pt")
    labels = batch["input_ids"].clone()                          # (B, T)
    labels[:, :-2] = -100
    return {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"],
            "labels": labels}

# %% task 05.1

# %% your-room
if passed("05.1"):
    few = batch_of(load_task("reviews")["train"].select(range(3)))
    mask, labels = lengthen(few["attention_mask"], few["labels"], 4)
    print("mask  ", tuple(few["attention_mask"].shape), "->", tuple(mask.shape))
    print("labels", tuple(few["labels"].shape), "->", tuple(labels.shape))
    print("first labels:", labels[0, :6].tolist(), "… last:", labels[0, -2:].tolist())

# %% task 05.2

# %% [markdown] your-prompt-question
# With the real model: your `prepare` inside a training loop of your own. The library's class has to agree with
# it, and the loss should fall. (One step in the loop is one batch of eight short reviews. The learning rate rises
# over the first tenth of the steps, then falls.)

# %% your-loop
def train_prompt(rows, steps=160, rate=3.0, seed=0):
    """Trains 20 vectors with your `prepare`; gives them (P, d) and the loss of every step."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.randint(len(table), (20,), generator=generator)    # tokens drawn by lot
    prompt = table[first].detach().clone().requires_grad_()          # (P, d)
    optimizer, losses = torch.optim.AdamW([prompt], lr=rate, weight_decay=0.0), []
    for step in range(steps):
        drawn = torch.randint(len(rows), (8,), generator=generator).tolist()
        loss = model(**prepare(prompt, table, batch_of(rows.select(drawn)))).loss
        optimizer.param_groups[0]["lr"] = rate * min(10 * (step + 1) / steps, 1 - step / steps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return prompt.detach(), losses

# %% your-training
if passed("05.2"):
    prompt, losses = train_prompt(shortest(load_task("reviews")["train"], 128, tokenizer))
    smooth = [sum(losses[i:i + 10]) / 10 for i in range(0, len(losses), 10)]
    show(curve(range(10, len(losses) + 1, 10), {"your prompt": (smooth,)}, x_label="steps",
               y_label="loss (nats per token)"),
         alt=f"The loss goes from {smooth[0]:.2f} to {smooth[-1]:.2f}.",
         caption="Mean over ten steps each. The last token of an answer, the newline, comes soon.")

# %% your-equal
if passed("05.2"):
    from course_lib.methods import PromptTuning

    library, batch = PromptTuning(model, length=20), batch_of(load_task("reviews")["test"][:4])
    with torch.no_grad(), library.on(model):
        library.prompt.copy_(prompt)
        mine, theirs = model(**prepare(prompt, table, batch)), model(**library.prepare(batch))
    print("largest difference from the library:",
          f"{(mine.logits - theirs.logits).abs().max().item():.0e}")

# %% task 05.3

# %% [markdown] your-words-question
# With your own prompt: which tokens are nearest to its first vectors? Do they say anything?

# %% your-words
if passed("05.3") and passed("05.2"):
    for place, ids in enumerate(nearest_tokens(prompt, table, 4)[:8], start=1):
        print(f"v{place}", [tokenizer.decode(one) for one in ids])

# %% task 05.4

# %% [markdown] your-mix-question
# With the real model: your prompt for reviews and one for spam that you train now, in one batch of both.
# What does each row's own prompt make of it, and what would the other prompt?

# %% your-answers
def right_share(prompts, which, rows, words):
    """The share of rows whose right word gets a higher logit than the wrong one."""
    batch = tokenizer(rows["prompt"], padding=True, padding_side="left", return_tensors="pt")
    made = prepare(prompts[0], table, {"input_ids": batch["input_ids"], "labels":
                   batch["input_ids"], "attention_mask": batch["attention_mask"]})
    made.pop("labels")
    made["inputs_embeds"] = mix_prompts(prompts, which, table[batch["input_ids"]])
    with torch.no_grad():
        last = model(**made).logits[:, -1]                       # (B, P + T, V) -> (B, V)
    ids = [[tokenizer(f" {word}")["input_ids"][-1] for word in pair] for pair in words]
    return [float(logits[pair[label]] > logits[pair[1 - label]])
            for logits, pair, label in zip(last, ids, rows["label"])]

# %% your-mix
if passed("05.4") and passed("05.2"):
    spam, reviews = load_task("spam"), load_task("reviews")
    spam_prompt, _ = train_prompt(shortest(spam["train"], 128, tokenizer), seed=1)
    n, pairs = 50, [("negative", "positive"), ("ham", "spam")]
    both = {name: reviews["test"][:n][name] + spam["test"][:n][name]
            for name in ("prompt", "label")}
    words, own = [pairs[0]] * n + [pairs[1]] * n, [0] * n + [1] * n
    for told, which in (("its own prompt", own), ("the other one", own[::-1])):
        right = right_share([prompt, spam_prompt], which, both, words)
        print(f"{told:15} reviews {sum(right[:n])/n:.2f} right, spam {sum(right[n:])/n:.2f}")

# %% [markdown] end
# You have built a soft prompt, its training, a look into it, and a batch of two tasks. To see what you have
# solved so far, run `%run -m course_lib.cli progress` in a cell.
