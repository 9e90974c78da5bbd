"""Find measured-looking figures in prose. They belong to the run; typed into text they soon are wrong."""
import re

FIGURE = re.compile(
    r"(?<![\w.,])\d*\.\d+(?:\s?(?:%|percent\b|per cent\b|points?\b|×|x\b|times\b))?"     # a decimal
    r"|(?<![\w.])\d[\d,]*\s?(?:%|percent\b|per cent\b)"
    r"|(?<![\w.])\d[\d,]*[\s-]?(?:percentage )?points?\b"
    r"|(?<![\w.])\d[\d,]*\s?(?:×|x\b|[\s-]times\b)",
    re.IGNORECASE,
)
VERSIONED = ("version", "release", "python", "torch", "pytorch", "transformers", "datasets", "peft", "numpy",
             "jupyterlab", "ipywidgets", "apache", "cc by", "llama", "gpt", "qwen", "mistral", "gemma", "phi")
EXEMPT = [re.compile(pattern, re.MULTILINE | re.IGNORECASE | re.DOTALL) for pattern in (
    r"^(?P<fence>```+|~~~+).*?^(?P=fence)",                    # fenced code
    r"(?P<tick>`+).+?(?P=tick)",                               # code spans
    r"\$\$.+?\$\$|(?<![\\$\d])\$(?!\s)[^$\n]+?(?<!\s)\$(?!\d)",   # maths
    r"(?<=\])\([^)\s]*(?:\s\"[^\"]*\")?\)|<https?://[^>]*>|https?://\S+",   # link targets and addresses
    r"\bdoi:\S+|\barxiv:\s?\d{4}\.\d{4,5}(?:v\d+)?",
    r"(?:§+|\bsections?)\s?\d+(?:\.\d+)*(?:\s?(?:[-–,]|and)\s?\d+(?:\.\d+)*)*",   # sections of a source
    r"\btasks?\s+\d\d\.\d+(?:(?:,| and|, and| to|–)\s?\d\d\.\d+)*|\b0\d\.\d{1,2}\b",    # task ids
    r"\bv\d+(?:\.\d+)+|(?<![\w.])\d+(?:\.\d+){2,}",            # versions
    rf"\b(?:{'|'.join(VERSIONED)})[-\s]?v?\d+(?:\.\d+)*",
)]
QUOTE = re.compile(r"(?:^[ ]{0,3}>.*(?:\n|\Z))+", re.MULTILINE)
SOURCE = re.compile(r"^[\s>]*(?:—|--)|\]\([^)]+\)|https?://")


def figures(markdown: str) -> list[str]:
    """The figures that look measured, as they stand in the text, each with the words around it."""
    text = QUOTE.sub(lambda found: "\n" if quotes_a_source(found.group()) else found.group(), markdown)
    for pattern in EXEMPT:
        text = pattern.sub(" · ", text)
    return [around(text, found) for found in FIGURE.finditer(text)]


def quotes_a_source(quotation: str) -> bool:
    """True where a block quotation's last line says where it is from: `> — Lester et al.`, or a link."""
    return bool(SOURCE.search(quotation.rstrip().rsplit("\n", 1)[-1]))


def around(text: str, found: re.Match, width: int = 30) -> str:
    start, end = max(0, found.start() - width), min(len(text), found.end() + width)
    return " ".join(text[start:end].split())
