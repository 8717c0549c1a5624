import { NAMESPACE, type Addon } from '../addon.ts';
import { shipLogs } from './shipper.ts';

const ACCOUNT = 'logs';

/**
 * Lines of containers are kept by the API (`logs(…)`), also when their pods are gone. On each node a loop reads what its
 * containers write and sends it, as the node, which may do so for its own pods and no others. The account has no rights.
 */
export const logs: Addon = {
  name: 'logs',
  account: ACCOUNT,
  manifests: () => [
    {
      resource: 'serviceaccounts',
      object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: NAMESPACE } },
    },
  ],
  roles: [],
  onNode: ({ node, logs: folder }) => ({ asNode: true, loops: [shipLogs({ node, logs: folder })] }),
};
