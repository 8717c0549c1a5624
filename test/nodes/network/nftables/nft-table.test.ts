import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createTable,
  updateTable,
  type NftChain,
  type NftSet,
  type NftTable,
} from '../../../../src/nodes/network/nftables/nft-table.ts';
import { KernelTable } from '../../../../src/nodes/network/nftables/nft.ts';
import { whyNoLab } from '../lab.ts';

const table = (chains: Record<string, string[]>, elements: Record<string, string> = {}): NftTable => ({
  name: 't',
  chains: new Map(Object.entries(chains).map(([name, rules]): [string, NftChain] => [name, { rules }])),
  sets: new Map<string, NftSet>([
    ['to', { kind: 'map', spec: 'type ipv4_addr : verdict;', elements: new Map(Object.entries(elements)) }],
  ]),
});

describe('the commands that change a table', () => {
  it('are none where nothing differs', () => {
    expect(updateTable(table({ a: ['accept'] }), table({ a: ['accept'] }))).toBe('');
  });

  it('touch what differs, in an order in which nothing is missing', () => {
    const before = table({ a: ['accept'], b: ['drop'], same: ['accept'] }, { '10.0.0.1': 'goto b' });
    const after = table({ a: ['drop'], c: ['accept'], same: ['accept'] }, { '10.0.0.1': 'goto c' });
    expect(updateTable(before, after).split('\n')).toEqual([
      'add chain ip t c',
      'flush chain ip t a',
      'flush chain ip t b',
      'delete element ip t to { 10.0.0.1 }',
      'add rule ip t a drop',
      'add rule ip t c accept',
      'add element ip t to { 10.0.0.1 : goto c }',
      'delete chain ip t b',
      '',
    ]);
  });
});

it('a kernel table that cannot be changed is made anew, and then changed again', async () => {
  const commands: string[] = [];
  let fails = false;
  const kernel = new KernelTable('t', async (text) => {
    commands.push(text.split('\n')[0]!);
    if (fails && !text.includes('delete table')) throw new Error('somebody has flushed it');
  });
  await kernel.apply(table({ a: ['accept'] }));
  await kernel.apply(table({ a: ['drop'] }));
  fails = true;
  await kernel.apply(table({ a: ['accept'] }));
  fails = false;
  await kernel.apply(table({ a: ['drop'] }));
  await kernel.apply(table({ a: ['drop'] }));
  const made = 'add table ip t';
  expect(commands).toEqual([made, 'flush chain ip t a', 'flush chain ip t a', made, 'flush chain ip t a']);
});

const arbitrary = fc
  .record({
    chains: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }),
    rules: fc.array(fc.constantFrom('accept', 'drop', 'tcp dport 80 accept', 'ip saddr @from accept'), {
      maxLength: 3,
    }),
    to: fc.dictionary(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'), fc.nat(3)),
    from: fc.option(fc.uniqueArray(fc.constantFrom('10.1.0.0/16', '10.2.0.1', '10.3.0.0/24'))),
  })
  .map(({ chains, rules, to, from }): NftTable => ({
    name: 't',
    chains: new Map(chains.map((name, n) => [name, { rules: rules.slice(n).filter((r) => from || !r.includes('@')) }])),
    sets: new Map<string, NftSet>([
      [
        'to',
        {
          kind: 'map',
          spec: 'type ipv4_addr : verdict;',
          elements: new Map(Object.entries(to).map(([ip, n]) => [ip, `goto ${chains[n % chains.length]}`])),
        },
      ],
      ...(from
        ? [
            [
              'from',
              {
                kind: 'set',
                spec: 'type ipv4_addr; flags interval;',
                elements: new Map(from.map((cidr) => [cidr, ''])),
              },
            ] satisfies [string, NftSet],
          ]
        : []),
    ]),
  }));

it.skipIf(whyNoLab)('changed step by step, a table in the kernel is what it would be if it were made anew', () => {
  const apply = (steps: readonly string[]): string => {
    const script = steps.map((step, n) => `nft -f - <<'STEP${n}' || exit 1\n${step}\nSTEP${n}\n`).join('');
    const { stdout, stderr } = spawnSync('unshare', ['--net', 'sh', '-c', `${script}nft list ruleset`], {
      encoding: 'utf8',
    });
    return stderr || sorted(stdout);
  };
  fc.assert(
    fc.property(fc.array(arbitrary, { minLength: 2, maxLength: 5 }), (tables) => {
      const steps = tables.map((each, n) => (n ? updateTable(tables[n - 1]!, each) : createTable(each)));
      expect(apply(steps)).toBe(apply([createTable(tables.at(-1)!)]));
    }),
    { numRuns: 15 },
  );
});

/** Chains, sets and elements have no order that matters. */
const sorted = (listing: string): string =>
  listing
    .replace(/elements = \{([^}]*)\}/g, (_, elements: string) =>
      elements
        .split(',')
        .map((e) => e.trim())
        .sort()
        .join(' '),
    )
    .split('\n\n')
    .map((each) =>
      each
        .replace(/^table ip t \{\n|\n?\}\n*$/g, '')
        .trim()
        .replace(/\}$/, '')
        .trim(),
    )
    .sort()
    .join('\n\n');
