import type { KindSchema, Schemas } from './schema.ts';

interface Index {
  paths: Readonly<Record<string, { serverRelativeURL: string }>>;
}
interface Document {
  components?: { schemas?: Schemas };
}

const json = async <T>(path: string): Promise<T> => {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as T;
};

/** Documents that are kept; the oldest is forgotten for a new one. */
const MOST = 20;

/**
 * The schemas of kinds as the server tells them (OpenAPI v3), each group when a kind of it is first written. What has
 * changed, as custom kinds do, has another address and is asked for anew.
 * @param fetchJson the JSON at a path of the server; throws where there is none
 */
export class SchemaLoader {
  readonly #documents = new Map<string, Promise<Document>>();
  #index: Promise<Index> | undefined;

  constructor(private readonly fetchJson: <T>(path: string) => Promise<T> = json) {}

  /** What is served is looked up again from now on. */
  refresh(): void {
    this.#index = undefined;
  }

  /** The schema of a kind; undefined where the server tells none. */
  async of(apiVersion: string, kind: string): Promise<KindSchema | undefined> {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    try {
      const { paths } = await (this.#index ??= this.fetchJson<Index>('/openapi/v3'));
      const url = paths[group ? `apis/${group}/${version}` : `api/${version}`]?.serverRelativeURL;
      if (url === undefined) return undefined;
      const all = (await this.#document(url)).components?.schemas ?? {};
      const root = Object.values(all).find((schema) =>
        schema['x-kubernetes-group-version-kind']?.some(
          (each) => each.group === group && each.version === version && each.kind === kind,
        ),
      );
      return root && { root, all };
    } catch {
      // the server checks what is written, with a schema or without
      this.#index = undefined;
      return undefined;
    }
  }

  #document(url: string): Promise<Document> {
    const known = this.#documents.get(url);
    if (known) return known;
    const asked = this.fetchJson<Document>(url);
    asked.catch(() => this.#documents.delete(url));
    const [oldest] = this.#documents.keys();
    if (this.#documents.size >= MOST && oldest !== undefined) this.#documents.delete(oldest);
    this.#documents.set(url, asked);
    return asked;
  }
}
