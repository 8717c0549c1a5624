import { celValue } from '../../../kinds/cel.ts';
import { fromStorage } from '../../../kinds/encode.ts';
import type { KubeObject } from '../../../meta/object.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { requestFacts } from '../webhooks/request-facts.ts';

/** An object as expressions see it: of the request's version, keys escaped where CEL needs it. */
function visible({ target }: AdmissionRequest, object: KubeObject | undefined): unknown {
  if (!object) return null;
  return celValue(fromStorage(target.kind, object));
}

/** What every admission expression may use: object, oldObject, request, params, namespaceObject (KEP-3488). */
export function celVariables(request: AdmissionRequest, params: KubeObject | undefined): Record<string, unknown> {
  const { core, target } = request;
  const namespace = target.kind.namespaced ? core.store.get({ resource: 'namespaces', namespace: '', name: target.namespace }) : undefined;
  return {
    object: visible(request, request.object),
    oldObject: visible(request, request.old),
    request: celValue(requestFacts(request)),
    params: params ? celValue(params) : null,
    namespaceObject: namespace ? celValue({ kind: 'Namespace', apiVersion: 'v1', ...namespace.object }) : null,
    authorizer: null,
  };
}

