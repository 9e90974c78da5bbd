"""Numbers as people type them: 81920, 81,920, 81 920, 81.920, 81'920, 8.192e4, 0,5, 70 %."""
import math
import re
import unicodedata

LONGEST = 80  # characters; what is longer is no number
_ALIKE = str.maketrans({**dict.fromkeys("−‐‑‒–—", "-"), **dict.fromkeys("’‘ʼ′`´٬_", "'"), "٫": ","})
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_TIMES_TEN = re.compile(r" ?[x×·*⋅] ?10 ?(?:\^|\*\*) ?")  # 8.192 × 10^4 is 8.192e4
_NUMBER = re.compile(r"([+-]?) ?([\d.,' ]+?)(?:e([+-]?\d{1,3}))?")
_GROUPS = r"[1-9]\d{0,2}(?:%s\d{3})+|[1-9]\d?(?:%s\d\d)+%s\d{3}"  # 1,234,567, and 12,34,567 as in India
_WHOLE = {point: re.compile("|".join([r"\d*", *(_GROUPS.replace("%s", re.escape(mark)) for mark in marks)]))
          for point, marks in (("", ",.' "), (",", ".' "), (".", ",' "))}  # digits alone, or grouped by a mark


def readings(typed: str, unit: str = "") -> tuple[float, ...]:
    """Every number that this can mean, the likelier one first; nothing for what is no number.

    A comma or a point before exactly three digits may group thousands or begin the decimals: both readings stay open.
    `unit` is what is asked for; it may stand behind the number. Where none is, 9 % is 0.09, or simply 9.

    >>> readings("81,920"), readings("81.920"), readings("81 920"), readings("0,5"), readings("many")
    ((81920.0, 81.92), (81.92, 81920.0), (81920.0,), (0.5,), ())
    """
    if len(typed) > LONGEST:
        return ()
    raised = _RAISED.sub(r"^\g<0>", typed)  # 10⁴ is 10^4, not 104
    text = " ".join(unicodedata.normalize("NFKC", raised).translate(_ALIKE).lower().split())
    text = text.removesuffix(unit.lower()).removesuffix(unit.lower().removesuffix("s")).rstrip()
    per_cent, text = text.endswith("%"), text.removesuffix("%").rstrip()
    if per_cent and unit not in ("", "points") and "%" not in unit:
        return ()
    parts = _NUMBER.fullmatch(_TIMES_TEN.sub("e", text))
    if parts is None:
        return ()
    sign, digits, exponent = parts.groups()
    found = [float(f"{sign}{plain}e{exponent or 0}") for plain in _plain(digits, bool(exponent))]
    if per_cent and not unit:
        found = [number / scale for number in found for scale in (100, 1)]
    return tuple(number for number in found if math.isfinite(number))


def _plain(digits: str, exponent: bool) -> list[str]:
    """The digits as Python writes a number, for each way to read them, the likelier one first.

    With an exponent behind them a comma or a point begins the decimals: nobody writes 8.192e4 and means thousands.
    """
    whole, mark, decimals = re.fullmatch(r"(.*?)([.,]?)(\d*)", digits).groups()
    ways, together = [], digits.rstrip(".,")
    if together and _WHOLE[""].fullmatch(together):
        ways.append(re.sub(r"\D", "", together))
    if mark and decimals and _WHOLE[mark].fullmatch(whole):
        ways.append(re.sub(r"\D", "", whole) + "." + decimals)
    return ways[-1:] if exponent else ways[::-1] if mark == "." else ways
