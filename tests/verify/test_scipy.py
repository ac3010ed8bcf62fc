"""SciPy's functions that follow the array API run on traced arrays, and are differentiated by the engine.

SciPy asks for the environment variable before it is imported, so that they run in a process of their own.
"""

import json
import os
import subprocess
import sys

CODE = """
import json
import numpy as np
import scipy.integrate as integrate, scipy.special as special, scipy.stats as stats
from scipy.optimize import rosen
import gradproof

x = np.random.default_rng(0).standard_normal((3, 4))
functions = {
    "softmax": lambda x: special.softmax(x, axis=1),
    "log_softmax": lambda x: special.log_softmax(x, axis=0),
    "xlogy": lambda x: special.xlogy(x, x * x + 1.0),
    "zscore": lambda x: stats.zscore(x, axis=1),
    "gmean": lambda x: stats.gmean(x * x + 1.0, axis=1),
    "skew": lambda x: stats.skew(x, axis=1),
    "kurtosis": lambda x: stats.kurtosis(x, axis=1),
    "moment": lambda x: stats.moment(x, 3, axis=1),
    "variation": lambda x: stats.variation(x * x + 1.0),
    "sem": lambda x: stats.sem(x, axis=1),
    "tmean": lambda x: stats.tmean(x[0]),
    "circmean": lambda x: stats.circmean(x[0]),
    "trapezoid": lambda x: integrate.trapezoid(x, axis=1),
    "cumulative_trapezoid": lambda x: integrate.cumulative_trapezoid(x, axis=1),
    "rosen": rosen,
}
print(json.dumps({name: str(gradproof.check(function, x).verdict) for name, function in functions.items()}))
"""


def test_functions_that_follow_the_array_api_are_verified():
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    verdicts = json.loads(done.stdout)
    assert len(verdicts) == 15
    assert set(verdicts.values()) == {"VERIFIED"}, verdicts
