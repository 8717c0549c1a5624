import type { FieldChange } from '../meta/diff.ts';
import type { Builder } from './builder.ts';

export type FieldChangeRef = ReturnType<typeof addFieldChange>;

/** `FieldChange`: what histories and dry runs tell of differences. */
export const addFieldChange = (builder: Builder) =>
  builder.objectRef<FieldChange>('FieldChange').implement({
    description: 'One field that differs.',
    fields: (t) => ({
      path: t.exposeString('path', { description: '`spec.containers[name=web].image`; empty for the whole object' }),
      op: t.exposeString('op', { description: 'add, remove or replace' }),
      from: t.field({
        type: 'JSON',
        nullable: true,
        description: 'the value that it had; null: none',
        resolve: ({ from }) => from ?? null,
      }),
      to: t.field({
        type: 'JSON',
        nullable: true,
        description: 'the value that it has now; null: none',
        resolve: ({ to }) => to ?? null,
      }),
    }),
  });
