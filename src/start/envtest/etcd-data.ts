import { errorMessage } from '../../meta/error-message.ts';
import { StartError } from '../start-error.ts';

/** Where our `etcd` says in which folder its data is. The folder is its owner's alone, and holds what Postgres asks for. */
export const DATA_PATH = '/ku7s/data';

/** The folder of the data of an `etcd`. @throws StartError where none answers, or one that is not ours */
export async function dataFolderOf(etcd: string): Promise<string> {
  const answer = await fetch(new URL(DATA_PATH, etcd)).catch((error: unknown) => {
    throw new StartError(`--etcd-servers: ${etcd} does not answer: ${errorMessage(error)}`);
  });
  const { data } = answer.ok ? ((await answer.json()) as { data?: unknown }) : {};
  if (typeof data !== 'string')
    throw new StartError(`--etcd-servers: ${etcd} is not the etcd that ku7s envtest writes`);
  return data;
}
