# SPDX-License-Identifier: Apache-2.0
"""The [quota] section: default limits per project; -1 is no limit.  Nova: nova/conf/quota.py."""
from oslo_config import cfg


def _limit(name, default, text):
    return cfg.IntOpt(name, default=default, min=-1, help=f'{text} -1 is no limit.')


OPTS = [
    _limit('instances', 10, 'Servers of a project.'),
    _limit('cores', 20, 'Virtual CPUs of all servers of a project.'),
    _limit('ram', 50 * 1024, 'Memory in MiB of all servers of a project.'),
    _limit('metadata_items', 128, 'Metadata keys of one server.'),
    _limit('injected_files', 5, 'Files injected into one server.'),
    _limit('injected_file_content_bytes', 10 * 1024, 'Bytes of one injected file.'),
    _limit('injected_file_path_length', 255, 'Characters of the path of an injected file.'),
    _limit('key_pairs', 100, 'Key pairs of one user.'),
    _limit('server_groups', 10, 'Server groups of a project.'),
    _limit('server_group_members', 10, 'Servers of one server group.'),
    _limit('fixed_ips', -1, 'Fixed addresses of a project (shown at 2.1-2.35).'),
    _limit('floating_ips', 10, 'Floating addresses of a project (shown at 2.1-2.35).'),
    _limit('security_groups', 10, 'Security groups of a project (shown at 2.1-2.35).'),
    _limit('security_group_rules', 20, 'Rules of one security group (shown at 2.1-2.35).'),
]


def register_opts(conf):
    conf.register_opts(OPTS, group='quota')


def list_opts():
    return [('quota', OPTS)]
