"""Functions and estimators of scikit-learn that follow the array API run on traced arrays, and are differentiated.

SciPy asks for the environment variable before it is imported, so that they run in a process of their own.
"""

import json
import os
import subprocess
import sys

CODE = """
import json
import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.metrics import mean_squared_error, pairwise, r2_score
from sklearn.preprocessing import (
    KernelCenterer, MaxAbsScaler, MinMaxScaler, PolynomialFeatures, StandardScaler, minmax_scale, normalize
)
import gradproof

sklearn.set_config(array_api_dispatch=True)
x, y = np.random.default_rng(0).standard_normal((2, 5, 3))
functions = {
    "cosine_similarity": pairwise.cosine_similarity,
    "cosine_distances": pairwise.cosine_distances,
    "euclidean_distances": pairwise.euclidean_distances,
    "linear_kernel": pairwise.linear_kernel,
    "polynomial_kernel": pairwise.polynomial_kernel,
    "rbf_kernel": pairwise.rbf_kernel,
    "sigmoid_kernel": pairwise.sigmoid_kernel,
    "paired_cosine_distances": pairwise.paired_cosine_distances,
    "paired_euclidean_distances": pairwise.paired_euclidean_distances,
    "mean_squared_error": lambda x, y: mean_squared_error(x, y, multioutput="raw_values"),
    "minmax_scale": lambda x, y: minmax_scale(x),
    "normalize": lambda x, y: normalize(x, norm="l1"),
    "KernelCenterer": lambda x, y: KernelCenterer().fit_transform(x @ y.T),
    "MaxAbsScaler": lambda x, y: MaxAbsScaler().fit_transform(x),
    "MinMaxScaler": lambda x, y: MinMaxScaler().fit(x).transform(y),
    "PolynomialFeatures": lambda x, y: PolynomialFeatures().fit_transform(x),
    "StandardScaler": lambda x, y: StandardScaler().fit(x).transform(y),
    "PCA": lambda x, y: PCA(n_components=2, svd_solver="full").fit(x).explained_variance_ratio_,
}
verdicts = {name: str(gradproof.check(function, x, y).verdict) for name, function in functions.items()}
try:
    gradproof.check(mean_squared_error, x, y)
except gradproof.errors.TraceError as error:
    verdicts["refused"] = str(error)
print(json.dumps(verdicts))
"""


def test_functions_and_estimators_that_follow_the_array_api_are_verified():
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    verdicts = json.loads(done.stdout)
    assert verdicts.pop("refused").startswith("float() of a traced value cannot be traced")
    assert len(verdicts) == 18
    assert set(verdicts.values()) == {"VERIFIED"}, verdicts
