# %% [markdown] statement
# ## Task 01.1 · A prompt with examples
#
# Put examples in front of a question, in the form that the base model has seen: one `key: value` to a line,
# and the query at the end as an open line that stops right after its colon.
#
# `k_shot_prompt([("peach", "drupe"), ("pear", "pome")], "apple")` gives
#
# ```
# peach: drupe
# pear: pome
# apple:
# ```
#
# Zero examples are allowed: then only the open line is left. One line is missing; write it.

# %% stub
def k_shot_prompt(examples: list[tuple[str, str]], query: str) -> str:
    """`examples` as lines `key: value`, then the open line `query:`, nothing after its colon."""
    lines = [f"{key}: {value}" for key, value in examples]
    raise NotImplementedError("return the lines and the open line of the query, as one text")

# %% reference
def k_shot_prompt(examples: list[tuple[str, str]], query: str) -> str:
    """`examples` as lines `key: value`, then the open line `query:`, nothing after its colon."""
    lines = [f"{key}: {value}" for key, value in examples]
    return "\n".join([*lines, f"{query}:"])

# %% checks
import random

TASK = "01.1"
TOLERANCE = 0
DRAWS = 5
PAIRS = [("peach", "drupe"), ("pear", "pome"), ("grapefruit", "hesperidium"), ("plum", "drupe"),
         ("lion", "mammal"), ("France", "Paris"), ("Japan", "Tokyo"), ("New Zealand", "Wellington"),
         ("hot", "cold"), ("big", "small")]


def draw(seed: int) -> dict:
    """Two, none, three, one, four ... examples and a query that is not among them."""
    rng = random.Random(seed)
    k = (2, 0, 3, 1, 4)[seed % 5]
    *examples, (query, _) = rng.sample(PAIRS, k + 1)
    return {"examples": examples, "query": query}

# %% wrong trailing_space
# Your prompt ends with a space after the last colon. In this tokenizer the space belongs to the word that
# follows it (" pome"), so a prompt that already holds the space asks for a continuation the model has
# hardly ever seen.
def k_shot_prompt(examples, query):
    return "\n".join([*(f"{key}: {value}" for key, value in examples), f"{query}: "])

# %% wrong one_line
# Your examples stand on one line. The line break is part of the form: it tells the model where an answer
# ends. Join with "\n".
def k_shot_prompt(examples, query):
    return " ".join([*(f"{key}: {value}" for key, value in examples), f"{query}:"])

# %% wrong query_first
# Your query comes before the examples. A model of this kind only continues a text, so what it is to answer
# has to be the last thing it reads.
def k_shot_prompt(examples, query):
    return "\n".join([f"{query}:", *(f"{key}: {value}" for key, value in examples)])

# %% wrong no_space_after_colon
# Your example lines have no space after the colon ("peach:drupe"). The model has learnt the form "peach:
# drupe"; a missing space gives other tokens.
def k_shot_prompt(examples, query):
    return "\n".join([*(f"{key}:{value}" for key, value in examples), f"{query}:"])

# %% wrong final_line_break
# Your prompt ends with a line break. The model then takes the query's line as finished, and begins a new
# line with a key of its own instead of the answer.
def k_shot_prompt(examples, query):
    return "\n".join([*(f"{key}: {value}" for key, value in examples), f"{query}:"]) + "\n"

# %% wrong list_of_lines
# You return the lines as a list. A tokenizer reads one text: join the lines with "\n".
def k_shot_prompt(examples, query):
    return [*(f"{key}: {value}" for key, value in examples), f"{query}:"]

# %% wrong glued_query
# The query sticks to the end of the last example ("drupeapple:"): joining puts a line break between the
# example lines only. Make the open line of the query one of the lines that you join.
def k_shot_prompt(examples, query):
    return "\n".join(f"{key}: {value}" for key, value in examples) + f"{query}:"

# %% wrong no_colon
# Your last line is the bare query, without its colon. The colon is what says "now the answer", as in the
# lines above it.
def k_shot_prompt(examples, query):
    return "\n".join([*(f"{key}: {value}" for key, value in examples), query])
