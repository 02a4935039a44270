# SPDX-License-Identifier: Apache-2.0
"""The root of the tree; what it looks like as a whole is said in ``__init__.py``."""


class NovaException(Exception):
    """Base of all; subclasses give ``msg_fmt``, a sentence with the names of the keyword arguments.

    :param message: replaces the sentence
    :param kwargs: values for the sentence, kept in ``self.kwargs``; ``code`` overrides the status
    """

    msg_fmt = 'An unknown exception occurred.'
    code = 500
    headers = {}
    safe = False

    def __init__(self, message=None, **kwargs):
        self.kwargs = dict(kwargs)
        self.code = kwargs.get('code', type(self).code)
        self.kwargs['code'] = self.code
        super().__init__(message or self.msg_fmt % _Default(self.kwargs))

    def format_message(self):
        """Return the text without class name or quotes."""
        return str(self.args[0])


class _Default(dict):
    """Never fail to format: a missing value shows as its name."""

    def __missing__(self, key):
        return f'<{key}>'
