import { addQuantity, formatQuantity, parseQuantity } from '../../meta/quantity.ts';
import type { NodeMetrics, PodMetrics, Resources } from './metrics-objects.ts';

/**
 * meta.k8s.io/v1 Table, as metrics-server prints: without objects there are no columns either.
 * Source: pkg/api/table.go of metrics-server.
 */
export function metricsTable(items: readonly (NodeMetrics | PodMetrics)[]): object {
  const column = (name: string, format: string, description = '') => ({
    name,
    type: 'string',
    format,
    description,
    priority: 0,
  });
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: items.length
      ? [
          column('Name', 'name', 'Name of the resource'),
          column('cpu', 'quantity'),
          column('memory', 'quantity'),
          column('Window', 'duration'),
        ]
      : null,
    rows: items.map((item) => {
      const { cpu, memory } = 'usage' in item ? item.usage : total(item);
      const { metadata } = item;
      const object = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
      return { cells: [metadata.name, cpu, memory, item.window], object };
    }),
  };
}

function total({ containers }: PodMetrics): Resources {
  const sum = (name: keyof Resources): string =>
    formatQuantity(
      containers.map(({ usage }) => parseQuantity(usage[name])).reduce((all, each) => addQuantity(all, each)),
    );
  return { cpu: sum('cpu'), memory: sum('memory') };
}
