import { panel, type Facet } from './facet.ts';
import { textOf } from './texts.ts';

export const namespaces: Facet = { actions: [], facts: [['Phase', 'status.phase']] };

export const events: Facet = {
  actions: [],
  facts: [
    ['Type', 'type'],
    ['Reason', 'reason'],
    ['Message', 'message'],
    ['Kind', 'involvedObject.kind'],
    ['Of', 'involvedObject.name'],
    ['Times', 'count'],
    ['First', 'firstTimestamp'],
    ['Last', 'lastTimestamp'],
    ['From', 'reportingComponent'],
  ],
};

interface Definition {
  spec?: { versions?: readonly { name: string; served: boolean; storage: boolean; deprecated?: boolean }[] };
}

const yes = (is: boolean | undefined): string => (is ? 'yes' : 'no');

export const definitions: Facet = {
  actions: [],
  facts: [
    ['Group', 'spec.group'],
    ['Kind', 'spec.names.kind'],
    ['Plural', 'spec.names.plural'],
    ['Short names', 'spec.names.shortNames'],
    ['Scope', 'spec.scope'],
  ],
  panels: [
    panel<Definition>('Versions', ['Version', 'Served', 'Stored', 'Deprecated'], ({ spec }) =>
      (spec?.versions ?? []).map(({ name, served, storage, deprecated }) => [
        textOf(name),
        yes(served),
        yes(storage),
        yes(deprecated),
      ]),
    ),
  ],
};
