"""The parts of ``amocrm record``: what stands in the place of personal data, and the proxy that records."""
