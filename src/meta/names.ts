/**
 * Rules for names, each with the words that Kubernetes answers (k8s.io/apimachinery/pkg/util/validation). Every
 * function returns the reasons why a value is not good; an empty array means that it is.
 */
const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
const UNDERSCORE_LABEL = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const UNDERSCORE_SUBDOMAIN = `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`;
const DNS_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const WILDCARD = `\\*\\.${DNS_SUBDOMAIN}`;
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const CONFIG_KEY = '[-._a-zA-Z0-9]+';

const whole = (source: string): RegExp => new RegExp(`^(?:${source})$`);
const dnsLabel = whole(DNS_LABEL);
const dnsSubdomain = whole(DNS_SUBDOMAIN);
const underscoreSubdomain = whole(UNDERSCORE_SUBDOMAIN);
const dns1035 = whole(DNS_1035);
const qualified = whole(QUALIFIED);
const labelValue = whole(LABEL_VALUE);
const wildcard = whole(WILDCARD);
const cIdentifier = whole(C_IDENTIFIER);
const configKey = whole(CONFIG_KEY);

const GOOD: string[] = [];
/** Lengths are counted in bytes, as Go does; ASCII strings need no encoding. */
const bytes = (value: string): number => (value.length * 3 <= 63 ? value.length : Buffer.byteLength(value));

const emptyError = (): string => 'must be non-empty';
const maxLengthError = (max: number): string => `must be no more than ${max} characters`;
/** The same in the words of what labels are made of (k8s.io/apimachinery/pkg/api/validate/content). */
const maxBytesError = (max: number): string => `must be no more than ${max} bytes`;
export const rangeError = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

/** `what (e.g. 'a',  or 'b', regex used for validation is 'x')` */
export function regexError(what: string, source: string, ...examples: string[]): string {
  if (examples.length === 0) return `${what} (regex used for validation is '${source}')`;
  return `${what} (e.g. ${examples.map((e) => `'${e}', `).join(' or ')}regex used for validation is '${source}')`;
}

const alphanumeric = (where: string, chars: string): string =>
  `${where} must consist of ${chars}, and must start and end with an alphanumeric character`;
const QUALIFIED_WORDS =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const SUBDOMAIN_WORDS = alphanumeric(
  'a lowercase RFC 1123 subdomain',
  "lower case alphanumeric characters, '-' or '.'",
);

export function isDns1123Label(value: string): string[] {
  if (value.length <= 63 && dnsLabel.test(value)) return GOOD;
  const errors: string[] = [];
  if (bytes(value) > 63) errors.push(maxLengthError(63));
  if (dnsLabel.test(value)) return errors;
  const words = alphanumeric('a lowercase RFC 1123 label', "lower case alphanumeric characters or '-'");
  errors.push(dnsSubdomain.test(value) ? 'must not contain dots' : regexError(words, DNS_LABEL, 'my-name', '123-abc'));
  return errors;
}

export function isDns1123Subdomain(value: string): string[] {
  if (value.length <= 253 && dnsSubdomain.test(value)) return GOOD;
  const errors: string[] = [];
  if (bytes(value) > 253) errors.push(maxLengthError(253));
  if (!dnsSubdomain.test(value)) errors.push(regexError(SUBDOMAIN_WORDS, DNS_SUBDOMAIN, 'example.com'));
  return errors;
}

/** Names of DNS search domains may have underscores (KEP-4427). */
export function isDns1123SubdomainWithUnderscore(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > 253) errors.push(maxLengthError(253));
  if (!underscoreSubdomain.test(value)) {
    const words = alphanumeric('a lowercase RFC 1123 subdomain', "lower case alphanumeric characters, '-', '_' or '.'");
    errors.push(regexError(words, UNDERSCORE_SUBDOMAIN, 'example.com'));
  }
  return errors;
}

export function isDns1035Label(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > 63) errors.push(maxLengthError(63));
  if (!dns1035.test(value)) {
    const words =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
    errors.push(regexError(words, DNS_1035, 'my-name', 'abc-123'));
  }
  return errors;
}

/** A host name of an Ingress rule: `*.example.com`. */
export function isWildcardDns1123Subdomain(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > 253) errors.push(maxLengthError(253));
  if (!wildcard.test(value)) {
    const words =
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
    errors.push(regexError(words, WILDCARD, '*.example.com'));
  }
  return errors;
}

/** Label and annotation keys, finalizers, resource names: `name` or `prefix/name`. */
export function isQualifiedName(value: string): string[] {
  if (value.length <= 63 && qualified.test(value)) return GOOD;
  const errors: string[] = [];
  const parts = value.split('/');
  let name = parts[0] as string;
  if (parts.length === 2) {
    const prefix = parts[0] as string;
    name = parts[1] as string;
    if (prefix === '') errors.push(`prefix part ${emptyError()}`);
    else {
      if (bytes(prefix) > 253) errors.push(`prefix part ${maxBytesError(253)}`);
      if (!dnsSubdomain.test(prefix))
        errors.push(`prefix part ${regexError(SUBDOMAIN_WORDS, DNS_SUBDOMAIN, 'example.com')}`);
    }
  } else if (parts.length > 2) {
    const words = regexError(QUALIFIED_WORDS, QUALIFIED, 'MyName', 'my.name', '123-abc');
    return [`a valid label key ${words} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  if (name === '') errors.push(`name part ${emptyError()}`);
  else if (bytes(name) > 63) errors.push(`name part ${maxBytesError(63)}`);
  if (!qualified.test(name))
    errors.push(`name part ${regexError(QUALIFIED_WORDS, QUALIFIED, 'MyName', 'my.name', '123-abc')}`);
  return errors;
}

export function isLabelValue(value: string): string[] {
  if (value.length <= 63 && labelValue.test(value)) return GOOD;
  const errors: string[] = [];
  if (bytes(value) > 63) errors.push(maxBytesError(63));
  if (!labelValue.test(value)) {
    const words =
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    errors.push(regexError(words, LABEL_VALUE, 'MyValue', 'my_value', '12345'));
  }
  return errors;
}

/** What stands in a URL path: RBAC names, nodes of a proxy path. `prefix`: it is the base of a generated name. */
export function isPathSegmentName(value: string, prefix = false): string[] {
  if (!prefix && (value === '.' || value === '..')) return [`may not be '${value}'`];
  return ['/', '%'].filter((c) => value.includes(c)).map((c) => `may not contain '${c}'`);
}

export function isCIdentifier(value: string): string[] {
  if (cIdentifier.test(value)) return GOOD;
  const words =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
  return [regexError(words, C_IDENTIFIER, 'my_name', 'MY_NAME', 'MyName')];
}

const dotPrefix = (value: string): string[] =>
  value === '.'
    ? ["must not be '.'"]
    : value === '..'
      ? ["must not be '..'"]
      : value.startsWith('..')
        ? ["must not start with '..'"]
        : [];

const envVarName = /^[ -<>-~]+$/;

/** Any printable ASCII but `=` (KEP-4369). */
export function isEnvVarName(value: string): string[] {
  if (envVarName.test(value)) return GOOD;
  if (value === '') return [`environment variable name ${emptyError()}`];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Keys of ConfigMap and Secret data. */
export function isConfigMapKey(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > 253) errors.push(maxLengthError(253));
  if (!configKey.test(value)) {
    const words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(regexError(words, CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name'));
  }
  return [...errors, ...dotPrefix(value)];
}

export function isPortName(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > 15) errors.push(maxLengthError(15));
  if (!/^[-a-z0-9]+$/.test(value))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export const isPortNumber = (value: number): string[] =>
  Number.isInteger(value) && value >= 1 && value <= 65535 ? GOOD : [rangeError(1, 65535)];
export const isUnixId = (value: number): string[] =>
  value >= 0 && value <= 2147483647 ? GOOD : [rangeError(0, 2147483647)];

export const isPercent = (value: string): string[] =>
  /^[0-9]+%$/.test(value)
    ? GOOD
    : [regexError("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%')];

export const isHttpHeaderName = (value: string): string[] =>
  /^[-A-Za-z0-9]+$/.test(value)
    ? GOOD
    : [
        regexError(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          '[-A-Za-z0-9]+',
          'X-Header-Name',
        ),
      ];
