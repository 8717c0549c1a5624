import path from 'node:path';
import type { RunningApi } from './api-server.ts';
import type { Options } from './options.ts';

/** What `npm start` prints: where things are and what to try, ready to be pasted. */
export function whatNext(options: Options, api: Pick<RunningApi, 'url' | 'loginLink'>, ms: number): string {
  const kubeconfig = path.relative(process.cwd(), path.join(options.data, 'kubeconfig'));
  return `ku7s is ready at ${api.url} (${[...options.roles].join(', ')}; ${ms} ms)

  export KUBECONFIG=${kubeconfig.startsWith('..') ? path.join(options.data, 'kubeconfig') : kubeconfig}
  kubectl get nodes
  kubectl apply -f examples/web.yaml
  kubectl rollout status deployment/web

${pods(options)}  The dashboard, once, within ten minutes (another: ku7s login-link), and /graphiql:
  ${api.loginLink}

`;
}

/** What becomes of what runs: nobody is to be surprised by processes that stay, or by those that go. */
const pods = ({ roles, podsOnStop }: Options): string =>
  !roles.has('nodes')
    ? ''
    : podsOnStop === 'end'
      ? '  Ctrl-C ends the pods too; the next start brings them back, at their addresses.\n\n'
      : '  Pods go on after Ctrl-C; the next start takes them over (--pods-on-stop end ends them).\n\n';
