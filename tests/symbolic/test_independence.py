from __future__ import annotations

import subprocess
import sys

import gradproof.symbolic


def test_the_mirror_cannot_see_the_engine():
    code = "import sys, gradproof.symbolic; print([m for m in sys.modules if m.startswith('gradproof.engine')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_bare_name_is_refused():
    file = str(gradproof.symbolic.__file__)
    code = f"import runpy; runpy.run_path({file!r}, run_name='symbolic')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "import gradproof.symbolic, not symbolic" in ran.stderr
