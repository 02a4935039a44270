# SPDX-License-Identifier: Apache-2.0
"""${message}"""
import sqlalchemy as sa  # noqa: F401
from alembic import op  # noqa: F401

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade():
    ${upgrades if upgrades else "raise NotImplementedError"}
