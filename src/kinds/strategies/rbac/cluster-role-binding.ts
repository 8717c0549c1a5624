import { bindingStrategy } from './bindings.ts';

export const clusterRoleBindingStrategy = bindingStrategy(['ClusterRole'], false);
