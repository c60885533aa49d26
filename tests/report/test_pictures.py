"""A claim's picture on the page: the image itself, its caption and what it shows in words."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from harness.errors import RecordError
from harness.judge import judge
from harness.kinds.picture import Picture
from harness.record.file import read, write
from harness.record.model import Drawn
from harness.report.cases import cases_of
from harness.report.page import compose
from harness.report.pictures import picture_views

CLAIM = "section-4/noise"


def png():
    out = BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


@pytest.fixture
def pictured(make):
    def made(grid=(5, 5), claim=CLAIM, difference=None, **facts):
        plain = make()
        picture = Picture(rows=grid[0], columns=grid[1], difference=difference)
        claims = tuple(
            each.model_copy(update={"picture": picture}) if each.id == claim else each for each in plain.paper.claims
        )
        drawn = Drawn(**{"png": png(), "shown": 25, "key": "k", **facts})
        return plain.model_copy(
            update={"paper": plain.paper.model_copy(update={"claims": claims}), "pictures": {claim: drawn}}
        )

    return made


def frame(record, **labels):
    return next(iter(picture_views(record, cases_of(record, judge(record)).values(), labels).values()))


def page(record):
    return compose(record, judge(record), "0" * 64)["index.html"]


def test_the_picture_stands_in_the_page_beside_its_statement_with_words_for_those_who_do_not_see_it(pictured):
    text = page(pictured())
    items = re.findall(r'<figure class="picture">.*?</figure>', text, re.DOTALL)
    assert len(items) == 1
    assert text.index('<table class="statements sortable">') < text.index(items[0]) < text.index('id="deviations"')
    assert "leaves an accuracy of 51 %" in items[0]
    assert f'src="data:image/png;base64,{png()}"' in items[0]
    assert (
        'alt="Grid of 25 pairs of images, 5 in a row: each original, and to its right the example that the attack lbfgs made from it'
        in items[0]
    )


def test_of_a_picture_with_differences_it_is_said_how_many_times_they_are_magnified_and_it_is_wider(pictured):
    plain, three = frame(pictured()), frame(pictured(difference=10.0))
    for words in (three.caption, three.alternative):
        assert ", and between them 10 times their difference" in words
    assert "times their difference" not in plain.caption + plain.alternative
    assert three.width == pytest.approx(1.5 * plain.width)


def test_a_table_s_picture_stands_beside_the_table(pictured):
    assert page(pictured(claim="table-1/fc10-1/distortion")).count("<img") == 1


def test_a_claim_without_a_picture_shows_none(make):
    assert "<img" not in page(make())


def test_the_caption_tells_model_attack_and_the_mean_distortion_of_what_is_shown(pictured):
    caption = frame(pictured(distortion=0.0613)).caption
    assert caption.startswith(
        "The first 25 pairs of run 1: each image, and to its right the example that the attack lbfgs made from it for fc10-1e-4."
    )
    assert "Their mean distortion is 0.0613." in caption


def test_a_network_is_called_as_the_paper_s_tables_call_it(pictured):
    view = frame(pictured(correct=3), **{"fc10-1e-4": "FC10(10⁻⁴)"})
    assert "made from it for FC10(10⁻⁴)." in view.caption
    assert "FC10(10⁻⁴) still classifies 3 correctly" in view.caption
    assert "fc10-1e-4" not in view.caption + view.alternative


@pytest.mark.parametrize(("correct", "told"), [(0, "classifies none correctly"), (13, "classifies 13 correctly")])
def test_how_many_are_still_recognised_is_told_where_it_is_known(pictured, correct, told):
    assert told in frame(pictured(correct=correct)).caption
    assert "correctly" not in frame(pictured()).caption


def test_clipping_is_told(pictured):
    assert "clipped" in frame(pictured(clipped=True)).caption
    assert "clipped" not in frame(pictured()).caption


def test_a_tall_grid_is_narrow_enough_to_stay_on_one_page(pictured):
    wide, tall = frame(pictured((1, 20), shown=20)), frame(pictured((20, 1), shown=20))
    assert tall.width / 2 * 20 <= 60
    assert wide.width == 140  # the page holds it to its own width


def test_a_picture_that_is_no_png_is_refused_when_the_record_is_read(pictured, tmp_path):
    write(pictured(), tmp_path)
    assert read(tmp_path).pictures[CLAIM].png == png()
    file = tmp_path / "results.json"
    file.write_text(file.read_text().replace(png(), '\\"><script>'))
    with pytest.raises(RecordError, match="pictures"):
        read(tmp_path)


SAYS = "In each row the 8 images with the largest activation: 4 units of layer 3 on the left, 4 of the pixels on the right."


def test_a_gallery_says_what_it_shows_of_which_networks_and_stays_on_one_page(pictured):
    view = frame(pictured(shown=64, across=16, says=SAYS))
    assert view.caption == f"fc10-1e-4, run 1. {SAYS}"
    assert view.alternative == f"Grid of 64 images, 16 in a row. {SAYS}"
    assert "lbfgs" not in view.caption
    tall = frame(pictured(shown=320, across=16, says=SAYS))
    assert tall.width / 16 * 20 <= 60
    assert view.width == 56
