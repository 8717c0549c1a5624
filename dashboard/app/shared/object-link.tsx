import { useCluster } from '../server/kinds.tsx';
import { objectPath } from '../server/objects.ts';
import { legible } from './legible.ts';
import { PageLink } from './page-link.tsx';

/** The name of an object that is known by its apiVersion and kind, as a link where one may list such. */
export function ObjectLink({
  apiVersion,
  kind,
  namespace,
  name,
}: {
  apiVersion: string;
  kind: string;
  namespace: string | null;
  name: string;
}) {
  const { kinds } = useCluster();
  const [group] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  const known = kinds.find((each) => each.kind === kind && each.group === group);
  const text = legible(name);
  if (!known) return <>{text}</>;
  return (
    <PageLink to={objectPath(known.resource, { namespace: known.namespaced ? namespace : null, name })}>
      {text}
    </PageLink>
  );
}
