import type { Connection } from './connection.ts';

/** Small values that all processes share. The first to write one decides. */
export class Settings {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Makes the value only when there is none; two processes may both make one, and both get the same back. */
  async get(name: string, makeValue: () => Promise<string>): Promise<string> {
    const found = await this.#read(name);
    if (found !== undefined) return found;
    const text = 'INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING';
    await this.#connection.query({ text, values: [name, await makeValue()] });
    return (await this.#read(name))!;
  }

  async #read(name: string): Promise<string | undefined> {
    const rows = await this.#connection.query<{ value: string }>({
      text: 'SELECT value FROM setting WHERE name = $1',
      values: [name],
    });
    return rows[0]?.value;
  }
}
