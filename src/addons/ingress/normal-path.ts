const UNRESERVED = /[\w.~-]/;

/**
 * A path as it is compared and sent on (RFC 3986, 6.2.2): what need not be escaped is not, escapes are upper case, and
 * `.` and `..` are resolved, so that no backend finds another way in the same path than the one that was chosen.
 * @returns undefined for a path with a broken escape or a NUL
 */
export function normalPath(path: string): string | undefined {
  let plain = path;
  if (path.includes('%')) {
    if (/%(?![\da-f]{2})|%00/i.test(path)) return undefined;
    plain = path.replace(/%[\da-f]{2}/gi, (escape) => {
      const character = String.fromCharCode(parseInt(escape.slice(1), 16));
      return UNRESERVED.test(character) ? character : escape.toUpperCase();
    });
  }
  return plain.includes('/.') ? withoutDots(plain) : plain;
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const elements = path.slice(1).split('/');
  elements.forEach((element, i) => {
    const dots = element === '.' || element === '..';
    if (element === '..') kept.pop();
    if (!dots) kept.push(element);
    else if (i === elements.length - 1) kept.push('');
  });
  return `/${kept.join('/')}`;
}
