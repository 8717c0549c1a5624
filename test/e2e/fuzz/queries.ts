import type { Random } from './random.ts';
import { mutateText, TEXTS } from './values.ts';
import { the } from '../../support/at.ts';

const LABELS = [
  'a=b',
  'a==b,c!=d',
  'a in (b,c)',
  'a notin (b)',
  '!a',
  'a',
  'a>1',
  'a<1',
  'a in ()',
  'a in (',
  '(a)',
  ',',
  'a,,b',
  'in in (in)',
  'x/y=z',
  '=',
  'a=b=c',
  ' a = b ',
];
const FIELDS = [
  'metadata.name=a',
  'metadata.namespace!=a',
  'status.phase=Running',
  'spec.nodeName=',
  'type=Opaque',
  'a=b',
  'metadata.name',
  'metadata.name=a\\',
  'metadata.name=\\,',
  ',',
  '=',
  'metadata.name==a,metadata.name=b',
];
const REVISIONS = [
  '0',
  '1',
  '5',
  '100',
  '-1',
  'abc',
  '',
  '9007199254740993',
  '18446744073709551616',
  '1.5',
  '0x10',
  ' 1',
];

/** What each option is given, besides any text. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  labelSelector: LABELS,
  fieldSelector: FIELDS,
  limit: ['0', '1', '2', '500', '-1', 'x', '9223372036854775807', '9223372036854775808', '1e3'],
  resourceVersion: REVISIONS,
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'x', ''],
  timeoutSeconds: ['1', '0', '-1', 'x', '9223372036854775807'],
  sendInitialEvents: ['true', 'false', '', 'x'],
  allowWatchBookmarks: ['true', 'false', 'x'],
  pretty: ['true', 'false', '1', 'x'],
  dryRun: ['All', 'x', ''],
  fieldManager: ['m', 'x'.repeat(129), '\u0001', ''],
  fieldValidation: ['Strict', 'Warn', 'Ignore', 'x'],
  force: ['true', 'false', 'x', ''],
  gracePeriodSeconds: ['0', '1', '-1', 'x', '99999999999999999999'],
  propagationPolicy: ['Orphan', 'Background', 'Foreground', 'x'],
  orphanDependents: ['true', 'x'],
  includeObject: ['None', 'Metadata', 'Object', 'x'],
  timeout: ['1s', '-1s', 'x', '1'],
  exclude: ['etcd', 'x'],
  verbose: [''],
  hash: ['x', ''],
};
const NAMES = Object.keys(OPTIONS);

/** Adds, changes and removes query options. `tokens`: continue tokens that lists have given. */
export function mutateQuery(random: Random, query: [string, string][], tokens: readonly string[]): [string, string][] {
  const out = query.filter(() => !random.chance(0.1));
  for (
    let i = random.weighted([
      [4, 0],
      [4, 1],
      [2, 2],
      [1, 5],
    ] as const);
    i > 0;
    i--
  ) {
    if (random.chance(0.12)) out.push(['continue', tokenOf(random, tokens)]);
    else {
      const name = random.pick(NAMES);
      const value = random.pick(the(OPTIONS[name]));
      out.push([
        name,
        random.chance(0.15) ? mutateText(random, value) : random.chance(0.05) ? random.pick(TEXTS) : value,
      ]);
    }
  }
  return out;
}

function tokenOf(random: Random, tokens: readonly string[]): string {
  const token = tokens.length ? random.pick(tokens) : '';
  return random.weighted<() => string>([
    [3, () => token],
    [2, () => mutateText(random, token)],
    [
      1,
      () =>
        Buffer.from(
          JSON.stringify({
            v: 'meta.k8s.io/v1',
            rv: random.pick([-1, 0, 1, 1e20, 'x', null]),
            start: random.pick(TEXTS),
          }),
        ).toString('base64url'),
    ],
    [1, () => Buffer.from(random.pick(TEXTS)).toString('base64')],
  ])();
}

/** Percent-encoded, now and then wrongly. */
export function searchOf(random: Random, query: readonly [string, string][]): string {
  if (query.length === 0) return '';
  const wrong = random.chance(0.03);
  const text = query
    .map(([name, value]) => `${encodeURIComponent(wellFormed(name))}=${encodeURIComponent(wellFormed(value))}`)
    .join('&');
  return `?${wrong ? text.replaceAll('%2', '%').replace('=', random.pick(['==', '&', '%', '%zz', ';'])) : text}`;
}

/** A lone surrogate has no percent-encoding. */
export const wellFormed = (text: string): string => text.replace(/[\ud800-\udfff]/gu, '\ufffd');
