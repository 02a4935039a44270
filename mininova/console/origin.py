# SPDX-License-Identifier: Apache-2.0
"""From which pages a console may be opened.

A browser lets any page open a websocket to anywhere and sends the user's cookies along; all that tells pages apart is
the header Origin (CVE-2015-0259).  Clients that are no browsers send none.  Nova: new_websocket_client of
nova/console/websocketproxy.py.
"""
import urllib.parse

from mininova import exception

# What a page's scheme may be for each scheme of a console's URL: a websocket is as safe as the page that it serves.
PAGE_SCHEMES = {'http': ('http',), 'https': ('https',), 'ws': ('ws', 'http'), 'wss': ('wss', 'https')}


def verify(headers, allowed_origins, access_url_base):
    """Refuse a page that is neither the proxy's own nor allowed, or that was loaded in another way than the URL says.

    :param headers: of the request (email.message.Message)
    :param allowed_origins: host names; never written to, so that one request leaves nothing for the next one
    :param access_url_base: what the console's URL begins with
    :raises InvalidOrigin:
    """
    origins = headers.get_all('Origin', [])
    if not origins:
        return
    hosts = headers.get_all('Host', [])
    if len(origins) > 1 or len(hosts) > 1:
        raise exception.InvalidOrigin(reason='is there more than once')
    scheme, name = _parse(origins[0])
    if not scheme or not name:
        raise exception.InvalidOrigin(reason='not valid')
    own_names = {_parse(f'//{host}')[1] for host in hosts} - {None}
    if name not in own_names and name not in {allowed.lower() for allowed in allowed_origins}:
        raise exception.InvalidOrigin(reason='does not match this host')
    if scheme not in PAGE_SCHEMES.get(urllib.parse.urlsplit(access_url_base).scheme, ()):
        raise exception.InvalidOrigin(reason='protocol does not match this host')


def _parse(url):
    """Return (scheme, host name in small letters), None for what is not there."""
    try:
        parsed = urllib.parse.urlsplit(url)
        return parsed.scheme or None, parsed.hostname or None
    except ValueError:
        return None, None
