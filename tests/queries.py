"""How many questions a page asks its database."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def n_queries(client: Client, url: str) -> int:
    """The number of queries behind a page that works."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)
