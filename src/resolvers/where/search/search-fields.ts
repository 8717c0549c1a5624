import { apiVersionOf } from '../../../meta/gvk.ts';
import type { Builder } from '../../builder.ts';
import { WholeObject } from '../../whole.ts';
import { search, type SearchHit } from './search.ts';

/** `search`: objects of any kind by a text. */
export function addSearch(builder: Builder): void {
  const hit = builder.objectRef<SearchHit>('SearchHit').implement({
    description: 'An object that a search has found.',
    fields: (t) => ({
      resource: t.string({ description: '`pods`, `deployments.apps`', resolve: ({ kind }) => kind.storage.key }),
      apiVersion: t.string({ description: '`apps/v1`', resolve: ({ kind }) => apiVersionOf(kind) }),
      kind: t.string({ description: '`Deployment`', resolve: ({ kind }) => kind.kind }),
      namespace: t.string({
        nullable: true,
        description: 'null: it is cluster-wide',
        resolve: ({ stored }) => stored.namespace || null,
      }),
      name: t.string({ description: 'metadata.name', resolve: ({ stored }) => stored.name }),
      field: t.exposeString('field', { description: 'Where it was found: `metadata.name`, `spec.containers.image`.' }),
      text: t.exposeString('text', { description: 'What was found there.' }),
      object: t.field({
        type: 'JSON',
        description: 'the whole object',
        resolve: ({ kind, stored }) => new WholeObject(kind, stored),
      }),
    }),
  });
  builder.queryField('search', (t) =>
    t.field({
      type: [hit],
      description:
        'Objects that have all words of a text in their name, labels, annotations, images, hosts or addresses; names come first. ' +
        'What the caller may not list is not searched.',
      args: {
        text: t.arg.string({ required: true, description: 'words, all of which are to be found, whatever their case' }),
        kinds: t.arg.stringList({ description: '`pods`, `deployments.apps`; all unless said' }),
        namespaces: t.arg.stringList({ description: 'only in these; in all unless said' }),
        first: t.arg.int({ description: '20 unless said' }),
      },
      resolve: (_, args, context) => search(context, args),
    }),
  );
}
