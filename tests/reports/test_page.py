"""The page in a real browser: opened from disk, used by pointer and keyboard, and never fooled by a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from gradproof.reports import RunRecord

if TYPE_CHECKING:
    from conftest import Visit
    from playwright.sync_api import Browser, Page

Open = Callable[..., "Visit"]

FAILING = "#case=4f2a91c07d"
HOSTILE = "<script>alert(1)</script>"

NO_CLIPBOARD = "delete Navigator.prototype.clipboard"

PASTE = "() => { const area = document.createElement('textarea'); area.id = 'paste'; document.body.append(area); }"

# Contrast after WCAG 2.2, section 1.4.3, of every element that has text of its own, on its nearest painted ground.
FAINT = """() => {
  const rgba = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const [r, g, b, a = 1] = rgba(getComputedStyle(e).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const box = (e) => e.closest('.vertex, .fault-sign')?.querySelector('circle, .box');
  const paint = (e) => e instanceof SVGElement ? getComputedStyle(e).fill : getComputedStyle(e).color;
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  const judge = (e) => {
    const under = e instanceof SVGElement && box(e) ? rgba(getComputedStyle(box(e)).fill) : ground(e);
    const [a, b] = [luminance(rgba(paint(e))), luminance(under)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const seen = [...document.querySelectorAll('body *')].filter((e) => own(e) && e.checkVisibility());
  const faint = seen.filter((e) => judge(e) < 4.5).map((e) => `${e.tagName}.${e.className}: ${judge(e).toFixed(2)}`);
  return { seen: seen.length, faint };
}"""


SETTLED = """() => new Promise((done) => {
  const look = () => document.documentElement.dataset.shown === location.hash ? done() : setTimeout(look, 5);
  look();
})"""


def settle(page: Page) -> None:
    """Wait until the page shows what its hash says: the browser reports a change of it in a task of its own."""
    page.evaluate(SETTLED)


def status(page: Page) -> str:
    settle(page)
    return page.inner_text("#list-status")


def drawn(page: Page) -> int:
    settle(page)
    return page.locator("#list tbody tr:not(.space)").count()


def test_report_opens_from_disk_with_the_verdict_in_words(visit: Open, sample: RunRecord) -> None:
    page = visit(sample).page
    assert page.url.startswith("file://")
    assert page.inner_text("h1") == "2 of 302 cases are wrong"
    assert status(page) == "All 302 cases"
    assert page.locator("#list tbody tr.fail").count() == 2


def test_visit_notices_a_complaint_and_a_request(visit: Open, sample: RunRecord) -> None:
    made = visit(sample)
    made.page.evaluate("console.error('seen')")
    with made.page.expect_console_message(lambda message: "absent.png" in message.text):
        made.page.evaluate("document.body.append(Object.assign(new Image(), { src: 'absent.png' }))")
    assert made.complaints[0] == "seen"
    assert "Content Security Policy" in made.complaints[1]
    assert made.requests[-1].endswith("absent.png")
    made.complaints.clear()
    made.requests.clear()


def test_embedded_type_is_used_for_formulas(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, FAILING).page
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('20px \"STIX Two Math\"'))")
    assert [face["status"] for face in page.evaluate("[...document.fonts].map(({ status }) => ({ status }))")] == [
        "loaded"
    ]


def test_search_narrows_the_list_and_the_address_keeps_it(visit: Open, sample: RunRecord) -> None:
    page = visit(sample).page
    page.fill("#filter-q", "detached branch")
    assert status(page) == "1 of 302 cases: those that match “detached branch”"
    assert page.url.endswith("#q=detached+branch")
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.input_value("#filter-q") == "detached branch"
    assert drawn(page) == 1


def test_filters_combine_and_clear(visit: Open, sample: RunRecord) -> None:
    page = visit(sample).page
    page.select_option("#filter-op", "log")
    assert status(page).startswith("3 of 302 cases")
    page.select_option("#filter-verdict", "WRONG")
    assert status(page) == "1 of 302 cases: those with verdict WRONG, that contain log"
    page.click("#filter-clear")
    assert status(page) == "All 302 cases"


def test_numbers_of_the_op_table_lead_to_as_many_cases(visit: Open, sample: RunRecord) -> None:
    page = visit(sample).page
    cells = page.locator(".ops td button")
    assert cells.count() > 10
    for i in range(cells.count()):
        number = cells.nth(i).inner_text().replace("✗", "").strip()
        cells.nth(i).click()
        assert status(page).split()[0] == number
        assert page.evaluate("document.activeElement.id") == "cases-title"


def test_headings_sort_the_list(visit: Open, sample: RunRecord) -> None:
    page = visit(sample).page
    page.click("[data-sort=nodes]")
    settle(page)
    nodes = [int(each) for each in page.locator("#list tbody .c-nodes").all_inner_texts()]
    assert nodes[0] == 118
    assert nodes == sorted(nodes, reverse=True)
    assert page.get_attribute("#list th.c-nodes", "aria-sort") == "descending"


def test_case_opens_and_the_way_back_finds_the_row_again(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, "#verdict=VERIFIED").page
    page.evaluate("document.querySelector('#list').scrollTop = 4000")
    page.wait_for_selector("#list tbody tr[aria-rowindex='110']")
    link = page.locator("#list tbody tr[aria-rowindex='110'] a")
    title = link.inner_text()
    link.click()
    settle(page)
    assert page.inner_text("#page h1") == title
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.click("text=← All cases")
    settle(page)
    assert page.url.endswith("#verdict=VERIFIED")
    assert page.evaluate("document.activeElement.textContent") == title


def test_failing_case_shows_the_minimal_graph_first_and_the_original_on_demand(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, FAILING).page
    assert page.inner_text("#page h2 >> nth=0") == "The smallest graph found that still fails"
    assert page.locator(".picture .vertex").count() == 3
    page.click("text=The original case, as it was drawn")
    page.wait_for_selector(".original .picture")
    assert page.locator(".original .picture .vertex").count() == 7


def test_culprit_is_marked_by_more_than_colour(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, FAILING).page
    faulty = page.locator(".picture .vertex.faulty")
    assert faulty.get_attribute("aria-label") == "At fault: v1, log(x0), shape (3,), float64; of x0; WRONG"
    assert "✗" in (faulty.text_content() or "")
    assert "0.5 ± 2.2e-16 is proven" in page.inner_text(".vertex-note")


def test_values_of_the_graph_are_reached_by_keyboard(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, FAILING).page
    page.focus(".picture .vertex >> nth=0")
    assert "input" in page.inner_text(".vertex-note")
    page.keyboard.press("Tab")
    assert "the VJP returned 0.505" in page.inner_text(".vertex-note")
    assert page.evaluate("getComputedStyle(document.activeElement.querySelector('.box')).strokeWidth") == "4px"


def test_differing_entries_are_marked_by_sign_and_underline(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, FAILING).page
    row = page.locator(".entries tr.off")
    assert row.count() == 1
    assert row.locator("th").inner_text() == "x0[1]"
    assert row.locator(".sign").first.inner_text() == "✗"
    assert row.locator("u").inner_text() == "50000000000000"
    assert row.locator("td").nth(1).inner_text() == "0.5000000000000000 ± 1e-37"


def test_full_jacobian_is_a_table_per_witness_with_its_differing_entries_listed(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, FAILING).page
    page.click("text=The original case, as it was drawn")
    page.wait_for_selector(".original .grid")
    grids = page.locator(".original .grid")
    captions = [text.split(",")[0] for text in grids.locator("caption").all_text_contents()]
    assert captions == ["Backward", "Proven", "Finite difference", "Tolerance", "Ulps"]
    assert grids.first.locator("td.off").all_text_contents() == ["✗differs:  -1.225", "✗differs:  -3.1125"]
    assert page.locator(".original .entries").first.locator("tbody th").all_inner_texts() == [
        "v5[1] by x1[2]",
        "v5[3] by x1[11]",
    ]


def test_large_graph_is_drawn_as_a_slice_around_the_fault(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, "#case=b7700120ee").page
    assert 20 < page.locator(".picture .vertex").count() <= 60
    assert "The graph has 120 values" in page.inner_text(".graph .reading")
    assert "steps of the faulty v60" in page.inner_text(".graph .reading")
    box, mark = (page.locator(name).bounding_box() for name in (".picture", ".picture .faulty .box"))
    assert box is not None
    assert mark is not None
    assert box["y"] < mark["y"] < box["y"] + box["height"] - mark["height"]


def test_large_jacobian_is_cut_to_what_can_be_read_and_keeps_what_differs(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, "#case=b7700120ee").page
    square, line = (page.locator(".matrix").nth(i) for i in range(2))
    assert square.locator(".grid").first.locator("tbody tr").count() == 30
    assert square.locator(".grid").first.locator("td.off").all_text_contents() == ["✗differs:  -49.5925"]
    assert "30 of 50 rows and 30 of 60 columns are shown" in square.inner_text()
    assert line.locator("tbody tr").count() == 200
    assert line.locator("tbody tr.off th").all_inner_texts() == ["x1[999]"]
    assert "200 of 1,000 entries are shown" in line.inner_text()


def test_picture_cuts_no_edge_and_no_node(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, "#case=b7700120ee").page
    outside = page.evaluate("""() => {
      const svg = document.querySelector('.picture svg');
      const { x, y, width, height } = svg.viewBox.baseVal;
      const inner = [...svg.querySelectorAll('.edge')].map((e) => e.getBBox());
      return inner.filter((b) => b.x < x || b.y < y || b.x + b.width > x + width || b.y + b.height > y + height).length;
    }""")
    assert page.locator(".picture .edge").count() > 50
    assert outside == 0


@pytest.mark.parametrize("before", ["", NO_CLIPBOARD], ids=["with a clipboard", "without one"])
def test_reproducer_is_copied_to_the_letter(before: str, visit: Open, sample: RunRecord) -> None:
    page = visit(sample, FAILING, before=before).page
    page.bring_to_front()
    page.click("text=Copy reproducer >> nth=0")
    page.wait_for_selector("text=Copied")
    page.evaluate(PASTE)
    page.focus("#paste")
    page.keyboard.press("Control+V")
    wanted = sample.cases[296].minimal
    assert wanted is not None
    assert page.input_value("#paste") == wanted.reproducer


def test_pass_without_detail_tells_how_to_replay(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, "#case=0000000003").page
    assert "Cases that pass keep a row only" in page.inner_text("#page")
    assert page.inner_text("#page pre") == "gradproof replay 0000000003"


def test_unknown_case_is_told(visit: Open, sample: RunRecord) -> None:
    assert "has no case with the id absent" in visit(sample, "#case=absent").page.inner_text("#page")


def test_cases_that_could_not_be_examined_are_shown(visit: Open, crashed: RunRecord) -> None:
    page = visit(crashed).page
    assert page.inner_text("h1") == (
        "2 of 302 cases are wrong, 2 more could not be examined, and 1 broke off after its verdict"
    )
    assert page.locator("#errors").is_visible()
    assert page.locator("#errors h3").all_inner_texts() == ["log(x0) of bad1", "bad2", "a wrong log"]
    assert page.locator("#errors .error .code").first.inner_text() == "ZeroDivisionError: planted"
    assert page.locator("#errors pre").all_inner_texts()[1] == "gradproof replay bad2"
    assert status(page) == "All 302 cases"


def test_error_text_stays_text(visit: Open, hostile: RunRecord) -> None:
    page = visit(hostile).page
    assert page.locator("#errors").is_visible()
    assert page.locator("#errors script").count() == 0
    assert page.locator("#errors h3, #errors .error .code, #errors pre").all_inner_texts() == [HOSTILE] * 6


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_errors_have_contrast_and_fit_a_narrow_window(scheme: str, visit: Open, crashed: RunRecord) -> None:
    page = visit(crashed).page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 420, "height": 800})
    assert page.evaluate(FAINT)["faint"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_hostile_text_stays_text(visit: Open, hostile: RunRecord) -> None:
    page = visit(hostile).page
    assert page.inner_text("#list tbody .c-title") == HOSTILE
    page.click("#list tbody .c-title a")
    settle(page)
    assert page.url.endswith(f"#case={quote(HOSTILE, safe='')}")
    assert page.inner_text("#page h1") == HOSTILE
    page.evaluate("document.querySelectorAll('#page details').forEach((each) => { each.open = true })")
    assert page.locator("script").count() == 3
    assert page.locator("#page img").count() == 0
    assert page.locator("#page math").count() == 1
    assert page.text_content("#page math") == HOSTILE
    assert page.inner_text("#page").count(HOSTILE) > 20


def test_skip_link_leads_to_the_result_and_keeps_the_filters(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, "#verdict=WRONG").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the result"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.url.endswith("#verdict=WRONG")


def test_arrow_keys_move_through_the_list_and_enter_opens(visit: Open, sample: RunRecord) -> None:
    page = visit(sample).page
    page.focus("#list tbody a >> nth=0")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "a chain of 118 ops"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    settle(page)
    assert page.inner_text("#page h1") == "a chain of 118 ops"


def test_ten_thousand_rows_are_ready_soon_and_draw_few(visit: Open, ten_thousand: RunRecord) -> None:
    page = visit(ten_thousand).page
    # Measured at a third of a second; the bound leaves room for a busy machine.
    assert int(page.get_attribute("html", "data-ready") or "") < 3000
    assert drawn(page) <= 40
    assert page.evaluate("document.querySelectorAll('*').length") < 1500
    page.focus("#list tbody a >> nth=0")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.closest('tr').ariaRowIndex") == "10001"
    assert drawn(page) <= 40
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.closest('tr').ariaRowIndex") == "2"


def test_list_has_the_height_of_all_its_rows(visit: Open, ten_thousand: RunRecord) -> None:
    page = visit(ten_thousand).page
    height = page.evaluate("document.querySelector('#list').scrollHeight")
    row = page.evaluate("document.querySelector('#list tbody tr:not(.space)').getBoundingClientRect().height")
    assert height == pytest.approx(10_000 * row, rel=0.01)


def test_tables_have_scopes_and_the_page_its_landmarks(visit: Open, sample: RunRecord) -> None:
    page = visit(sample, FAILING).page
    assert page.locator("th").count() > 30
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("main").count() == 1
    assert page.get_attribute("html", "lang") == "en"


@pytest.mark.parametrize("fragment", ["", FAILING, "#case=b7700120ee"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(scheme: str, fragment: str, visit: Open, sample: RunRecord) -> None:
    page = visit(sample, fragment).page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = page.evaluate(FAINT)
    assert found["seen"] > 50
    assert found["faint"] == []


@pytest.mark.parametrize("fragment", ["", FAILING, "#case=b7700120ee"])
def test_narrow_window_scrolls_boxes_and_never_the_page(fragment: str, visit: Open, sample: RunRecord) -> None:
    page = visit(sample, fragment).page
    page.set_viewport_size({"width": 420, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    assert page.locator(".scroller").count() > 0


def test_print_draws_the_list_beyond_its_window(visit: Open, ten_thousand: RunRecord) -> None:
    page = visit(ten_thousand).page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert drawn(page) == 500
    assert page.text_content("#list-print") == "The first 500 are printed; 9,500 more cases follow."
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert drawn(page) <= 40


def test_page_without_script_tells_the_counts(browser: Browser, visit: Open, sample: RunRecord) -> None:
    url = visit(sample).url
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    text = page.inner_text("body")
    assert "2 of 302 cases are wrong" in text
    assert "297 VERIFIED" in text
    assert not page.locator("#cases").is_visible()
    context.close()


def test_page_without_script_shows_what_could_not_be_examined(
    browser: Browser, visit: Open, crashed: RunRecord
) -> None:
    url = visit(crashed).url
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert page.locator("#errors").is_visible()
    assert "ZeroDivisionError: planted" in page.inner_text("#errors")
    assert "2 more cases could not be examined." in page.inner_text("noscript")
    context.close()
