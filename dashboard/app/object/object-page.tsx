import { Group, Stack, Tabs, Text, Title } from '@mantine/core';
import { CatchBoundary, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { facetOf } from '../kinds/all.ts';
import type { Place } from '../kinds/facet.ts';
import type { ObjectSearch } from '../search-params.ts';
import type { Kind } from '../server/kind.ts';
import { useCluster } from '../server/kinds.tsx';
import { NO_NAMESPACE, objectPath } from '../server/objects.ts';
import { wayTo } from '../server/reach.ts';
import { NO_RIGHTS } from '../server/rights.ts';
import { useRightsTo, useRightsToOther } from '../server/use-rights.ts';
import { Age } from '../shared/age.tsx';
import { legible } from '../shared/legible.ts';
import { Loading } from '../shared/loading.tsx';
import { PageLink, useChangeSearch } from '../shared/page-link.tsx';
import { part } from '../shared/part.ts';
import { useNamespaceOf } from '../shared/use-namespaces.ts';
import { usePageTitle } from '../shared/use-page-title.ts';
import { Problem } from '../shared/problem.tsx';
import { Status } from '../shared/status.tsx';
import { mayOpen } from '../terminal/may-open.ts';
import { BrokenPage } from '../shell/broken-page.tsx';
import { NotFound } from '../shell/not-found.tsx';
import { pluralOf } from '../shell/navigation.tsx';
import { EventsTab } from './events-tab.tsx';
import { HistoryTab } from './history-tab.tsx';
import { LogsTab } from './logs-tab.tsx';
import { ObjectActions } from './object-actions.tsx';
import { RelatedTab } from './related-tab.tsx';
import { RolloutTab } from './rollout-tab.tsx';
import { SummaryTab } from './summary-tab.tsx';
import { useObject } from './use-object.ts';

// the editor, the plots and the terminal are large, and not looked at by everyone
const YamlTab = lazy(() => part(() => import('./yaml-tab.tsx')));
const UsageTab = lazy(() => part(() => import('./usage-tab.tsx')));
const MapTab = lazy(() => part(() => import('../map/map-tab.tsx')));
const TerminalTab = lazy(() => part(() => import('../terminal/terminal-tab.tsx')));

/** One object of any kind. */
export function ObjectPage() {
  const { resource = '', namespace = '', name = '' } = useParams({ strict: false });
  const kind = useCluster().kind(resource);
  const place = useMemo(() => ({ namespace: namespace === NO_NAMESPACE ? null : namespace, name }), [namespace, name]);
  if (!kind) return <NotFound />;
  return <ObjectView key={`${resource}/${namespace}/${name}`} kind={kind} place={place} />;
}

function ObjectView({ kind, place }: { kind: Kind; place: Place }) {
  usePageTitle(`${legible(place.name)}, ${pluralOf(kind)}`);
  const search: ObjectSearch = useSearch({ strict: false });
  const change = useChangeSearch();
  const cluster = useCluster();
  const { logs, rollout, usage, exec } = facetOf(kind);
  const kinds = useMemo(() => [kind, ...['pods', 'events'].map((each) => cluster.kind(each))], [kind, cluster]);
  const all = useRightsTo(kinds, useNamespaceOf(place.namespace));
  const rights = all?.get(kind.resource) ?? NO_RIGHTS;
  const way = wayTo(kind, all?.get(kind.resource));
  // who may only list and follow it is not told what is asked of one object
  const mayGet = kind.rights.includes('get') || rights.has('get');
  const { object, gone, error } = useObject(kind, place, search.at, way);
  const mayLog = logs !== undefined && all?.get('pods')?.has('get log') === true;
  const mayMeasure = useRightsToOther(usage, place.namespace).has('get');
  const events = all?.get('events') ?? NO_RIGHTS;
  const mayRun = exec !== undefined && (mayOpen(rights, 'exec') || mayOpen(rights, 'attach'));
  const tab = search.tab ?? 'summary';
  const isNow = search.at === undefined;
  const raw = object?.raw;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed" component="nav" aria-label="Where this is">
        <PageLink to={`/kinds/${kind.resource}`}>{pluralOf(kind)}</PageLink>
        {place.namespace !== null && (
          <>
            {' / '}
            {cluster.namespaces.includes(place.namespace) ? (
              <PageLink to={objectPath('namespaces', { namespace: null, name: place.namespace })}>
                {place.namespace}
              </PageLink>
            ) : (
              place.namespace
            )}
          </>
        )}
      </Text>
      <Group justify="space-between" align="flex-start">
        <Group gap="sm">
          <Title order={2} size="h3" className="name">
            {legible(place.name)}
          </Title>
          {raw?.metadata.deletionTimestamp && <Status word="being deleted" tone="waiting" />}
          {raw?.metadata.creationTimestamp && (
            <Text c="dimmed" size="sm">
              <Age since={raw.metadata.creationTimestamp} /> old
            </Text>
          )}
        </Group>
        {raw && isNow && <ObjectActions kind={kind} place={place} object={raw} rights={rights} />}
      </Group>
      <Problem error={error} />
      {way === undefined && <Text role="status">You may not look at it.</Text>}
      {gone && (
        <Text role="status">
          {isNow
            ? 'It is not there any more: its history tells what became of it.'
            : 'It was not there at that moment.'}
        </Text>
      )}
      <Tabs value={tab} keepMounted={false} onChange={(next) => change({ tab: next ?? undefined })}>
        <Tabs.List className="tabs">
          <Tabs.Tab value="summary">Summary</Tabs.Tab>
          <Tabs.Tab value="yaml">YAML</Tabs.Tab>
          {mayGet && <Tabs.Tab value="related">Related</Tabs.Tab>}
          <Tabs.Tab value="map">Map</Tabs.Tab>
          {events.has('list') && <Tabs.Tab value="events">Events</Tabs.Tab>}
          {mayLog && isNow && <Tabs.Tab value="logs">Logs</Tabs.Tab>}
          {mayMeasure && isNow && <Tabs.Tab value="usage">Usage</Tabs.Tab>}
          {mayRun && isNow && <Tabs.Tab value="terminal">Terminal</Tabs.Tab>}
          {rollout && mayGet && isNow && <Tabs.Tab value="rollout">Rollout</Tabs.Tab>}
          {mayGet && <Tabs.Tab value="history">History</Tabs.Tab>}
        </Tabs.List>
        {/* what one of them cannot show, another can */}
        <CatchBoundary getResetKey={() => tab} errorComponent={BrokenPage}>
          <Tabs.Panel value="summary" pt="md">
            {raw && <SummaryTab kind={kind} object={raw} />}
          </Tabs.Panel>
          <Tabs.Panel value="yaml" pt="md">
            {object && (
              <Suspense fallback={<Loading />}>
                <YamlTab kind={kind} place={place} object={object} writable={isNow && rights.has('update')} />
              </Suspense>
            )}
          </Tabs.Panel>
          {mayGet && (
            <Tabs.Panel value="related" pt="md">
              {!gone && <RelatedTab kind={kind} place={place} at={search.at} version={raw?.metadata.resourceVersion} />}
            </Tabs.Panel>
          )}
          <Tabs.Panel value="map" pt="md">
            <Suspense fallback={<Loading />}>
              {way && !gone && <MapTab kind={kind} place={place} at={search.at} watch={way === 'follow'} />}
            </Suspense>
          </Tabs.Panel>
          {events.has('list') && (
            <Tabs.Panel value="events" pt="md">
              {raw && <EventsTab object={raw} at={search.at} watch={events.has('watch')} />}
            </Tabs.Panel>
          )}
          {mayLog && (
            <Tabs.Panel value="logs" pt="md">
              <LogsTab field={logs} place={place} />
            </Tabs.Panel>
          )}
          {usage && mayMeasure && (
            <Tabs.Panel value="usage" pt="md">
              {raw && (
                <Suspense fallback={<Loading />}>
                  <UsageTab resource={usage} place={place} object={raw} />
                </Suspense>
              )}
            </Tabs.Panel>
          )}
          {mayRun && (
            <Tabs.Panel value="terminal" pt="md">
              {raw && (
                <Suspense fallback={<Loading />}>
                  <TerminalTab place={place} object={raw} rights={rights} />
                </Suspense>
              )}
            </Tabs.Panel>
          )}
          {rollout && mayGet && (
            <Tabs.Panel value="rollout" pt="md">
              <RolloutTab
                kind={kind}
                place={place}
                version={raw?.metadata.resourceVersion}
                writable={rights.has('patch')}
              />
            </Tabs.Panel>
          )}
          {mayGet && (
            <Tabs.Panel value="history" pt="md">
              <HistoryTab kind={kind} place={place} version={raw?.metadata.resourceVersion} />
            </Tabs.Panel>
          )}
        </CatchBoundary>
      </Tabs>
    </Stack>
  );
}
