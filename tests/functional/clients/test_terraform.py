# SPDX-License-Identifier: Apache-2.0
"""Terraform's requests in their order, with and without the project in the URL of the catalog."""
import time

import pytest

from tests.functional.clients import identity, rows, story
from tests.functional.clients.terraform_trace import TRACE

ROOTS = {'versioned': '', 'with-project': '/' + identity.PROJECTS['demo']['id']}


@pytest.fixture(scope='module')
def cloud(make_cloud):
    return make_cloud()


@pytest.fixture(scope='module')
def books(cloud):
    """What each run of the trace saved."""
    return {root: story.Book({**cloud.urls['ids'], 'public_key': story.PUBLIC_KEY.strip()}) for root in ROOTS}


def send(cloud, step, root, book):
    """Send a step's request as gophercloud does."""
    url = cloud.urls[step.service] + (ROOTS[root] if step.service == 'compute' else '') + book.fill(step.path)
    headers = {'X-Auth-Token': identity.token_of('demo'), 'Accept': 'application/json', 'User-Agent': 'gophercloud'}
    if step.version:
        headers.update({'X-OpenStack-Nova-API-Version': step.version,
                        'OpenStack-API-Version': f'compute {step.version}'})
    return cloud.session.request(step.method, url, json=book.fill(step.body), headers=headers, timeout=60)


def problem(answer, step, book):
    """Tell what is wrong with an answer, or None."""
    if answer.status_code != step.status:
        return f'{answer.status_code} {answer.text[:500]}'
    if step.want is not None and not rows.matches(book.fill(step.want), answer.json()):
        return f'wanted {book.fill(step.want)}: {answer.text}'
    return None


@pytest.mark.parametrize('root, step', [(root, step) for root in ROOTS for step in TRACE], ids=[
    f'{root}-{number:02d}-{step.method} {step.path}' for root in ROOTS for number, step in enumerate(TRACE, 1)])
def test_terraform(cloud, books, root, step):
    book, end = books[root], time.monotonic() + story.RESTING
    answer = send(cloud, step, root, book)
    while step.until and problem(answer, step, book) and time.monotonic() < end:
        time.sleep(0.1)
        answer = send(cloud, step, root, book)
    assert problem(answer, step, book) is None
    for name, path in step.save.items():
        value = answer.json()
        for key in path:
            value = value[key]
        book.saved[name] = value
