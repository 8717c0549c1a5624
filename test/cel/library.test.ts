import { expect, test } from 'vitest';
import { compile } from '../../src/cel/expression.ts';
import { authorizerValue, AUTHORIZER_TYPE } from '../../src/cel/library/authorizer.ts';
import { FUNCTIONS } from '../../src/cel/library/table.ts';
import type { Overload } from '../../src/cel/overload.ts';
import { CelError } from '../../src/cel/values.ts';
import type { Type } from '../../src/cel/types.ts';

/** An expression of each type. */
const SAMPLES: Readonly<Record<string, string>> = {
  bool: 'true',
  int: '1',
  uint: '1u',
  double: '1.5',
  string: '"1"',
  bytes: 'b"1"',
  null_type: 'null',
  timestamp: 'timestamp("2026-01-02T03:04:05Z")',
  duration: 'duration("1h")',
  type: 'type(1)',
  dyn: 'dyn(1)',
  'net.IP': 'ip("10.0.0.1")',
  'net.CIDR': 'cidr("10.0.0.0/8")',
  'kubernetes.URL': 'url("https://a.example/b")',
  'kubernetes.Quantity': 'quantity("1")',
  'kubernetes.Semver': 'semver("1.2.3")',
  'kubernetes.NamedFormat': 'format.dns1123Label()',
  'kubernetes.authorization.Authorizer': 'authorizer',
  'kubernetes.authorization.GroupCheck': 'authorizer.group("")',
  'kubernetes.authorization.ResourceCheck': 'authorizer.group("").resource("pods")',
  'kubernetes.authorization.PathCheck': 'authorizer.path("/a")',
  'kubernetes.authorization.Decision': 'authorizer.path("/a").check("get")',
};

function sampleOf({ kind, name, parameters }: Type): string {
  const [first, second] = parameters;
  if (kind === 'parameter') return '1';
  if (kind === 'list') return `[${first ? sampleOf(first) : ''}]`;
  if (kind === 'map') return `{${first ? sampleOf(first) : ''}: ${second ? sampleOf(second) : ''}}`;
  if (name === 'optional_type') return `optional.of(${first ? sampleOf(first) : ''})`;
  const sample = SAMPLES[kind === 'type' ? 'type' : name];
  if (sample === undefined) throw new Error(`no sample of ${name}`);
  return sample;
}

/** Calls whose arguments must be of a certain form. */
const GIVEN: Readonly<Record<string, string>> = {
  // a literal is refused, as Kubernetes checks literals of durations as texts
  int64_to_duration: 'duration(dyn([1])[0])',
  string_to_duration: 'duration("1h")',
  string_to_timestamp: 'timestamp("2026-01-02T03:04:05Z")',
  string_format: '"%s".format([1])',
  cidr_contains_ip_string: 'cidr("10.0.0.0/8").containsIP("10.0.0.1")',
};

/** A call as it is written: the blanks of an operator's name are where its operands stand. */
function written(name: string, { id, member, parameters }: Overload): string {
  const form = GIVEN[id];
  if (form) return form;
  const given = parameters.map(sampleOf);
  if (id.endsWith('_tz')) given[1] = '"+01:00"';
  if (name === '@in') return given.join(' in ');
  if (name === '_?._') return 'dyn({"1": 1}).?a';
  if (/[-_[!]/.test(name) && !/[a-z]/.test(name)) {
    const operands = name.includes('_') ? [...given] : [];
    const text = name.replace(/_/g, () => `(${operands.shift()})`);
    return name === '-_' || name === '!_' || name.includes('_') ? text : name;
  }
  if (!member) return `${name}(${given.join(', ')})`;
  const [receiver, ...rest] = given;
  return `${receiver}.${name}(${rest.join(', ')})`;
}

/** What only macros call has no form of its own. */
const INTERNAL = /@(?!in$)/;

const rows = [...FUNCTIONS].flatMap(([name, { overloads }]) =>
  INTERNAL.test(name) ? [] : overloads.map((overload): [string, string] => [overload.id, written(name, overload)]),
);

test.each(rows)('%s: %s is checked and evaluated', (_, expression) => {
  const compiled = compile(expression, { authorizer: AUTHORIZER_TYPE });
  if ('error' in compiled) throw new Error(compiled.error);
  const ask = () => ({ allowed: true, reason: '' });
  const { value } = compiled.program.run({ authorizer: authorizerValue(ask as never) }, 1_000_000);
  const words = value instanceof CelError ? value.message : '';
  expect(words).not.toMatch(/no such overload|unknown|unsupported/);
});
