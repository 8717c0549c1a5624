import type { ComponentStatus } from '../../../../schema/types.ts';
import type { Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';

/** core/v1 ComponentStatus: never stored, made anew for each read. */
export const componentStatusStrategy: Strategy = {
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  cells,
};

function cells({ metadata, conditions }: Unchecked<ComponentStatus>): Cell[] {
  const healthy = conditions?.find((c) => c.type === 'Healthy');
  const state = healthy ? (healthy.status === 'True' ? 'Healthy' : 'Unhealthy') : 'Unknown';
  return [metadata.name, state, healthy?.message ?? '', healthy?.error ?? ''];
}
