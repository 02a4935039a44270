# SPDX-License-Identifier: Apache-2.0
"""Enough of an identity service for keystonemiddleware: discovery, one service user, a table of tokens."""
import contextlib
import http.server
import json
import threading

SERVICE_TOKEN = 'service-token'


def catalog(url):
    """Return a catalog with this identity service and a place for images."""
    return [{'type': kind, 'name': kind, 'id': kind, 'endpoints': [
        {'id': kind, 'interface': 'public', 'region': 'r', 'region_id': 'r', 'url': address}]}
        for kind, address in (('identity', url), ('image', 'http://127.0.0.1:1/image'))]


def token_body(url, user, project, roles):
    return {'token': {
        'methods': ['password'], 'expires_at': '2999-01-01T00:00:00.000000Z',
        'issued_at': '2020-01-01T00:00:00.000000Z',
        'audit_ids': ['x'], 'catalog': catalog(url),
        'user': {'id': user, 'name': user, 'domain': {'id': 'default', 'name': 'Default'}},
        'project': {'id': project, 'name': project, 'domain': {'id': 'default', 'name': 'Default'}},
        'roles': [{'id': role, 'name': role} for role in roles]}}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    tokens = {}
    validations = []

    def _answer(self, status, document, **headers):
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {'Content-Type': 'application/json', 'Content-Length': str(len(body)), **headers}.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()
        self.wfile.write(body)

    def _url(self):
        return f'http://{self.headers["Host"]}'

    def do_GET(self):
        if self.path.rstrip('/') in ('', '/v3'):
            version = {'id': 'v3.14', 'status': 'stable', 'links': [{'rel': 'self', 'href': f'{self._url()}/v3/'}],
                       'media-types': []}
            root = {'versions': {'values': [version]}}
            self._answer(200, {'version': version} if self.path.startswith('/v3') else root)
            return
        token = self.headers.get('X-Subject-Token')
        self.validations.append(token)
        if token in self.tokens:
            self._answer(200, token_body(self._url(), *self.tokens[token]))
        else:
            self._answer(404, {'error': {'code': 404, 'message': 'no such token', 'title': 'Not Found'}})

    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        self._answer(201, token_body(self._url(), 'nova', 'service', ['service']), X_Subject_Token=SERVICE_TOKEN)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def running(tokens):
    """Serve these tokens, {token: (user, project, roles)}.

    :returns: (URL, list of the tokens that were asked about)
    """
    handler = type('Handler', (_Handler,), {'tokens': tokens, 'validations': []})
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True)
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_port}', handler.validations
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
