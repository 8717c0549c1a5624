import { forbiddenRequest, notFound, StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { objectAs } from '../object-as.ts';
import { resourceOf } from '../target.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);
/** These may be made in a namespace that is going: who cleans up has to ask whether he may. */
const ALWAYS = new Set(['localsubjectaccessreviews.authorization.k8s.io']);

async function namespaceOf(request: AdmissionRequest): Promise<Stored | undefined> {
  const { store } = request;
  const key = { resource: 'namespaces', namespace: '', name: request.target.namespace };
  const known = store.get(key);
  if (known) return known;
  // made by another process a moment ago
  await store.fresh();
  return store.get(key);
}

function terminating(request: AdmissionRequest): StatusError {
  const { namespace, kind } = request.target;
  const refused = forbiddenRequest(
    resourceOf(kind),
    requestName(request),
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return new StatusError({ ...refused.status, details: { ...refused.status.details, causes: [cause] } });
}

/** Nothing is made in a namespace that is not there or is going; some namespaces stay. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: ({ kind }, operation) =>
    (operation === 'CREATE' && kind.namespaced) ||
    (operation === 'DELETE' && kind.group === '' && kind.resource === 'namespaces'),
  async admit(request) {
    const { target, operation } = request;
    if (operation === 'DELETE') {
      if (IMMORTAL.has(target.name))
        throw forbiddenRequest(NAMESPACES, target.name, 'this namespace may not be deleted');
      return;
    }
    const namespace = await namespaceOf(request);
    if (!namespace) throw notFound(NAMESPACES, target.namespace);
    const { status, metadata } = objectAs('namespaces', namespace);
    if (status?.phase !== 'Terminating' && !metadata.deletionTimestamp) return;
    if (!ALWAYS.has(target.kind.storage.key)) throw terminating(request);
  },
};
