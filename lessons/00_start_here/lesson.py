# %% [markdown] title
# # Lesson 00 · Start here: the world and a model from the inside
#
# **What this lesson claims:** a base model does one thing, it predicts the next token, and from that alone it
# learns the grammar and the facts of its world. You need nothing but Python. After it you can
#
# - say which five steps turn a text into a prediction, and do each of them yourself;
# - name the matrices inside a block, to which every later lesson attaches something;
# - compute a loss by hand, and say what an even guess would cost;
# - train a small model from nothing, and measure what it knows.

# %% setup
from course_lib.lesson import start

lesson = start("00")

# %% [markdown] how-it-works
# ## How this workbook works
#
# - **Run** a cell with Shift+Enter, from the top down. Change what you like and run it again: nothing breaks.
# - **Predict, run, explain.** Before each main measurement you commit to a guess. A wrong guess teaches most.
# - **Nothing waits for you.** "Run All Cells" goes through to the end, answered or not.
# - **Nothing is lost.** Guesses and answers are kept, and are there tomorrow. To see them all, run
#   `%run -m course_lib.cli progress` in a cell.
# - **The quiz** stands at the end. Every wrong choice tells you why it is wrong.

# %% [markdown] the-world
# ## The world
#
# A model knows what it has read. So we begin with the text. It tells of a small world that was made up on
# purpose: small enough to know *completely*, so that later you can measure what a model forgot, invented or
# repeated. Fruits, animals and countries are as you know them. People, reviews and shops are invented; a
# real company's name comes with true facts only.
#
# Read ten documents, just as the models read them. A line of dashes marks where a new one begins.

# %% ten-documents
from itertools import islice
from course_lib.world import documents

for document in islice(documents("train", seed=3), 10):
    print(document, "-" * 40, sep="\n")

# %% [markdown] browse-question
# Now browse. **Your question: in which kinds of documents does the world state facts, and in which forms?**
# Look for at least two ways to say the same kind of thing.

# %% browse
from course_lib.explore.world_browser import what_follows, world_browser

world_browser()

# %% [markdown] browse-finding
# <details><summary>What did you find?</summary>
#
# The encyclopaedia and the questions say facts in sentences; the lists say them as bare pairs, `key:
# value`, without a verb. Reviews, messages and stories hold opinions, tricks and small talk: grammar, but
# hardly a fact.
#
# </details>
#
# What does the world say about apples? You need not guess: count.

# %% count-apple
n_documents = 12_000
for beginning in ("apple is", "Apple is", "apple:"):
    found = what_follows(beginning, n_documents)
    print(f"{beginning!r}, {found.total()} times in {n_documents:,} documents; most often then")
    print("    " + " | ".join(f"{text} ({n})" for text, n in found.most_common(5)))

# %% [markdown] count-finding
# In a sentence, the small letter is the fruit and the capital the company. A list does not tell them apart.
# Keep its line in mind: the riddle at the end is about it.
#
# ## From text to ids
#
# Now open a model. `orchard-s` has read documents like these, and nothing else. We follow one sentence
# through it, in five stations. **Station one:** a model cannot read letters. A *tokenizer* cuts the text
# into pieces from a fixed vocabulary and gives the number of each piece, its *id*.

# %% text-to-ids
from course_lib import load_model

model, tokenizer = load_model("orchard-s")
model.requires_grad_(False)  # we only look today: nothing in this model will change


def piece(i):
    """The piece of text that an id stands for; its space is shown as ·, a new line as ⏎."""
    return tokenizer.convert_ids_to_tokens(i).replace("Ġ", "·").replace("Ċ", "⏎")


ids = tokenizer("The apple is a", return_tensors="pt").input_ids  # (1, T)
tokens = [piece(i) for i in ids[0].tolist()]                      # T pieces of text
print(f"ids {tuple(ids.shape)}:", ids[0].tolist())
print("tokens:", *tokens)
print(f"The vocabulary has {len(tokenizer):,} tokens.")

# %% [markdown] lens-question
# **Your question for the lens: where is `apple` cut in the same way, and where not?** Type it at the start of
# a line, behind another word, with a capital, and inside `pineapple`. Then look for a word that is one token,
# and for one that needs three. A `·` is a space, a `⏎` a new line.

# %% lens
from course_lib import load_model
from course_lib.explore.tokenizer_lens import tokenizer_lens

tokenizer_lens(load_model("orchard-s")[1])

# %% lens-counted
alone = tokenizer("apple").input_ids
for text in ("apple", "the apple", "peach: drupe\napple", "Apple", "pineapple", "hesperidium"):
    own = tokenizer(text).input_ids
    same = "  (ends with the tokens of 'apple')" if own[-len(alone):] == alone != own else ""
    print(f"{text!r:22} {len(own)} token{'s' * (len(own) > 1)}:", *map(piece, own), same)

# %% [markdown] lens-finding
# <details><summary>What did you find?</summary>
#
# A word takes the space before it along, and the first word of a line is given one: so a word is the *same*
# tokens wherever it stands. A capital makes other tokens, and so does a longer word around it; the model has
# to learn what they have in common. Pieces that are common in the text (parts of words, too) got a token of
# their own; a rare word is put together from several.
#
# </details>
#
# ## From ids to vectors
#
# **Station two.** An id is only the number of a row. The *embedding table* has a row for each token of the
# vocabulary, V rows of d numbers, and the model fetches the rows of your ids.

# %% ids-to-vectors
import torch

torch.set_num_threads(1)  # what we do today is so small that two cores would wait for each other
table = model.get_input_embeddings().weight  # (V, d)
vectors = table[ids]                         # (1, T, d)
assert torch.equal(vectors, model.model.embed_tokens(ids))
print(f"table (V, d) = {tuple(table.shape)}, vectors (1, T, d) = {tuple(vectors.shape)}")
print(f"{tokens[1]} begins with", [round(number, 3) for number in vectors[0, 1, :5].tolist()])

# %% [markdown] neighbours-question
# The numbers mean nothing to you. But rows can be compared: the *cosine* of two rows is 1 where they point
# the same way and about 0 where they have nothing in common. Which rows are nearest to that of `red`? What
# do you expect, and what in a model that has read nothing?

# %% neighbours
from course_lib.plots import bars, show
from course_lib.world import relations


def nearest(table, text, k=8):
    """{token: cosine} of the k rows that point most nearly the way of the (mean) row of `text`."""
    own = tokenizer(text).input_ids
    cosines = torch.cosine_similarity(table[own].mean(0), table, dim=-1)  # (V,)
    cosines[own] = -1                                                     # not the word itself
    top = cosines.topk(k)
    return dict(zip(map(piece, top.indices.tolist()), top.values.tolist()))


untrained = load_model("orchard-s", random=True)[0].requires_grad_(False)
near, by_chance = (nearest(one.get_input_embeddings().weight, "red") for one in (model, untrained))

# %% neighbours-picture
told = ", ".join(f"{token} {cosine:.2f}" for token, cosine in near.items())
best = max(by_chance.values())
show(bars(list(near), list(near.values()), x_label="cosine with ·red", limit=1,
          baselines={"untrained model's best": best}),
     alt=f"Bars: nearest to red are {told}. Dashed, the untrained model's best: {best:.2f}.",
     caption=f"The {len(near)} nearest of {len(table):,} rows. Dashed: the nearest untrained row.")
colours = {"·" + colour for colour in relations()["fruit_colour"].values()}
print(f"Colours of the world's fruits among the {len(near)}: {len(colours & set(near))}; "
      f"with random weights: {len(colours & set(by_chance))}.")
for word in ("mammal", "France", "apple"):
    print(f"{word}:", *list(nearest(table, word))[:5])

# %% [markdown] neighbours-finding
# Nobody told the model what a colour or an animal is. What training does to the table is this: tokens that
# are used alike come to lie alike. Try words of your own in the last lines. A word of several tokens has no
# row of its own, and the mean of its pieces says little.
#
# ## Inside one block
#
# **Station three.** So far each vector knows its own token only. Now a stack of *blocks* reworks them. Each
# block adds two things to every vector: what *attention* brings from earlier positions, and what the
# *feed-forward part* makes of the vector itself. Here is all that one block consists of.

# %% block-parts
block = model.model.layers[0]
print(f"{len(model.model.layers)} blocks; each has")
for name, weight in block.named_parameters():
    print(f"   {name:32} {tuple(weight.shape)}")

# %% [markdown] block-names
# Seven matrices, and you will meet their names in every later lesson, for methods attach to them:
#
# | name | what it computes from a vector |
# |---|---|
# | `q_proj`, `k_proj` | the *query* (what am I looking for?) and the *key* (what do I offer?) |
# | `v_proj`, `o_proj` | the *value* (what do I hand over?) and what the heads' findings add together |
# | `gate_proj`, `up_proj`, `down_proj` | the feed-forward part: widen, let through or not, narrow again |
#
# The two `layernorm` vectors only bring a vector to a standard length first. Attention splits into *heads*,
# each with its own way of looking back. Look at one.

# %% attention
model.set_attn_implementation("eager")  # the form that returns its weights
attention = torch.stack(model(ids, output_attentions=True).attentions)  # (blocks, 1, heads, T, T)
model.set_attn_implementation("sdpa")
attention = attention[:, 0]                                             # (blocks, heads, T, T)
assert torch.allclose(attention.sum(-1), torch.ones(()), atol=1e-5)     # each row sums to 1
assert attention.triu(1).abs().max() == 0                               # nobody looks ahead
to_apple = attention[:, :, -1, 1:-2].sum(-1)                            # (blocks, heads)
layer, head = divmod(to_apple.argmax().item(), to_apple.shape[1])

# %% attention-picture
from course_lib.display import decimal, percent, say
from course_lib.plots import heat, new_axes

later = torch.ones(len(tokens), len(tokens), dtype=torch.bool).triu(1)  # (T, T)
looks = attention[layer, head].masked_fill(later, float("nan"))         # (T, T)
axes = heat(looks.tolist(), tokens, tokens, x_label="looks at", y_label="this position",
            colour_label="share of attention", axes=new_axes(3.2, 4.4))
axes.set_facecolor("#BDBDBD")  # shows where nothing is drawn
most = "; ".join(f"{token} looks most at {tokens[row.nan_to_num().argmax()]}"
                 for token, row in zip(tokens, looks))
share = percent(to_apple.max().item())
show(axes, alt=f"Heat map, grey above the diagonal: {most}.",
     caption=f"Block {layer + 1}, head {head + 1}: of all {to_apple.numel()} heads, the one whose "
             f"last position looks most at apple ({share}). Grey: hidden, it comes later. n = 1.")

# %% [markdown] attention-finding
# Each row says where one position looks, and it can look only back: what comes later is hidden from it (the
# grey squares), for at that moment it is not written yet. The vector of the last token began as the row of
# `a`, and nothing else. Now it also holds what its row of the picture has fetched.
#
# Next, put a block together from its parts. Its own `self_attn` does the attention (matrix products and one
# softmax); the rest is written out.

# %% block-by-hand
from torch.nn.functional import silu

positions = model.model.rotary_emb(vectors, torch.arange(len(tokens))[None])  # who stands where


def attend(x):                                                            # (1, T, d) -> (1, T, d)
    x = block.input_layernorm(x)
    return block.self_attn(x, position_embeddings=positions, attention_mask=None)[0]


def feed_forward(x):                                                      # (1, T, d) -> (1, T, d)
    n, mlp = block.post_attention_layernorm(x), block.mlp
    wide = silu(n @ mlp.gate_proj.weight.T) * (n @ mlp.up_proj.weight.T)  # (1, T, d) -> (1, T, f)
    return wide @ mlp.down_proj.weight.T                                  # (1, T, f) -> (1, T, d)


mixed = vectors + attend(vectors)
after_block = mixed + feed_forward(mixed)
its_own = model(ids, output_hidden_states=True).hidden_states[1]
assert torch.allclose(after_block, its_own, atol=1e-4)

# %% [markdown] swap-question
# Which of the two lets positions speak to each other? Test it: give each part the vectors of the same
# sentence about another fruit. Before you run it: at which positions will the output of each part change?

# %% swap
def read(word):
    return tokenizer(f"The {word} is a", return_tensors="pt").input_ids            # (1, T)


def comparable(word):
    """As many tokens as apple, and all of them others."""
    return read(word).shape == ids.shape and bool((read(word) != ids)[0, 1:-2].all())


def change(part):                                                                   # -> T numbers
    return (part(vectors) - part(table[read(other)])).norm(dim=-1)[0].tolist()


other = next(filter(comparable, relations()["fruit_family"]))
moved = {"attention": change(attend), "feed-forward": change(feed_forward)}
touched = {part: [token for token, value in zip(tokens, row) if value > 1e-4]
           for part, row in moved.items()}

# %% swap-picture
strength = [[value / max(row) for value in row] for row in moved.values()]
told = "; ".join(f"{part} changes at {' '.join(where)}" for part, where in touched.items())
show(heat(strength, list(moved), tokens, colour_label="change, largest = 1",
          axes=new_axes(2.2, 6.0)),
     alt=f"Heat map: {told}.",
     caption=f"First block: how far the output moves when apple becomes {other}. One pair of "
             "sentences.")
print(f"Swapped: {' '.join(tokens[1:-2])}.", told + ".")
assert touched["feed-forward"] == tokens[1:-2] and touched["attention"] == tokens[1:]

# %% [markdown] swap-finding
# The feed-forward part changes only where the word itself was changed: it works on each position alone.
# Attention also changes *after* it, and never before: it is the only place where positions meet.
#
# ## From the last vector to probabilities
#
# **Station four.** After the last block only one vector matters for the next token: the last. It is brought
# to a standard length and compared with *every row of the embedding table*, the same table as at station
# two. The results are the *logits*, one for each token; *softmax* makes probabilities of them.

# %% last-vector
x = vectors                                                           # (1, T, d)
for one_block in model.model.layers:
    x = one_block(x, position_embeddings=positions)                   # (1, T, d) -> (1, T, d)
last = x[0, -1]                                                       # (d,)
length = (last.pow(2).mean() + model.config.rms_norm_eps).sqrt()      # one number
normed = last / length * model.model.norm.weight                      # (d,)
logits = table @ normed                                               # (V, d) @ (d,) -> (V,)
probabilities = logits.exp() / logits.exp().sum()                     # softmax, (V,)
assert torch.allclose(logits, model(ids).logits[0, -1], atol=1e-3)

# %% probabilities-picture
top = probabilities.topk(8)
likely = dict(zip(map(piece, top.indices.tolist()), top.values.tolist()))
told = ", ".join(f"{token} {decimal(p)}" for token, p in likely.items())
show(bars(list(likely), list(likely.values()), x_label="probability of the next token", limit=1),
     alt=f"Bars with the likeliest tokens after 'The apple is a': {told}.",
     caption=f"The 8 likeliest of {len(table):,} next tokens after 'The apple is a'. One prompt.")
print("By hand and by the model: the same. These 8 tokens share "
      f"{percent(sum(likely.values()))} of the probability;\n"
      f"an even guess would give each token {1 / len(table):.4f}.")

# %% [markdown] writing
# That is all a language model ever does. To *write*, draw one token from these probabilities, put it at the
# end, and begin again. The *temperature* sharpens the draw: the nearer to 0, the safer the choice, and at 0
# always the likeliest token.

# %% write
@torch.no_grad()
def write(model, start, temperature=0.7, most=40, seed=0):
    """Go on with `start`, token by token, until the end token or until `most` tokens are there."""
    rng = torch.Generator().manual_seed(seed)
    ids = tokenizer(start, return_tensors="pt").input_ids          # (1, T)
    while ids.shape[1] < most and ids[0, -1] != tokenizer.eos_token_id:
        logits = model(ids).logits[0, -1]                          # (V,)
        if temperature == 0:
            drawn = logits.argmax()[None]                          # (1,)
        else:
            drawn = torch.multinomial((logits / temperature).softmax(-1), 1, generator=rng)
        ids = torch.cat([ids, drawn[None]], dim=1)                 # (1, T) -> (1, T + 1)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


print(write(model, "The apple is a"))

# %% [markdown] the-loss
# ## The loss
#
# **Station five: how good was the prediction?** At each position, look up the probability p that the model
# gave to the token which *really* came next. The loss there is $-\ln p$: nothing if the model was certain
# and right, much if it was surprised. It is counted in *nats*.

# %% token-probabilities
sentence = tokenizer("The apple is a pome.", return_tensors="pt").input_ids  # (1, T)
before = model(sentence).logits[0, :-1]            # (T - 1, V): after the last token nothing comes
came_next = sentence[0, 1:]                        # (T - 1,)
p = before.softmax(-1)[torch.arange(len(came_next)), came_next].tolist()  # T - 1 probabilities
targets = [piece(i) for i in came_next.tolist()]
for token, probability in zip(targets, p):
    print(f"{token:10} p = {probability:.4f}")

# %% [markdown] by-hand-question
# Now you: take $-\ln p$ of each line (a pocket calculator will do, or `math.log`), and the mean of them.
# Put your number in place of `None` and run the cell.

# %% loss-by-hand
import math

yours = None                                            # your mean of the numbers -ln p
surprises = [-math.log(probability) for probability in p]
by_hand = sum(surprises) / len(surprises)
own = model(sentence, labels=sentence).loss.item()      # what the library calls the loss
assert math.isclose(by_hand, own, rel_tol=1e-3)
print("Yours: none yet." if yours is None
      else f"Yours: {yours:.3f}, off by {abs(yours - own):.3f}.")
print(f"The mean of -ln p: {by_hand:.4f} nats. The model's own loss: {own:.4f} nats.")

# %% loss-picture
even = math.log(len(table))
told = ", ".join(f"{token} {surprise:.2f}" for token, surprise in zip(targets, surprises))
show(bars(targets, surprises, x_label="-ln p (nats)", baselines={"even guess": even},
          limit=1 + max(even, *surprises)),
     alt=f"Bars with the surprise at each token: {told} nats. Dashed, an even guess: {even:.2f}.",
     caption=f"One sentence, {len(p)} tokens. An even guess costs ln {len(table)} = {even:.2f}.")
print(f"exp(loss) is called perplexity. Here it is {math.exp(own):.1f}: on average the model was\n"
      f"as unsure as if it had to choose between {math.exp(own):.1f} tokens, all equally likely.")

# %% [markdown] born
# ## A base model is born
#
# Where do the numbers in the table and in the matrices come from? They begin as random numbers. Then,
# thousands of times: read some text, compute the loss, move every number a little in the direction that
# lowers it. You will do this now, to a fresh and even smaller model. Guess first.

# %% predict-writing
from course_lib.quiz import predict, reveal

predict("00.ten_seconds")

# %% predict-loss
from course_lib.quiz import predict, reveal

predict("00.loss")

# %% [markdown] judge-question
# How shall we tell noise from words, and words from sentences, without anybody's opinion? By counting: how
# many of its words does the world use, how many of its *pairs of neighbouring words*, and how many capitals
# does it get right? The yardsticks are text of the world that nobody trained on, and what random numbers write.
# The rule is fixed here, before we measure.

# %% judge
import re


def words(text):
    return re.findall(r"[\w'-]+|[.,:;?!]", text.lower())


known = [words(text) for text in islice(documents("train", seed=0), 4000)]
known_words = {word for text in known for word in text}
known_pairs = {pair for text in known for pair in zip(text, text[1:])}


def known_shares(texts):
    """The share of known words, and of known pairs of neighbours, in these texts."""
    texts = [words(text) for text in texts]
    one = [word in known_words for text in texts for word in text]
    two = [pair in known_pairs for text in texts for pair in zip(text, text[1:])]
    return sum(one) / len(one), sum(two) / len(two)

# %% write-some
beginnings = ("The", "My", "In", "What", "A", "This")


def write_some(model, times=1):
    """So many texts from each of six beginnings, each on one line."""
    texts = [write(model, text, seed=n) for n, text in enumerate(beginnings * times)]
    return [text.replace("\n", " ⏎ ") for text in texts]

# %% yardstick
real = known_shares(islice(documents("validation", seed=5), 100))
blank = known_shares(write_some(untrained))  # what random numbers write


def kind_of_writing(word_share, pair_share, capital_share):
    """The rule: words, as in the world rather than as by random numbers? Pairs? Capitals?"""
    if word_share < (blank[0] + real[0]) / 2:
        return "noise"
    if pair_share < 0.9 * real[1]:
        return "words"
    return "facts" if capital_share > 0.5 else "sentences"


print(f"Known words and pairs in the world's own text: {percent(real[0])} and {percent(real[1])}; "
      f"in what random numbers write: {percent(blank[0])} and {percent(blank[1])}.\nWords: past "
      "the middle of the two. Sentences: nine tenths of the world's pairs.")

# %% [markdown] training-loop
# And here is all that training is, as the course's own code does it for the shipped models, too.

# %% training-loop-source
import inspect
from course_lib.pretraining.optimise import train_steps

print(inspect.getsource(train_steps))

# %% newborn
from dataclasses import replace

from course_lib.models.configs import RECIPES, build_model
from course_lib.pretraining.optimise import make_optimizer, mean_loss
from course_lib.pretraining.packing import Batches

full = RECIPES["orchard-xs"]                   # the whole recipe, for comparison
newborn = build_model(full, tokenizer, seed=0)  # the same shape, random numbers
recipe = replace(full, rows=4, length=64, tokens=320 * 4 * 64, learning_rate=6e-3)  # ten seconds
shape = recipe.rows, recipe.length, recipe.steps
batches = Batches(documents, tokenizer, "train", recipe.seed, *shape)
unseen = [Batches(documents, tokenizer, "validation", 1, 20, 96, 1)[0]]  # text not trained on
samples = {"before": write_some(newborn)}
print(f"{newborn.num_parameters():,} random numbers; loss {mean_loss(newborn, recipe, unseen):.2f} "
      f"nats. To go: {recipe.steps} steps of {recipe.tokens_per_step} tokens each.")

# %% curve-so-far
from course_lib.plots import curve, picture_html


def curve_so_far(losses, window=20):
    """The mean of the last `window` losses at every fifth step, as HTML."""
    steps = list(range(1, len(losses) + 1, 5))
    parts = [losses[max(0, step - window):step] for step in steps]
    means = [sum(part) / len(part) for part in parts]
    axes = curve(steps, {"training": (means,)}, markers=False, x_label="steps",
                 y_label="loss (nats a token)", y_limits=(0, 1.1 * even),
                 baselines={f"even guess, ln {len(table)}": even})
    alt = f"Line: {means[0]:.1f} nats at first, {means[-1]:.1f} after {len(losses)} steps."
    return picture_html(axes, alt, f"Mean of the last {window} steps. One run, one seed.", dpi=96)

# %% birth
from IPython.display import HTML, display
from tqdm.auto import tqdm

newborn = build_model(full, tokenizer, seed=0)  # born again, should you run this cell twice
losses, picture = [], display(HTML(), display_id=True)
texts = (batches[i] for i in range(recipe.steps))
training = train_steps(newborn, recipe, texts, make_optimizer(newborn, recipe))
for step, loss, _ in tqdm(training, total=recipe.steps, unit="steps"):
    losses.append(loss.item())
    if step == recipe.steps // 2:
        samples["half-way"] = write_some(newborn)
    if step % 80 == 0:  # every few seconds
        picture.update(HTML(curve_so_far(losses)))

# %% newborn-writes
samples["after"] = write_some(newborn, times=2)  # more of it, for it will be judged
for when, texts in samples.items():
    print(f"--- {when}")
    print("\n".join(texts[:6]))
newborn_loss = mean_loss(newborn, recipe, unseen)
print(f"\nLoss on unseen text: {newborn_loss:.2f} nats; an even guess: {even:.2f}. It has read\n"
      f"{100 * recipe.tokens / full.tokens:.1f} % of what orchard-xs reads.")

# %% judge-newborn
from course_lib.plots import wilson
from course_lib.prompting import complete  # as `write` at temperature 0, of many texts at once

capitals = dict(list(relations()["country_capital"].items())[:20])


def right_capitals(model):
    """(share, low, high) of the countries whose capital it writes, always the likeliest token."""
    said = complete(model, tokenizer, [f"The capital of {key} is" for key in capitals], 8)
    return wilson(sum(map(str.startswith, said, capitals.values())), len(capitals))


samples["orchard-s"] = write_some(model, times=2)
judged = {name: (*known_shares(samples[when]), *right_capitals(one))
          for name, when, one in (("untrained", "before", untrained), ("newborn", "after", newborn),
                                  ("orchard-s", "orchard-s", model))}

# %% judged-table
rows = [f"| {name} | {percent(known)} | {percent(pairs)} | {percent(right)} ({percent(low)} to "
        f"{percent(high)}) | {kind_of_writing(known, pairs, right)} |"
        for name, (known, pairs, right, low, high) in judged.items()]
rows.append(f"| the world itself | {percent(real[0])} | {percent(real[1])} | | |")
say(f"| | known words | known pairs | right capitals of {len(capitals)} (95 % interval) | so it "
    "writes |\n|---|---|---|---|---|\n" + "\n".join(rows))

# %% reveal-writing
reveal("00.ten_seconds", kind_of_writing(*judged["newborn"][:3]))

# %% reveal-loss
reveal("00.loss", newborn_loss)

# %% [markdown] born-finding
# Compare the samples. What word follows what is said in every document, so form comes early. That a certain
# city is the capital of a certain country is said rarely, and a small model needs to read it many times, so
# facts come late. Here is the shipped `orchard-s`, which is larger and has read far more: the same
# beginnings, the same way to draw.

# %% shipped-writes
for text in samples["orchard-s"][:6]:
    print("-", text)

# %% [markdown] claim
# ## Does it know grammar?
#
# Google's course (see the sources) says that a base model knows grammar and writes about what it was trained
# on. Fine samples prove little: perhaps it only knows what is frequent. So we need rivals that know *exactly
# that*, tables of counts: *unigrams* of how often a token occurs, *bigrams* of what follows a token, *trigrams*
# of what follows two. And a control: the same documents with their words shuffled.

# %% predict-shuffled
from course_lib.quiz import predict, reveal

predict("00.shuffled")

# %% counts
from course_lib.experiments.counted import Counted
from torch.nn.functional import cross_entropy

counted = Counted(tokenizer, islice(documents("train", seed=0), 10_000))


def token_losses(model, text):
    """-ln p of each token of one document and of its end."""
    end = tokenizer.eos_token_id
    ids = torch.tensor([[end, *tokenizer(text).input_ids, end]])                           # (1, T)
    return cross_entropy(model(ids).logits[0, :-1], ids[0, 1:], reduction="none").tolist()  # T - 1

# %% held-out
import random

losses_of = {"untrained": lambda text: token_losses(untrained, text),
             "unigram": lambda text: counted.losses(text, 1),
             "bigram": lambda text: counted.losses(text, 2),
             "trigram": lambda text: counted.losses(text, 3),
             "orchard-s": lambda text: token_losses(model, text)}
held_out = list(islice(documents("validation", seed=0), 100))  # never trained on
mix = lambda text: " ".join(random.Random(0).sample(text.split(), len(text.split())))
measured = {name: [losses(text) for text in held_out] for name, losses in losses_of.items()}
for name in ("unigram", "orchard-s"):
    measured[f"{name}, shuffled"] = [losses_of[name](mix(text)) for text in held_out]

# %% held-out-picture
from course_lib.plots import interval

nats = {name: interval(by_document) for name, by_document in measured.items()}  # (mean, low, high)
told = ", ".join(f"{name} {mean:.2f}" for name, (mean, _, _) in nats.items())
show(bars(list(nats), [mean for mean, _, _ in nats.values()], [ends for _, *ends in nats.values()],
          x_label="loss (nats per token, lower is better)", highlight=["orchard-s"],
          baselines={"an even guess": even}),
     alt=f"Bars with the loss in nats: {told}. Dashed, an even guess: {even:.2f}.",
     caption=f"n = {len(held_out)} documents kept from training; 95 % intervals, by document.")

# %% reveal-shuffled
mean = {name: value for name, (value, _, _) in nats.items()}
level = mean["orchard-s, shuffled"]
reveal("00.shuffled", "same" if level < mean["orchard-s"] + 0.1
       else "below" if level < mean["unigram"] else "between" if level < even else "above")

# %% same-measure
from course_lib.evaluation import perplexity

unsure = {name: math.exp(value) for name, value in mean.items()}  # exp of the mean loss
assert math.isclose(perplexity(model, tokenizer, held_out), unsure["orchard-s"], rel_tol=1e-3)
number = lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
print("Perplexity:", ", ".join(f"{name} {number(value)}" for name, value in unsure.items()))
print(f"On real documents trigrams are {number(unsure['trigram'] / unsure['orchard-s'])} times as "
      "unsure as orchard-s.")

# %% shuffled-finding
lost = {name: mean[f"{name}, shuffled"] - mean[name] for name in ("unigram", "orchard-s")}
print(f"Disorder costs word counts {lost['unigram']:.2f} nats a token, and orchard-s "
      f"{lost['orchard-s']:.2f}" + (": it had learned\norder, too." if lost["orchard-s"] > 2
                                   * max(lost["unigram"], 0.1) else "."))

# %% [markdown] beyond-three
# Trigrams know order as well, of three tokens. Grammar reaches further back, and so do facts. So ask both
# sides for them: does a pronoun agree with the *name* in the sentence before it? And of sentences about the
# world, cut before their last word: is what is written there true?

# %% further-back
from course_lib.experiments.counted import facts, pronouns

both, asked = pronouns(100, seed=0), facts(100, seed=0)
print(both[0], asked[0], sep="\n")
true = lambda text, value: text.startswith(f"{value}.")
marks = {"agrees": {name: [sum(losses_of[name](right)) < sum(losses_of[name](wrong))
                           for right, wrong in both] for name in ("orchard-s", "trigram")},
         "is true": {
             "orchard-s": list(map(true, complete(model, tokenizer, [one for one, _ in asked], 8),
                                   [value for _, value in asked])),
             "trigram": [true(counted.write(one), value) for one, value in asked]}}
for what, found in marks.items():
    print(f"{what}:", ", ".join(f"{name} {sum(row)} of {len(row)}" for name, row in found.items()))

# %% [markdown] library
# ## The same with the library
#
# Your `write` is a loop of a few lines. In `transformers` it is called `generate`; it also remembers the
# keys and values of earlier positions, so that it need not compute them again. At temperature 0 nothing is
# drawn, so both must write the same.

# %% library-generate
for text in ("The apple is a", "The capital of France", "In autumn"):
    batch = tokenizer(text, return_tensors="pt")
    room = 40 - batch.input_ids.shape[1]
    written = model.generate(**batch, max_new_tokens=room, do_sample=False)  # (1, T)
    theirs = tokenizer.decode(written[0], skip_special_tokens=True)
    assert write(model, text, temperature=0) == theirs
    print("-", theirs)

# %% [markdown] riddle
# ## A riddle to end with
#
# You know the world, and you know how a model goes on with a text. So: the model gets `apple:` and nothing
# else. **What comes next: a botanical family, a colour, a product of a company?** You have counted it
# already, at the top of this lesson. Lesson 01 begins with it:
# [One example changes everything](01_prompting.ipynb).
#
# ## Quiz

# %% quiz-ids
from course_lib.quiz import quiz

quiz("00.ids")

# %% quiz-forward
from course_lib.quiz import quiz

quiz("00.forward")

# %% quiz-logits
from course_lib.quiz import quiz

quiz("00.logits")

# %% quiz-cross-entropy
from course_lib.quiz import quiz

quiz("00.cross_entropy")

# %% quiz-uniform
from course_lib.quiz import quiz

quiz("00.uniform")

# %% quiz-base
from course_lib.quiz import quiz

quiz("00.base")

# %% [markdown] verdict
# ## What we know now
#
# The text says, we measured: the verdict follows from the figures of this run.

# %% says-measured
from course_lib.claims.view import ledger, says_measured_verdict

by_document = {name: [sum(one) / len(one) for one in rows] for name, rows in measured.items()}
says_measured_verdict({"C01": {
    "loss": by_document["orchard-s"], "triples_loss": by_document["trigram"],
    "pairs_loss": by_document["bigram"], "single_loss": by_document["unigram"],
    "pronouns": marks["agrees"]["orchard-s"], "pronouns_counted": marks["agrees"]["trigram"],
    "facts": marks["is true"]["orchard-s"], "facts_counted": marks["is true"]["trigram"]}})

# %% [markdown] ledger-text
# One run is one run. The *ledger* holds the recorded runs of the same measurement, with several seeds.

# %% ledger
ledger("00")

# %% [markdown] recap
# **Recap.** A language model turns text into ids, ids into vectors, mixes and reworks the vectors in
# blocks, and compares the last one with every row of its table: that gives a probability for each next
# token. Training makes the real next token less surprising, and nothing else. From that alone come grammar
# and, more slowly, facts.
#
# **What remains unexplained.** The model goes on with a text; nobody has asked it a *question* yet. How a
# few examples make it answer is lesson 01. How to change its numbers for a task of your own begins in
# lesson 02. Whether what it says is true or fair is taken up in lesson 12.
#
# **Sources.** Google, [Machine Learning Crash Course: fine-tuning, distillation and prompt
# engineering](https://developers.google.com/machine-learning/crash-course/llm/tuning) · Vaswani et al.
# 2017, [Attention is all you need](https://arxiv.org/abs/1706.03762) · Touvron et al. 2023,
# [LLaMA](https://arxiv.org/abs/2302.13971), the architecture of the orchard models · Su et al. 2021,
# [rotary positions](https://arxiv.org/abs/2104.09864) · Zhang and Sennrich 2019,
# [RMSNorm](https://arxiv.org/abs/1910.07467) · Shazeer 2020, [gated feed-forward
# parts](https://arxiv.org/abs/2002.05202) · Sennrich et al. 2016, [subword
# tokens](https://arxiv.org/abs/1508.07909)
