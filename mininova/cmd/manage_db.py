# SPDX-License-Identifier: Apache-2.0
"""The schema of the database: sync, version."""
from mininova.db import migration, schema


def add_arguments(parser):
    actions = parser.add_subparsers(dest='action', required=True, metavar='ACTION')
    sync = actions.add_parser('sync', help='bring the schema to this release; safe to repeat')
    sync.add_argument('revision', nargs='?', default='head')
    sync.set_defaults(function=run_sync)
    version = actions.add_parser('version', help='print the revision of the database and of this release')
    version.set_defaults(function=run_version)


def run_sync(arguments):
    before = schema.found()
    migration.sync(arguments.revision)
    after = schema.found()
    if before == after:
        print(f'Schema is at {after}, as before.')
    else:
        print(f'Schema brought from {before or "nothing"} to {after}.')


def run_version(arguments):
    print(f'database: {schema.found() or "empty"}\nrelease:  {schema.HEAD}')
