"""MathML: well formed, escaped, and saying what the expression says."""

import xml.etree.ElementTree as ET

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from gradproof.symbolic.mathml import mathml

x, y = sp.symbols("x y", real=True)


def text_of(expression):
    return "".join(ET.fromstring(mathml(expression)).itertext())


def tags_of(expression):
    return {element.tag.rpartition("}")[2] for element in ET.fromstring(mathml(expression)).iter()}


def test_a_hostile_name_stays_text():
    source = mathml(sp.Symbol("<script>alert(1)</script>"))
    assert "<script" not in source
    assert text_of(sp.Symbol("<script>alert(1)</script>")) == "<script>alert(1)</script>"


def test_indices_are_subscripts():
    assert tags_of(sp.Symbol("x0_1_2")) == {"math", "msub", "mi", "mrow", "mn", "mo"}
    assert text_of(sp.Symbol("x0_1_2")) == "x01,2"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (x - y, "x−y"),
        (-x, "−x"),
        (x * y, "x⁢y"),
        (sp.Rational(1, 3), "13"),
        (sp.Rational(0.1), "0.1"),
        (sp.exp(-x), "e−x"),
        (sp.Abs(x), "|x|"),
        (sp.Heaviside(x), "H⁡(x)"),
        (sp.Max(x, 0), "max⁡(0,x)"),
        (sp.Min(x, 0), "min⁡(0,x)"),
        (sp.sinc(sp.pi * x), "sinc⁡(π⁢x)"),
        (sp.tanh(x) ** 2, "(tanh⁡(x))2"),
        (x > 0, "x>0"),
        (sp.Ne(x, 0), "x≠0"),
        (y * (x + 1), "y⁢(x+1)"),
    ],
    ids=str,
)
def test_text_reads_as_mathematics(expression, text):
    assert text_of(expression) == text


def test_piecewise_is_a_table_with_a_last_resort():
    expression = sp.Piecewise((x, x > 0), (0, True))
    assert "mtable" in tags_of(expression)
    assert text_of(expression) == "{xif x>00otherwise"


def test_a_derivative_is_a_fraction_of_differentials():
    f = sp.Function("f")
    assert text_of(sp.Derivative(f(x), x)) == "∂(f⁡(x))∂x"


def test_fractions_and_roots_have_their_own_elements():
    assert "mfrac" in tags_of(x / y)
    assert "msqrt" in tags_of(sp.sqrt(x))
    assert "mtable" in tags_of(sp.Matrix([[x, 1], [0, y]]))


@given(st.text(min_size=1, max_size=20).filter(lambda s: s.isprintable()))
def test_any_name_survives(name):
    assert "".join(ET.fromstring(mathml(sp.Symbol(name))).itertext()).replace(",", "") == (
        name.replace("_", "") if all(p.isdigit() for p in name.split("_")[1:]) and "_" in name else name
    ).replace(",", "")
