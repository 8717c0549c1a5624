import type { CustomResourceDefinition } from '../../schema/types.ts';
import type { Informer } from '../client/contract.ts';
import { isEstablished } from '../rules/established.ts';

/** Something that is started and ended, several times if need be. */
export interface Part {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const isServed = (definition: CustomResourceDefinition | undefined): boolean =>
  definition !== undefined && isEstablished(definition);

/**
 * Runs a part while all of the custom resources that it watches are served, made anew each time: a watch of what is not
 * there would be tried again and again.
 * @param names of CustomResourceDefinitions, `volumesnapshots.snapshot.storage.k8s.io`
 */
export function whileDefined(
  definitions: Informer<CustomResourceDefinition>,
  names: readonly string[],
  make: () => Part,
): Part {
  let running: Part | undefined;
  let ended = false;
  let turn = Promise.resolve();
  const look = async (): Promise<void> => {
    const wanted = !ended && names.every((name) => isServed(definitions.get('', name)));
    if (wanted === (running !== undefined)) return;
    const part = running ?? make();
    running = wanted ? part : undefined;
    await (wanted ? part.start() : part.stop());
  };
  const next = (): Promise<void> => (turn = turn.then(look, look));
  const unsubscribe = definitions.follow((definition, old) => {
    if (names.includes((definition ?? old)?.metadata.name ?? '')) void next();
  });
  return {
    async start() {
      await definitions.whenSynced();
      // a start of what is watched may take as long as the API does
      void next();
    },
    async stop() {
      ended = true;
      unsubscribe();
      await next();
    },
  };
}
