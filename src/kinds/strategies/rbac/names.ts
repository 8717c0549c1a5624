import { pathSegmentName } from '../../validation/names.ts';
import type { Strategy } from '../../kind.ts';

export const GROUP = 'rbac.authorization.k8s.io';

/** Common to roles and bindings: names are path segments (`system:node`), a PUT may create. Who may grant what is the pipeline's matter. */
export const rbacStrategy: Strategy = { name: pathSegmentName, generation: false, createOnUpdate: true };
