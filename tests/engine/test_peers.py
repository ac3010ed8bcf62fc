"""What autograd and MyGrad differentiate has a counterpart here: tables of names, complete where they are installed."""

import importlib
import pkgutil

import pytest

from gradproof import engine

#: What autograd (1.9) has a derivative for, and under what names the same is found here; functions of complex numbers
#: and Fourier transforms are left out, and so is what autograd needs for itself.
AUTOGRAD = {
    "absolute": "absolute", "add": "add", "amax": "amax", "amin": "amin", "arccos": "arccos", "arccosh": "arccosh",
    "arcsin": "arcsin", "arcsinh": "arcsinh", "arctan": "arctan", "arctan2": "arctan2", "arctanh": "arctanh",
    "array_split": "tensor_split", "astype": "Tensor.to", "atleast_1d": "atleast_1d", "atleast_2d": "atleast_2d",
    "atleast_3d": "atleast_3d", "beta": "special.beta stats.beta", "betainc": "special.betainc",
    "betaln": "special.betaln", "broadcast_to": "broadcast_to",
    "cdf": "stats.norm.cdf stats.beta.cdf stats.chi2.cdf stats.gamma.cdf stats.poisson.cdf stats.t.cdf",
    "cholesky": "linalg.cholesky", "clip": "clip", "concatenate_args": "cat", "convolve": "convolve", "cos": "cos",
    "cosh": "cosh", "cross": "cross", "cumsum": "cumsum", "deg2rad": "deg2rad", "degrees": "rad2deg",
    "det": "linalg.det", "diag": "diag", "diagonal": "diagonal", "diff": "diff", "divide": "divide",
    "dot": "dot matmul", "dsplit": "dsplit", "eigh": "linalg.eigh", "einsum": "einsum",
    "entropy": "stats.multivariate_normal.entropy",
    "erf": "erf", "erfc": "erfc", "erfcinv": "special.erfcinv", "erfinv": "erfinv", "exp": "exp", "exp2": "exp2",
    "expand_dims": "unsqueeze", "expit": "special.expit", "expm1": "expm1", "fabs": "abs", "fliplr": "fliplr",
    "flipud": "flipud", "fmax": "fmax", "fmin": "fmin", "full": "broadcast_to", "gamma": "special.gamma",
    "gammainc": "special.gammainc", "gammaincc": "special.gammaincc", "gammaln": "special.gammaln", "gammasgn":
    "special.gammasgn",
    "gradient": "gradient", "hsplit": "hsplit", "hypot": "hypot", "i0": "special.i0", "i1": "special.i1",
    "inner": "inner", "inv": "linalg.inv", "iv": "special.iv", "ive": "special.ive", "nan_to_num": "nan_to_num",
    "partition": "partition", "j0": "special.bessel_j0", "j1": "special.bessel_j1",
    "jv": "special.jn", "kron": "kron", "linspace": "lerp", "log": "log", "log10": "log10", "log1p": "log1p",
    "log2": "log2", "logaddexp": "logaddexp", "logaddexp2": "logaddexp2", "logcdf": "stats.norm.logcdf stats.t.logcdf",
    "logit": "logit", "logpdf": "stats.norm.logpdf stats.beta.logpdf stats.dirichlet.logpdf stats.gamma.logpdf "
    "stats.multivariate_normal.logpdf stats.t.logpdf stats.chi2.logpdf",
    "logpmf": "stats.poisson.logpmf", "logsf": "stats.norm.logsf", "logsumexp": "special.logsumexp",
    "make_diagonal": "diag_embed", "matmul": "matmul", "max": "max", "maximum": "maximum", "mean": "mean", "min": "min",
    "minimum": "minimum", "moveaxis": "moveaxis", "multigammaln": "special.multigammaln", "multiply": "multiply",
    "negative": "negative", "norm": "linalg.norm", "odeint": "integrate.odeint", "outer": "outer",
    "pad": "nn.functional.pad", "pdf": "stats.norm.pdf stats.beta.pdf stats.dirichlet.pdf stats.gamma.pdf stats.t.pdf "
    "stats.multivariate_normal.pdf stats.chi2.pdf",
    "pinv": "linalg.pinv", "pmf": "stats.poisson.pmf", "polygamma": "polygamma", "power": "pow", "prod": "prod",
    "psi": "digamma", "rad2deg": "rad2deg", "radians": "deg2rad", "ravel": "ravel", "reciprocal": "reciprocal",
    "remainder": "remainder", "repeat": "repeat_interleave", "reshape": "reshape", "rgamma": "special.rgamma",
    "roll": "roll", "rollaxis": "movedim", "rot90": "rot90", "sf": "stats.norm.sf", "sin": "sin", "sinc": "sinc",
    "sinh": "sinh", "slogdet": "linalg.slogdet", "solve": "linalg.solve", "solve_banded": "linalg.solve_banded",
    "solve_sylvester": "linalg.solve_sylvester", "solve_triangular": "linalg.solve_triangular", "sort": "sort",
    "split": "split", "sqrt": "sqrt", "sqrtm": "linalg.sqrtm", "square": "square", "squeeze": "squeeze", "std": "std",
    "subtract": "subtract", "sum": "sum", "svd": "linalg.svd", "swapaxes": "swapaxes", "tan": "tan", "tanh": "tanh",
    "tensordot": "tensordot", "tile": "tile", "trace": "Tensor.trace", "transpose": "permute", "tril": "tril",
    "triu": "triu", "var": "var", "vsplit": "vsplit", "where": "where", "y0": "special.bessel_y0",
    "y1": "special.bessel_y1", "yn": "special.yn",
}  # fmt: skip

#: Of complex numbers, in results or in arguments.
COMPLEX = {"angle", "conjugate", "eig", "imag", "real", "real_if_close"}
FOURIER = {
    "fft", "fft2", "fftn", "fftshift", "ifft", "ifft2", "ifftn", "ifftshift", "irfft", "irfft2", "irfftn", "rfft",
    "rfft2", "rfftn", "truncate_pad",
}  # fmt: skip
#: Indexing, containers, vector spaces, and transposes of linear maps, which are calls of the same functions here.
INTERNAL = {
    "__getitem__", "_array_from_scalar_or_array", "_make_dict", "array_from_args", "container_take",
    "container_untake", "covector", "dot_adjoint_0", "dot_adjoint_1", "inner_prod", "make_sequence", "mut_add",
    "scalar_mul", "sequence_extend_left", "sequence_extend_right", "sparse_add", "tensordot_adjoint_0",
    "tensordot_adjoint_1", "untake",
}  # fmt: skip
#: The same of MyGrad (2.5).
MYGRAD = {
    "abs": "abs", "absolute": "absolute", "add": "add", "add_sequence": "add", "amax": "amax", "amin": "amin",
    "arccos": "arccos", "arccosh": "arccosh", "arccot": "arccot", "arccoth": "arccoth",
    "arccsc": "arccsc", "arccsch": "arccsch", "arcsec": "arcsec", "arcsin": "arcsin",
    "arcsinh": "arcsinh", "arctan": "arctan", "arctan2": "arctan2", "arctanh": "arctanh", "atleast_1d": "atleast_1d",
    "atleast_2d": "atleast_2d", "atleast_3d": "atleast_3d", "batchnorm": "nn.functional.batch_norm",
    "broadcast_to": "broadcast_to", "cbrt": "cbrt", "clip": "clip", "concatenate": "cat",
    "conv_nd": "nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d", "cos": "cos", "cosh": "cosh",
    "cot": "cot", "coth": "coth", "csc": "csc", "csch": "csch",
    "cumprod": "cumprod", "cumsum": "cumsum", "divide": "divide", "einsum": "einsum", "elu": "nn.functional.elu",
    "exp": "exp", "exp2": "exp2", "expand_dims": "unsqueeze", "expm1": "expm1",
    "focal_loss": "nn.functional.focal_loss", "glu": "nn.functional.glu", "gru": "gru", "hard_tanh":
    "nn.functional.hardtanh",
    "leaky_relu": "nn.functional.leaky_relu", "log": "log", "log10": "log10", "log1p": "log1p", "log2": "log2",
    "logaddexp": "logaddexp", "logaddexp2": "logaddexp2", "logsoftmax": "log_softmax",
    "margin_ranking_loss": "nn.functional.margin_ranking_loss", "matmul": "matmul", "max": "max",
    "max_pool": "nn.functional.max_pool1d nn.functional.max_pool2d nn.functional.max_pool3d", "maximum": "maximum",
    "mean": "mean", "min": "min", "minimum": "minimum", "moveaxis": "moveaxis", "multi_matmul": "linalg.multi_dot",
    "multiclass_hinge": "nn.functional.multiclass_hinge", "multiply": "multiply", "multiply_sequence": "multiply",
    "negative": "negative", "negative_log_likelihood": "nn.functional.nll_loss", "norm": "linalg.norm",
    "positive": "positive", "power": "pow", "prod": "prod", "ravel": "ravel", "reciprocal": "reciprocal",
    "relu": "relu", "repeat": "repeat_interleave", "reshape": "reshape", "roll": "roll", "sec": "sec",
    "sech": "sech", "selu": "nn.functional.selu", "sigmoid": "sigmoid", "sin": "sin", "sinc": "sinc",
    "sinh": "sinh", "sliding_window_view": "Tensor.unfold", "soft_sign": "nn.functional.softsign",
    "softmax": "softmax", "softmax_crossentropy": "nn.functional.cross_entropy",
    "softmax_focal_loss": "nn.functional.softmax_focal_loss", "sqrt": "sqrt", "square": "square", "squeeze": "squeeze",
    "stack": "stack", "std": "std", "subtract": "subtract", "sum": "sum", "swapaxes": "swapaxes", "tan": "tan",
    "tanh": "tanh", "transpose": "permute", "true_divide": "true_divide", "var": "var", "where": "where",
}  # fmt: skip


def found(path):
    """Return what a dotted name stands for under the engine, None for nothing."""
    place = engine
    for part in path.split("."):
        place = getattr(place, part, None)
    return place


@pytest.mark.parametrize("table", [AUTOGRAD, MYGRAD], ids=["autograd", "MyGrad"])
def test_every_function_of_a_peer_has_its_counterpart(table):
    missing = {name: path for name, paths in table.items() for path in paths.split() if not callable(found(path))}
    assert missing == {}


PACKAGES = {"numpy", "scipy", "autograd", "builtins"}


def test_the_table_of_autograd_is_complete():
    autograd = pytest.importorskip("autograd", reason="autograd is not installed: pip install 'gradproof[peers]'")
    for package in ("numpy", "scipy", "scipy.stats"):
        module = importlib.import_module(f"autograd.{package}")
        for each in pkgutil.iter_modules(module.__path__):
            importlib.import_module(f"autograd.{package}.{each.name}")
    # other tests may have added primitives of their own
    found = {each.__name__: getattr(each.fun, "__module__", None) for each in autograd.core.primitive_vjps}
    names = {name for name, home in found.items() if str(home or "numpy").partition(".")[0] in PACKAGES}
    assert names - (AUTOGRAD.keys() | COMPLEX | FOURIER | INTERNAL) == set()


def test_the_table_of_mygrad_is_complete():
    pytest.importorskip("mygrad", reason="MyGrad is not installed: pip install 'gradproof[peers]'")
    differentiable = ("mygrad.math.", "mygrad.tensor_manip.", "mygrad.linalg.", "mygrad.nnet.", "mygrad.indexing_")
    names = set()
    for package in ("", ".linalg", ".nnet.activations", ".nnet.layers", ".nnet.losses"):
        module = importlib.import_module(f"mygrad{package}")
        for name, value in vars(module).items():
            is_ufunc = hasattr(value, "_wrapped_op") and hasattr(value, "at")
            home = getattr(value, "__module__", None) or ""
            is_function = callable(value) and not isinstance(value, type) and home.startswith(differentiable)
            if (is_ufunc or is_function) and not home.endswith("nondifferentiable"):
                names.add(name)
    assert names - MYGRAD.keys() == set()
