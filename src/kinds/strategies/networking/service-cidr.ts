import type { ServiceCIDR } from '../../../../schema/types.ts';
import { invalid, Path, required } from '../../../meta/field.ts';
import type { Cell } from '../../kind.ts';
import { rangeFamily } from '../../../meta/address.ts';
import { validateStrictCidr } from '../../validation/strict-ip.ts';
import { validateImmutable } from '../../validation/values.ts';
import { isolatedStatus, withStatus } from '../status-split.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { since } from '../../cells.ts';

const AT = Path.root('spec').child('cidrs');

/** networking.k8s.io/v1 ServiceCIDR: one range, or one of each family. */
export const serviceCidrStrategy = withStatus<ServiceCIDR>({
  generation: false,
  validate({ spec }) {
    const cidrs = spec?.cidrs ?? [];
    const whole = { CIDRs: cidrs };
    if (!cidrs.length) return [required(AT, 'at least one CIDR required')];
    if (cidrs.length > 2) return [invalid(AT, whole, 'may only hold up to 2 values')];
    if (cidrs.length === 2) {
      const [first, second] = cidrs.map(rangeFamily);
      if (!first || !second || first === second)
        return [
          invalid(
            AT,
            whole,
            'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
          ),
        ];
    }
    return cidrs.flatMap((cidr, i) => validateStrictCidr(cidr, AT.index(i)));
  },
  validateUpdate: (object, old) => validateImmutable(object.spec?.cidrs ?? null, old.spec?.cidrs ?? null, AT),
  // 1.35 lists what it resets under a group that there is not, so all of it can be owned
  subresources: { status: { ...isolatedStatus, resets: [] } },
  cells,
});

function cells({ metadata, spec }: Unchecked<ServiceCIDR>, now: number): Cell[] {
  return [metadata.name, (spec?.cidrs ?? []).join(','), since(metadata.creationTimestamp, now)];
}
