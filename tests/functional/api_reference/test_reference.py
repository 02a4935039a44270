# SPDX-License-Identifier: Apache-2.0
"""The API reference in doc/source/api shows what the service takes and gives."""
import pathlib

from mininova.api.openstack import api_version_request as versions
from mininova.api.openstack import operations, router
from mininova.api.openstack.compute import routes
from tests.functional.api_reference import conftest, pages, story, test_operations


def _chapters():
    """Return {chapter: {key of an operation: its ranges}}, both in the order of their names."""
    found = {}
    for operation in operations.list_operations(router.APIRouterV21(routes.installed())):
        found.setdefault(operation.resource, {}).setdefault(operation.key, []).append(operation)
    return {chapter: dict(sorted(entries.items(), key=_order)) for chapter, entries in sorted(found.items())}


def _order(entry):
    method, path, action = entry[0]
    return path, ('GET', 'POST', 'PUT', 'DELETE').index(method), action or ''


def _entry(world, served):
    """Return what a section is made of: the newest range of an operation and an example of it."""
    newest = served[-1]
    version = (newest.last or versions.max_api_version()).ver_minor
    if newest.is_removed:
        return served, None, None, version
    asked = story.request(world, newest, version)
    return served, asked, test_operations.send(world.api, newest, asked, version), version


def test_the_reference_is_up_to_date(conf, world, page):
    chapters = _chapters()
    for chapter, entries in chapters.items():
        page(pages.file_name(chapter), pages.page(chapter, [_entry(world, served) for served in entries.values()]))
    page('index.rst', pages.index(chapters))
    known = {'index.rst', 'operations.rst', *map(pages.file_name, chapters)}
    assert {path.name for path in pathlib.Path(conftest.PAGES).iterdir()} == known


def test_an_example_has_nothing_that_passes():
    text = pages.settled('{"id": "11111111-2222-3333-4444-555555555555", "at": "2031-05-06T07:08:09.123456", '
                         '"adminPass": "x7!", "again": "11111111-2222-3333-4444-555555555555"}')
    assert text == ('{"id": "00000000-0000-4000-8000-000000000001", "at": "2026-01-02T03:04:05.000000", '
                    '"adminPass": "S3cretPa55wd", "again": "00000000-0000-4000-8000-000000000001"}')
