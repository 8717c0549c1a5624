import { SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useMemo } from 'react';
import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { useQuery } from '../server/use-query.ts';
import { ObjectLink } from '../shared/object-link.tsx';
import { Problem } from '../shared/problem.tsx';

interface Ref {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string | null; uid: string };
}
interface Many {
  items: readonly Ref[];
  totalCount: number;
}
interface Related {
  owners: readonly (Ref | null)[] | null;
  owned: Many | null;
  usedBy: Many | null;
}

const REF = 'apiVersion kind metadata { name namespace uid }';
const documentOf = ({
  one,
  namespaced,
}: Kind): string => `query Related(${namespaced ? '$namespace: String, ' : ''}$name: String!, $asOf: String) {
  one: ${one}(${namespaced ? 'namespace: $namespace, ' : ''}name: $name, asOf: $asOf) {
    owners(depth: 5, readable: true) { ${REF} }
    owned(depth: 3, first: 100) { totalCount items { ${REF} } }
    usedBy(first: 100) { totalCount items { ${REF} } }
  }
}`;

/** What belongs to an object: whose it is, what is its own, and who uses it. */
export function RelatedTab({
  kind,
  place,
  at,
  version,
}: {
  kind: Kind;
  place: Place;
  at: string | undefined;
  version: string | undefined;
}) {
  const document = useMemo(() => documentOf(kind), [kind]);
  const { data, error, loading } = useQuery<{ one: Related | null }>(
    document,
    { ...(kind.namespaced && { namespace: place.namespace }), name: place.name, ...(at !== undefined && { asOf: at }) },
    version,
  );
  if (error) return <Problem error={error} />;
  const related = data?.one;
  if (!related) return <Text c="dimmed">{loading ? 'loading' : 'There is nothing.'}</Text>;
  const owners = (related.owners ?? []).filter((owner) => owner !== null);
  return (
    <SimpleGrid cols={{ base: 1, md: 3 }}>
      <Refs title="Whose it is" refs={owners} count={owners.length} />
      <Refs title="What is its own" refs={related.owned?.items ?? []} count={related.owned?.totalCount ?? 0} />
      <Refs title="Who uses it" refs={related.usedBy?.items ?? []} count={related.usedBy?.totalCount ?? 0} />
    </SimpleGrid>
  );
}

function Refs({ title, refs, count }: { title: string; refs: readonly Ref[]; count: number }) {
  return (
    <Stack gap="xs" component="section">
      <Title order={3} size="h5">
        {title} ({count})
      </Title>
      <Table>
        <Table.Tbody>
          {refs.map(({ apiVersion, kind, metadata: { name, namespace, uid } }) => (
            <Table.Tr key={uid}>
              <Table.Td>{kind}</Table.Td>
              <Table.Td className="name">
                <ObjectLink apiVersion={apiVersion} kind={kind} namespace={namespace} name={name} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {refs.length === 0 && (
        <Text c="dimmed" size="sm">
          none
        </Text>
      )}
    </Stack>
  );
}
