import { ask } from '../server/query.ts';
import type { Place } from '../kinds/facet.ts';

const DEBUG = /* GraphQL */ `
  mutation Debug($namespace: String!, $name: String!, $patch: JSON!) {
    patchObject(
      resource: "pods"
      namespace: $namespace
      name: $name
      subresource: "ephemeralcontainers"
      type: STRATEGIC
      patch: $patch
    )
  }
`;

/**
 * Adds a container for debugging to a pod that runs, with a terminal to attach to, as `kubectl debug` does: it shares the
 * processes of its target. Returns its name.
 * @param random of [0, 1): makes names that differ
 */
export async function debugContainer(
  place: Place,
  { image, target }: { image: string; target: string },
  random: () => number = Math.random,
): Promise<string> {
  const name = `debugger-${Math.floor(random() * 36 ** 5)
    .toString(36)
    .padStart(5, '0')}`;
  const container = { name, image, stdin: true, tty: true, targetContainerName: target };
  await ask(DEBUG, { ...place, patch: { spec: { ephemeralContainers: [container] } } });
  return name;
}
