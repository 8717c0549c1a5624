import { invalid, type FieldError, type Path } from '../../meta/field.ts';

/** Rules for paths inside a volume or below a directory of the host (core/v1 validateLocalDescendingPath and kin). */
export const hasBackstep = (path: string): boolean => path.includes('..') && path.split('/').includes('..');

export function addBackstep(errors: FieldError[], path: string, at: Path): void {
  if (hasBackstep(path)) errors.push(invalid(at, path, "must not contain '..'"));
}

/** Relative, and without `..` as an element. */
export function addDescendingPath(errors: FieldError[], path: string, at: Path): void {
  if (path.startsWith('/')) errors.push(invalid(at, path, 'must be a relative path'));
  addBackstep(errors, path, at);
}

/** Descending, and not one of the names that the node keeps for itself (`..data`). */
export function addLocalPath(errors: FieldError[], path: string, at: Path): void {
  addDescendingPath(errors, path, at);
  if (path.startsWith('..') && !path.startsWith('../')) errors.push(invalid(at, path, "must not start with '..'"));
}

const MAX_MODE = 0o777;

export function addFileMode(errors: FieldError[], mode: number | undefined, at: Path): void {
  if (mode !== undefined && mode !== null && (mode > MAX_MODE || mode < 0)) {
    errors.push(invalid(at, mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
  }
}
