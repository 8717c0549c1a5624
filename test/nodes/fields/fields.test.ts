import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { containerAndProbeFields } from './container-fields.ts';
import type { Decision, TrialPod } from './decision.ts';
import { documented } from './documented.ts';
import { observe, type Running } from './observe.ts';
import { podFields } from './pod-fields.ts';
import { securityFields } from './security-fields.ts';
import { serviceFields } from './service-fields.ts';
import { volumeFields } from './volume-fields.ts';

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

  it('that are not tried here are tried by a test that there is', () => {
    const files = Object.values(DECISIONS).flatMap(({ tried }) => (typeof tried === 'string' ? [tried] : []));
    expect([...new Set(files)].filter((file) => !existsSync(file))).toEqual([]);
  });

  it('of Services, resizing and stdin that are tried elsewhere are spoken of there', () => {
    const thin = Object.entries(DECISIONS).filter(([name, { tried }]) => {
      const [type = '', field = ''] = name.split('.');
      if (!['ServiceSpec', 'ContainerResizePolicy'].includes(type) && !['resizePolicy', 'stdinOnce'].includes(field))
        return false;
      if (type === 'EphemeralContainer') return false;
      return typeof tried === 'string' && !new RegExp(`\\b${field}\\b`, 'i').test(readFileSync(tried, 'utf8'));
    });
    expect(thin.map(([name, { tried }]) => `${name}: ${tried as string}`)).toEqual([]);
  });

  it('are documented as they are decided', async () => {
    await documented(DECISIONS);
  });
});

const trials = (['process', 'containerd'] as const).flatMap((on) =>
  Object.entries(DECISIONS).flatMap(([field, { process, containerd = process, tried }]) =>
    tried && typeof tried === 'object'
      ? [{ field, on, becomes: on === 'process' ? process : containerd, ...tried }]
      : [],
  ),
);
const known = new Map<string, Promise<string>>();
const once = (pod: TrialPod, on: Running): Promise<string> => {
  const key = on + JSON.stringify(pod);
  const before = known.get(key) ?? observe(pod, on);
  known.set(key, before);
  return before;
};

describe('a pod', () => {
  it.each(trials)('with $field on a node of runtime $on: $becomes', async ({ on, becomes, before, after }) => {
    const with_ = await once(after, on);
    if (becomes === 'works') expect(with_).not.toBe(await once(before, on));
    else {
      expect(with_).toContain(becomes.slice('refused: '.length));
      expect(with_).not.toContain('start c');
    }
  });
});
