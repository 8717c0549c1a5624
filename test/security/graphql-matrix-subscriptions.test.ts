import { afterAll, beforeAll, describe, it } from 'vitest';
import type { KubeObject } from '../../src/meta/object.ts';
import { namesOf } from '../../src/resolvers/schema/names.ts';
import { admin, differs, errorOf, forAll, namesIn, refusalOf, within } from './support/matrix/compare.ts';
import { USERS } from './support/matrix/users.ts';
import { pathOf, World, type Result } from './support/matrix/world.ts';

/**
 * Users × operations: what GraphQL answers is compared with what REST answers the same user about the same objects.
 */
let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(async () => {
  console.log(`${USERS.length} users: ${world.operations} operations, ${world.requests} requests of REST`);
  await world.close();
});

describe('subscriptions', () => {
  const until = (payloads: readonly Result[]): boolean =>
    payloads.some(
      ({ code, text }) => code !== 200 || text.includes('"initialEventsEnd":true') || text.includes('"RESULT"'),
    );
  const seenBy = (payloads: readonly Result[]): string[] => {
    const objects = payloads.flatMap(({ data }) => {
      const { object, items } = (data['o'] ?? {}) as { object?: KubeObject; items?: KubeObject[] };
      return items ?? (object ? [object] : []);
    });
    return namesIn(objects);
  };

  it('watches and live queries of each kind', () =>
    forAll(USERS, async (user) => {
      const place = 'metadata { namespace name }';
      for (const kind of world.served('list', 'watch')) {
        const { many } = namesOf(kind);
        for (const namespace of kind.namespaced ? ['a', 'b'] : ['']) {
          const list = await world.get(user, { kind, namespace });
          const watch = await world.ask(user, `${pathOf({ kind, namespace })}?watch=1`);
          const everything = (await world.get(admin, { kind, namespace })).body.items;
          const events = await world.first(
            user,
            `subscription { o: ${many}Watch${within(kind, namespace, 'bookmarks: true')} { type object { ${place} } initialEventsEnd } }`,
            until,
          );
          differs(user, `${many}Watch ${namespace}`, events.at(-1)?.code, watch.code);
          differs(
            user,
            `${many}Watch ${namespace}`,
            seenBy(events.filter(({ text }) => !text.includes('"BOOKMARK"'))),
            watch.code === 200 ? namesIn(everything) : [],
          );
          const live = await world.first(
            user,
            `subscription { o: ${many}Live${within(kind, namespace)} { type items { ${place} } totalCount } }`,
            until,
          );
          const both = list.code === 200 && watch.code === 200;
          differs(user, `${many}Live ${namespace}`, live.at(-1)?.code, both ? 200 : 403);
          differs(user, `${many}Live ${namespace}`, seenBy(live), both ? namesIn(everything) : []);
          const counted = await world.first(
            user,
            `subscription { o: ${many}AggregateLive${within(kind, namespace)} { total { count } } }`,
            () => true,
          );
          differs(user, `${many}AggregateLive ${namespace}`, counted[0]?.code, both ? 200 : 403);
          if (both)
            differs(user, `${many}AggregateLive ${namespace}`, counted[0]?.data['o'].total.count, everything?.length);
          if (both) differs(user, `${many}Live ${namespace}`, live[0]?.data['o'].totalCount, everything?.length);
        }
      }
    }));

  it('of several kinds, of a rollout, and of a drain', () =>
    forAll(USERS, async (user) => {
      const may = async (path: string): Promise<boolean> => (await world.ask(user, `${path}watch=1`)).code === 200;
      const [pods, secrets] = [await may('/api/v1/namespaces/a/pods?'), await may('/api/v1/namespaces/a/secrets?')];
      const [several] = await world.first(
        user,
        'subscription { watch(kinds: ["pods", "secrets"], namespace: "a") { object } }',
        () => true,
      );
      differs(user, 'watch of several', several?.code, pods && secrets ? 200 : 403);
      const [generic] = await world.first(
        user,
        'subscription { objectsWatch(resource: "secrets", namespace: "a") }',
        () => true,
      );
      differs(user, 'objectsWatch', generic?.code, secrets ? 200 : 403);
      for (const name of ['web', 'missing']) {
        const one = await may(`/apis/apps/v1/namespaces/a/deployments?fieldSelector=metadata.name%3D${name}&`);
        const [rollout] = await world.first(
          user,
          `subscription { deploymentRolloutStatus(namespace: "a", name: "${name}") { message } }`,
          () => true,
        );
        differs(user, `rollout of ${name}`, rollout?.code, !one ? 403 : name === 'web' ? 200 : 404);
      }
      for (const name of ['n1', 'missing']) {
        const rest = await world.ask(
          user,
          `/api/v1/nodes/${name}?dryRun=All`,
          'PATCH',
          { spec: { unschedulable: true } },
          'application/merge-patch+json',
        );
        const [first] = await world.first(
          user,
          `subscription { drainNode(name: "${name}", dryRun: true) { message } }`,
          () => true,
        );
        const pods = await world.ask(user, `/api/v1/pods?fieldSelector=spec.nodeName%3D${name}`);
        // the rights to all of it are asked for before it begins
        differs(
          user,
          `drain of ${name}`,
          errorOf(first!),
          refusalOf(pods.code === 403 && !rest.body.message?.includes('cannot patch') ? pods : rest),
        );
      }
    }));

  it('logs: none of a pod without the right to them, whether it is there or not', () =>
    forAll(USERS, async (user) => {
      for (const name of ['x', 'missing']) {
        const rest = await world.ask(user, `/api/v1/namespaces/a/pods/${name}/log`);
        const query = `subscription { podLogs(namespace: "a", name: "${name}", follow: false) { text } }`;
        const [found] = await world.first(user, query, () => true);
        if (rest.code === 403 || rest.code === 404) differs(user, `logs of ${name}`, errorOf(found!), refusalOf(rest));
        else differs(user, `logs of ${name}`, [403, 404].includes(found!.code), false);
      }
      const web = await world.ask(user, '/apis/apps/v1/namespaces/a/deployments/web');
      const query = 'subscription { deploymentLogs(namespace: "a", name: "web", follow: false) { text } }';
      const [found] = await world.first(user, query, () => true);
      if (web.code === 403) differs(user, 'logs of a Deployment', found?.code, 403);
    }));
});
