import { forbidden, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

/** Access modes of a volume or a claim. @param missing what is said where there are none */
export function validateAccessModes(modes: readonly string[] | undefined | null, at: Path, missing = ''): FieldError[] {
  if (!modes?.length) return [required(at, missing)];
  const errors = modes.filter((mode) => !MODES.includes(mode)).map((mode) => notSupported(at, mode, MODES));
  const alone =
    modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && MODES.includes(mode));
  return alone ? [...errors, forbidden(at, 'may not use ReadWriteOncePod with other access modes')] : errors;
}
