"""Equations that the ontology states as text: their fields, arithmetic over intervals, what is known of inputs."""
