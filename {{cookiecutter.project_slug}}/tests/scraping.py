"""What a live site tells Prometheus."""

from urllib.request import Request, urlopen

from prometheus_client.parser import text_string_to_metric_families

from .clients import PATIENCE
from .live import LiveServer

TOKEN = "a-token-for-tests"  # for the site's METRICS_TOKEN
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
ADDRESS = "10.0.0.7:8000"  # as one process of many has it: it is not in ALLOWED_HOSTS


class Figures:
    def __init__(self, text: str) -> None:
        self._samples = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def get(self, name: str, **labels: str) -> float | None:
        return self._samples.get((name, *sorted(labels.items())))


def scrape(site: LiveServer) -> Figures:
    request = Request(site.url("/metrics"), headers={**AUTHORIZATION, "Host": ADDRESS})
    with urlopen(request, timeout=PATIENCE) as response:
        return Figures(response.read().decode())
