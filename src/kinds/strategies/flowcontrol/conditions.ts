import { duplicate, Path, required, type FieldError } from '../../../meta/field.ts';

interface Conditioned {
  status?: { conditions?: { type?: string }[] };
}

const CONDITIONS = Path.root('status').child('conditions');

/** One condition of each type. */
export function conditionErrors({ status }: Conditioned): FieldError[] {
  const seen = new Set<string>();
  return (status?.conditions ?? []).flatMap(({ type = '' }, i) => {
    const at = CONDITIONS.index(i).child('type');
    const errors: FieldError[] = seen.has(type) ? [duplicate(at, type)] : [];
    seen.add(type);
    return type ? errors : [...errors, required(at, 'must not be empty')];
  });
}
