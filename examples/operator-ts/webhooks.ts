import { createServer, type Server } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Informer, KubeObject } from 'ku7s/client';
import { convert } from './convert.ts';
import { defaultHost, type Site } from './site.ts';

/** What an AdmissionReview and a ConversionReview have in their request. */
interface Request {
  uid: string;
  name: string;
  namespace: string;
  object: Site;
  desiredAPIVersion: string;
  objects: Site[];
}
type Answer = (request: Request) => object;

export const PATHS = {
  convert: '/convert',
  mutate: '/mutate-web-example-com-v2-site',
  validate: '/validate-web-example-com-v2-site',
};

/** The API server's questions and their answers. `sites` has the index `host`. */
export function webhooks(certificate: { key: Buffer; cert: Buffer }, sites: Informer<Site>): Server {
  const answers: Record<string, Answer> = {
    [PATHS.convert]: ({ desiredAPIVersion, objects }) => ({
      result: { status: 'Success' },
      convertedObjects: objects.map((object) => convert(object, desiredAPIVersion)),
    }),
    [PATHS.mutate]: withHost,
    [PATHS.validate]: (request) => freeHost(request, sites),
  };
  return createServer(certificate, (request, response) => {
    void text(request)
      .then((body) => {
        const answer = answers[new URL(request.url ?? '', 'https://webhooks').pathname];
        if (!answer) return response.writeHead(404).end();
        const review = JSON.parse(body) as KubeObject & { request: Request };
        const { apiVersion, kind } = review;
        response.setHeader('content-type', 'application/json');
        const answered = { uid: review.request.uid, ...answer(review.request) };
        return response.end(JSON.stringify({ apiVersion, kind, response: answered }));
      })
      .catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
}

/** A Site that says no host gets one. */
function withHost({ object, name, namespace }: Request): object {
  if (object.spec.host !== undefined) return { allowed: true };
  const patch = [{ op: 'add', path: '/spec/host', value: defaultHost(name || object.metadata.name, namespace) }];
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

/** No two Sites have one host: what no rule of the definition can say, since it sees one object. */
function freeHost({ object, namespace, name }: Request, sites: Informer<Site>): object {
  const { host = '', replicas } = object.spec;
  const other = sites
    .index('host', host)
    .find(({ metadata }) => metadata.namespace !== namespace || metadata.name !== name);
  if (other) {
    const message = `the host ${host} is that of ${other.metadata.namespace}/${other.metadata.name}`;
    return { allowed: false, status: { message, reason: 'Forbidden', code: 403 } };
  }
  return { allowed: true, ...(replicas === 0 && { warnings: ['a site without replicas answers nobody'] }) };
}
