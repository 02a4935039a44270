# SPDX-License-Identifier: Apache-2.0
"""The files of a console client, for browsers.

The standard library's handler redirects requests for directories to what the request said, which led to other sites
(CVE-2021-3654, and once more with three slashes), and lists directories.  This one does neither.
"""
import os
import re
import urllib.parse

_CONTROL = re.compile(r'[\x00-\x20\x7f]')
SAFETY = (('X-Content-Type-Options', 'nosniff'), ('Referrer-Policy', 'no-referrer'))


def is_plain(target):
    """Tell whether what a request asks for is a path of this server, however it is read.

    :param target: from the first line of the request, before anybody cleaned it
    """
    path = target.partition('?')[0]
    return all(
        form.startswith('/') and not form.startswith('//') and '\\' not in form and not _CONTROL.search(form)
        for form in (path, urllib.parse.unquote(path)))


class StaticFiles:
    """Part of a handler of http.server.SimpleHTTPRequestHandler's kind: files below `server.web`, nothing else."""

    def setup(self):
        self.directory = self.server.web or os.devnull
        super().setup()

    def send_head(self):
        """Answer with the head of a file, or say why not.

        :returns: the open file, None if there is nothing to send
        """
        if not is_plain(self.requestline.split()[1]):
            self.send_error(400, 'The URI must be a path of this server')
            return None
        if not os.path.isfile(self.translate_path(self.path)):
            self.send_error(404)
            return None
        self.server.give_time_to_load()
        return super().send_head()

    def end_headers(self):
        for name, value in SAFETY:
            self.send_header(name, value)
        super().end_headers()
