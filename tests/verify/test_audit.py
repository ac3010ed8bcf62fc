"""The audit of domains: no domain of the vocabulary is too wide, and every planted one that is too wide is found."""

import dataclasses

import pytest
import sympy as sp
from click.testing import CliRunner

from gradproof.engine.domain import INTEGER, NONNEGATIVE, NONZERO, POSITIVE, PROBABILITY, REAL, Domain, above
from gradproof.engine.vocabulary import OPS
from gradproof.verify import audit as module
from gradproof.verify import cli
from gradproof.verify.audit import as_set, audit


def audited(name, **facts):
    return audit([dataclasses.replace(OPS[name], **facts)])


@pytest.mark.parametrize("name", OPS)
def test_no_domain_of_the_vocabulary_is_too_wide(name):
    assert [each for each in audited(name) if each.is_fault] == []


def test_the_whole_vocabulary_is_audited_unless_ops_are_named(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "_audit_op", lambda op: asked.append(op.name) or [])
    audit()
    assert asked == list(OPS)


@pytest.mark.parametrize(
    ("name", "domain", "slot", "point"),
    [
        ("log", ((REAL,),), 0, -1),
        ("log", ((NONNEGATIVE,),), 0, 0),
        ("sqrt", ((REAL,),), 0, -1),
        ("divide", ((REAL, REAL),), 1, 0),
        ("log1p", ((above(-2.0),),), 0, sp.Rational(-3, 2)),
        ("pow", ((REAL, REAL),), 0, -1),
        ("pow", ((NONNEGATIVE, REAL),), 0, 0),
        ("pow", ((POSITIVE, REAL), (REAL, INTEGER)), 0, 0),
    ],
)
def test_a_domain_that_is_too_wide_is_found(name, domain, slot, point):
    """SymPy must name the point, and balls must find fault with the same argument."""
    found = [each for each in audited(name, domain=domain) if each.is_fault and each.slot == slot]
    exact = [sp.sympify(each.where) for each in found if each.how == "SymPy"]
    assert any(point in where for where in exact)
    assert any(each.how == "balls at sample points" for each in found)


def test_the_other_argument_is_not_blamed():
    assert {each.slot for each in audited("divide", domain=((REAL, REAL),)) if each.is_fault} == {1}


@pytest.mark.parametrize("name", ["relu", "abs"])
def test_a_kink_that_is_not_declared_is_found(name):
    (found,) = audited(name, kinks=())
    assert (found.kind, found.where) == ("kink not declared", "{0}")
    assert any(each.kind == "kink not declared" for each in audited(name, kinks=((1.0,),)))


def test_a_tie_that_is_not_declared_is_found():
    assert {each.kind for each in audited("maximum", ties=False)} == {"kink not declared"}


@pytest.mark.parametrize(("name", "domain"), [("exp", POSITIVE), ("sin", NONZERO), ("tanh", PROBABILITY)])
def test_a_domain_that_is_too_narrow_is_told_and_is_no_fault(name, domain):
    (found,) = audited(name, domain=((domain,),))
    assert found.kind == "too narrow"
    assert not found.is_fault
    assert (0 if name == "sin" else -2) in sp.sympify(found.where)


def test_where_sympy_cannot_tell_balls_decide(monkeypatch):
    def cannot(*args):
        raise NotImplementedError

    monkeypatch.setattr(module, "continuous_domain", cannot)
    assert {each.kind for each in audited("log")} == {"not decided"}
    found = [each for each in audited("log", domain=((REAL,),)) if each.is_fault]
    assert [(each.kind, each.how) for each in found] == [("not defined", "balls at sample points")]
    assert {-2, 0} <= set(sp.sympify(found[0].where))


def test_a_domain_is_the_set_that_it_says():
    assert as_set(POSITIVE) == sp.Interval.open(0, sp.oo)
    assert as_set(PROBABILITY) == sp.Interval(0, 1)
    assert as_set(NONZERO) == sp.S.Reals - sp.FiniteSet(0)
    assert as_set(Domain(low=0.0, high=2.0, open=False, integer=True)) == sp.Range(0, 3)


def test_the_command_prints_the_findings_and_fails_on_a_wide_domain(monkeypatch):
    monkeypatch.setattr(cli, "audit", lambda: audited("exp", domain=((POSITIVE,),)))
    done = CliRunner().invoke(cli.main, ["ops", "--audit"])
    assert done.exit_code == 0, done.output
    assert done.output.endswith(f"{len(OPS)} ops audited, 0 with a domain that is too wide\n")
    assert "exp, argument 0: too narrow: Interval(-oo, 0) (SymPy)" in done.output
    monkeypatch.setattr(cli, "audit", lambda: audited("log", domain=((REAL,),)))
    done = CliRunner().invoke(cli.main, ["ops", "--audit"])
    assert done.exit_code == 1
    assert "log, argument 0: not defined: Interval(-oo, 0) (SymPy)" in done.output
