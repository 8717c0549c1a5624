import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatQuantity, parseQuantity } from '../../src/meta/quantity.ts';
import type { ObjectLike } from '../../src/meta/object.ts';
import { exact, podAmounts, type SpecOfAmounts } from '../../src/rules/pod-amounts.ts';
import { qosClass } from '../../src/rules/qos-class.ts';
import { unsaid } from '../../src/rules/quota-demands.ts';
import { inScopes } from '../../src/rules/quota-scopes.ts';
import { usageOf, type Usage } from '../../src/rules/quota-usage.ts';
import { formatAmounts } from './format-amounts.ts';
import type { ResourceQuota } from '../../schema/types.ts';

/** What k8s.io/kubernetes v1.35.0 answered for 150 random objects on the first second of 2026. */
interface Recorded {
  resource: string;
  object: ObjectLike & { spec: SpecOfAmounts };
  quota: { spec: NonNullable<ResourceQuota['spec']>; hard: string[] };
  usage: Record<string, string>;
  matches: boolean;
  missing?: string;
  qos?: string;
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}
const cases = JSON.parse(readFileSync(new URL('recorded.json', import.meta.url), 'utf8')) as Recorded[];
const NOW = Date.parse('2026-01-01T00:00:00Z');

/** Zeros say nothing: there they stand for what is not there. */
const said = (usage: Usage): Record<string, string> =>
  formatAmounts(Object.fromEntries(Object.entries(usage).filter(([, { nano }]) => nano !== 0n)));
const recorded = (list: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(list)
      .map(([name, text]) => [name, formatQuantity(parseQuantity(text))] as const)
      .filter(([, text]) => text !== '0'),
  );

describe('as Kubernetes answers', () => {
  test.each(cases.map((each, index) => [index, each.resource, each] as const))('%i: %s', (_index, resource, each) => {
    const { object, quota } = each;
    expect(said(usageOf(resource, object, NOW))).toEqual(recorded(each.usage));
    expect(inScopes({ spec: quota.spec } as ResourceQuota, resource, object)).toBe(each.matches);
    if (resource !== 'pods') return;
    expect(said(podAmounts(object.spec, 'requests', exact))).toEqual(recorded(each.requests));
    expect(said(podAmounts(object.spec, 'limits', exact))).toEqual(recorded(each.limits));
    expect(qosClass(object.spec)).toBe(each.qos);
    const missing = unsaid(object.spec, quota.hard).join('; ');
    expect(missing && `must specify ${missing}`).toBe(each.missing ?? '');
  });
});
