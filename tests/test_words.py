"""Words: the segmenter keeps the terms of the field whole."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.words import STOP_WORDS, dictionary, terms
from tests.conftest import ROOT


def test_dictionary_is_whole_and_has_no_doubles() -> None:
    found = dictionary()
    assert len(found) == len(set(found)) == 439
    assert not [term for term in found if term != "".join(term.split())]


@pytest.mark.parametrize("term", dictionary())
def test_a_term_of_the_field_is_one_word(term: str) -> None:
    assert terms(term) == (term,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("公文差错率", ("公文", "差错率")),
        ("服务对象满意度的提升（≥95%）", ("服务对象满意度", "提升", "95%")),
        ("设备正常运转率", ("设备", "正常运转率")),
        ("执行GB50098标准", ("执行", "gb50098", "标准")),
        ("3480.83万元", ("3480.83", "万元")),
        ("培训、培训", ("培训", "培训")),
        ("", ()),
        ("的、和；%", ()),
    ],
)
def test_words_of_a_text(text: str, words: tuple[str, ...]) -> None:
    assert terms(text) == words


@given(st.text(max_size=60))
def test_words_are_in_the_text(text: str) -> None:
    for word in terms(text):
        assert word in text.lower()
        assert word not in STOP_WORDS


def test_jieba_is_loaded_on_first_use_and_says_nothing() -> None:
    code = (
        "import sys, extract.words as w; print('jieba' in sys.modules); w.terms('绩效目标'); "
        "import jieba; print(jieba.dt.initialized)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False\nFalse\n", "")
