import pytest

from languages.language import LANGUAGES, accepted_language, language_of


@pytest.mark.parametrize(
    ("header", "code", "locale"),
    [
        ("de", "de", "de"),
        ("de-CH,de;q=0.9,en;q=0.8", "de", "de_CH"),
        ("zh-CN,zh;q=0.9,ja;q=0.3,fr;q=0.5", "fr", "fr"),
        ("en-US,en;q=0.9,de;q=0.8", "en", "en_US"),
        ("pt;q=0, ES-mx ; q=0.4", "es", "es_MX"),
        ("de-XX", "de", "de"),
        ("pt-BR-u-nu-latn-hc-h23,en;q=0.9", "pt", "pt_BR"),
        ("ja;q=.3, fr;q=0.33333, de;q=1.", "de", "de"),
        ("ja;q=.3, fr;q=0.33333, en;q=0", "fr", "fr"),
        ("ja;q=1;level=1, fr;q=0.9", "ja", "ja"),
        ("ja;q=, fr;q=., de;q=-1, es;q=1e1, ar;q=0.1", "ar", "ar"),
        ("ar-x-y-z, *;q=0.1", "ar", "ar"),
        ("zh, tlh;q=0.9", "en", "en_GB"),
        ("", "en", "en_GB"),
        (";;,=q, ../../etc/passwd, fr;q=many", "en", "en_GB"),
        ("x," * 100_000 + "de", "en", "en_GB"),
    ],
)
def test_the_first_language_that_is_wanted_and_known_is_taken_and_else_english(
    header: str, code: str, locale: str
) -> None:
    language = accepted_language(header)
    assert (language.code, str(language.locale)) == (code, locale)


@pytest.mark.parametrize(("tag", "code"), [("pt_BR", "pt"), ("JA", "ja"), ("nl", "en"), (None, "en"), ("", "en")])
def test_a_tag_is_read_as_browsers_and_as_systems_write_it(tag: str | None, code: str) -> None:
    assert language_of(tag).code == code


def test_each_language_is_called_as_its_speakers_do_and_arabic_is_written_from_right_to_left() -> None:
    assert {language.name: language.direction for language in LANGUAGES.values()} == {
        "English": "ltr",
        "Deutsch": "ltr",
        "Français": "ltr",
        "Español": "ltr",
        "Português": "ltr",
        "日本語": "ltr",
        "العربية": "rtl",
    }
