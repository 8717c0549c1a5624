import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeProtobuf, encodeProtobuf } from '../../../src/kinds/protobuf/envelope.ts';

interface Pair {
  kind: string;
  apiVersion: string;
  variant: string;
  json: object;
  protobuf: string;
}
const pairs = JSON.parse(readFileSync(new URL('../../golden/protobuf.json', import.meta.url), 'utf8')) as Pair[];

/** The kind of a claim template is not on the wire: defaults put it into the JSON. */
function withoutDefaultedKinds(json: object): object {
  const copy = structuredClone(json) as { spec?: { volumeClaimTemplates?: { kind?: string; apiVersion?: string }[] } };
  for (const template of copy.spec?.volumeClaimTemplates ?? []) {
    delete template.kind;
    delete template.apiVersion;
  }
  return copy;
}

describe('the same object as JSON and as protobuf', () => {
  test.each(
    pairs.map(
      (pair, i) => [`${pair.kind ?? (pair.json as { kind: string }).kind} ${pair.variant ?? ''} #${i}`, pair] as const,
    ),
  )('%s', (_, { json, protobuf }) => {
    const bytes = Buffer.from(protobuf, 'base64');
    const decoded = decodeProtobuf(bytes);
    expect(JSON.stringify(decoded.object)).toBe(JSON.stringify(withoutDefaultedKinds(json)));
    expect(encodeProtobuf(decoded.apiVersion, decoded.kind, json).toString('hex')).toBe(bytes.toString('hex'));
  });
});
