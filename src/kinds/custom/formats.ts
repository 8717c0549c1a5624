import { isIP } from 'node:net';
import { isCidr } from '../../meta/ip.ts';
import { isTime } from '../../meta/time.ts';
import { parseDuration } from '../../go/duration.ts';

/** 0 to 255 */
const BYTE = '(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])';
const HEX = '[0-9a-fA-F]';
const uuid = (version: string): RegExp => new RegExp(`^${HEX}{8}-?${HEX}{4}-?${version}-?${HEX}{4}-?${HEX}{12}$`);
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

const weighed = (digits: string, weight: (i: number) => number): number =>
  [...digits].reduce((sum, digit, i) => sum + (digit === 'X' ? 10 : Number(digit)) * weight(i), 0);
function isbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  return /^\d{9}[\dX]$/.test(digits) && weighed(digits, (i) => i + 1) % 11 === 0;
}
function isbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  return /^\d{13}$/.test(digits) && weighed(digits, (i) => (i % 2 ? 3 : 1)) % 10 === 0;
}

/** Formats that the API server checks; any other is only a remark. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': isTime,
  datetime: isTime,
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isTime(`${text}T00:00:00Z`),
  duration: (text) => parseDuration(text) !== undefined,
  byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  email: matches(/^[^\s@<>]+@[^\s@<>]+$/),
  hostname: matches(
    /^(?=.{1,253}$)[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*$/,
  ),
  ipv4: (text) => isIP(text) === 4,
  ipv6: (text) => isIP(text) === 6,
  cidr: (text) => isCidr(text).length === 0,
  uri: (text) => URL.canParse(text),
  mac: matches(/^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/),
  uuid: matches(uuid(`${HEX}{4}`)),
  uuid3: matches(uuid(`3${HEX}{3}`)),
  uuid4: matches(uuid(`4${HEX}{3}`)),
  uuid5: matches(uuid(`5${HEX}{3}`)),
  hexcolor: matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matches(new RegExp(`^rgb\\(\\s*${BYTE}\\s*,\\s*${BYTE}\\s*,\\s*${BYTE}\\s*\\)$`)),
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  creditcard: (text) => /^\d{13,19}$/.test(text.replace(/[ -]/g, '')) && luhn(text.replace(/[ -]/g, '')),
  isbn: (text) => isbn10(text) || isbn13(text),
  isbn10: (text) => isbn10(text),
  isbn13: (text) => isbn13(text),
  password: () => true,
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  'k8s-short-name': matches(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  'k8s-long-name': matches(/^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/),
};

/** Is the format one that the API server checks? */
export const isKnownFormat = (format: string): boolean => Object.hasOwn(formats, format);
