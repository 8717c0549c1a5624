import type { Connection } from './connection.ts';
import type { Provider } from './sealing/provider.ts';
import { openSetting, sealSetting } from './sealing/setting.ts';

/** Small values that all processes share. The first to write one decides. */
export class Settings {
  readonly #connection: Connection;
  readonly #own: Provider | undefined;

  /** @param own seals them; they were unsealed at the start, or were sealed by it (see sealing/unlock.ts) */
  constructor(connection: Connection, own: Provider | undefined) {
    this.#connection = connection;
    this.#own = own;
  }

  /** Makes the value only when there is none; two processes may both make one, and both get the same back. */
  async get(name: string, makeValue: () => Promise<string>): Promise<string> {
    const found = await this.#read(name);
    if (found !== undefined) return found;
    const text = 'INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING';
    const value = await makeValue();
    await this.#connection.query({ text, values: [name, this.#own ? sealSetting(this.#own, name, value) : value] });
    return (await this.#read(name))!;
  }

  async #read(name: string): Promise<string | undefined> {
    const [row] = await this.#connection.query<{ value: string }>({
      text: 'SELECT value FROM setting WHERE name = $1',
      values: [name],
    });
    return row && openSetting(this.#own, name, row.value);
  }
}
