"""Cases that Hypothesis draws: graphs of the vocabulary, with values and cotangents."""
