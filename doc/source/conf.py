# SPDX-License-Identifier: Apache-2.0
"""Settings of Sphinx: ``tox -e docs`` builds the book."""
project = 'mini-Nova'
copyright = 'the mini-Nova contributors, Apache-2.0'
extensions = []
master_doc = 'index'
exclude_patterns = []
html_theme = 'alabaster'
html_theme_options = {'description': 'A small, faithful OpenStack Nova', 'page_width': '1100px'}
nitpicky = True
