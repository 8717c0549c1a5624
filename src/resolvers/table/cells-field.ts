import { GraphQLList } from 'graphql';
import type { Cell, Kind } from '../../kinds/kind.ts';
import { cellsOf } from '../../kinds/table-cells.ts';
import type { KubeObject } from '../../meta/object.ts';
import { PLAIN } from '../compiled/plain.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';

/** Whether `cells` can be made of an object as it is served: built-in kinds print the stored version. */
const prints = ({ custom, convert }: Kind): boolean => custom || !convert;

/** `cells` of an object: its row of the table that kubectl prints, in the order of `kinds { columns }`. */
export function cellsField(kind: Kind, { scalars }: KindTypes): FacetFields {
  if (!kind.storage.persisted || !prints(kind)) return {};
  return {
    object: {
      cells: {
        type: new GraphQLList(scalars.any),
        description:
          'Its row of the table that kubectl prints, in the order of the columns of `kinds`. Ages are those of the moment at which it is asked; null where there is none, and of an object that is not of its kind’s form.',
        extensions: PLAIN,
        resolve: (object: KubeObject) => cellsIn(kind, object),
      },
    },
  };
}

/** The cells; null where a part of the object has another form than its kind says, as what was never validated may have. */
function cellsIn(kind: Kind, object: KubeObject): Cell[] | null {
  try {
    return cellsOf(kind, object, Date.now());
  } catch {
    return null;
  }
}
