import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerAndProbeFields, FAILS, NOT_EPHEMERAL, SAMPLES } from './container-fields.ts';
import type { Decision, TrialPod } from './decision.ts';
import { documented } from './documented.ts';
import { observeSimulated } from './observe-simulated.ts';
import { observe, type Running } from './observe.ts';
import { podFields } from './pod-fields.ts';
import { closeShared } from './shared-api.ts';
import { securityFields } from './security-fields.ts';
import { serviceFields } from './service-fields.ts';
import { ALL_VOLUMES, volumeFields } from './volume-fields.ts';

const DECISIONS: Readonly<Record<string, Decision>> = {
  ...podFields,
  ...containerAndProbeFields,
  ...securityFields,
  ...volumeFields,
  ...serviceFields,
};

interface Kinds {
  types: Record<string, { fields: [name: string, type: string][] }>;
}
const { types } = JSON.parse(readFileSync('schema/kinds.json', 'utf8')) as Kinds;
const CORE = 'io.k8s.api.core.v1.';
const shortName = (type: string): string => type.slice(type.lastIndexOf('.') + 1);

/** All fields that can be reached from a type: below one whose type is decided as a whole there is nothing to decide. */
function reachable(root: string): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const visit = (type: string): void => {
    if (seen.has(type)) return;
    seen.add(type);
    for (const [field, of] of types[type]?.fields ?? []) {
      const name = `${shortName(type)}.${field}`;
      found.push(name);
      const next = /#(.+)$/.exec(of)?.[1];
      if (next && !DECISIONS[name]?.whole) visit(next);
    }
  };
  visit(CORE + root);
  return found;
}

const fields = [...new Set([...reachable('PodSpec'), ...reachable('ServiceSpec')])].sort();

describe('the fields of pods and services', () => {
  it('are all decided, and nothing else is', () => {
    expect(fields.filter((field) => !DECISIONS[field])).toEqual([]);
    expect(Object.keys(DECISIONS).filter((field) => !fields.includes(field))).toEqual([]);
  });

  it('that are not tried here are named in a title of the test that tries them', () => {
    const nameless = Object.entries(DECISIONS).filter(([name, { tried }]) => {
      if (typeof tried !== 'string') return false;
      // of a scenario, what it tells is said above it
      const named = new RegExp(`^(?: *\\*|/\\*\\*|[^/\n]*['"\`]).*\\b${name.replace('.', '\\.')}\\b`, 'm');
      return !named.test(readFileSync(tried, 'utf8'));
    });
    expect(nameless.map(([name, { tried }]) => `${name}: ${tried as string}`)).toEqual([]);
  });

  it('that a node is said to heed are tried', () => {
    const heeded = ({ process, containerd, simulated }: Decision): boolean =>
      [process, containerd, simulated].some((text) => text === 'works' || text?.startsWith('refused:'));
    const untried = Object.entries(DECISIONS).filter(([, decision]) => heeded(decision) && !decision.tried);
    expect(untried.map(([name]) => name)).toEqual([]);
  });

  it('are documented as they are decided', async () => {
    await documented(DECISIONS);
  });
});

type Runtime = Running | 'simulated';
const trials = (['process', 'containerd', 'simulated'] as const).flatMap((on) =>
  Object.entries(DECISIONS).flatMap(([field, { process, containerd = process, simulated, tried }]) => {
    const becomes = { process, containerd, simulated }[on];
    const heeded = becomes === 'works' || becomes.startsWith('refused:');
    return tried && typeof tried === 'object' && 'after' in tried && (heeded || on === 'simulated')
      ? [{ field, on, becomes, ...tried }]
      : [];
  }),
);
const sights = Object.entries(DECISIONS).flatMap(([field, { tried }]) =>
  typeof tried === 'object' && 'having' in tried ? [{ field, ...tried }] : [],
);
const see = (pod: TrialPod, on: Runtime): Promise<string> =>
  on === 'simulated' ? observeSimulated(pod) : observe(pod, on);
const known = new Map<string, Promise<string>>();
const once = (pod: TrialPod, on: Runtime): Promise<string> => {
  const key = on + JSON.stringify(pod);
  const before = known.get(key) ?? see(pod, on);
  known.set(key, before);
  return before;
};

const EVERYTHING = { pod: { volumes: ALL_VOLUMES }, container: { livenessProbe: FAILS }, ephemeral: {} };

describe('a pod', () => {
  const first: Partial<Record<Runtime, string>> = {};
  beforeAll(async () => {
    for (const on of ['process', 'containerd', 'simulated'] as const) first[on] = await see(EVERYTHING, on);
  });
  afterAll(closeShared);

  it.each(trials)('with $field on a node of runtime $on: $becomes', async ({ on, becomes, before, after }) => {
    const with_ = await once(after, on);
    if (becomes === 'works') expect(with_).not.toBe(await once(before, on));
    else if (on === 'simulated') expect(with_).toContain('"phase":"Running"');
    else {
      expect(with_).toContain(becomes.slice('refused: '.length));
      expect(with_).not.toContain('start c');
    }
  });

  it.each(sights)('with $field is something else to the part of a node that heeds it', async ({ having, without }) => {
    expect(await having()).not.toEqual(await without());
  });

  it.each(NOT_EPHEMERAL)('with %s in an ephemeral container is refused by the API', async (field) => {
    const ephemeral = { [field]: SAMPLES[field] };
    await expect(once({ ephemeral }, 'process')).rejects.toThrow(new RegExp(`ephemeralContainers\\[0\\]\\.${field}`));
  });

  // the last one, so that whatever the others have left in what they share would be seen
  it.each(['process', 'containerd', 'simulated'] as const)('is seen the same each time on %s', async (on) => {
    expect(await see(EVERYTHING, on)).toBe(first[on]);
  });
});
