import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { httpClient, type Answer } from '../e2e/support/http.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-at-rest-'));
const config = path.join(folder, 'encryption.yaml');
const key = (name: string): string => `{name: ${name}, secret: ${Buffer.alloc(32, name).toString('base64')}}`;
/** ConfigMaps are sealed with the first of these keys; Secrets as they are without a configuration. */
const configure = (...keys: string[]): void =>
  writeFileSync(
    config,
    `kind: EncryptionConfiguration
apiVersion: apiserver.config.k8s.io/v1
resources:
- resources: [configmaps]
  providers: [{aesgcm: {keys: [${keys.map(key).join(', ')}]}}, {identity: {}}]
`,
    { mode: 0o600 },
  );

/** A value that stands nowhere by chance. */
const value = (): string => `value-${randomBytes(12).toString('hex')}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const SECRETS = '/api/v1/namespaces/default/secrets';
const MAPS = '/api/v1/namespaces/default/configmaps';

const files = (at: string): string[] =>
  readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(at, entry.name);
    return entry.isDirectory() ? [file, ...files(file)] : [file];
  });

describe('what is at rest', () => {
  const written = Object.fromEntries(['rest', 'patched', 'graphql', 'deleted', 'label'].map((name) => [name, value()]));
  const open = value();
  const sealed = value();
  let cluster: Cluster;
  let http: ReturnType<typeof httpClient>;
  const rest = (method: string, url: string, body?: unknown, type?: string): Promise<Answer> =>
    http.request(method, url, body, type ? { 'content-type': type } : {});
  const graphql = async (query: string, variables: object = {}): Promise<any> =>
    (await rest('POST', '/graphql', { query, variables })).body;

  beforeAll(async () => {
    configure('k1');
    cluster = await startCluster([
      '--addons',
      'none',
      '--encryption-provider-config',
      config,
      '--secret-history',
      '3s',
    ]);
    http = httpClient(cluster.kubeconfig);
  });
  afterAll(async () => {
    http?.close();
    await cluster?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes Secrets over both façades, and gives them back', async () => {
    const labels = { label: written['label'] };
    const make = (name: string, text?: string): object => ({
      metadata: { name, labels },
      stringData: { password: text },
    });
    for (const name of ['rest', 'patched', 'deleted'])
      expect((await rest('POST', SECRETS, make(name, written[name]))).status).toBe(201);
    const patch = { data: { password: base64(written['patched']!), more: base64(written['patched']!) } };
    const merge = 'application/merge-patch+json';
    expect((await rest('PATCH', `${SECRETS}/patched`, patch, merge)).status).toBe(200);
    const mutation = `mutation ($object: JSON!) { createSecret(namespace: "default", object: $object) { metadata { name } } }`;
    const made = await graphql(mutation, {
      object: { metadata: { name: 'graphql' }, data: { password: base64(written['graphql']!) } },
    });
    expect(made).not.toHaveProperty('errors');
    expect((await rest('POST', MAPS, { metadata: { name: 'sealed' }, data: { a: sealed } })).status).toBe(201);
    const account = { metadata: { name: 'open', annotations: { a: open } } };
    expect((await rest('POST', '/api/v1/namespaces/default/serviceaccounts', account)).status).toBe(201);
    for (const name of ['rest', 'patched', 'graphql'])
      expect((await rest('GET', `${SECRETS}/${name}`)).body.data.password).toBe(base64(written[name]!));
  });

  it('a deleted Secret, and an old value, are read at a resourceVersion for a while, and then by nobody', async () => {
    const before = (await rest('GET', `${SECRETS}/deleted`)).body;
    const asOf = before.metadata.resourceVersion as string;
    const query = `query ($asOf: String) { secret(namespace: "default", name: "deleted", asOf: $asOf) { metadata { name } } }`;
    expect((await graphql(query, { asOf })).data.secret.metadata.name).toBe('deleted');
    expect((await rest('DELETE', `${SECRETS}/deleted`)).status).toBe(200);
    const exact = `${SECRETS}?resourceVersion=${asOf}&resourceVersionMatch=Exact`;
    const gone = await eventually(
      () => rest('GET', exact),
      ({ status }) => status !== 200,
    );
    expect([gone.status, gone.body.reason]).toEqual([410, 'Expired']);
    const nothing = await eventually(
      () => graphql(query, { asOf }),
      ({ errors }) => errors !== undefined,
    );
    expect(nothing.errors[0].extensions).toMatchObject({ code: 410 });
    expect((await rest('GET', exact.replace('secrets', 'serviceaccounts'))).status).toBe(200);
    const watch = await rest('GET', `${SECRETS}?watch=true&resourceVersion=${asOf}&timeoutSeconds=1`);
    expect(String(watch.body.object?.code ?? watch.body)).toContain('410');
  });

  it('a pod reads its Secret as its own user, and no other user of the host reads anything', async () => {
    const spec = {
      securityContext: { runAsUser: 65534, runAsGroup: 65534 },
      containers: [
        {
          name: 'root',
          image: 'busybox',
          command: ['sh', '-c', 'ls -A $KU7S_DATA; echo listed; sleep 1000'],
          env: [{ name: 'KU7S_DATA', value: cluster.data }],
          securityContext: { runAsUser: 0 },
        },
        {
          name: 'main',
          image: 'busybox',
          command: ['sh', '-c', 'cat /s/password; echo; id -u; umask; cat $KU7S_DATA/kubeconfig; sleep 1000'],
          env: [{ name: 'KU7S_DATA', value: cluster.data }],
          volumeMounts: [{ name: 's', mountPath: '/s' }],
        },
      ],
      volumes: [{ name: 's', secret: { secretName: 'rest' } }],
      terminationGracePeriodSeconds: 0,
    };
    const made = await rest('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'reader' }, spec });
    expect(made.status).toBe(201);
    const log = await eventually(
      async () => (await rest('GET', '/api/v1/namespaces/default/pods/reader/log?container=main')).body as string,
      (text) => typeof text === 'string' && /kubeconfig/.test(text),
    );
    expect(log).toContain(`${written['rest']}\n`);
    if (process.getuid?.() === 0) expect(log).toContain('\n65534\n0022\n');
    expect(log).toMatch(/kubeconfig: (No such file|Permission denied)/);

    if (process.getuid?.() === 0) {
      // root's container finds no such folder in its root
      const listed = await eventually(
        async () => (await rest('GET', '/api/v1/namespaces/default/pods/reader/log?container=root')).body as string,
        (text) => typeof text === 'string' && text.includes('listed'),
      );
      expect(listed).toMatch(/^ls: cannot access '[^']+': No such file or directory\nlisted\n$/);
    }

    const open = files(cluster.data)
      // what containers have to open themselves, behind folders that nobody else may enter
      .filter((file) => !/\/node\/pods\/[^/]+\/(volumes|etc|messages)\/|\/(layers|root|view)(\/|$)/.test(file))
      .filter((file) => !/\/(containers\/[^/]+\/\d+\/std(in|out|err)|sandbox\/shm)$/.test(file))
      .filter((file) => (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077);
    expect(open).toEqual([]);
    expect(statSync(cluster.data).mode & 0o777).toBe(0o700);
    if (process.getuid?.() !== 0) return;
    const volume = files(path.join(cluster.data, 'node/pods')).find((file) => file.endsWith('/s/password'));
    expect(volume).toBeDefined();
    for (const file of [volume!, cluster.kubeconfig, path.join(cluster.data, 'encryption-key')]) {
      const read = spawnSync('cat', [file], { uid: 65534, gid: 65534 });
      expect([read.status, String(read.stderr)]).toEqual([1, expect.stringContaining('Permission denied')]);
    }
    expect((await rest('DELETE', '/api/v1/namespaces/default/pods/reader?gracePeriodSeconds=0')).status).toBe(200);
    await eventually(
      () => rest('GET', '/api/v1/namespaces/default/pods/reader'),
      ({ status }) => status === 404,
    );
    // what a pod was shown goes with it
    await eventually(
      async () => files(path.join(cluster.data, 'node/pods')).filter((file) => file.endsWith('/s/password')),
      (left) => left.length === 0,
    );
  });

  it('neither a dump, the files, the write-ahead log nor any log has a value of a Secret or a private key', async () => {
    const password = readFileSync(path.join(cluster.data, 'postgres/password'), 'utf8').trim();
    const port = readFileSync(path.join(cluster.data, 'postgres/pgdata/postmaster.pid'), 'utf8').split('\n')[3];
    const client = new pg.Client({ connectionString: `postgresql://ku7s:${password}@127.0.0.1:${port}/ku7s` });
    await client.connect();
    const tables = await client.query<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v')`,
    );
    let dump = '';
    for (const { name } of tables.rows)
      for (const { row } of (await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`)).rows)
        dump += `${row}\n`;
    await client.query('CHECKPOINT');
    await client.end();
    const output = cluster.output();
    await cluster.stop();

    const secrets = [...Object.values(written), sealed].flatMap((text) => [text, base64(text)]);
    const forbidden = [...secrets, 'PRIVATE KEY'];
    expect(forbidden.filter((text) => dump.includes(text) || output.includes(text))).toEqual([]);
    // what is not sealed is there, and is found in the same way
    expect(dump).toContain(open);
    const found = new Map<string, string[]>();
    for (const file of files(cluster.data).filter((file) => statSync(file).isFile())) {
      const bytes = readFileSync(file);
      for (const text of [...forbidden, open])
        if (bytes.includes(text)) found.set(text, [...(found.get(text) ?? []), path.relative(cluster.data, file)]);
    }
    expect(found.get(open)?.some((file) => file.includes('pg_wal'))).toBe(true);
    expect(found.get(open)?.some((file) => file.includes('pgdata/base'))).toBe(true);
    found.delete(open);
    // the kubelet's own key is a file of its own, as everywhere, and a pod that prints its Secret has it in its log
    const kept = /^node\/(logs|pki)\//;
    const elsewhere = [...found].map(([text, where]) => [text, where.filter((file) => !kept.test(file))]);
    expect(elsewhere.filter(([, where]) => where?.length)).toEqual([]);
  });

  it('a key that is missing or another is one line at the start', async () => {
    const file = path.join(cluster.data, 'encryption-key');
    const original = readFileSync(file, 'utf8');
    renameSync(file, `${file}.away`);
    await expect(cluster.restart()).rejects.toThrow(
      /exit 1\nku7s: the encryption key \S+ is missing, and the database is sealed with it: restore it[^\n]*\n$/,
    );
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    await expect(cluster.restart()).rejects.toThrow(
      /exit 1\nku7s: the encryption key \S+ is not that of the database[^\n]*\n$/,
    );
    writeFileSync(file, original, { mode: 0o600 });
    writeFileSync(config, 'kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources: []\n');
    await expect(cluster.restart()).rejects.toThrow(
      /exit 1\nku7s: error while parsing file: resources: Required value: at least one resources is required\n$/,
    );
  });

  it('keys are rotated by order; what has no key any more is an error of its own', async () => {
    configure('k2', 'k1');
    await cluster.restart();
    http.close();
    http = httpClient(cluster.kubeconfig);
    expect((await rest('GET', `${SECRETS}/rest`)).body.data.password).toBe(base64(written['rest']!));
    const before = (await rest('GET', `${MAPS}/sealed`)).body;
    expect(before.data.a).toBe(sealed);
    expect((await rest('POST', MAPS, { metadata: { name: 'other' }, data: { a: 'b' } })).status).toBe(201);
    // an update without a change writes what was sealed with the older key, once
    const again = (await rest('PUT', `${MAPS}/sealed`, before)).body;
    expect(again.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
    const third = (await rest('PUT', `${MAPS}/sealed`, again)).body;
    expect(third.metadata.resourceVersion).toBe(again.metadata.resourceVersion);
    await cluster.stop();

    configure('k1');
    await cluster.restart();
    http.close();
    http = httpClient(cluster.kubeconfig);
    const why = 'no matching key was found for the provided AES transformer';
    const one = await rest('GET', `${MAPS}/sealed`);
    expect([one.status, one.body.message]).toEqual([500, `Internal error occurred: ${why}`]);
    const all = await rest('GET', MAPS);
    expect([all.status, all.body.message]).toEqual([
      500,
      `Internal error occurred: unable to transform key "/registry/configmaps/default/other": ${why}`,
    ]);
    const asked = await graphql('{ configMap(namespace: "default", name: "sealed") { metadata { name } } }');
    expect(asked.errors[0].message).toBe(`Internal error occurred: ${why}`);
    const change = { data: { a: 'c' } };
    expect((await rest('PATCH', `${MAPS}/sealed`, change, 'application/merge-patch+json')).status).toBe(500);
    expect((await rest('DELETE', `${MAPS}/sealed`)).status).toBe(500);
    // and all else goes on
    expect((await rest('GET', '/api/v1/namespaces/kube-system/configmaps')).status).toBe(200);
    expect((await rest('GET', `${SECRETS}/rest`)).status).toBe(200);
    expect((await rest('GET', '/readyz')).status).toBe(200);
  });
});
