import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Image } from '../image-service.ts';
import type { FoundCredential, SecretSource } from './keyring.ts';

/** Credentials remembered for one repository of one image; the oldest go first. */
const MAX_SECRETS = 100;

/** Who has proved to be allowed an image: everybody on the node, or who has one of these. */
interface Proof {
  everybody: boolean;
  secrets: (SecretSource & { hash: string })[];
}

/**
 * With which credentials an image was pulled, so that a pod without them does not get it for being there (KEP-2535).
 * Images that no registry gave (from a folder, or there before) are everybody's. Hashes are kept, never a password.
 */
export class PullRecords {
  /** by image id, then by repository */
  private readonly records: Map<string, Map<string, Proof>>;

  constructor(private readonly file: string) {
    this.records = read(file);
  }

  /** Whether a pod with these credentials may use the image without asking the registry. */
  allows(image: Image, repository: string, credentials: readonly FoundCredential[]): boolean {
    const record = this.records.get(image.id);
    if (!record) return image.fromRegistry !== true;
    const proof = record.get(repository);
    if (!proof) return false;
    if (proof.everybody) return true;
    return credentials.some(
      ({ hash, source }) => source && proof.secrets.some((known) => known.hash === hash || sameSecret(known, source)),
    );
  }

  /** The image was pulled. @param credential undefined: the registry asked for none */
  pulled({ id, fromRegistry }: Image, repository: string, credential: FoundCredential | undefined): void {
    if (fromRegistry === false) return;
    const record = this.records.get(id) ?? new Map<string, Proof>();
    const before = record.get(repository) ?? { everybody: false, secrets: [] };
    const { hash, source } = credential ?? {};
    if (!source || hash === undefined) record.set(repository, { everybody: true, secrets: [] });
    else if (!before.everybody) {
      const others = before.secrets.filter((known) => known.hash !== hash && !sameSecret(known, source));
      record.set(repository, { everybody: false, secrets: [...others, { ...source, hash }].slice(-MAX_SECRETS) });
    }
    this.records.set(id, record);
    this.save();
  }

  /** Forgets images that are gone. */
  keep(ids: ReadonlySet<string>): void {
    const gone = [...this.records.keys()].filter((id) => !ids.has(id));
    for (const id of gone) this.records.delete(id);
    if (gone.length) this.save();
  }

  private save(): void {
    const plain = [...this.records].map(([id, record]) => [id, [...record]]);
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.file}.tmp`, JSON.stringify(plain), { mode: 0o600 });
    renameSync(`${this.file}.tmp`, this.file);
  }
}

const sameSecret = (one: SecretSource, other: SecretSource): boolean =>
  one.uid === other.uid && one.namespace === other.namespace && one.name === other.name;

/** An unreadable file is an empty one: then every image that a registry gave is pulled anew. */
function read(file: string): Map<string, Map<string, Proof>> {
  try {
    const plain = JSON.parse(readFileSync(file, 'utf8')) as [string, [string, Proof][]][];
    return new Map(plain.map(([id, record]) => [id, new Map(record)]));
  } catch {
    return new Map();
  }
}
