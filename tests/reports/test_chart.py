"""Where the V-curve is drawn."""

from gradproof.reports import StepCurve
from gradproof.reports.chart import BOTTOM, LEFT, RIGHT, TOP, chart


def curve(dtype="float64", steps=(1e-8, 1e-4, 1e-2, 1.0), median=(1e-2, 1e-7, 1e-4, 1.0)):
    return StepCurve(dtype, 9, list(steps), list(median), list(median))


def points(piece):
    return [tuple(map(float, each.split(","))) for each in piece.split()]


def test_both_axes_are_logarithmic_and_end_at_powers_of_ten():
    drawing = chart([curve()])
    assert [tick.exponent for tick in drawing.across] == [-8, -4, 0]
    assert [tick.exponent for tick in drawing.upward] == [-8, -4, 0]
    assert [tick.at for tick in drawing.across] == [LEFT, (LEFT + RIGHT) / 2, RIGHT]
    assert [tick.at for tick in drawing.upward] == [BOTTOM, (BOTTOM + TOP) / 2, TOP]


def test_a_line_goes_through_its_points_and_names_the_best_step():
    (line,) = chart([curve()]).lines
    (piece,) = line.pieces
    assert [x for x, _ in points(piece)] == [LEFT, (LEFT + RIGHT) / 2, LEFT + 0.75 * (RIGHT - LEFT), RIGHT]
    assert [y for _, y in points(piece)] == [78.5, 239.8, (TOP + BOTTOM) / 2, TOP]
    assert (line.step, line.error) == (1e-4, 1e-7)


def test_a_step_that_tells_nothing_leaves_a_gap():
    (line,) = chart([curve(median=(1e-2, None, 1e-4, 1e-3))]).lines
    assert [len(points(piece)) for piece in line.pieces] == [1, 2]


def test_an_error_of_zero_lies_at_the_bottom():
    (line,) = chart([curve(median=(1e-2, 0.0, 1e-4, 1e-3))]).lines
    assert points(line.pieces[0])[1][1] == BOTTOM
    assert line.error == 0.0


def test_a_curve_without_any_point_is_not_drawn():
    assert chart([]) is None
    assert chart([curve(median=(None,) * 4)]) is None
    assert [line.dtype for line in chart([curve(median=(None,) * 4), curve("float32")]).lines] == ["float32"]
