import { customCells } from '../../kinds/custom/columns.ts';
import type { Kind } from '../../kinds/kind.ts';
import { formatTime } from '../../meta/time.ts';
import type { KubeObject } from '../../meta/object.ts';
import { admissionCells } from './cells/admission.ts';
import { authorizationCells } from './cells/authorization.ts';
import { clusterCells } from './cells/cluster.ts';
import { configCells } from './cells/config.ts';
import { jobCells } from './cells/jobs.ts';
import { networkCells } from './cells/network.ts';
import { nodeCells } from './cells/nodes.ts';
import { podCells } from './cells/pods.ts';
import { scalingCells } from './cells/scaling.ts';
import { serviceCells } from './cells/services.ts';
import { storageCells } from './cells/storage.ts';
import { workloadCells } from './cells/workloads.ts';
import { eventCells } from './cells/events.ts';
import type { Cell, Printer } from './printer.ts';

/** By storage key: all versions of a resource print its stored version. */
const printers: Readonly<Record<string, Printer>> = {
  pods: podCells,
  ...workloadCells,
  ...jobCells,
  ...scalingCells,
  ...serviceCells,
  ...networkCells,
  ...storageCells,
  ...nodeCells,
  ...eventCells,
  ...configCells,
  ...authorizationCells,
  ...admissionCells,
  ...clusterCells,
};

const custom = new WeakMap<Kind, Printer>();

const byDefault: Printer = (object) => [object.metadata.name, object.metadata.creationTimestamp ?? formatTime(0)];

/** Cells of one object of `kind`'s version; name and creation time where nothing else is known. */
export function cellsOf(kind: Kind | undefined, object: KubeObject, now: number): Cell[] {
  if (!kind) return byDefault(object, now);
  const printer = printers[kind.storage.key];
  if (printer && !kind.custom) return printer(object, now);
  if (!kind.custom) return byDefault(object, now);
  let cells = custom.get(kind);
  if (!cells) custom.set(kind, (cells = customCells(kind.columns)));
  return cells(object, now);
}
