import type { Place } from '../kinds/facet.ts';

/** A word as a shell takes it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Commands to be pasted that do with kubectl what a page cannot, or what it does too, of a pod. */
export function commandsOf(
  { namespace, name }: Place,
  container: string,
  ports: readonly string[],
): readonly (readonly [what: string, command: string])[] {
  const at = `-n ${quoted(namespace ?? 'default')}`;
  const pod = quoted(name);
  const of = quoted(container);
  const all = ports.length > 0 ? ports : ['8080'];
  return [
    [
      'Forward its ports to this machine',
      `kubectl port-forward ${at} pod/${pod} ${all.map((port) => `${port}:${port}`).join(' ')}`,
    ],
    ['A shell', `kubectl exec ${at} -it ${pod} -c ${of} -- sh`],
    ['What it runs', `kubectl attach ${at} -it ${pod} -c ${of}`],
    ['Debug it with tools of another image', `kubectl debug ${at} -it ${pod} --image=busybox --target=${of}`],
    ['Copy a file out of it', `kubectl cp ${at} -c ${of} ${pod}:/path/of/file ./file`],
  ];
}
