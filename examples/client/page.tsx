// A page whose list is always what the cluster has. It asks for a token, as a page of another host must.
import { connect } from 'ku7s/client/browser';
import { useLiveQuery } from 'ku7s/client/react';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { graphql } from './graphql/index.ts';

const Deployments = graphql(`
  subscription Deployments($namespace: String!, $resume: String) {
    deploymentsLive(namespace: $namespace, orderBy: [{ metadata: { name: ASC } }], resume: $resume) {
      type
      totalCount
      resume
      items {
        ...Row
      }
      changes {
        type
        from
        to
        object {
          ...Row
        }
      }
    }
  }
  fragment Row on Deployment {
    metadata {
      uid
      name
    }
    spec {
      replicas
    }
    status {
      readyReplicas
    }
  }
`);

const options = new URLSearchParams(window.location.hash.slice(1));
const cluster = connect({
  server: options.get('server') ?? window.location.origin,
  token: () => options.get('token') ?? undefined,
});

function Page() {
  const [namespace, setNamespace] = useState('default');
  const { items, totalCount, loading, stale, error } = useLiveQuery(cluster, Deployments, { namespace });
  if (error) return <p role="alert">{error.message}</p>;
  if (loading) return <p>…</p>;
  return (
    <>
      <label>
        Namespace <input value={namespace} onChange={({ target }) => setNamespace(target.value)} />
      </label>
      <table aria-busy={stale}>
        <caption>{totalCount} deployments</caption>
        <tbody>
          {items.map(({ metadata, spec, status }) => (
            <tr key={metadata?.uid}>
              <td>{metadata?.name}</td>
              <td>
                {status?.readyReplicas ?? 0}/{spec?.replicas ?? 0}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

createRoot(document.getElementById('page')!).render(<Page />);
