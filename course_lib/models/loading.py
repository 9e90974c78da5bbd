"""`load_model`: a fresh model and its tokenizer, from the package, a folder or the Hugging Face Hub."""
import json
import os
from contextlib import contextmanager
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoTokenizer, PretrainedConfig
from transformers.utils import logging

from course_lib.errors import LARGEST_SEED, CourseError, shown, unknown, whole_number
from course_lib.files import HUB_ID
from course_lib.models import minilm
from course_lib.models.card import BUNDLED
from course_lib.models.seeding import seeded
from course_lib.models.weights import check_weights
from course_lib.promised import PROMISED, check_class, check_config

HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
WEIGHTS, ADAPTER = "model.safetensors", "adapter_config.json"
PICKLED = ("*.bin", "*.bin.index.json", "*.pt", "*.pth", "*.ckpt")


def bundled_models() -> list[str]:
    """The names of the models that come with the package."""
    return sorted(folder.name for folder in BUNDLED.glob("*") if (folder / "config.json").exists())


def load_model(name: str | Path, random: bool = False, seed: int = 0):
    """A fresh `(model, tokenizer)`: a causal language model, or an encoder without a head.

    The caller's random state is left alone. Of a classifier, or of a decoder saved without its
    output layer, the body is loaded: an encoder, or a decoder that needs a head of its own to
    answer with.

    Args:
        name: a bundled model ("orchard-s"), "minilm" (a real pretrained encoder:
            `course install minilm` gets it), a folder, or a Hub id ("owner/name"). A folder or a
            Hub id holds a model of one of the architectures that the course promises
            (course_lib/promised.py).
        random: whether the weights are untrained, drawn from `seed`: the control.
        seed: a whole number from 0 to 2**32 - 1.

    Returns:
        The model, in float32 and in evaluation mode, and its tokenizer.

    Raises:
        CourseError: if the name is unknown, if a folder has no config or no safetensors weights or
            has an adapter beside them, if it has no tokenizer, if the architecture is another, if
            the weights do not fit the config or are no numbers, if minilm or a Hub id cannot be
            had, or if the seed is no such number.
    """
    seed = whole_number("seed", seed, 0, LARGEST_SEED)
    folder = find_folder(name)
    check_folder(folder)
    with quiet():
        try:
            safe = {"local_files_only": True, "trust_remote_code": False}   # a folder's own code is never run
            config = AutoConfig.from_pretrained(folder, **safe)
            check_class(config)
            check_config(config, class_in(config))
            config.return_dict, config.chunk_size_feed_forward = True, 0  # the numbers are the same, by name and whole
            tokenizer = AutoTokenizer.from_pretrained(folder, **safe)
            auto_class = AutoModelForCausalLM if is_causal(config) else AutoModel
            check_vocabulary(folder, tokenizer)
            if random:
                with seeded(seed):
                    model = auto_class.from_config(config, dtype=torch.float32, trust_remote_code=False)
                return model.eval(), tokenizer
            with seeded(seed):      # a pooler that the folder lacks is drawn; nothing of the course reads it
                model, report = auto_class.from_pretrained(folder, config=config, dtype=torch.float32,
                                                           use_safetensors=True, output_loading_info=True, **safe)
        except CourseError:
            raise
        except Exception as error:      # transformers raises many kinds for a broken folder
            what = f"{type(error).__name__}: {error}"
            raise CourseError(f"The model in {folder} cannot be loaded: {what}") from error
    check_weights(folder, model, report)
    return model.eval(), tokenizer


def class_in(config: PretrainedConfig) -> str:
    """The class that the config was saved for; "" where it does not say."""
    return (getattr(config, "architectures", None) or [""])[0]


def is_causal(config: PretrainedConfig) -> bool:
    """Whether to load a causal language model (else a body without a head)."""
    name = class_in(config)
    return name.endswith(("ForCausalLM", "LMHeadModel")) if name else PROMISED[config.model_type].decoder


def find_folder(name: str | Path) -> Path:
    """The folder that a name stands for; a Hub id comes from the cache, or is downloaded where that is allowed.

    Raises CourseError for a name that is nothing of the kind.
    """
    text = str(name)
    if text in bundled_models():
        return BUNDLED / text
    if text == minilm.NAME:
        return find_minilm()
    folder = Path(os.path.expanduser(text))     # unlike Path's methods, os.path takes any text without an error
    if text and os.path.isdir(folder):
        return folder
    if isinstance(name, Path) or folder.is_absolute() or text.startswith((".", "~")) or text.count("/") > 1:
        raise CourseError(f"There is no folder {shown(text)}. Give a bundled model "
                          f"({', '.join(bundled_models())}), a folder that exists, or a Hub id: 'owner/name'.")
    if HUB_ID.fullmatch(text):
        return from_hub(text)
    raise CourseError(f"{unknown('model', text, [*bundled_models(), minilm.NAME])} It can also be a folder, or a Hub "
                      "id: 'owner/name'.")


def find_minilm() -> Path:
    """The folder of minilm, its weights the genuine ones: from the installed package, else from the Hub."""
    folder = minilm.installed_folder()
    if folder is None:
        try:
            folder = from_hub(minilm.HUB_NAME)
        except CourseError as error:
            raise CourseError(f"{minilm.NAME} is not installed here. Get it: {minilm.how_to_get()}. "
                              f"Without a network, bring a folder with {minilm.HUB_NAME} and give its "
                              "path: load_model('./FOLDER').") from error
    minilm.check_sum(folder)
    return folder


def from_hub(name: str) -> Path:
    """The folder in the Hub's cache that holds this model; CourseError where it cannot be had."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES, local_files_only=True))
    except LocalEntryNotFoundError:
        pass
    except HFValidationError as error:
        raise CourseError(f"{shown(name)} is no folder here, and no Hub id is written so. Give a bundled model "
                          f"({', '.join(bundled_models())}), a folder that exists, or 'owner/name'.") from error
    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES, etag_timeout=5))
    except Exception as error:      # no network, no such repository, no permission: the type says which
        raise CourseError(
            f"{name!r} is not in this computer's Hub cache and cannot be downloaded now "
            f"({type(error).__name__}). Use a bundled model ({', '.join(bundled_models())}), or download it once "
            f"where there is a network (`hf download {name} --local-dir FOLDER`), copy the folder here and give "
            "its path. Offline mode is on where HF_HUB_OFFLINE=1 is set.") from error


def check_folder(folder: Path) -> None:
    """CourseError where a folder cannot hold a model that the course loads, or holds more than one."""
    adapter = (folder / ADAPTER).exists()
    if not (folder / "config.json").exists():
        what = f"but an adapter of peft ({ADAPTER}): load its base" if adapter else "so it is not a model's folder"
        raise CourseError(f"The folder {folder} has no config.json, {what}. A folder "
                          "written by `save_pretrained` or by `course pretrain` (its `final`) is one.")
    if adapter:
        raise CourseError(f"The folder {folder} holds a model and an adapter of peft beside it ({ADAPTER}), which "
                          "transformers would put into the model without a word. Move the files that begin with "
                          "`adapter_` to a folder of their own: then the model alone is loaded.")
    if not (folder / WEIGHTS).exists():
        check_shards(folder)


def check_shards(folder: Path) -> None:
    """CourseError where a folder without model.safetensors has not all of the safetensors files of an index either."""
    index = folder / f"{WEIGHTS}.index.json"
    if not index.exists():
        pickled = sorted(path.name for pattern in PICKLED for path in folder.glob(pattern))
        other = sorted(path.name for pattern in ("*.safetensors", "*.gguf", "*.h5", "*.msgpack", "*.onnx")
                       for path in folder.glob(pattern))
        why = (f"only pickled weights ({pickled[0]}), which can run code when loaded; the course refuses them"
               if pickled else f"no weights under a name that transformers reads, only {shown(other)}" if other
               else "no weights")
        raise CourseError(f"The folder {folder} has {why}. Save the model with `save_pretrained`, which writes "
                          f"{WEIGHTS}.")
    try:
        files = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        absent = [file for file in files if not (folder / file).is_file()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(f"{index} is damaged ({type(error).__name__}): it should say in which file each tensor is. "
                          "Copy or save the model again.") from None
    pickled = [file for file in files if not file.endswith(".safetensors")]
    if pickled or absent or not files:
        why = (f"pickled weights ({pickled[0]}), which can run code when loaded; the course refuses them" if pickled
               else f"not all of the model: {len(absent)} of the {len(files)} files that {index.name} names are "
                    f"missing, the first {absent[0]}" if absent else f"an index of no weights, {index.name}")
        raise CourseError(f"The folder {folder} has {why}. Copy the folder again, or save the model with "
                          "`save_pretrained`.")


def check_vocabulary(folder: Path, tokenizer) -> None:
    """CourseError where the tokenizer knows no words: for some classes transformers makes one out of nothing."""
    if set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):
        raise CourseError(f"The folder {folder} has no tokenizer, only a model. Save the one that belongs to it there: "
                          "tokenizer.save_pretrained(folder) writes tokenizer.json.")


@contextmanager
def quiet():
    """No progress bars and no notes from transformers while a model loads; errors still show."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
