import { Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { Problem } from '../shared/problem.tsx';
import { useListable } from '../shell/navigation.tsx';
import { graphOf, type Centre } from './graph.ts';
import { MapList } from './map-list.tsx';
import { MapView } from './map-view.tsx';
import { useMap } from './use-map.ts';

/** What belongs together with an object: drawn, or as a list. */
export default function MapTab({ kind, place, at }: { kind: Kind; place: Place; at: string | undefined }) {
  const namespaces = useMemo(() => (place.namespace === null ? [] : [place.namespace]), [place.namespace]);
  const { centre, error } = useMap(kind, place, at, useListable(namespaces));
  const [form, setForm] = useState('map');
  const graph = useMemo(() => centre && graphOf(centre), [centre]);
  return (
    <Stack>
      <Problem error={error} />
      {!graph && !error && <Text c="dimmed">loading</Text>}
      {centre && graph && (
        <>
          <Group justify="space-between">
            <Text size="sm" c="dimmed" role="status">
              {graph.objects.size === 1
                ? 'Nothing that you may see belongs to it.'
                : `${graph.objects.size} objects${left(centre) > 0 ? `, and ${left(centre)} more that are not shown` : ''}`}
            </Text>
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
          </Group>
          {form === 'map' ? <MapView graph={graph} centre={centre.metadata.uid} /> : <MapList graph={graph} />}
        </>
      )}
    </Stack>
  );
}

const left = ({ owned, usedBy }: Centre): number =>
  [owned, usedBy].reduce((sum, page) => sum + (page ? page.totalCount - page.items.length : 0), 0);
