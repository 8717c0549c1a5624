import type { Strategy } from './kind.ts';
import { configMapStrategy, eventStrategy, namespaceStrategy, nodeStrategy, secretStrategy, serviceAccountStrategy } from './strategies/core.ts';
import { podStrategy } from './strategies/pod/pod.ts';
import { serviceStrategy } from './strategies/service.ts';
import {
  controllerRevisionStrategy,
  daemonSetStrategy,
  deploymentStrategy,
  podTemplateStrategy,
  replicaSetStrategy,
  replicationControllerStrategy,
  statefulSetStrategy,
} from './strategies/workloads.ts';
import { withStatus } from './strategies/status-split.ts';

/**
 * The rules of each built-in kind that its schema cannot say, by storage key. What is not here has the rules of
 * `defaultStrategy`.
 */
export const strategies: Readonly<Record<string, Strategy>> = {
  configmaps: configMapStrategy,
  events: eventStrategy,
  namespaces: namespaceStrategy,
  nodes: nodeStrategy,
  pods: podStrategy,
  podtemplates: podTemplateStrategy,
  replicationcontrollers: replicationControllerStrategy,
  secrets: secretStrategy,
  serviceaccounts: serviceAccountStrategy,
  services: serviceStrategy,
  'controllerrevisions.apps': controllerRevisionStrategy,
  'daemonsets.apps': daemonSetStrategy,
  'deployments.apps': deploymentStrategy,
  'replicasets.apps': replicaSetStrategy,
  'statefulsets.apps': statefulSetStrategy,
};

const PLAIN: Strategy = {};
const SPLIT: Strategy = withStatus();

/** Kinds with a status subresource keep spec and status apart; others have no rules of their own. */
export const defaultStrategy = (hasStatus: boolean): Strategy => (hasStatus ? SPLIT : PLAIN);
