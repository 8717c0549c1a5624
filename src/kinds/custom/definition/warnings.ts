import { formatCheck } from '../formats.ts';
import { specOf, type Definition } from './spec.ts';
import { someSchema } from './walk.ts';

function strangeFormats(object: Definition): string[] {
  const found = new Set<string>();
  for (const version of specOf(object).versions ?? []) {
    someSchema(version.schema?.openAPIV3Schema, ({ format, type }) => {
      if (format && type === 'string' && !formatCheck(format)) found.add(format);
      return false;
    });
  }
  return [...found];
}

/** Formats that mean nothing to the API server, those that an update brings. */
export function definitionWarnings(object: Definition, old: Definition | undefined): string[] {
  const before = old ? strangeFormats(old) : [];
  return strangeFormats(object)
    .filter((format) => !before.includes(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`);
}
