# SPDX-License-Identifier: Apache-2.0
"""openstacksdk's proxy ``connection.compute``, call by call; the library chooses the microversions."""
import importlib
import re
import time

import pytest

from tests.functional.clients import identity, rows, sdk_table, story


@pytest.fixture(scope='module')
def library():
    """The module that calls openstacksdk."""
    return importlib.import_module('tests.functional.clients.sdk')


@pytest.fixture(scope='module')
def book(make_cloud, library):
    """A cloud, connections to it, and what earlier calls saved."""
    cloud = make_cloud()
    connections = {user: library.connect(cloud, user) for user in ('demo', 'admin')}
    made = story.Book({
        **cloud.urls['ids'], 'public_key': story.PUBLIC_KEY.strip(), 'unknown': story.UNKNOWN,
        'demo_project': identity.PROJECTS['demo']['id'], 'demo_user': identity.USERS['demo']['id']})
    made.cloud, made.connections = cloud, connections
    return made


@pytest.mark.parametrize('call', sdk_table.CALLS, ids=[
    f'{number:03d}-{call.method}' for number, call in enumerate(sdk_table.CALLS, 1)])
def test_sdk(book, library, call):
    for option, value in call.control.items():
        book.cloud.control(option, value)
    if call.raises:
        with pytest.raises(library.Error) as caught:
            library.run(book, call)
        assert re.fullmatch(call.raises[0], type(caught.value).__name__), repr(caught.value)
        assert re.search(call.raises[1], str(caught.value)), caught.value
        return
    shown, wanted = library.run(book, call), book.fill(call.want)
    end = time.monotonic() + story.RESTING
    while wanted is not None and not rows.matches(wanted, shown) and call.save and time.monotonic() < end:
        time.sleep(0.5)                 # what is to be saved may still come
        shown = library.run(book, call)
    assert wanted is None or rows.matches(wanted, shown), shown
    for name, key in call.save.items():
        book.saved[name] = key(shown) if callable(key) else shown[key]
    if call.wait:
        book.cloud.wait(*call.wait.split())
