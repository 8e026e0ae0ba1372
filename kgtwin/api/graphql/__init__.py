"""The GraphQL schema over the service. Types are views of model values; no clinical logic lives here."""
