import {
  childrenOf,
  contentOf,
  expectElement,
  OBJECT_IDENTIFIER,
  SEQUENCE,
  SET,
  syntax,
  trailingData,
  type Element,
} from './der.ts';

/** Whom a certificate is for, as Go's pkix.Name has it. */
export interface Subject {
  countries: readonly string[];
  organizations: readonly string[];
  organizationalUnits: readonly string[];
  localities: readonly string[];
  provinces: readonly string[];
  streetAddresses: readonly string[];
  postalCodes: readonly string[];
  /** '' without one; the last of several */
  commonName: string;
  serialNumber: string;
}

/** Attributes by the hex of their identifier (2.5.4.x); all others are nobody's business here. */
const ATTRIBUTES: Readonly<Record<string, keyof Subject>> = {
  '550403': 'commonName',
  '550405': 'serialNumber',
  '550406': 'countries',
  '550407': 'localities',
  '550408': 'provinces',
  '550409': 'streetAddresses',
  '55040a': 'organizations',
  '55040b': 'organizationalUnits',
  '550411': 'postalCodes',
};
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/;

/** Text of a value by the tag of its type; undefined for what Go takes for no string, which counts as not said. */
function textOf(value: Element): string | undefined {
  if (value.class !== 0 || value.compound) return undefined;
  const bytes = contentOf(value);
  switch (value.tag) {
    case 12:
      return utf8(bytes);
    case 18:
      return only(/^[0-9 ]*$/, bytes, 'NumericString');
    case 19:
      return only(PRINTABLE, bytes, 'PrintableString');
    case 20:
      return bytes.toString('latin1');
    case 22:
      return only(/^[\0-\x7f]*$/, bytes, 'IA5String');
    case 30:
      return bmp(bytes);
    default:
      return undefined;
  }
}

function utf8(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw syntax('invalid UTF-8 string');
  return text;
}

function only(pattern: RegExp, bytes: Buffer, type: string): string {
  const text = bytes.toString('latin1');
  if (!pattern.test(text)) throw syntax(`${type} contains invalid character`);
  return text;
}

function bmp(bytes: Buffer): string {
  if (bytes.length % 2) throw syntax('invalid BMPString');
  return Buffer.from(bytes).swap16().toString('utf16le').replace(/\0$/, '');
}

/** Reads a Name (RFC 5280 §4.1.2.4). Throws DerError for what is none. */
export function readSubject(name: Element): Subject {
  const lists: Record<string, string[]> = {};
  for (const set of childrenOf(name)) {
    if (set.tag !== SET) throw syntax('sequence tag mismatch');
    for (const attribute of childrenOf(set)) {
      if (attribute.tag !== SEQUENCE) throw syntax('sequence tag mismatch');
      const [, value, more] = childrenOf(attribute);
      const type = expectElement(attribute.bytes, attribute.offset, OBJECT_IDENTIFIER, false, 'ObjectIdentifier');
      if (!value) throw syntax('sequence truncated');
      if (more) throw trailingData();
      const field = ATTRIBUTES[contentOf(type).toString('hex')];
      const text = textOf(value);
      if (field !== undefined && text !== undefined) (lists[field] ??= []).push(text);
    }
  }
  const all = (field: keyof Subject): readonly string[] => lists[field] ?? [];
  return {
    countries: all('countries'),
    organizations: all('organizations'),
    organizationalUnits: all('organizationalUnits'),
    localities: all('localities'),
    provinces: all('provinces'),
    streetAddresses: all('streetAddresses'),
    postalCodes: all('postalCodes'),
    commonName: all('commonName').at(-1) ?? '',
    serialNumber: all('serialNumber').at(-1) ?? '',
  };
}
