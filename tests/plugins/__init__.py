# SPDX-License-Identifier: Apache-2.0
"""pytest plugins of this suite."""
