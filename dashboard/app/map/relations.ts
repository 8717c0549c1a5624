import type { Kind } from '../server/kind.ts';

/** A field of a kind that leads to objects of another kind. */
export interface Relation {
  field: string;
  /** of what it leads to; undefined: any kind */
  kind: Kind | undefined;
  /** it leads to many, by pages */
  many: boolean;
}

/** What introspection says of a type's fields. */
export interface TypeFields {
  fields: readonly { name: string; type: TypeName; args: readonly { name: string; type: { kind: string } }[] }[];
}
interface TypeName {
  name: string | null;
  ofType: TypeName | null;
}

export const FIELDS = /* GraphQL */ `
  query Fields($type: String!) {
    type: __type(name: $type) {
      fields {
        name
        args {
          name
          type {
            kind
          }
        }
        type {
          name
          ofType {
            name
          }
        }
      }
    }
  }
`;

/** Said elsewhere on the page, or true of every object. */
const LEFT_OUT = new Set(['events', 'inNamespace', 'owners', 'owned', 'usedBy']);

/** The relations among the fields of a type that lead to kinds which one may list. */
export function relationsIn({ fields }: TypeFields, listable: readonly Kind[]): Relation[] {
  const kinds = new Map(listable.map((kind) => [kind.type, kind]));
  return fields.flatMap(({ name, type, args }): Relation[] => {
    const of = type.name ?? type.ofType?.name ?? '';
    if (LEFT_OUT.has(name) || args.some((argument) => argument.type.kind === 'NON_NULL')) return [];
    const many = args.some(({ name: argument }) => argument === 'first');
    const kind = kinds.get(many ? of.replace(/Connection$/, '') : of);
    const any = of === 'KubernetesObject' || of === 'KubernetesObjectConnection';
    return kind || any ? [{ field: name, kind, many }] : [];
  });
}
