# %% [markdown] statement
# **Your turn: the same words.** `entries` are questions with an answer. Find the one that is the same question as
# `query` but for capitals, signs and spaces, or None. Numbers count as words, too.

# %% [markdown] hint
# `re.findall(r"\w+", text.lower())` gives the words of a text, a list. Two lists can be compared.

# %% stub
import re


def same_words(entries, query):
    """The first entry of the same words in the same order, or None."""
    raise NotImplementedError

# %% reference
import re


def same_words(entries, query):
    """The first entry of the same words in the same order, or None."""
    words = lambda text: re.findall(r"\w+", text.lower())
    return next((entry for entry in entries if words(entry) == words(query)), None)

# %% checks
TASK = "11.same_words"
TOLERANCE = 0
ASKED = ["What is the capital of France?", "what is the capital of FRANCE", "What comes after twenty-one?",
         "What is 2 in words?", "What is 3 in words?",
         "Is hot the opposite of cold?", "Is cold the opposite of hot?"]
TYPED = ["what is the  CAPITAL of france", "Is cold the opposite of hot", "what is 3 in words?",
         "What is the capital of Greece?", "is HOT the opposite of cold ?", "What comes after twenty one"]


def draw(seed):
    return {"entries": ASKED[:5 + seed % 3], "query": TYPED[seed]}


DRAWS = len(TYPED)

# %% wrong capitals-count
# Capitals still count. Most people leave them out: make both texts small first, with .lower().
import re


def same_words(entries, query):
    words = lambda text: re.findall(r"\w+", text)
    return next((entry for entry in entries if words(entry) == words(query)), None)

# %% wrong signs-count
# Signs and spaces still count: "france" and "France?" are two. Compare the words.
def same_words(entries, query):
    return next((entry for entry in entries if entry.lower() == query.lower()), None)

# %% wrong order-lost
# A set of words has no order, so "Is hot the opposite of cold?" is "Is cold the opposite of hot?". Compare lists.
import re


def same_words(entries, query):
    words = lambda text: set(re.findall(r"\w+", text.lower()))
    return next((entry for entry in entries if words(entry) == words(query)), None)

# %% wrong query-inside
# You look for an entry that begins as the query does, and so take another country's. All words must be the same.
import re


def same_words(entries, query):
    words = lambda text: re.findall(r"\w+", text.lower())
    return next((entry for entry in entries if words(entry)[:3] == words(query)[:3]), None)

# %% wrong numbers-lost
# You throw the numbers out with the signs, and then 2 and 3 are one. `\w` keeps both letters and digits.
import re


def same_words(entries, query):
    words = lambda text: re.findall(r"[a-z]+", text.lower())
    return next((entry for entry in entries if words(entry) == words(query)), None)
