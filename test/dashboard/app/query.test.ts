import { describe, expect, it } from 'vitest';
import { refusalIn } from '../../../dashboard/app/server/query.ts';

const error = (code: number, ...path: (string | number)[]) => ({ message: 'no', extensions: { code }, path });
const owners = { one: { owners: [null] } };

describe('an answer of the server', () => {
  it('is none where an operation is refused, or a part of it that was asked for by name', () => {
    expect(refusalIn({ errors: [error(403, 'one')] })?.code).toBe(403);
    expect(refusalIn({ data: null, errors: [error(403, 'one', 'owners', 0)] })?.code).toBe(403);
    expect(refusalIn({ data: { one: { node: null } }, errors: [error(403, 'one', 'node')] })?.code).toBe(403);
  });

  it('leaves out what one may not read of a list', () => {
    expect(refusalIn({ data: owners, errors: [error(403, 'one', 'owners', 0)] })).toBeUndefined();
    expect(refusalIn({ data: owners })).toBeUndefined();
  });

  it('does not leave out what cannot be read for another reason', () => {
    const both = [error(403, 'one', 'owners', 0), error(500, 'one', 'owners', 1)];
    expect(refusalIn({ data: owners, errors: both })?.errors).toEqual([both[1]]);
  });
});
