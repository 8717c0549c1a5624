import { isIP } from 'node:net';
import { isMailAddress } from '../../go/mail-address.ts';
import { isRequestUri } from '../../go/request-uri.ts';
import { isDate, isDateTime } from './format-times.ts';
import { formatDurationNanos } from './format-duration.ts';

/** 0 to 255, and 1dd? as kube-openapi has it. */
const BYTE = '(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])';
const HEX = '[0-9a-fA-F]';
const VARIANT = `[89abAB]${HEX}{3}`;
const uuid = (version: string, variant = `${HEX}{4}`): RegExp =>
  new RegExp(`^${HEX}{8}-?${HEX}{4}-?${version}-?${variant}-?${HEX}{12}$`);
const matches =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text);

function luhn(digits: string): boolean {
  const sum = [...digits]
    .reverse()
    .reduce(
      (total, digit, i) => total + (i % 2 ? ((Number(digit) * 2) % 10) + (Number(digit) > 4 ? 1 : 0) : Number(digit)),
      0,
    );
  return sum % 10 === 0;
}

const CREDIT_CARD = /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11})$/;
function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D+/g, '');
  return CREDIT_CARD.test(digits) && luhn(digits);
}

const weighed = (digits: string, weight: (i: number) => number): number =>
  [...digits].reduce((sum, digit, i) => sum + (digit === 'X' ? 10 : Number(digit)) * weight(i), 0);
function isbn10(text: string): boolean {
  const digits = text.replace(/[\t\n\f\r -]+/g, '');
  return /^\d{9}[\dX]$/.test(digits) && weighed(digits, (i) => i + 1) % 11 === 0;
}
function isbn13(text: string): boolean {
  const digits = text.replace(/[\t\n\f\r -]+/g, '');
  return /^\d{13}$/.test(digits) && weighed(digits, (i) => (i % 2 ? 3 : 1)) % 10 === 0;
}

/** Numbers of an IPv4 address, alone or behind an IPv6 one, may begin with zeros, as before Go 1.17. */
function withoutZeros(address: string): string {
  const last = address.lastIndexOf(':') + 1;
  return address.slice(0, last) + address.slice(last).replace(/(^|\.)0+(?=\d)/g, '$1');
}
/** As netutils.ParseIPSloppy: IPv6 or IPv4, without a zone. 4, 6, or 0 for none. */
function family(address: string): number {
  if (address.includes('%')) return 0;
  return isIP(address.includes('.') ? withoutZeros(address) : address);
}

function isCidr(text: string): boolean {
  const match = /^([^/]*)\/(\d+)$/.exec(text);
  const of = match ? family(match[1] ?? '') : 0;
  return of !== 0 && Number(match?.[2]) <= (of === 4 ? 32 : 128);
}

const LET_DIG = 'a-zA-Z0-9\\p{S}\\p{L}';
const HOSTNAME = new RegExp(
  `^(?:[${LET_DIG}](?:-?[${LET_DIG}]{0,62})?|(?:[${LET_DIG}](?:[${LET_DIG}-]{0,61}[${LET_DIG}])?\\.)+[a-zA-Z\\p{L}]{2,63})$`,
  'u',
);
/** A name of one label, or one whose last label is of letters, at least two. */
function isHostname(text: string): boolean {
  if (Buffer.byteLength(text) > 255 || !HOSTNAME.test(text)) return false;
  return text.split('.').every((label) => Buffer.byteLength(label) <= 63);
}

const MAC_LENGTHS = [6, 8, 20];
/** As net.ParseMAC: bytes with `:` or `-` between them, or pairs of bytes with `.`, always the same. */
function isMac(text: string): boolean {
  const [, mark = ''] = /^[0-9a-fA-F]+([:.-])/.exec(text) ?? [];
  const groups = text.split(mark || ' ');
  const size = mark === '.' ? 2 : 1;
  return (
    mark !== '' &&
    MAC_LENGTHS.includes(groups.length * size) &&
    groups.every((group) => group.length === size * 2 && /^[0-9a-fA-F]+$/.test(group))
  );
}

/** Formats that the API server checks, by their names without dashes; any other is only a remark. Source: kube-openapi's strfmt. */
const formats: Readonly<Record<string, (text: string) => boolean>> = {
  datetime: isDateTime,
  date: isDate,
  duration: (text) => formatDurationNanos(text) !== undefined,
  byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  email: isMailAddress,
  hostname: isHostname,
  ipv4: (text) => text.includes('.') && family(text) !== 0,
  ipv6: (text) => isIP(text) === 6 && !text.includes('%'),
  cidr: isCidr,
  uri: isRequestUri,
  mac: isMac,
  uuid: matches(uuid(`${HEX}{4}`)),
  uuid3: matches(uuid(`3${HEX}{3}`)),
  uuid4: matches(uuid(`4${HEX}{3}`, VARIANT)),
  uuid5: matches(uuid(`5${HEX}{3}`, VARIANT)),
  hexcolor: matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matches(
    new RegExp(
      `^rgb\\([\\t\\n\\f\\r ]*${Array(3).fill(BYTE).join('[\\t\\n\\f\\r ]*,[\\t\\n\\f\\r ]*')}[\\t\\n\\f\\r ]*\\)$`,
    ),
  ),
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  creditcard: isCreditCard,
  isbn: (text) => isbn10(text) || isbn13(text),
  isbn10,
  isbn13,
  password: () => true,
  // of a number without any space or dash the length is wrong
  ssn: matches(/^\d{3}[- ]\d{2}[- ]\d{4}$/),
  k8sshortname: matches(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  k8slongname: matches(/^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/),
};

/** What tells whether a text has a format; undefined for a format that nobody checks. Dashes in its name mean nothing. */
export function formatCheck(format: string | undefined): ((text: string) => boolean) | undefined {
  const name = format?.replaceAll('-', '');
  return name && Object.hasOwn(formats, name) ? formats[name] : undefined;
}
