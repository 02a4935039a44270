# SPDX-License-Identifier: Apache-2.0
"""Which limit holds, and what is counted in the request itself."""
import pytest

from mininova import context, exception, quota
from mininova.db import quotas


@pytest.fixture
def caller(database):
    return context.RequestContext(user_id='u', project_id='p', roles=['member'])


def test_limits_come_from_configuration_class_project_and_user_in_that_order(caller, conf):
    conf.config(group='quota', instances=7, cores=8)
    assert quota.get_limits(caller, 'p', 'u') == ({'instances': 7, 'cores': 8, 'ram': 51200}, {})
    with quotas.session.writer() as connection:
        connection.execute(quotas.CLASSES.insert().values(class_name='default', resource='instances', hard_limit=6))
    quotas.set_limits('p', {'cores': 5})
    quotas.set_limits('p', {'ram': -1, 'key_pairs': 3}, user_id='u')
    assert quota.get_limits(caller, 'p', 'u') == ({'instances': 6, 'cores': 5, 'ram': 51200}, {'ram': -1})
    assert quota.get_limits(caller, 'p', 'other')[1] == {}
    assert quota.get_limits(caller, 'q', 'u') == ({'instances': 6, 'cores': 8, 'ram': 51200}, {})
    assert quota.get_limit(caller, 'key_pairs') == 3
    assert quota.get_limit(caller, 'key_pairs', user_id='other') == 100


def test_metadata_items_are_limited(caller, conf):
    conf.config(group='quota', metadata_items=2)
    quota.check_metadata_items(caller, 0)
    quota.check_metadata_items(caller, 2)
    with pytest.raises(exception.MetadataLimitExceeded) as caught:
        quota.check_metadata_items(caller, 3)
    assert caught.value.code == 403 and '2' in str(caught.value)
    conf.config(group='quota', metadata_items=-1)
    quota.check_metadata_items(caller, 10000)


def test_injected_files_are_limited_in_number_path_and_content(caller, conf):
    conf.config(group='quota', injected_files=2, injected_file_path_length=4, injected_file_content_bytes=3)
    quota.check_injected_files(caller, [])
    quota.check_injected_files(caller, [('/a/b', b'abc'), ('/c', b'')])
    for files, expected in (([('/a', b'')] * 3, exception.OnsetFileLimitExceeded),
                            ([('/abcd', b'')], exception.OnsetFilePathLimitExceeded),
                            ([('/a', b'abcd')], exception.OnsetFileContentLimitExceeded)):
        with pytest.raises(expected):
            quota.check_injected_files(caller, files)


def test_a_limit_of_zero_allows_nothing(caller, conf):
    conf.config(group='quota', injected_files=0, metadata_items=0)
    with pytest.raises(exception.OnsetFileLimitExceeded):
        quota.check_injected_files(caller, [('/a', b'')])
    with pytest.raises(exception.MetadataLimitExceeded):
        quota.check_metadata_items(caller, 1)
