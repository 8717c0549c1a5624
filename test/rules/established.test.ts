import { expect, test } from 'vitest';
import { isEstablished } from '../../src/rules/established.ts';

const condition = (status: string, type = 'Established') => ({ type, status });

test.each<[what: string, definition: Parameters<typeof isEstablished>[0], established: boolean]>([
  ['no status', {}, false],
  ['conditions of null, as a new one has', { status: { conditions: null } }, false],
  ['another condition', { status: { conditions: [condition('True', 'NamesAccepted')] } }, false],
  ['a condition that is not so', { status: { conditions: [condition('False')] } }, false],
  ['one that is', { status: { conditions: [condition('True', 'NamesAccepted'), condition('True')] } }, true],
  ['two of which the first is not', { status: { conditions: [condition('False'), condition('True')] } }, false],
])('a definition with %s', (_, definition, established) => {
  expect(isEstablished(definition)).toBe(established);
});
