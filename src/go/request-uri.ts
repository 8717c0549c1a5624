import { isIP } from 'node:net';

// eslint-disable-next-line no-control-regex -- these are the characters that no URL has
const CONTROL = /[\0-\x1f\x7f]/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const USER = /^(?:[A-Za-z0-9\-._:~!$&'()*+,;=@]|%[0-9A-Fa-f]{2})*$/;
/** In a host only bytes beyond ASCII are escaped. */
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"\u0080-\uffff]|%[89A-Fa-f][0-9A-Fa-f]|%25)*$/;
const PORT = /^(?::\d*)?$/;

function isBracketed(host: string): boolean {
  const end = host.lastIndexOf(']');
  if (end < 0 || !PORT.test(host.slice(end + 1))) return false;
  const inside = host.slice(1, end);
  const zone = inside.indexOf('%25');
  const address = zone < 0 ? inside : inside.slice(0, zone);
  if (zone < 0 ? !HOST.test(inside) : BAD_ESCAPE.test(inside.slice(zone))) return false;
  return isIP(address) === 6 && !address.includes('%');
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return isBracketed(host);
  const colon = host.lastIndexOf(':');
  return HOST.test(host) && (colon < 0 || PORT.test(host.slice(colon)));
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@');
  return isHost(authority.slice(at + 1)) && (at < 0 || USER.test(authority.slice(0, at)));
}

/** Whether net/url's ParseRequestURI takes a text: an absolute URI or an absolute path, in which `#` is a character as others. */
export function isRequestUri(text: string): boolean {
  if (text === '' || CONTROL.test(text) || text.startsWith(':')) return false;
  if (text === '*') return true;
  const [head = ''] = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?/.exec(text) ?? [];
  const [rest = ''] = text.slice(head.length).split('?', 1);
  if (!rest.startsWith('/')) return head !== '';
  if (!rest.startsWith('//') || (head === '' && rest.startsWith('///'))) return !BAD_ESCAPE.test(rest);
  const end = rest.indexOf('/', 2);
  return isAuthority(rest.slice(2, end < 0 ? undefined : end)) && (end < 0 || !BAD_ESCAPE.test(rest.slice(end)));
}
