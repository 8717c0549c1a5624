import { forbidden, invalid, type FieldError, type Path } from '../../../meta/field.ts';
import { isQualifiedName } from '../../../meta/names.ts';
import { quantityErrors } from '../../validation/resources.ts';

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** Resources of quotas and nodes, which are known but not a container's. */
const OTHER_RESOURCES = /^(pods|storage|services|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims|services\.(nodeports|loadbalancers)|(requests|limits)\.(cpu|memory|storage|ephemeral-storage))$/;
const HUGE_PAGES = 'hugepages-';

/** Without a domain it is one that containers have, with one it is an extended resource. */
function resourceNameErrors(name: string, at: Path): FieldError[] {
  const errors = isQualifiedName(name).map((why) => invalid(at, name, why));
  if (errors.length) return errors;
  const slash = name.indexOf('/');
  if (slash < 0) {
    if (CONTAINER_RESOURCES.has(name) || name.startsWith(HUGE_PAGES)) return [];
    if (OTHER_RESOURCES.test(name) || name.startsWith(`requests.${HUGE_PAGES}`)) return [invalid(at, name, 'must be a standard resource for containers')];
    return [
      invalid(at, name, 'must be a standard resource type or fully qualified'),
      invalid(at, name, 'must be a standard resource for containers'),
    ];
  }
  const native = name.slice(0, slash).endsWith('kubernetes.io');
  return native || !name.startsWith('requests.') ? [] : [invalid(at, name, "doesn't follow extended resource name standard")];
}

/** What a pod takes besides its containers, checked as limits of a container are (and so named in the path). */
export function overheadErrors(podFixed: Record<string, string> | undefined, at: Path): FieldError[] {
  const names = Object.keys(podFixed ?? {});
  const errors = names.flatMap((name) => {
    const here = at.child('limits').key(name);
    return [...resourceNameErrors(name, here), ...quantityErrors((podFixed as Record<string, string>)[name] as string, here, name)];
  });
  if (names.some((name) => name.startsWith(HUGE_PAGES)) && !names.includes('cpu') && !names.includes('memory')) {
    errors.push(forbidden(at, 'HugePages require cpu or memory'));
  }
  return errors;
}
