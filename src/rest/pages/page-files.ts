import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';

const HTML = 'text/html; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  ttf: 'font/ttf',
};
export type Page = 'dashboard' | 'graphiql';

/** Nothing but what is served here; styles that a page makes as it runs carry the page's nonce. */
const policy = (style: string): string =>
  [
    "default-src 'self'",
    `style-src 'self' ${style}`,
    "img-src 'self' data:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/** What a page is made with: the nonce of its styles, and the parts of its script that it needs at once. */
interface Made {
  nonce: string;
  parts: readonly string[];
}

const PAGES: Readonly<Record<Page, { policy(nonce: string): string; html(made: Made): string }>> = {
  dashboard: {
    policy: (nonce) => policy(`'nonce-${nonce}'`),
    html: ({ nonce, parts }) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta property="csp-nonce" nonce="${nonce}">
<title>ku7s</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/dashboard/assets/dashboard.css">
${parts.map((part) => `<link rel="modulepreload" href="/dashboard/assets/${part}">\n`).join('')}<body><div id="dashboard"></div>
<script type="module" src="/dashboard/assets/begin.js"></script>
<script type="module" src="/dashboard/assets/dashboard.js"></script>
`,
  },
  graphiql: {
    // its editor makes style elements without a nonce, and its workers are files of ours
    policy: () => policy("'unsafe-inline'"),
    html: () => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ku7s</title>
<link rel="stylesheet" href="/graphiql/graphiql.css">
<body style="margin:0"><div id="graphiql" style="height:100vh"></div>
<script type="module" src="/graphiql/graphiql.js"></script>
`,
  },
};

interface Asset {
  type: string;
  tag: string;
  plain: Buffer;
  gzip: Buffer | undefined;
}

/** Where scripts/dashboard.mjs puts the files: beside the bundle, or in dist/ when run from source. */
const folders = ['./dashboard/', '../../../dist/dashboard/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** The files of the pages, read into memory at the first request. Nothing is loaded from elsewhere. */
export class PageFiles {
  private assets: Map<string, Asset> | undefined;
  private parts: readonly string[] | undefined;

  constructor(private readonly folder: string | undefined = folders.find((path) => existsSync(path))) {}

  /** The page itself, which asks for the files. */
  page(page: Page, res: ServerResponse): void {
    const nonce = randomBytes(16).toString('base64url');
    res.writeHead(200, {
      'content-type': HTML,
      'content-security-policy': PAGES[page].policy(nonce),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    this.parts ??= this.firstParts();
    res.end(PAGES[page].html({ nonce, parts: this.parts }));
  }

  /** @param name file name, as the page asks for it; 404 where there is none */
  file(name: string, req: IncomingMessage, res: ServerResponse): void {
    this.assets ??= this.load();
    const asset = this.assets.get(name);
    if (!asset) {
      res.writeHead(404, { 'content-type': 'text/plain' });
      res.end(this.assets.size ? 'not found\n' : 'the dashboard is not built: npm run build\n');
      return;
    }
    const headers = {
      'content-type': asset.type,
      etag: asset.tag,
      // the parts of a bundle are named by what is in them
      'cache-control': name.startsWith('chunk-') ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    };
    if (req.headers['if-none-match'] === asset.tag) {
      res.writeHead(304, headers);
      res.end();
      return;
    }
    const gzip = /\bgzip\b/.test(String(req.headers['accept-encoding'] ?? '')) ? asset.gzip : undefined;
    res.writeHead(200, { ...headers, ...(gzip && { 'content-encoding': 'gzip' }) });
    res.end(gzip ?? asset.plain);
  }

  /** Without them a browser finds what the script imports when it has read the script, one round trip later. */
  private firstParts(): readonly string[] {
    const file = `${this.folder}/first-parts.json`;
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : [];
  }

  private load(): Map<string, Asset> {
    const assets = new Map<string, Asset>();
    if (!this.folder) return assets;
    const names = readdirSync(this.folder);
    for (const name of names) {
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
      if (!type) continue;
      const plain = readFileSync(`${this.folder}/${name}`);
      const gzip = names.includes(`${name}.gz`) ? readFileSync(`${this.folder}/${name}.gz`) : undefined;
      assets.set(name, {
        type,
        plain,
        gzip,
        tag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
      });
    }
    return assets;
  }
}
