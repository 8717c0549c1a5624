import { describe, expect, test } from 'vitest';
import { ADDONS } from '../../src/addons/all.ts';
import { parseAddons, parseNodes, parseOptions, StartError, USAGE } from '../../src/start/options.ts';

const ALL = Object.keys(ADDONS);

describe('--addons', () => {
  test.each([
    [undefined, ALL],
    ['dns', ['dns']],
    ['dns,dns', ['dns']],
    ['none', []],
    ['', []],
  ])('%j', (text, names) => {
    expect(parseAddons(text)).toEqual(names);
  });

  test.each(['dsn', 'dns,none', 'toString'])('%s is refused with those that there are', (text) => {
    expect(() => parseAddons(text)).toThrow(
      new RegExp(`^--addons: there is no add-on .*; the add-ons are ${ALL.join(', ')}$`),
    );
  });

  test('is told by --help, and read from the command line', () => {
    expect(USAGE).toMatch(/--addons LIST +of dns/);
    expect(parseOptions(['--addons', 'none'], {}, '1')).toMatchObject({ addons: [] });
    expect(parseOptions([], {}, '1')).toMatchObject({ addons: ALL });
  });
});

describe('--nodes', () => {
  test.each([
    ['process:1', [{ runtime: 'process', count: 1 }]],
    ['process', [{ runtime: 'process', count: 1 }]],
    ['simulated:3', [{ runtime: 'simulated', count: 3, cpu: '32', memory: '64Gi', pods: 110, zones: 1 }]],
    [
      'process:1+simulated:2,cpu=4,zones=3',
      [
        { runtime: 'process', count: 1 },
        { runtime: 'simulated', count: 2, cpu: '4', memory: '64Gi', pods: 110, zones: 3 },
      ],
    ],
  ])('%s', (text, nodes) => {
    expect(parseNodes(text)).toEqual(nodes);
  });

  test.each([
    ['process:2', 'a machine holds one process node'],
    ['containerd:1', 'runtimes are process and simulated'],
    ['simulated:many', 'many is not a number of nodes'],
    ['simulated:1,disk=3', 'unknown setting disk=3'],
    ['simulated:1,constructor=3', 'unknown setting constructor=3'],
    ['process:1,cpu=3', 'unknown setting cpu=3'],
  ])('%s is refused: %s', (text, why) => {
    expect(() => parseNodes(text)).toThrow(why);
    expect(() => parseNodes(text)).toThrow(StartError);
  });
});
