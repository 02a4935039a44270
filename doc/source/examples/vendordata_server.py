#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A service of vendor data: tells every guest of one project to write a file.

    vendordata_server.py [PORT]
"""
import http.server
import json
import sys

PROJECTS = {'demo': 'Welcome to the machines of the demo project.'}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers a POST for each guest."""

    def do_POST(self):
        guest = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        greeting = PROJECTS.get(guest['project-id'], 'Welcome.')
        cloud_config = {'write_files': [{'path': '/etc/motd', 'content': f'{greeting}\n{guest["hostname"]}\n'}]}
        answer = json.dumps('#cloud-config\n' + json.dumps(cloud_config)).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


if __name__ == '__main__':
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8999
    http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
