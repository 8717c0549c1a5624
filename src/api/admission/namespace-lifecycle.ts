import { forbiddenRequest, notFound, StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { objectAs } from '../object-as.ts';
import { resourceOf } from '../target.ts';
import { lookUp } from './objects.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);
/** These may be made in a namespace that is going: who cleans up has to ask whether he may. */
const ALWAYS = new Set(['localsubjectaccessreviews.authorization.k8s.io']);

/** Throws 404 and 403 where nothing can be made in a namespace. */
function check(request: AdmissionRequest, namespace: Stored | undefined): void {
  const { kind, namespace: name } = request.target;
  if (!namespace) throw notFound(NAMESPACES, name);
  const { status, metadata } = objectAs('namespaces', namespace);
  if (status?.phase !== 'Terminating' && !metadata.deletionTimestamp) return;
  if (!ALWAYS.has(kind.storage.key)) throw terminating(request);
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
  admit(request) {
    const { target, operation } = request;
    if (operation === 'DELETE') {
      if (IMMORTAL.has(target.name))
        throw forbiddenRequest(NAMESPACES, target.name, 'this namespace may not be deleted');
      return;
    }
    const key = { resource: 'namespaces', namespace: '', name: target.namespace };
    return lookUp(request.store, key, (namespace) => check(request, namespace));
  },
};
