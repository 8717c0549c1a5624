import { expect, it } from 'vitest';
import { manifests } from '../../../src/addons/custom-metrics/manifests.ts';
import { parseRules } from '../../../src/addons/custom-metrics/rules.ts';
import { CLUSTER } from '../support.ts';

const NONE = new Map<string, string>();

it('has defaults that can be read: rates of counters, and what other series say', () => {
  const [text] = manifests(CLUSTER).flatMap((one) =>
    one.resource === 'configmaps' ? [one.object.data?.['rules.yaml']] : [],
  );
  const rules = parseRules(String(text));
  const of = (name: string) => {
    const rule = rules.find((each) => each.takes(name, NONE));
    return rule && [rule.drop ? 'dropped' : rule.metric(name), rule.over];
  };
  expect(of('http_requests_total')).toEqual(['http_requests_per_second', 'rate']);
  expect(of('latency_seconds_bucket')).toEqual(['dropped', 'last']);
  expect(of('queue_length')).toEqual(['queue_length', 'last']);
});

it('takes series by whole names and whole labels', () => {
  const [rule] = parseRules("rules: [{series: 'a|b', labels: {code: '5..', none: ''}, as: x}]");
  const takes = (name: string, labels: Record<string, string>) => rule?.takes(name, new Map(Object.entries(labels)));
  expect(takes('a', { code: '503' })).toBe(true);
  expect(takes('b', { code: '503' })).toBe(true);
  expect(takes('ab', { code: '503' })).toBe(false);
  expect(takes('a', { code: '5033' })).toBe(false);
  expect(takes('a', { code: '503', none: 'x' })).toBe(false);
  expect(takes('a', {})).toBe(false);
});

it.each([
  ['rules: [', 'Flow sequence'],
  ['rules: {}', 'rules: must be a list of at most 100'],
  ['other: []', 'rules.yaml.other: unknown field'],
  ['rules: [{}]', 'rules[0].series: must be a text'],
  ['rules: [{series: a, more: 1}]', 'rules[0].more: unknown field'],
  ["rules: [{series: 'a('}]", 'rules[0].series: error parsing regexp'],
  ["rules: [{series: '(a{1000}){1000}'}]", 'rules[0].series: error parsing regexp'],
  ['rules: [{series: a, as: "b c"}]', 'rules[0].as: b c is no name of a metric'],
  ['rules: [{series: a, as: "*_*"}]', 'rules[0].as: *_* is no name of a metric'],
  ['rules: [{series: a, as: ""}]', 'rules[0].as:  is no name of a metric'],
  ['rules: [{series: a, over: median}]', 'rules[0].over: must be one of last, rate, increase, avg, min, max'],
  ['rules: [{series: a, of: count}]', 'rules[0].of: must be one of sum, avg, min, max'],
  ['rules: [{series: a, window: 1h}]', 'rules[0].window: must be a duration of at most 10m'],
  ['rules: [{series: a, window: soon}]', 'rules[0].window: must be a duration of at most 10m'],
  ['rules: [{series: a, external: 1}]', 'rules[0].external: must be true or false'],
  ['rules: [{series: a, resources: {services: 1}}]', 'rules[0].resources.services: must be a text'],
  ['a: &a [x]\nrules: [*a, *a]', 'Alias resolution is disabled'],
  ['x'.repeat(17_000), 'rules: more than 16384 characters'],
  ['['.repeat(40), 'rules: more than 32 levels'],
])('refuses %.50s', (text, message) => {
  expect(() => parseRules(text)).toThrow(message);
});
