import { describe, expect, it } from 'vitest';
import { invalid, Path, tooLong, tooMany } from '../../src/meta/field.ts';
import { invalidObject } from '../../src/meta/status.ts';

const GROUP = { group: '', kind: 'ConfigMap' };

describe('errors of fields', () => {
  it('make their words when they are told', () => {
    let shown = 0;
    const value = { toJSON: () => ++shown };
    const error = invalid(Path.root('data').key('a'), value, 'is bad');
    expect(shown).toBe(0);
    expect({ ...error }).toEqual({ type: 'FieldValueInvalid', field: 'data[a]', body: 'Invalid value: 1: is bad' });
  });

  it('count one thing as one', () => {
    const errors = [tooLong('a', 1), tooLong('a', 2), tooMany('a', 2, 1), tooMany('a', 3, 2)];
    expect(errors.map(({ body }) => body)).toEqual([
      'Too long: may not be more than 1 byte',
      'Too long: may not be more than 2 bytes',
      'Too many: 2: must have at most 1 item',
      'Too many: 3: must have at most 2 items',
    ]);
  });

  it('are all told, unless they are megabytes', () => {
    const few = Array.from({ length: 1000 }, (_, i) => invalid(`a[${i}]`, i, 'is bad'));
    expect(invalidObject(GROUP, 'a', few).status.details?.causes).toHaveLength(1000);
    const large = 'x'.repeat(100_000);
    const many = Array.from({ length: 100_000 }, (_, i) => invalid(`a[${i}]`, large, 'is bad'));
    expect(invalidObject(GROUP, 'a', many).status.details?.causes).toHaveLength(10);
  });

  it('are told once, however large', () => {
    const one = [invalid('a', 'x'.repeat(3_000_000), 'is bad')];
    expect(invalidObject(GROUP, 'a', one).status.details?.causes).toHaveLength(1);
  });
});
