"""The parts of ``amocrm verify``: what to ask, how an answer is compared, what the report says."""
