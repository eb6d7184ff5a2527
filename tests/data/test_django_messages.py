import sys
from importlib import metadata

import pytest

import memgen_lite as mg
from memgen_lite.data import django_messages

LANGUAGES = ["de", "fr", "ja", "ru", "zh_Hans", "ar"]


@pytest.fixture(scope="module")
def found():
    return {language: mg.data.translations(language) for language in LANGUAGES}


def test_a_message_is_on_the_same_side_in_all_languages(found):
    train = {text for data in found.values() for text in data.train}
    held_out = {text for data in found.values() for text in data.held_out}
    assert not train & held_out
    assert all(len(train) - len(data.train) < 60 for data in found.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_message_is_a_line_with_a_translation_and_stands_once(found, language):
    data = found[language]
    for texts, meant, names in (
        (data.train, data.y, data.names),
        (data.held_out, data.y_held_out, data.names_held_out),
    ):
        assert len({*texts}) == len(texts) == len(meant) == len(names)
        assert all(text.strip() and "\n" not in text for text in texts) and all(text.strip() for text in meant)
    assert 550 < len(data.train) < 650 and 130 < len(data.held_out) < 170
    assert data.name == f"translations into {language}" and "BSD" in data.license and data.credit in repr(data)


def test_what_is_known_of_german(found):
    data = found["de"]
    said = dict(zip(data.train + data.held_out, data.y + data.y_held_out, strict=True))
    assert (said["Log out"], said["Permissions"]) == ("Abmelden", "Berechtigungen")
    name = "%(name)s object with primary key %(key)r does not exist."
    assert said[name] == "%(name)s-Objekt mit Primärschlüssel %(key)r ist nicht vorhanden."
    assert said["Delete"] == "Löschen"


def test_a_plural_is_left_out(found):
    texts = found["de"].train + found["de"].held_out
    assert not [text for text in texts if text.startswith(("%(num)d year", "Please correct the errors"))][1:]


def test_the_split_is_a_setting():
    assert mg.data.translations("de").train == mg.data.translations("de").train
    assert mg.data.translations("de", random_state=1).train != mg.data.translations("de").train
    assert mg.data.translations("de", held_out=0).held_out == []


def test_nothing_of_django_is_imported(found):
    assert "django" not in sys.modules


@pytest.mark.parametrize("language", ["en", "xx", "", None, 3, ["de"]])
def test_another_language_is_refused_and_the_languages_are_named(language):
    with pytest.raises(ValueError, match=r"^language must be one of af, am, ar, .*zh_Hant, got"):
        mg.data.translations(language)


def test_without_django_it_is_said_how_to_install_it(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(django_messages.metadata, "files", missing)
    with pytest.raises(
        ImportError, match=r'^translations\(\) needs django: pip install "memgen_lite\[translations\]"$'
    ):
        mg.data.translations("de")


def test_without_babel_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "babel.messages.mofile", None)
    with pytest.raises(ImportError, match=r"needs babel"):
        mg.data.translations("de")


def test_marked_and_missing_translations_are_not_in_what_is_read(found):
    """What a person reads in the German source files: no entry of it that is fuzzy or empty is among ours."""
    from babel.messages.pofile import read_po

    files = [file for file in metadata.files("django") if file.as_posix().endswith("locale/de/LC_MESSAGES/django.po")]
    data = found["de"]
    said = dict(zip(data.train + data.held_out, data.y + data.y_held_out, strict=True))
    meant = {}
    for file in files:
        with file.locate().open("rb") as opened:
            for one in read_po(opened):
                if isinstance(one.id, str) and one.id and one.string and not one.fuzzy:
                    meant.setdefault(one.id, set()).add(one.string)
    assert len(said) > 700
    assert all(text in meant.get(source, {text}) for source, text in said.items())
    assert sum(source in meant for source in said) > 700
