import { PageNotFound } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { sendText } from '../respond.ts';
import type { Services } from '../services.ts';

/** The database must answer within this time. */
const STORE_MS = 2_000;

type Check = (services: Services) => Promise<boolean>;

const storeAnswers: Check = async ({ api }) => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), STORE_MS)));
  try {
    return await Promise.race([api.store.fresh().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
};

const yes: Check = () => Promise.resolve(true);
/** Named as kube-apiserver names them, so that probes for one check keep working. */
const live: Readonly<Record<string, Check>> = { ping: yes, log: yes, etcd: storeAnswers };
const ready: Readonly<Record<string, Check>> = {
  ...live,
  'etcd-readiness': storeAnswers,
  'informer-sync': yes,
  shutdown: ({ ready: isReady }) => Promise.resolve(isReady()),
};
const checks: Readonly<Record<string, Readonly<Record<string, Check>>>> = { healthz: live, livez: live, readyz: ready };

/** Of an endpoint; that of key management services stands where such are used. */
function checksOf(endpoint: string, { keyManagement }: Services): Readonly<Record<string, Check>> {
  const fixed = Object.hasOwn(checks, endpoint) ? checks[endpoint] : undefined;
  return keyManagement && fixed ? { ...fixed, 'kms-providers': keyManagement } : (fixed ?? {});
}

/** /healthz, /livez, /readyz with `?verbose` and `?exclude=NAME`, and their single checks (/readyz/etcd). */
export async function serveHealth(services: Services, exchange: Exchange, path: string): Promise<void> {
  const [, endpoint = '', ...rest] = path.split('/');
  const all = checksOf(endpoint, services);
  const one = rest.join('/');
  if (one) {
    const check = Object.hasOwn(all, one) ? all[one] : undefined;
    if (!check) throw new PageNotFound();
    return (await check(services))
      ? sendText(exchange, 200, 'ok')
      : sendText(exchange, 500, `internal server error: ${one} failed\n`);
  }
  const excluded = new Set(exchange.query.getAll('exclude').flatMap((names) => names.split(',')));
  const names = Object.keys(all);
  const results = await Promise.all(
    Object.entries(all).map(([name, check]) => (excluded.has(name) ? yes(services) : check(services))),
  );
  const lines = names.map((name, i) =>
    excluded.has(name)
      ? `[+]${name} excluded: ok`
      : results[i]
        ? `[+]${name} ok`
        : `[-]${name} failed: reason withheld`,
  );
  const unknown = [...excluded].filter((name) => !Object.hasOwn(all, name)).sort();
  if (unknown.length)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${unknown.map((name) => JSON.stringify(name)).join(', ')}`,
    );
  if (results.includes(false)) return sendText(exchange, 500, `${lines.join('\n')}\n${endpoint} check failed\n`);
  if (exchange.query.has('verbose')) return sendText(exchange, 200, `${lines.join('\n')}\n${endpoint} check passed\n`);
  return sendText(exchange, 200, 'ok');
}
