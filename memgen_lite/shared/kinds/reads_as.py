"""Texts that are perhaps not meant as texts: what reads as numbers, as dates, or as names of files."""

import re
import unicodedata
from collections import Counter

_NAMES = re.compile(r".*\.(png|jpe?g|gif|bmp|tiff?|webp|npy|npz|csv|tsv|jsonl?|parquet|txt)(\.(gz|bz2|xz|zip))?")
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    r"(?:[a-z]{3,9},? )?(?:"
    r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}(?!\d)|\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{4}|\d{2})(?!\d)|\d{4}[-/]\d{2}$"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:$|t\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[-. ] ?{_MONTH}[-., ]|{_MONTH}[- ]\d{{4}}$"
    rf"|{_MONTH}[. ] ?\d{{1,2}}(?:st|nd|rd|th)?,? \d{{2}})"
    r".{,20}"
)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[ap]m)?")
_CURRENCY = r"usd|eur|gbp|jpy|chf|cny|inr|sek|nok|dkk|pln|brl|cad|aud|kr|fr|rs"
_NUMBER = re.compile(
    rf"(?:{_CURRENCY})?[-+(]*(?:{_CURRENCY})?[-+]?(\d+([.,]\d*)?|[.,]\d+|\d{{1,3}}(([.,'’])\d{{3}})(\4\d{{3}})*([.,]\d*)?)"
    r"(?:e[-+]?\d+)?\)?(?P<unit>[^\d\s]{0,6})"
)


def reads_as(texts):
    """What a series of str reads as, if nine in ten do: "dates", "times of day" or "numbers"; else None.

    Numbers may have marks between their thousands, a sign of currency, a unit that most of them share, and brackets
    where they are negative.
    """
    plain = [text.strip().casefold().replace("\u2212", "-") for text in texts]
    enough = 0.9 * len(plain)
    for what, pattern in (("dates", _DATE), ("times of day", _CLOCK)):
        if sum(pattern.fullmatch(text) is not None for text in plain) > enough:
            return what
    bare = ("".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Sc") for text in plain)
    units = Counter(match["unit"] for text in bare if (match := _NUMBER.fullmatch(text)))
    return "numbers" if sum(count for _, count in units.most_common(3)) > enough else None


def doubts_of_texts(role, texts):
    """Sentences about a list of str that is perhaps not meant as texts."""
    some = texts[:1000]
    if sum(_NAMES.fullmatch(text.strip().casefold()) is not None for text in some) > 0.9 * len(some):
        yield f"{role} is names of files, which are compared as texts: memgen_lite.read_rows reads a file or a folder"
    elif what := reads_as(some):
        yield (
            f"{role} is texts that read as {what}, and are compared as texts: pass a frame of them, or an array, where "
            "they are meant so"
        )
