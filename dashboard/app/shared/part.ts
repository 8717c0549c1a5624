import { connection } from '../server/client.ts';

/** Times that a part is asked for while the server answers: by then it is another server, which has other parts. */
const MOST = 5;
/** Before it is asked for again, ms: twice as long each time up to the longest. */
const FIRST_MS = 300;
const LONGEST_MS = 5_000;

/**
 * A part of the page that is fetched when it is needed, and again where that fails: a browser drops what is on its way
 * when the machine's network changes. As long as the connection is lost it is waited for. Throws what `load` throws.
 */
export async function part<T>(load: () => Promise<T>): Promise<T> {
  for (let [tries, wait] = [1, FIRST_MS]; ; wait = Math.min(LONGEST_MS, 2 * wait)) {
    try {
      return await load();
    } catch (error) {
      if (connection.state() !== 'lost' && tries++ >= MOST) throw error;
      await new Promise((later) => setTimeout(later, wait));
    }
  }
}
