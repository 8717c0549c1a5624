import type { FieldError, Path } from '../../../meta/field.ts';
import { addResources } from '../pod/container/resources.ts';

/** What a pod takes besides its containers, checked as limits of a container are (and so named in the path). */
export function overheadErrors(podFixed: Record<string, string> | undefined, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (podFixed) addResources(errors, { limits: podFixed }, [], at);
  return errors;
}
