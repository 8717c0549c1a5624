/** The tabs that a new visitor finds: one question each. */
export const EXAMPLES: { query: string; variables?: string }[] = [
  {
    query: `# Pods with their node and owners: one request, one state of the cluster.
query Pods($namespace: String) {
  pods(namespace: $namespace, first: 50) {
    resourceVersion
    items {
      metadata { namespace name creationTimestamp labels { key value } }
      status { phase podIP }
      node { metadata { name } }
      owners { kind metadata { name } }
    }
  }
}
`,
    variables: '{ "namespace": "default" }',
  },
  {
    query: `# What is not running, and why.
query NotRunning {
  pods(where: { status: { phase: { notIn: ["Running", "Succeeded"] } } }) {
    items {
      metadata { namespace name }
      status {
        phase
        conditions { type status reason message }
        containerStatuses { name restartCount state { waiting { reason message } } }
      }
    }
  }
}
`,
  },
  {
    query: `# A Service and what answers for it.
query Services($namespace: String) {
  services(namespace: $namespace) {
    items {
      metadata { name }
      spec { type clusterIP ports { port targetPort } }
      endpointSlices { items { endpoints { addresses conditions { ready } } } }
      pods { items { metadata { name } status { phase } } }
    }
  }
}
`,
    variables: '{ "namespace": "default" }',
  },
  {
    query: `# What happens, as it happens.
subscription Changes {
  podsWatch(namespace: "default") {
    type
    resourceVersion
    object { metadata { name } status { phase } }
  }
}
`,
  },
  {
    query: `# Everything that is served, custom resources included.
query Kinds {
  kinds(preferred: true) { resource kind group version namespaced verbs }
}
`,
  },
];
