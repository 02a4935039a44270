# SPDX-License-Identifier: Apache-2.0
"""The tables of the first release."""
from alembic import op

from mininova.db import models

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    models.metadata.create_all(op.get_bind())
