import type { Container, Pod } from '../../../schema/types.ts';
import { isSidecar as staysBesides } from '../../rules/containers.ts';

export const isSidecar = (pod: Pod, container: Container): boolean =>
  staysBesides(container) && Boolean(pod.spec?.initContainers?.some((each) => each.name === container.name));

/**
 * Whether a container that ended so is started again: its own rules first (KEP-5307), then its own policy, then the
 * pod's, which for an init container means `Always` as much as `OnFailure`.
 */
export function restarts(pod: Pod, container: Container, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    if (exitCodes && (exitCodes.operator === 'In') === listed) return action === 'Restart';
  }
  const isInit = Boolean(pod.spec?.initContainers?.some((each) => each.name === container.name));
  switch (container.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always') {
    case 'Never':
      return false;
    case 'OnFailure':
      return exitCode !== 0;
    default:
      return !isInit || container.restartPolicy === 'Always' || exitCode !== 0;
  }
}
