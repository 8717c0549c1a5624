import { Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { useReachIn } from '../server/use-reach.ts';
import { Loading } from '../shared/loading.tsx';
import { Problem } from '../shared/problem.tsx';
import { useNamespaceOf } from '../shared/use-namespaces.ts';
import { graphOf, leftOf } from './graph.ts';
import { isDrawable } from './layout.ts';
import { MapList } from './map-list.tsx';
import { MapView } from './map-view.tsx';
import { useMap } from './use-map.ts';

/** What belongs together with an object: drawn, or as a list. */
export default function MapTab({
  kind,
  place,
  at,
  watch,
}: {
  kind: Kind;
  place: Place;
  at: string | undefined;
  /** whether one may follow objects of the kind, not only read one */
  watch: boolean;
}) {
  const { listable, known } = useReachIn(useNamespaceOf(place.namespace));
  const { centre, error } = useMap(kind, place, { at, watch, listable: known ? listable : undefined });
  const [form, setForm] = useState('map');
  const graph = useMemo(() => centre && graphOf(centre), [centre]);
  const drawable = graph !== undefined && isDrawable(graph);
  return (
    <Stack>
      <Problem error={error} />
      {!graph && !error && <Loading />}
      {centre && graph && (
        <>
          <Group justify="space-between">
            <Text size="sm" c="dimmed" role="status">
              {graph.objects.size === 1
                ? 'Nothing that you may see belongs to it.'
                : `${graph.objects.size} objects${leftOf(centre) > 0 ? `, and ${leftOf(centre)} more that are not shown` : ''}`}
            </Text>
            {drawable ? (
              <SegmentedControl
                size="xs"
                aria-label="Form"
                data={[
                  { value: 'map', label: 'Map' },
                  { value: 'list', label: 'List' },
                ]}
                value={form}
                onChange={setForm}
              />
            ) : (
              <Text size="sm" c="dimmed">
                These are too many to be drawn.
              </Text>
            )}
          </Group>
          {form === 'map' && drawable ? (
            <MapView graph={graph} centre={centre.metadata.uid} />
          ) : (
            <MapList graph={graph} />
          )}
        </>
      )}
    </Stack>
  );
}
