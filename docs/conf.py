"""Configures the site: Sphinx, MyST and furo; what the code says of itself is read from the code."""

import sys
from pathlib import Path

import harness

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "harness"
author = copyright = "The harness authors"
release = version = harness.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "generated", "mathml"]
exclude_patterns = ["extensions"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
html_math_renderer = "mathml"

autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "undoc-members": False, "exclude-members": "model_config, model_post_init"}
autodoc_preserve_defaults = True
autodoc_typehints = "signature"
napoleon_google_docstring, napoleon_numpy_docstring = True, False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "harness"
html_static_path = ["static"]
html_css_files = ["drawings.css"]
html_copy_source = html_show_sourcelink = False
