"""The web process."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# Without a key Django would start, and refuse the first page; better now than then.
_ = settings.SECRET_KEY
