"""What is looked at in an ontology, one concern a module. Each check takes what it needs and yields findings."""
