import { invalid, type FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';

/** Fills in ipFamilyPolicy and ipFamilies as a cluster with IPv4 addresses does (KEP-563). */
export function setIpFamilies(service: KubeObject): FieldError[] {
  const { spec } = service;
  if (spec.type === 'ExternalName') return [];
  const headless = spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None';
  // endpoints of such a service are made by hand, of any family
  if (headless && Object.keys(spec.selector ?? {}).length === 0) {
    if (!spec.ipFamilies?.length) {
      spec.ipFamilyPolicy ??= 'RequireDualStack';
      spec.ipFamilies = spec.ipFamilyPolicy === 'SingleStack' ? ['IPv4'] : ['IPv4', 'IPv6'];
    }
    spec.ipFamilyPolicy ??= spec.ipFamilies.length > 1 ? 'RequireDualStack' : 'SingleStack';
    return [];
  }
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    return [invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services')];
  }
  const families: string[] = spec.ipFamilies?.length ? spec.ipFamilies : (spec.ipFamilies = ['IPv4']);
  return families.flatMap((family, i) => (family === 'IPv4' ? [] : [invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')]));
}
