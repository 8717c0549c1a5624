import { forbidden, type FieldError, type Path } from '../../../meta/field.ts';
import { isHugePages, quantityErrors, validateContainerResourceName } from '../../validation/resources.ts';

/** What a pod takes besides its containers, checked as limits of a container are (and so named in the path). */
export function overheadErrors(podFixed: Record<string, string> | undefined, at: Path): FieldError[] {
  const amounts = podFixed ?? {};
  const names = Object.keys(amounts);
  const errors = names.flatMap((name) => {
    const here = at.child('limits').key(name);
    return [...validateContainerResourceName(name, here), ...quantityErrors(amounts[name] as string, here, name)];
  });
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) errors.push(forbidden(at, 'HugePages require cpu or memory'));
  return errors;
}
