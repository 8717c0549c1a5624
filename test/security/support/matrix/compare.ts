import { expect } from 'vitest';
import type { User } from '../../../../src/api/contract.ts';
import type { Kind } from '../../../../src/kinds/kind.ts';
import type { KubeObject } from '../../../../src/meta/object.ts';
import { USERS } from './users.ts';
import type { Reply, Result } from './world.ts';

export const NAMESPACES = ['a', 'b', 'default'];
export const [admin, ...others] = USERS as [User, ...User[]];

/** Differences of one row that are shown; the others are counted. */
const SHOWN = 60;
let differences: string[] = [];

/** Notes that what was found is not what was wanted, so that one run tells of all. */
export function differs(user: User, what: string, found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) differences.push(`${user.name}: ${what}: ${a} and not ${b}`);
}

/** A row for all of some users, without a difference. */
export async function forAll(users: readonly User[], row: (user: User) => Promise<void>): Promise<void> {
  differences = [];
  for (const user of users) await row(user);
  expect([differences.length, differences.slice(0, SHOWN)]).toEqual([0, []]);
}

/** The arguments of a field of a kind. */
export function within({ namespaced }: Kind, namespace: string, ...more: string[]): string {
  const all = [...(namespaced && namespace ? [`namespace: "${namespace}"`] : []), ...more];
  return all.length ? `(${all.join(', ')})` : '';
}
export const namesIn = (items: readonly KubeObject[] = []): string[] =>
  items.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`).sort();

/** Without what is drawn anew for each object. */
export const plain = (message: string): string =>
  message.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID');
/** The code and the message with which REST refuses; 200 where it does not. */
export const refusalOf = ({ code, body }: Reply): [number, string] =>
  code < 400 ? [200, ''] : [code, plain(body.message ?? '')];
export const errorOf = ({ code, message }: Result): [number, string] => [code, plain(message)];
