"""The graph store: one contract, two adapters (embedded Ladybug, Neo4j), and an RDF view over either."""
