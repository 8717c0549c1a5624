import type { RuntimeClass } from '../../../../schema/types.ts';
import { Path } from '../../../meta/field.ts';
import { isDns1123Label } from '../../../meta/names.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateLabels } from '../../validation/labels.ts';
import { deprecatedNodeLabel } from '../../validation/node-selector.ts';
import { validateImmutable, validateRule } from '../../validation/values.ts';
import { overheadErrors } from './overhead.ts';
import { tolerationListErrors } from './tolerations.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { since } from '../../cells.ts';

const HANDLER = Path.root('handler');
const SCHEDULING = Path.root('scheduling');

/** node.k8s.io/v1 RuntimeClass */
export const runtimeClassStrategy: Strategy<RuntimeClass> = {
  generation: false,
  unconditionalUpdate: false,
  validate: ({ handler = '', overhead, scheduling }) => [
    ...validateRule(handler, isDns1123Label, HANDLER),
    ...overheadErrors(overhead?.podFixed, Path.root('overhead')),
    ...validateLabels(scheduling?.nodeSelector, SCHEDULING.child('nodeSelector')),
    ...tolerationListErrors(scheduling?.tolerations, SCHEDULING.child('tolerations')),
  ],
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {})
      .sort()
      .flatMap((key) => {
        const said = deprecatedNodeLabel(key);
        return said === undefined ? [] : [`${SCHEDULING.child('nodeSelector')}: ${key} is ${said}`];
      }),
  metadata: { whole: 1, finalizers: 'any' },
  validateUpdate: (object, old) => validateImmutable(object.handler, old.handler, HANDLER),
  cells,
};

function cells({ metadata, handler }: Unchecked<RuntimeClass>, now: number): Cell[] {
  return [metadata.name, handler ?? '', since(metadata.creationTimestamp, now)];
}
