# %% [markdown] statement
# ## Task 11.2 · The key of a kept answer
#
# An answer that is kept is found again by its key. Whatever changes the answer must change the key, and nothing else
# may. Make the key from
#
# - `prompt`: a text;
# - `settings`: how the answer is written, such as `{"max_new_tokens": 8, "until": "newline"}`; names are texts, values
#   texts or whole numbers;
# - `weights`: the hash of the model's weights, a text;
# - `digest(text)`: makes a short name of a long text, always the same one, as SHA-256 does. Two different texts have
#   two different names.
#
# Return what `digest` returns. Two settings that say the same in another order have one key. Any text may stand in a
# prompt, a name or a value, your separator, too: so join them in a way that can be read back. `repr` of a list of texts
# is one: it puts each into quotes.

# %% stub
def cache_key(prompt: str, settings: dict, weights: str, digest) -> str:
    """The name under which the answer is kept."""
    raise NotImplementedError

# %% reference
def cache_key(prompt: str, settings: dict, weights: str, digest) -> str:
    """The name under which the answer is kept."""
    parts = [weights, prompt]
    for name in sorted(settings):
        parts += [name, repr(settings[name])]
    return digest(repr(parts))

# %% checks
TASK = "11.2"
TOLERANCE = 0
DRAWS = 3


def draw(seed: int) -> dict:
    """A call, and what else may be kept beside it."""
    prompt = ["peach", "who has won", "plum: drupe"][seed % 3]
    settings = [{"until": "newline", "length": 8}, {"length": 16, "until": "end", "again": 2},
                {"until": "stop", "seed": 0}][seed % 3]
    return {"prompt": prompt, "settings": settings, "weights": ["a3f", "0b77", "c90d"][seed % 3]}


def probe(cache_key, prompt: str, settings: dict, weights: str) -> dict:
    """Which calls have the key of this one; whether digest made it; what digest was told."""
    known = {}

    def digest(text):
        if not isinstance(text, str):
            raise TypeError(f"digest takes a text, not {type(text).__name__}")
        return f"name {known.setdefault(text, len(known))}"

    key = lambda prompt=prompt, settings=settings, weights=weights: cache_key(prompt, dict(settings), weights, digest)
    mine, told = key(), "".join(known)
    of = lambda prompt, settings, weights=weights: key(prompt, settings, weights)
    name, other = list(settings)[:2]
    swapped = {**settings, name: settings[other], other: settings[name]}
    return {
        "digest made the key": mine in [f"name {number}" for number in range(len(known))],
        "the key is a": "text" if isinstance(mine, str) else "number" if isinstance(mine, int) else "something else",
        "digest was told the prompt": prompt in told,
        "the same again": key() == mine,
        "the same where the settings are in another order": key(
            settings=dict(reversed(list(settings.items())))) == mine,
        "the same of another prompt": key(prompt=prompt + "s") == mine,
        "the same of the prompt with a space behind it": key(prompt=prompt + " ") == mine,
        "the same of the prompt in capitals": key(prompt=prompt.upper()) == mine,
        "the same of another model": key(weights=weights + "0") == mine,
        "the same with another setting": [key(settings={**settings, one: "other"}) == mine for one in settings],
        "the same where a setting has another name": [key(settings={
            "name" if this == one else this: value for this, value in settings.items()}) == mine for one in settings],
        "the same with one setting more": key(settings={**settings, "zero": 0}) == mine,
        "the same where two settings have changed places": key(settings=swapped) == mine,
        "the same where the prompt has a letter of the weights": key(
            prompt=weights[-1] + prompt, weights=weights[:-1]) == mine
        or key(prompt=prompt + weights[0], weights=weights[1:]) == mine
        or key(prompt=prompt[1:], weights=weights + prompt[0]) == mine,
        "the same where a separator stands in a prompt": any(
            of(f"a{mark}b", {"x": "c"}, "d") == of("a", {"x": "c"}, f"d{mark}b")
            or of(f"a{mark}b", {"x": "c"}, "d") == of("b", {"x": "c"}, f"d{mark}a")
            for mark in ("|", ",", ";", ":", " ", "\n", "\t", "-", "_", "/", "#", "\0")),
        "the same where a setting says in its name what another says in its value": any(
            of("a", {f"x{mark}y": "z"}) == of("a", {"x": f"y{mark}z"})
            for mark in ("", "=", ":", " ", ",", "|", "-", "_")),
        "the same where a prompt looks like a setting": any(
            of(f"a{mark}x{sign}1", {}) == of("a", {"x": 1})
            for mark in ("", "|", ",", " ", "\n", ":", "-", "_") for sign in ("", "=", ":", " ", "|", ",", "-", "_")),
    }

# %% wrong without_the_weights
# The model is missing. Train it further, or take another one, and the old answers are found as if nothing had changed.
# Put the hash of the weights into the key.
def cache_key(prompt, settings, weights, digest):
    return digest(repr([prompt, sorted(settings.items())]))

# %% wrong without_the_settings
# The settings are missing. Who asks for sixteen tokens gets an answer that was cut off behind eight. Put them in.
def cache_key(prompt, settings, weights, digest):
    return digest(repr([weights, prompt]))

# %% wrong without_the_prompt
# The prompt is missing: every question of one model has one key, and so the first one's answer.
def cache_key(prompt, settings, weights, digest):
    return digest(repr([weights, sorted(settings.items())]))

# %% wrong pythons_hash
# Python's hash() of a text is another number in every process, on purpose. What one run keeps, the next does not find.
# digest gives the same name everywhere, and for ever.
def cache_key(prompt, settings, weights, digest):
    return hash((weights, prompt, tuple(sorted(settings.items()))))

# %% wrong digest_of_pythons_hash
# You give digest what hash() said. Python's hash() of a text is another number in every process, so the name is, too:
# what one run keeps, the next does not find. Give digest the text itself.
def cache_key(prompt, settings, weights, digest):
    return digest(str(hash((weights, prompt, tuple(sorted(settings.items()))))))

# %% wrong order_of_the_settings
# Two settings that say the same in another order have two keys here, so everything is computed again because somebody
# wrote one line above the other. Sort them by their names.
def cache_key(prompt, settings, weights, digest):
    return digest(repr([weights, prompt, list(settings.items())]))

# %% wrong names_and_values_apart
# You sort the values by themselves, so two settings that have changed their values have one key. Each value belongs to
# its name: sort the pairs.
def cache_key(prompt, settings, weights, digest):
    return digest(repr([weights, prompt, sorted(settings), sorted(map(str, settings.values()))]))

# %% wrong values_alone
# Only the values of the settings are in your key, not their names: two settings that have changed their values, or two
# that have another name, cannot be told apart. Take the pairs.
def cache_key(prompt, settings, weights, digest):
    return digest(repr([weights, prompt, sorted(map(str, settings.values()))]))

# %% wrong joined_without_a_separator
# You join the parts with nothing between them, so "ab" + "c" is "a" + "bc": another model's hash and another prompt can
# make the same text. Say where each part ends; repr of a list does.
def cache_key(prompt, settings, weights, digest):
    return digest(weights + prompt + repr(sorted(settings.items())))

# %% wrong joined_with_a_separator
# You put a sign between the parts, and the same sign may stand in a prompt. Then one long part looks like two short
# ones. repr of a list puts quotes around each part, and marks quotes inside of it.
def cache_key(prompt, settings, weights, digest):
    return digest("|".join([weights, prompt, *(f"{name}={settings[name]}" for name in sorted(settings))]))

# %% wrong prompt_made_plain
# You take the prompt without its capitals, or without the spaces around it. The model reads both, and may answer
# otherwise. Whether two questions are one is decided before the cache, not by the key.
def cache_key(prompt, settings, weights, digest):
    return digest(repr([weights, prompt.strip().lower(), sorted(settings.items())]))

# %% wrong without_digest
# You return all that the key is made of, which is as long as the prompt. Give it to digest, and return the short name.
def cache_key(prompt, settings, weights, digest):
    return repr([weights, prompt, sorted(settings.items())])

# %% equal any-fixed-order
# Which part comes first makes no difference, as long as it is always the same.
MUTANTS = ["parts = [weights, prompt] -> parts = [prompt, weights]",
           "parts += [name, repr(settings[name])] -> parts += [repr(settings[name]), name]",
           "for name in sorted(settings): -> for name in turned(sorted(settings)):",
           "for name in sorted(settings): -> for name in mixed(sorted(settings)):"]
