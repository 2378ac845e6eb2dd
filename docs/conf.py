"""The documentation site: ``sphinx-build -W docs build/site``, with csamatch[docs] installed."""

from __future__ import annotations

import re
from typing import Any

from sphinx.domains.python import PyObject

import csamatch

project = "csamatch"
release = csamatch.__version__
html_title = f"csamatch {release}"
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_use_index = False  # the reference is grouped, and can be searched
html_show_copyright = False
html_show_sphinx = False

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_static"]
highlight_language = "none"  # what has no language is a command or a drawing
default_role = "py:obj"  # numpydoc writes names between single backticks
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings give the types
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
python_maximum_signature_line_length = 60


def _skip_member(app: Any, what: str, name: str, member: Any, skip: bool, options: Any) -> Any:
    """Leave out properties that the docstring of their class lists as attributes."""
    if not isinstance(member, property) or member.fget is None:
        return None
    owner = member.fget.__globals__.get(member.fget.__qualname__.rpartition(".")[0])
    _, _, attributes = (owner.__doc__ or "").partition("Attributes\n")
    return True if re.search(rf"^ *{name} : ", attributes, re.MULTILINE) else None


def _signature(app: Any, what: str, name: str, *rest: Any) -> tuple[str, str] | None:
    """Show no parameters of classes that only csamatch makes objects of."""
    hidden = {"csamatch.Matches", "csamatch.MultiMatches", "csamatch.TextMatches"}
    return ("", "") if name in hidden else None


def setup(app: Any) -> None:
    """Set what Sphinx has no option for."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"  # as numpydoc has it
    app.connect("autodoc-skip-member", _skip_member)
    app.connect("autodoc-process-signature", _signature)
