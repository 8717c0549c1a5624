import { describe, expect, it } from 'vitest';
import { Reader } from '../../../src/kinds/protobuf/reader.ts';
import { fields } from '../../../src/kinds/protobuf/value.ts';
import { encodePprof } from '../../../src/rest/health/pprof.ts';
import { cpuProfile, cpuSamples, heapProfile, heapSamples } from '../../../src/rest/health/take-profile.ts';

const frame = (functionName: string, lineNumber = 0) => ({
  functionName,
  scriptId: '1',
  url: 'file:///a.js',
  lineNumber,
  columnNumber: 0,
});
const node = (id: number, name: string, children: number[] = []) => ({ id, callFrame: frame(name, id), children });
const names = (samples: readonly { stack: readonly { functionName: string }[]; values: readonly number[] }[]) =>
  samples.map(({ stack, values }) => [stack.map(({ functionName }) => functionName).join(' < '), ...values]);

describe('a profile', () => {
  it('of the CPU counts looks and time by stack, without what waits', () => {
    const profile = {
      nodes: [node(1, '(root)', [2, 3]), node(2, 'main', [4]), node(3, '(idle)'), node(4, 'work')],
      startTime: 0,
      endTime: 50_000,
      samples: [4, 4, 2, 3],
      timeDeltas: [10_000, 11_000, 12_000, 13_000],
    };
    expect(names(cpuSamples(profile))).toEqual([
      ['work < main', 2, 21_000_000],
      ['main', 1, 12_000_000],
    ]);
  });

  it('of memory counts bytes by stack', () => {
    const leaf = { id: 3, callFrame: frame('leaf'), selfSize: 100, children: [] };
    const main = { id: 2, callFrame: frame('main'), selfSize: 70_000, children: [leaf] };
    const head = { id: 1, callFrame: frame('(root)'), selfSize: 0, children: [main] };
    expect(names(heapSamples({ head }))).toEqual([
      ['main', 2, 70_000],
      ['leaf < main', 1, 100],
    ]);
  });

  it('is taken of what runs, and ends when nobody waits for it any more', async () => {
    const gone = new AbortController();
    const [cpu] = await Promise.all([cpuProfile(60_000, gone.signal), Promise.resolve().then(() => gone.abort())]);
    expect(cpu.types).toEqual([
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ]);
    const heap = await heapProfile(1, new AbortController().signal);
    expect(heap.types.map(({ type }) => type)).toEqual(['inuse_objects', 'inuse_space']);
  });
});

describe('in the form of pprof', () => {
  const main = frame('main', 4);
  const bytes = encodePprof({
    types: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    period: 10_000_000,
    samples: [
      { stack: [frame('work', 9), main], values: [2, 20_000_000] },
      { stack: [main], values: [1, 5] },
    ],
    began: 1_700_000_000_000,
    lasted: 30_000,
  });

  /** by number of the field: its integers and, of blocks, their text */
  const read = (message: Uint8Array): Map<number, (string | number)[]> => {
    const found = new Map<number, (string | number)[]>();
    const reader = new Reader(Buffer.from(message));
    fields(reader, (number, wireType) => {
      const value = wireType === 0 ? reader.varint() : reader.string();
      found.set(number, [...(found.get(number) ?? []), value]);
      return true;
    });
    return found;
  };

  it('each string, function and place is written once', () => {
    const profile = read(bytes);
    expect(profile.get(6)).toEqual(['', 'work', 'file:///a.js', 'main', 'samples', 'count', 'cpu', 'nanoseconds']);
    expect([2, 4, 5].map((field) => profile.get(field)?.length)).toEqual([2, 2, 2]);
    expect(profile.get(12)).toEqual([10_000_000]);
  });
});
