import { bigintArray, textArray } from './binary-array.ts';
import type { Write } from './contract.ts';
import type { SealedForm } from './items.ts';

const TYPES = { create: 'ADDED', update: 'MODIFIED', delete: 'DELETED' } as const;
/** Postgres' text has no NUL. */
const clean = (text: string): string => (text.includes('\0') ? text.replace(/\0/g, '\uFFFD') : text);

/** A write, and what is stored of it if it is sealed: then its columns are inside. */
export type Prepared = Write & { sealed?: SealedForm };

/** The parameters of the commit statement, in its order. */
export function commitParameters(writes: readonly Prepared[], atomic: boolean, now: number): unknown[] {
  return [
    textArray(writes.map((write) => TYPES[write.type])),
    textArray(writes.map((write) => write.resource)),
    textArray(writes.map((write) => write.namespace)),
    textArray(writes.map((write) => write.name)),
    bigintArray(writes.map((write) => (write.type === 'create' ? null : write.expect))),
    textArray(
      writes.map((write) => (write.type === 'delete' ? null : write.sealed ? '{}' : JSON.stringify(write.columns))),
    ),
    textArray(writes.map((write) => (write.type === 'delete' ? null : (write.sealed?.text ?? write.body)))),
    textArray(writes.map((write) => clean(write.by.user))),
    textArray(writes.map((write) => clean(write.by.manager))),
    textArray(writes.map((write) => write.by.verb)),
    someTexts(writes, ({ by }) => by.client),
    someTexts(writes, ({ by }) => by.facade),
    someTexts(writes, ({ by }) => by.impersonator && clean(by.impersonator)),
    someTexts(writes, ({ by }) => by.changeSet),
    atomic,
    now,
  ];
}

/** What most writes do not have: no array at all where none has it, which `unnest` fills up with NULL. */
const someTexts = (writes: readonly Prepared[], of: (write: Prepared) => string | undefined): Buffer | null =>
  writes.some((write) => of(write) !== undefined) ? textArray(writes.map((write) => of(write) ?? null)) : null;
