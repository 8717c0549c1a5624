import { get } from 'node:http';

export interface Place {
  host: string;
  port: number;
  path: string;
  headers?: Record<string, string>;
}

/** What is answered, or that nothing is. */
export const ask = (place: Place): Promise<string> =>
  new Promise((resolve) => {
    get({ ...place, agent: false }, (response) => {
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('end', () => resolve(text));
    }).on('error', () => resolve('nothing'));
  });

/** Asks a place without a pause, `clients` at once, until `act` is done. */
export async function underLoad<T>(place: Place, clients: number, act: () => Promise<T>): Promise<T> {
  let isLoaded = true;
  const load = Array.from({ length: clients }, async () => {
    while (isLoaded) await ask(place);
  });
  try {
    return await act();
  } finally {
    isLoaded = false;
    await Promise.all(load);
  }
}
