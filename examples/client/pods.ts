// Scales a Deployment and shows its pods until they are as many: `KUBECONFIG=… node pods.js default web 3`.
import { connect } from 'ku7s/client';
import { graphql } from './graphql/index.ts';

const Scale = graphql(`
  mutation Scale($namespace: String!, $name: String!, $patch: JSON!) {
    patchDeployment(namespace: $namespace, name: $name, patch: $patch) {
      spec {
        replicas
        selector {
          matchLabels {
            key
            value
          }
        }
      }
    }
  }
`);

const Pods = graphql(`
  subscription Pods($namespace: String!, $labels: String!, $resume: String) {
    podsLive(namespace: $namespace, labelSelector: $labels, resume: $resume) {
      type
      totalCount
      resume
      items {
        ...Pod
      }
      changes {
        type
        from
        to
        object {
          ...Pod
        }
      }
    }
  }
  fragment Pod on Pod {
    metadata {
      name
    }
    status {
      phase
    }
  }
`);

const [namespace = 'default', name = 'web', replicas = '1'] = process.argv.slice(2);
await using cluster = connect();
const { patchDeployment } = await cluster.query(Scale, {
  namespace,
  name,
  patch: { spec: { replicas: Number(replicas) } },
});
const labels = (patchDeployment?.spec?.selector?.matchLabels ?? []).map(({ key, value }) => `${key}=${value}`);

for await (const { items, totalCount } of cluster.live(Pods, { namespace, labels: labels.join(',') })) {
  const running = items.filter((pod) => pod.status?.phase === 'Running');
  console.log(`${running.length} of ${totalCount} run`);
  if (running.length === Number(replicas) && totalCount === running.length) break;
}
