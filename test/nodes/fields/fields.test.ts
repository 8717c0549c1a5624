import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { containerAndProbeFields } from './container-fields.ts';
import type { Decision, TrialPod } from './decision.ts';
import { documented } from './documented.ts';
import { observe } from './observe.ts';
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

  it('are documented as they are decided', async () => {
    await documented(DECISIONS);
  });
});

const trials = Object.entries(DECISIONS).flatMap(([field, { process, tried }]) =>
  tried && typeof tried === 'object' ? [{ field, process, ...tried }] : [],
);
const known = new Map<string, Promise<string>>();
const once = (pod: TrialPod): Promise<string> => {
  const key = JSON.stringify(pod);
  const before = known.get(key) ?? observe(pod);
  known.set(key, before);
  return before;
};

describe('a pod', () => {
  it.each(trials)('with $field on a node that runs things: $process', async ({ process, before, after }) => {
    const [without, with_] = [await once(before), await once(after)];
    if (process === 'works') expect(with_).not.toBe(without);
    else {
      expect(with_).toContain(process.slice('refused: '.length));
      expect(with_).not.toContain('start c');
    }
  });
});
