/** Replaces what differs between any two runs of a server by marks like «uid»; what the request itself named stays. */
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

export interface MaskContext {
  namespace: string;
  /** all requests of the scenario so far, as text */
  asked: string;
}

export function mask(value: unknown, ctx: MaskContext, key = ''): unknown {
  if (typeof value === 'string') return maskText(value, ctx, key);
  if (typeof value === 'number') return key === 'nodePort' && !ctx.asked.includes(String(value)) ? '«port»' : value;
  if (Array.isArray(value)) return value.map((item) => mask(item, ctx, key === 'clusterIPs' ? 'clusterIP' : ''));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [
      name.includes('{') ? maskText(name, ctx, '') : name.replaceAll(ctx.namespace, '«ns»'),
      mask(child, ctx, name),
    ]),
  );
}

function maskText(text: string, { namespace, asked }: MaskContext, key: string): string {
  if (key === 'resourceVersion' && /^\d+$/.test(text)) return text === '0' ? text : '«rv»';
  if (key === 'continue' && text) return '«continue»';
  if (key === 'storageVersionHash' && asked.includes('customresourcedefinitions')) return '«hash»';
  if (key === 'token' && text.length > 40) return '«token»';
  if (key === 'clusterIP' && /^[\d.:a-f]+$/.test(text) && !asked.includes(text)) return '«ip»';
  if (key === 'uid')
    return text === '' || (asked.includes(`"${text}"`) && !new RegExp(UID.source).test(text)) ? text : '«uid»';
  const unasked = (mark: string) => (found: string) => (asked.includes(found) ? found : mark);
  const masked = text
    .replace(/json parse error: .*$/s, 'json parse error: «text»')
    .replace(TIME, unasked('«time»'))
    .replace(UID, '«uid»')
    .replaceAll(namespace, '«ns»')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-«gen»')
    .replace(/\b(gen-[a-z0-9-]*?-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1«gen»')
    .replace(/\/apis?\/[^ ]*resourceVersion=\d+/g, (m) => m.replace(/\d+$/, '«rv»'));
  if (/^(\d+[smhdy])+$/.test(masked) && !asked.includes(`"${masked}"`)) return '«age»';
  return masked
    .replace(/\b10\.96\.\d+\.\d+\b/g, unasked('«ip»'))
    .replace(/:3\d{4}\//g, (m) => (asked.includes(m.slice(1, -1)) ? m : ':«port»/'))
    .replace(/current: \d+/g, 'current: «rv»')
    .replace(/(in record \()\d+/g, '$1«rv»')
    .replace(/(resourceVersion: ")\d+/g, '$1«rv»')
    .replace(
      /(requested|current|resource version:?|resource version \(|too old resource version: )(\s*)\d+/gi,
      '$1$2«rv»',
    );
}

/** Every field of `want`, and none that it does not have; marks match any value of their sort. */
export function differences(want: unknown, got: unknown, at = '', out: string[] = []): string[] {
  const show = (value: unknown) => JSON.stringify(value)?.slice(0, 160);
  if (typeof want === 'string' && want.includes('«')) {
    if (got === want) return out;
    if (/^«\w+»$/.test(want) && (typeof got === 'number' || (typeof got === 'string' && got !== ''))) return out;
    const pattern = new RegExp(
      `^${want
        .split(/«[^»]*»/)
        .map((s) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
      's',
    );
    if (typeof got !== 'string' || !pattern.test(got)) out.push(`${at}: want ${show(want)} got ${show(got)}`);
    return out;
  }
  if (want === null || typeof want !== 'object') {
    if (want !== got) out.push(`${at}: want ${show(want)} got ${show(got)}`);
    return out;
  }
  if (got === null || typeof got !== 'object' || Array.isArray(got) !== Array.isArray(want)) {
    out.push(`${at}: want ${show(want)} got ${show(got)}`);
    return out;
  }
  if (Array.isArray(want)) {
    const items = got as unknown[];
    if (want.length !== items.length) out.push(`${at}: want ${want.length} items got ${items.length}`);
    want.slice(0, items.length).forEach((w, i) => differences(w, items[i], `${at}[${i}]`, out));
    return out;
  }
  const [a, b] = [want as Record<string, unknown>, got as Record<string, unknown>];
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
    if (!(name in a)) out.push(`${at}.${name}: not expected, got ${show(b[name])}`);
    else if (!(name in b)) out.push(`${at}.${name}: missing, want ${show(a[name])}`);
    else differences(a[name], b[name], `${at}.${name}`, out);
  return out;
}
