"""The WSGI application that Granian serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from smartbill.config.logs import configure_logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartbill.config.settings")
application = get_wsgi_application()
# Here too: the processes of the web server begin anew, and a log that was not configured blanks nothing.
configure_logs(settings.LOGGING)
