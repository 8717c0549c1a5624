import { NavLink, TextInput } from '@mantine/core';
import { Link, useLocation } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Kind } from '../server/kind.ts';
import { useReach } from '../server/use-reach.ts';

/** What people look for most, under the words that they know; the rest of the kinds is by group. */
const SECTIONS: readonly (readonly [title: string, resources: readonly string[]])[] = [
  [
    'Workloads',
    [
      'pods',
      'deployments.apps',
      'statefulsets.apps',
      'daemonsets.apps',
      'jobs.batch',
      'cronjobs.batch',
      'replicasets.apps',
      'horizontalpodautoscalers.autoscaling',
    ],
  ],
  [
    'Network',
    ['services', 'ingresses.networking.k8s.io', 'networkpolicies.networking.k8s.io', 'endpointslices.discovery.k8s.io'],
  ],
  ['Configuration', ['configmaps', 'secrets', 'resourcequotas', 'limitranges', 'poddisruptionbudgets.policy']],
  ['Storage', ['persistentvolumeclaims', 'persistentvolumes', 'storageclasses.storage.k8s.io']],
  ['Cluster', ['nodes', 'namespaces', 'events', 'customresourcedefinitions.apiextensions.k8s.io']],
  [
    'Access',
    [
      'serviceaccounts',
      'roles.rbac.authorization.k8s.io',
      'rolebindings.rbac.authorization.k8s.io',
      'clusterroles.rbac.authorization.k8s.io',
      'clusterrolebindings.rbac.authorization.k8s.io',
    ],
  ],
];

interface Section {
  title: string;
  kinds: readonly Kind[];
}

/** Kinds in sections: those above, custom ones by their group, and all others. */
function sectionsOf(kinds: readonly Kind[]): Section[] {
  const left = new Map(kinds.map((kind) => [kind.resource, kind]));
  const known = SECTIONS.map(([title, resources]) => ({
    title,
    kinds: resources.flatMap((resource) => {
      const kind = left.get(resource);
      left.delete(resource);
      return kind ? [kind] : [];
    }),
  }));
  const custom = new Map<string, Kind[]>();
  const others: Kind[] = [];
  for (const kind of left.values()) {
    if (!kind.custom) others.push(kind);
    else custom.set(kind.group, [...(custom.get(kind.group) ?? []), kind]);
  }
  return [
    ...known,
    ...[...custom].sort(([a], [b]) => (a < b ? -1 : 1)).map(([title, all]) => ({ title, kinds: all })),
    { title: 'Others', kinds: others },
  ].filter((section) => section.kinds.length > 0);
}

export function Navigation({ onChosen }: { onChosen(): void }) {
  const [wanted, setWanted] = useState('');
  const { listable, writes } = useReach();
  const { pathname } = useLocation();
  const sections = useMemo(() => {
    const word = wanted.toLowerCase();
    return sectionsOf(
      listable.filter(
        ({ kind, resource, shortNames }) =>
          !word || kind.toLowerCase().includes(word) || resource.includes(word) || shortNames.includes(word),
      ),
    );
  }, [listable, wanted]);
  const page = (to: '/' | '/changes' | '/apply', label: string) => (
    <NavLink component={Link} to={to} label={label} active={pathname === to} onClick={onChosen} />
  );
  return (
    <>
      {page('/', 'Overview')}
      {page('/changes', 'Changes')}
      {writes && page('/apply', 'Apply')}
      <TextInput
        size="xs"
        my="xs"
        aria-label="Find a kind"
        placeholder="Find a kind"
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
      />
      {sections.map(({ title, kinds }) => (
        <NavLink
          component="button"
          key={title}
          label={title}
          defaultOpened={title !== 'Others' || wanted !== ''}
          {...(wanted && { opened: true })}
          fw={600}
          childrenOffset={8}
        >
          {kinds.map((kind) => (
            <NavLink
              key={kind.resource}
              component={Link}
              to={`/kinds/${kind.resource}`}
              label={pluralOf(kind)}
              title={pluralOf(kind)}
              active={pathname === `/kinds/${kind.resource}` || pathname.startsWith(`/kinds/${kind.resource}/`)}
              onClick={onChosen}
              fw={400}
              py={3}
            />
          ))}
        </NavLink>
      ))}
    </>
  );
}

/** `NetworkPolicies`: the kind in plural, its ending taken from the resource. */
export function pluralOf({ kind, resource }: Kind): string {
  const [plural = ''] = resource.split('.');
  const same = [...kind.toLowerCase()].findIndex((letter, place) => plural[place] !== letter);
  const length = same < 0 ? kind.length : same;
  return length < kind.length - 1 ? kind : kind.slice(0, length) + plural.slice(length);
}
