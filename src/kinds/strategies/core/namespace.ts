import type { Namespace } from '../../../../schema/types.ts';
import { invalid, Path, type FieldError } from '../../../meta/field.ts';
import { isQualifiedName } from '../../../meta/names.ts';
import type { Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { isStandardFinalizer } from '../../validate-meta.ts';
import { dnsLabelName } from '../../validation/names.ts';
import { statusSubresource } from '../status-split.ts';
import { since } from '../../cells.ts';

type Errors = FieldError[];
const FINALIZERS = Path.root('spec').child('finalizers');
const PHASE = Path.root('status').child('Phase');

/** @param indexed the error names the item, as it does for the `finalize` subresource only */
const finalizers = ({ spec }: Unchecked<Namespace>, indexed: boolean): Errors =>
  (spec?.finalizers ?? []).flatMap((name, i) => {
    const at = indexed ? FINALIZERS.index(i) : FINALIZERS;
    const errors = isQualifiedName(name).map((why) => invalid(at, name, why));
    if (name.includes('/') || isStandardFinalizer(name)) return errors;
    return [...errors, invalid(at, name, 'name is neither a standard finalizer name nor is it fully qualified')];
  });

export const namespaceStrategy: Strategy<Namespace> = {
  name: dnsLabelName,
  defaults(object) {
    // Every namespace carries its name, so that selectors can name it (KEP-2161).
    if (object.metadata.name) (object.metadata.labels ??= {})['kubernetes.io/metadata.name'] = object.metadata.name;
  },
  prepareForCreate(object) {
    object.status = { phase: 'Active' };
    // a name that was drawn came after the defaults
    object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name ?? '' };
    object.spec ??= {};
    const list = (object.spec.finalizers ??= []);
    if (!list.includes('kubernetes')) list.push('kubernetes');
  },
  prepareForUpdate(object, old) {
    object.spec = { ...old.spec };
    if (old.status) object.status = old.status;
    else delete object.status;
  },
  validate: (object) => finalizers(object, false),
  metadata: { whole: 1 },
  subresources: {
    status: {
      ...statusSubresource,
      validateUpdate({ metadata, status }) {
        const phase = status?.phase ?? '';
        const wanted = metadata.deletionTimestamp ? 'Terminating' : 'Active';
        if (phase === wanted) return [];
        return [
          invalid(
            PHASE,
            phase,
            `may only be '${wanted}' if \`deletionTimestamp\` is ${metadata.deletionTimestamp ? 'not empty' : 'empty'}`,
          ),
        ];
      },
    },
    finalize: {
      prepareForUpdate(object, old) {
        if (old.status) object.status = old.status;
        else delete object.status;
      },
      validateUpdate: (object) => finalizers(object, true),
    },
  },
  specFinalizers: (object) => object.spec?.finalizers ?? [],
  fields: (object) => ({ 'status.phase': object.status?.phase ?? '' }),
  generation: false,
  cells,
  returnsDeleted: 'unsaid',
  // it goes when what is in it is gone: its controller takes the finalizers of spec away
  beginDeletion(object) {
    object.status = { ...object.status, phase: 'Terminating' };
  },
};

function cells({ metadata, status }: Unchecked<Namespace>, now: number): Cell[] {
  return [metadata.name, status?.phase ?? '', since(metadata.creationTimestamp, now)];
}
