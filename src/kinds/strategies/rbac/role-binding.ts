import { bindingStrategy } from './bindings.ts';

export const roleBindingStrategy = bindingStrategy(['Role', 'ClusterRole'], true);
