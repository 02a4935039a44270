# SPDX-License-Identifier: Apache-2.0
"""Import it first: eventlet's patch, for floors that must not load any module of ours."""
import warnings

warnings.filterwarnings('ignore', module='eventlet')
warnings.filterwarnings('ignore', message=r'\s*Eventlet is deprecated')
eventlet = __import__('eventlet')
eventlet.monkey_patch()
