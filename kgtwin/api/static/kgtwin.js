"use strict";

const EXAMPLE = `# Patients, and for each the issues that are proven. No issue found is not safety.
# Ctrl-Space completes, Ctrl-Enter runs. The schema is behind the book at the top left.
query Patients {
  about { version knowledge safety }
  patients(first: 5) {
    edges {
      node {
        key
        name
        issues(first: 10, minSignificance: MODERATE) {
          totalCount
          edges { node { title significance mitigation derivation { text } } }
        }
      }
    }
  }
}
`;

// Answers hold patients: neither they nor the queries are kept in the browser after the tab is closed.
const kept = new Map();
const storage = {
  getItem: (key) => (kept.has(key) ? kept.get(key) : null),
  setItem: (key, value) => kept.set(key, String(value)),
  removeItem: (key) => kept.delete(key),
  clear: () => kept.clear(),
  get length() {
    return kept.size;
  },
};

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    defaultQuery: EXAMPLE,
    storage,
  }),
);
