import { isDns1035Label, isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../meta/names.ts';
import { ofPattern, PATTERN, sizeOf, TRAVERSAL } from '../cost.ts';
import { func, method, type Library, type Overload } from '../overload.ts';
import { fixed, multiply, scale, UNKNOWN } from '../range.ts';
import { parseTimestamp } from '../time.ts';
import { listOf, opaque, optionalOf, STRING } from '../types.ts';
import { CelError, Opaque, Optional, Timestamp, type Value } from '../values.ts';
import { parseUrl } from './urls.ts';

/** A way to write a text, by name. */
class Format extends Opaque {
  readonly typeName = 'kubernetes.NamedFormat';
  constructor(
    readonly validate: (text: string) => string[],
    /** characters of the regular expression that is like it; cost counts them */
    readonly pattern: number,
  ) {
    super();
  }
  equals(other: Format): boolean {
    return this === other;
  }
}
/** Names that something is put behind may end in a dash. */
const prefix =
  (validate: (text: string) => string[]) =>
  (text: string): string[] =>
    validate(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -1)}a` : text);
const unless =
  (good: (text: string) => boolean, why: string) =>
  (text: string): string[] =>
    good(text) ? [] : [why];
const isTimestamp = (text: string): boolean => parseTimestamp(text) instanceof Timestamp;
const uri = (text: string): string[] => {
  const url = parseUrl(text);
  return url instanceof CelError ? [url.message] : [];
};
const HEX = '[0-9a-f]';
const UUID = new RegExp(`^${HEX}{8}-?${HEX}{4}-?${HEX}{4}-?${HEX}{4}-?${HEX}{12}$`, 'i');
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const FORMATS: Readonly<Record<string, Format>> = {
  dns1123Label: new Format(isDns1123Label, 30),
  dns1123Subdomain: new Format(isDns1123Subdomain, 60),
  dns1035Label: new Format(isDns1035Label, 30),
  qualifiedName: new Format(isQualifiedName, 60),
  dns1123LabelPrefix: new Format(prefix(isDns1123Label), 30),
  dns1123SubdomainPrefix: new Format(prefix(isDns1123Subdomain), 60),
  dns1035LabelPrefix: new Format(prefix(isDns1035Label), 30),
  labelValue: new Format(isLabelValue, 40),
  uri: new Format(uri, 1103),
  uuid: new Format(
    unless((text) => UUID.test(text), 'does not match the UUID format'),
    70,
  ),
  byte: new Format(
    unless((text) => text !== '' && BASE64.test(text), 'invalid base64'),
    84,
  ),
  date: new Format(
    unless((text) => /^\d{4}-\d\d-\d\d$/.test(text) && isTimestamp(`${text}T00:00:00Z`), 'invalid date'),
    71,
  ),
  datetime: new Format(unless(isTimestamp, 'invalid datetime'), 71),
};
/** The longest pattern of a name, which the estimate takes for any. */
const MAX_PATTERN = 128;
const FORMAT = opaque('kubernetes.NamedFormat');

export const formats: Library = {
  ...Object.fromEntries(
    Object.entries(FORMATS).map(([name, format]): [string, Overload[]] => {
      const id = `format.${name}`;
      return [id, [func(id, [], FORMAT, () => format)]];
    }),
  ),
  'format.named': [
    func('format-named', [STRING], optionalOf(FORMAT), (name: string) =>
      Object.hasOwn(FORMATS, name) ? Optional.of(FORMATS[name] as Format) : Optional.none,
    ),
  ],
  validate: [
    method(
      'format-validate',
      [FORMAT, STRING],
      optionalOf(listOf(STRING)),
      (format: Format, text: string) => {
        const problems = format.validate(text);
        return problems.length ? Optional.of(problems) : Optional.none;
      },
      {
        cost: ([format, text]) => ofPattern(sizeOf(text as Value), format instanceof Format ? format.pattern : 0),
        estimate: ([, text]) => ({
          cost: multiply(scale(text?.size ?? UNKNOWN, TRAVERSAL), fixed(MAX_PATTERN * PATTERN)),
        }),
      },
    ),
  ],
};
