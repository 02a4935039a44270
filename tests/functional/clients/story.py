# SPDX-License-Identifier: Apache-2.0
"""A cloud for clients (cloud_process.py), a process that runs them (client_process.py), and what rows do with both."""
import json
import os
import pathlib
import re
import select
import string
import subprocess
import sys
import time

import requests

from tests.fixtures import processes
from tests.functional.clients import identity, rows

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
LATEST = '2.104'
UNKNOWN = '00000000-0000-0000-0000-000000000001'
RESTING, LONGEST_COMMAND = 60, 120
PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7s0hvqy0aPHQx9hX8r9RL6iJ4xFyJ0XG9Z0d2Z9c1K demo@example.org\n'


class Cloud:
    """A cloud in a process of its own, and requests to it that no client makes."""

    def __init__(self, directory):
        self.process = processes.Process(
            'cloud', [sys.executable, '-m', 'tests.functional.clients.cloud_process', directory],
            directory / 'cloud.log', {'PYTHONPATH': str(ROOT)})
        self.session = requests.Session()
        self.session.trust_env = False
        self.urls, self.ids = {}, {}

    def start(self):
        self.process.start().wait_ready(self._said_where, 120)
        return self

    def _said_where(self):
        line = next((line for line in self.process.output().splitlines() if line.startswith('{"identity"')), None)
        self.urls = json.loads(line) if line else {}
        return self.urls

    def environment(self, user):
        """Return the variables with which a client is this user."""
        return {'OS_AUTH_URL': self.urls['identity'], 'OS_USERNAME': user, 'OS_PASSWORD': user,
                'OS_PROJECT_NAME': identity.PROJECT_OF[user], 'OS_USER_DOMAIN_ID': 'default',
                'OS_PROJECT_DOMAIN_ID': 'default', 'OS_IDENTITY_API_VERSION': '3'}

    def token(self, user):
        return identity.token_of(user)

    def request(self, method, path, body=None, user='admin', version=LATEST, url=None):
        """Send a request to the compute API, or to another URL, and return the answer."""
        return self.session.request(method, (url or self.urls['compute']) + path, json=body, timeout=60, headers={
            'X-Auth-Token': self.token(user), 'OpenStack-API-Version': f'compute {version}'})

    def control(self, option, value):
        """Set an option 'group/name' of the services."""
        url = self.urls['identity'].removesuffix('/v3')
        assert self.request('PUT', f'/control/{option}', value, url=url).status_code == 200

    def server(self, name):
        """Return the server with a name, or None; one that was seen before is found by its id, soft-deleted too."""
        if name in self.ids:
            answer = self.request('GET', f'/servers/{self.ids[name]}')
            if answer.status_code == 200:
                return answer.json()['server']
        found = self.request('GET', f'/servers/detail?all_tenants=1&name=^{name}$').json()['servers']
        if not found:
            return None
        self.ids[name] = found[0]['id']
        return found[0]

    def wait(self, name, status):
        """Wait until a server rests in a status, or is gone."""
        seen = {}

        def rests():
            server = self.server(name)
            seen.update(server or {'status': 'gone'})
            if status == 'gone' or server is None:
                return server is None and status == 'gone'
            assert status == 'ERROR' or server['status'] != 'ERROR', server
            return server['status'] == status and server['OS-EXT-STS:task_state'] is None
        try:
            processes.wait_for(rests, f'{status} {name}', RESTING, 0.1)
        except AssertionError as error:
            raise AssertionError(f'{error}: {seen}') from None


class Clients:
    """Runs command lines of the clients."""

    def __init__(self, directory):
        self.directory = directory
        self._process = None

    def _start(self):
        with open(self.directory / 'clients.log', 'a') as log:
            self._process = subprocess.Popen(
                [sys.executable, HERE / 'client_process.py'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                text=True, cwd=self.directory, start_new_session=True, env={
                    name: value for name, value in os.environ.items() if not name.startswith(('OS_', 'MININOVA'))})

    def run(self, words, environment, stdin=''):
        """Run one command line.

        :returns: {'status': ..., 'out': ..., 'err': ..., 'requests': [[method, URL, microversion, status], ...]}
        """
        if self._process is None:
            self._start()
        self._process.stdin.write(json.dumps({'words': words, 'environment': environment, 'stdin': stdin}) + '\n')
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], LONGEST_COMMAND)[0]:
            self._process.kill()
            self.stop()
            raise AssertionError(f'{" ".join(words)} did not end')
        return json.loads(self._process.stdout.readline())

    def stop(self):
        """End the process, which ends with its input."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait(20)
            self._process.stdout.close()
            self._process = None


class Book:
    """What was saved by name, and texts in which ``$name`` stands for it."""

    def __init__(self, saved):
        self.saved = saved

    def fill(self, value):
        """Return a value with all that was saved put in its place."""
        if isinstance(value, str):
            return string.Template(value).safe_substitute(self.saved)
        if isinstance(value, dict):
            return {name: self.fill(entry) for name, entry in value.items()}
        return [self.fill(entry) for entry in value] if isinstance(value, list) else value


class Story:
    """What one client does to one cloud, row by row.

    :param program: 'nova' or 'openstack'
    :param version: the microversion that the client is told to use; None leaves it to the client
    """

    def __init__(self, cloud, clients, program, version):
        self.cloud, self.clients, self.program, self.version = cloud, clients, program, version
        self.failed = False
        key = clients.directory / 'id_ed25519.pub'
        key.write_text(PUBLIC_KEY)
        self.book = Book({**cloud.urls['ids'], 'public_key_file': str(key),
                          'demo_project': identity.PROJECTS['demo']['id'],
                          'demo_user': identity.USERS['demo']['id'],
                          'admin_project': identity.PROJECTS['admin']['id'], 'unknown': UNKNOWN,
                          'version': version or 'default'})

    def run(self, row):
        """Run a row and check what came of it; return the microversions that were sent."""
        for option, value in row.control.items():
            self.cloud.control(option, value)
        failed, self.failed = self.failed, True
        sent = self._repeat(row) if row.eventually else self._once(row)
        self.failed = failed
        return sent

    def _repeat(self, row):
        end = time.monotonic() + RESTING
        while True:
            try:
                return self._once(row)
            except AssertionError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def _once(self, row):
        # One plugin asks the identity service for its versions first; it is enough that one story does.
        plugin = {'OS_AUTH_TYPE': 'v3password'} if self.version else {}
        done = self.clients.run(self._words(row), {**self.cloud.environment(row.by), **plugin}, row.stdin)
        said = f'{row.command}: status {done["status"]}\n{done["out"]}{done["err"]}' + ''.join(
            f'\n{" ".join(map(str, entry))}' for entry in done['requests'])
        assert not [entry for entry in done['requests'] if entry[3] >= 500 and entry[3] != 501], said
        assert 'Traceback' not in done['err'], said
        if row.fails is not None:
            assert done['status'] != 0, said
            assert self._found(row.fails, done['out'] + done['err']), said
            return []
        assert done['status'] == 0, said
        if row.has is not None:
            assert self._found(row.has, done['out']), said
        if row.data is not None or row.save:
            self._check(row, done['out'], said)
        if row.wait:
            self.cloud.wait(*self.book.fill(row.wait).rsplit(' ', 1))
        return [version for _method, url, version, _status in done['requests'] if self.cloud.urls['compute'] in url]

    def _words(self, row):
        words = [self.program]
        version = row.version or self.version
        if version:
            words += ['--os-compute-api-version', version]
        words += [word.replace('~', ' ') for word in self.book.fill(row.command).split()]
        if self.program == 'openstack' and (row.data is not None or row.save):
            words += ['-f', 'json']
        return words

    def _check(self, row, out, said):
        shown = rows.read_json(out) if self.program == 'openstack' else rows.read_tables(out)
        wanted = self.book.fill(row.data)
        assert wanted is None or rows.matches(wanted, shown), f'wanted {wanted}\n{said}'
        for name, key in row.save.items():
            self.book.saved[name] = key(shown) if callable(key) else shown[key]

    def _found(self, expression, text):
        return re.search(self.book.fill(expression), text, re.DOTALL)
