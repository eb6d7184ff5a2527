"""Messages of a program in a hundred languages, which are installed already: the catalogues of Django."""

from importlib import metadata
from pathlib import PurePath

from ..shared.checks import shown
from ..shared.extras import needed_by
from ..shared.types import RandomState
from .dataset import Dataset, split


def translations(language: str = "de", held_out: float = 0.2, random_state: RandomState = 0) -> Dataset:
    """Messages of Django in English, list of str, each with its translation as `y`.

    Who calls this for several languages gets the same messages held out in all of them: the split is one of the
    English messages, a share `held_out`, and each language has those of its part that it translates.

    A message is a line that stands in an English catalogue. Left out are those that differ by number (a plural has
    another number of forms in each language), and those of more than a line. Of a message that several catalogues or
    contexts translate, the first translation counts. Placeholders such as `%(name)s` stay as they are. A translation
    is one that Django itself would show: entries that a translator marked as *fuzzy*, that is to be looked at again,
    are not in the compiled catalogues, which are read here. `names` are the catalogues. Nothing of Django is imported.

    Parameters
    ----------
    language : str, a folder of the catalogues, such as "de", "fr", "ja" or "zh_Hans"; there are about a hundred.

    Raises
    ------
    ImportError : where Django or Babel, which reads its catalogues, is not installed.
    ValueError : for a language that Django does not have; the message lists them.
    """
    with needed_by("translations()"):
        from babel.messages.mofile import read_mo
        from babel.messages.pofile import read_po

        catalogues = _catalogues()
    languages = sorted({key[0] for key in catalogues if key[2] == ".mo"} - {"en"})
    if not isinstance(language, str) or language not in languages:
        raise ValueError(f"language must be one of {', '.join(languages)}, got {shown(language)}")
    english: dict[str, str] = {}
    for (_, name, _), file in _of(catalogues, "en", ".po"):
        for message in _messages(read_po, file):
            english.setdefault(message.id, name)
    said: dict[str, str] = {}
    for _, file in _of(catalogues, language, ".mo"):
        for message in _messages(read_mo, file):
            if message.string.strip():
                said.setdefault(message.id, message.string)
    texts, parts = list(english), split(len(english), held_out, random_state)
    train, kept = ([texts[i] for i in rows if texts[i] in said] for rows in parts)
    release = metadata.version("django")
    return Dataset(
        train=train,
        held_out=kept,
        y=[said[text] for text in train],
        y_held_out=[said[text] for text in kept],
        names=[english[text] for text in train],
        names_held_out=[english[text] for text in kept],
        name=f"translations into {language}",
        source=f"catalogues of Django {release} (djangoproject.com) and its translators",
        license="BSD 3-Clause",
        credit=f"Messages: Django {release}, BSD 3-Clause, Django Software Foundation and its translators",
    )


def _catalogues():
    """The catalogues of the installed Django: (language, name, ending) to a file."""
    try:
        files = metadata.files("django") or []
    except metadata.PackageNotFoundError:
        raise ModuleNotFoundError("no Django", name="django") from None
    found = {}
    for file in files:
        place = PurePath(file)
        if place.suffix in (".mo", ".po") and place.parts[-4:-3] == ("locale",):
            found[place.parts[-3], f"{place.parts[-5]}.{place.stem}", place.suffix] = file.locate()
    return found


def _of(catalogues, language, ending):
    return sorted((key, file) for key, file in catalogues.items() if (key[0], key[2]) == (language, ending))


def _messages(read, path):
    """The messages of a file that have one form, and are a line."""
    with open(path, "rb") as file:
        catalogue = read(file)
    return [one for one in catalogue if isinstance(one.id, str) and one.id.strip() and "\n" not in one.id]
