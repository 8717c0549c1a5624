import type { Container, PodSpec } from '../../../../../schema/types.ts';
import type { Path } from '../../../../meta/field.ts';
import type { Parts } from '../../../../meta/object.ts';

const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Calls `visit` for each container of all three lists in the order in which Kubernetes walks them. `at` is the spec. */
export function visitContainers(
  spec: Parts<PodSpec>,
  at: Path,
  visit: (container: Parts<Container>, at: Path) => void,
): void {
  for (const list of LISTS) {
    const containers: readonly Parts<Container>[] | undefined = spec[list];
    if (!containers?.length) continue;
    const here = at.child(list);
    containers.forEach((container, i) => visit(container, here.index(i)));
  }
}
