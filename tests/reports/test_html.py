"""The file: complete in itself, admitted by its policy, and never markup where it should be text."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gradproof.errors import StoreError
from gradproof.reports import ErrorRecord, RunRecord, render_html, write_html

NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}


class Reader(HTMLParser):
    """Collects the elements of a page, and the text of its scripts, styles and noscript."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "noscript": []}
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.texts:
            self.open.append(tag)
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.texts:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]][-1] += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def policy(self) -> dict[str, list[str]]:
        metas = [each for each in self.attributes("meta") if each.get("http-equiv") == "Content-Security-Policy"]
        directives = [each.split() for each in (metas[0]["content"] or "").split(";")]
        return {name: values for name, *values in directives}


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_policy_admits_the_scripts_and_the_style_by_digest_and_nothing_else(sample: RunRecord) -> None:
    reader = Reader(render_html(sample))
    data, *scripts = reader.texts["script"]
    assert reader.attributes("script")[0]["type"] == "application/gzip"
    assert len(data) > 1000
    assert reader.policy() == {
        "default-src": ["'none'"],
        "script-src": [digest(each) for each in scripts],
        "style-src": [digest(reader.texts["style"][0])],
        "font-src": ["data:"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_policy_stands_before_everything_that_it_rules(sample: RunRecord) -> None:
    tags = [name for name, _ in Reader(render_html(sample)).elements]
    assert tags[:5] == ["html", "head", "meta", "meta", "meta"]


def test_nothing_is_fetched_from_anywhere(sample: RunRecord) -> None:
    reader = Reader(render_html(sample))
    targets = [each[name] or "" for _, each in reader.elements for name in ("src", "href", "srcset") if name in each]
    assert {target.split(",")[0] for target in targets} <= {"data:", "#", "#main"}
    style = reader.texts["style"][0]
    assert re.findall(r"url\(\"?(.{5})", style) == ["data:"]
    assert "@import" not in style


def test_scripts_name_no_address_but_namespaces(sample: RunRecord) -> None:
    _, library, script = Reader(render_html(sample)).texts["script"]
    assert set(re.findall(r"https?://[^\"'\s]+", library + script)) == NAMESPACES
    assert "sourceMappingURL" not in library


def test_no_element_has_inline_style_or_handler(sample: RunRecord) -> None:
    attributes = {name for _, each in Reader(render_html(sample)).elements for name in each}
    assert {name for name in attributes if name == "style" or name.startswith("on")} == set()
    assert {"class", "id", "scope"} <= attributes


def test_noscript_tells_the_counts(sample: RunRecord) -> None:
    words = " ".join(Reader(render_html(sample)).texts["noscript"][0].split())
    assert "302 cases, 2 WRONG, 1 INCONCLUSIVE, 1 OVERFLOWS, 1 UNDEFINED, 297 VERIFIED." in words


def test_noscript_tells_what_could_not_be_examined(crashed: RunRecord) -> None:
    words = " ".join(Reader(render_html(crashed)).texts["noscript"][0].split())
    assert words.endswith("297 VERIFIED. 2 more cases could not be examined.")


def test_errors_are_written_without_the_script(crashed: RunRecord) -> None:
    section = errors_section(render_html(crashed))
    assert section.count("<li>") == 3
    for text in ("<h3>log(x0) of bad1</h3>", "<h3>bad2</h3>", "ZeroDivisionError: planted", "second line"):
        assert text in section
    for name in ("bad1", "bad2", "4f2a91c07d"):
        assert f"<code>gradproof replay {name}</code>" in section
    assert "Gradproof or the target raised an error" in section
    assert section.count("the error came after it") == 1
    assert "not listed here" not in section


def test_errors_beyond_the_first_fifty_are_counted(sample: RunRecord) -> None:
    errors = [ErrorRecord(f"bad{i}", f"draw {i}", "ValueError: planted", f"gradproof replay bad{i}") for i in range(52)]
    for many, words in ((51, "1 more error is not listed here"), (52, "2 more errors are not listed here")):
        section = errors_section(render_html(dataclasses.replace(sample, errors=errors[:many])))
        assert section.count("<li>") == 50
        assert "replay bad49<" in section
        assert "bad50" not in section
        assert words in section


def test_a_run_without_errors_has_no_section_on_them(sample: RunRecord) -> None:
    page = render_html(sample)
    assert "Not examined" not in page
    assert "could not be examined" not in page


def test_error_is_escaped(hostile: RunRecord) -> None:
    assert errors_section(render_html(hostile)).count("&lt;script&gt;alert(1)&lt;/script&gt;") == 7


def errors_section(page: str) -> str:
    start = page.index('<section aria-labelledby="errors-title"')
    return page[start : page.index("</section>", start)]


def test_hostile_text_makes_no_element(sample: RunRecord, hostile: RunRecord) -> None:
    page = render_html(hostile)
    assert len(Reader(page).attributes("script")) == len(Reader(render_html(sample)).attributes("script")) == 3
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_data_block_holds_the_record(sample: RunRecord) -> None:
    data = Reader(render_html(sample)).texts["script"][0]
    run = json.loads(gzip.decompress(base64.b64decode(data)))["run"]
    assert run["cases"] == json.loads(sample.to_json())["cases"]


def test_same_record_gives_the_same_file(sample: RunRecord) -> None:
    assert render_html(sample) == render_html(dataclasses.replace(sample))


def test_licences_of_what_the_file_carries_are_in_it(sample: RunRecord) -> None:
    page = render_html(sample)
    assert "Permission is hereby granted, free of charge" in page
    assert "SIL OPEN FONT LICENSE Version 1.1" in page


def test_unreached_ops_and_sources_of_settings_are_told(sample: RunRecord) -> None:
    page = render_html(sample)
    assert "2 ops of 12 never came up" in page
    assert "<code>linalg.det</code>" in page
    assert "GRADPROOF_WORKERS" in page


@pytest.mark.parametrize("change", [{"cases": []}, {"ops": []}, {"phases": {}}, {"configuration": {}}, {"counts": {}}])
def test_a_run_that_lacks_a_part_still_renders(sample: RunRecord, change: dict[str, object]) -> None:
    page = render_html(dataclasses.replace(sample, **change))  # type: ignore[arg-type]
    assert page.rstrip().endswith("</html>")
    assert ("Nothing was checked" in page) == ("cases" in change)


def test_written_file_is_the_rendered_page(sample: RunRecord, tmp_path: Path) -> None:
    write_html(sample, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == render_html(sample).encode()


def test_unwritable_path_is_told(sample: RunRecord, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"the report cannot be written to .*absent.*No such file or directory"):
        write_html(sample, tmp_path / "absent" / "report.html")


def test_coverage_is_a_table_that_is_closed_at_first(sample: RunRecord) -> None:
    text = render_html(sample)
    block = text[
        text.index("Of 4 combinations of op") : text.index("</details>", text.index("Of 4 combinations of op"))
    ]
    assert "2 were reached" in block
    assert "<details>" in block
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>(.*?)</tr>", block, re.S)]
    assert rows[1] == ["log", "–", "0", "1", "1,234", "0", "–"]
    assert rows[2] == ["sum", "axis", "None", "0", "1", "0", "–", "7"]


def test_a_run_that_counted_no_coverage_says_nothing_of_it(sample: RunRecord) -> None:
    assert "combinations of op" not in render_html(dataclasses.replace(sample, coverage=[]))


def test_the_v_curve_is_drawn_explained_and_given_in_numbers(sample: RunRecord) -> None:
    text = render_html(sample)
    block = text[text.index("What finite differences can see") : text.index("Where the time went")]
    assert block.count("<polyline") == 2
    assert "No step does better than 1e-11 in float64, at 1e-5 of the entry; 1e-5 in float32, at 0.01" in block
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>(.*?)</tr>", block, re.S)]
    assert rows[1] == ["float64", "50", "1e-15", "0.1", "1"]
    assert rows[4] == ["float64", "50", "0.5", "–", "–"]


def test_a_run_without_finite_differences_says_nothing_of_them(sample: RunRecord) -> None:
    assert "What finite differences can see" not in render_html(dataclasses.replace(sample, curves=[]))
